"""The bench in plain Python: what answers, leases and classes should amount to, for the stateful test."""

from dataclasses import dataclass, field

FOLDERS = ("Owner", "Nobody")
"""Who the labels of import folders are from; nobody else imports, and neither of them answers."""
Box = tuple[float, float, float, float]


@dataclass
class Said:
    """An answer. `taken_back` of an undo means that it was redone."""

    who: str
    face: int
    kind: str
    label: str | None = None
    box: Box | None = None
    informed: bool = False
    undoes: "Said | None" = None
    taken_back: bool = False
    at: int = 0


@dataclass
class Held:
    who: str
    seen: int
    blind: bool
    over: bool = False


@dataclass
class Thing:
    """A face."""

    photo: int
    box: Box
    opinions_wanted: int
    human: bool = False


@dataclass
class Plain:
    things: dict[int, Thing]
    names: list[str]
    said: list[Said] = field(default_factory=list)
    held: dict[int, Held] = field(default_factory=dict)
    means: dict[str, str | None] = field(default_factory=dict)
    """What became of a class that was merged (another) or retired (None)."""
    now_called: dict[str, str] = field(default_factory=dict)
    clock: int = 0
    folder: str | None = None
    """The folder that the imported photo was last found in."""

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def standing(self, face: int) -> list[Said]:
        return [
            one
            for one in self.said
            if one.face == face and one.kind not in ("undo", "redo") and not one.taken_back
        ]

    def meaning(self, word: str | None) -> str | None:
        while word in self.means:
            word = self.means[word]
        return word

    def rename(self, old: str, new: str) -> None:
        for one in self.said:
            one.label = new if one.label == old else one.label
        self.names[self.names.index(old)] = new
        self.folder = new if self.folder == old else self.folder
        self.means = {k: new if v == old else v for k, v in self.means.items()}
        self.now_called = {k: new if v == old else v for k, v in self.now_called.items()} | {old: new}
        self.now_called.pop(new, None)

    def import_as(self, face: int, label: str) -> None:
        """The owner imports a photo: its folder is the owner's answer."""
        self.folder = label
        self.give(Said("Owner", face, "label", label))

    def move(self, face: int, label: str) -> None:
        """The file is imported from another folder: an answer, or a disagreement with people's answers."""
        if label == self.folder:
            return
        self.folder = label
        if self.verdict(face)[1] == self.meaning(label):
            return
        by_people = [one for one in self.standing(face) if one.who not in FOLDERS and self.says(one)]
        self.give(Said("Nobody" if by_people else "Owner", face, "label", label, informed=not by_people))

    def import_again(self, face: int, label: str) -> None:
        """The same import finds the photo in a second folder: once, a disagreement."""
        if not any(one.who in FOLDERS and one.label == label for one in self.said if one.face == face):
            self.give(Said("Nobody", face, "label", label))

    def says(self, one: Said) -> str | None:
        return f"-{one.kind}" if one.kind in ("reject", "unsure") else self.meaning(one.label)

    def verdict(self, face: int) -> tuple[str, str | None, Box, bool, int, bool]:
        """(state, label, box, disputed, opinions, waiting) of a face."""
        thing, standing = self.things[face], self.standing(face)
        opinions = [one for one in standing if self.says(one)]
        counted = opinions
        for place, one in enumerate(opinions):
            if one.informed:
                counted = opinions[place:]
        people = list(dict.fromkeys(one.who for one in counted))
        last = {who: [one for one in counted if one.who == who][-1] for who in people}
        sure = [last[who] for who in people if last[who].kind != "unsure"]
        chosen = sure[0] if sure else last[people[0]] if people else None
        word = self.says(chosen) if chosen else None
        drawn = any(one.kind == "draw" for one in standing)
        gone = thing.human and not drawn and chosen is None
        label = word if word and not word.startswith("-") else None
        state = "confirmed" if label else "rejected" if gone or word == "-reject" else "proposed"
        box = ([thing.box] + [one.box for one in standing if one.box])[-1]
        many = len({one.who for one in opinions})
        waits = not gone and (chosen is None or many < thing.opinions_wanted)
        return state, label, box, len({self.says(one) for one in sure}) > 1, many, waits

    def may_answer(self, who: str, face: int, seen: bool) -> tuple[bool, bool]:
        """(whether an answer is taken, whether it is an informed one)."""
        theirs = [one for one in self.standing(face) if one.who != who and (one.kind != "draw" or one.label)]
        if not theirs:
            return True, False
        if seen:
            return True, True
        held = self.held.get(face)
        if held is None or held.who != who or held.seen < theirs[-1].at:
            return False, False
        if held.blind and self.verdict(face)[4] >= self.things[face].opinions_wanted:
            return False, False
        return True, not held.blind

    def queue(self, who: str) -> tuple[list[int], list[int]]:
        """Faces nobody answered, and those that wait for a second opinion of `who`, by id."""
        fresh, second = [], []
        for face in sorted(self.things):
            held = self.held.get(face)
            *_, many, waits = self.verdict(face)
            if not waits or (held and not held.over and held.who != who):
                continue
            if many == 0:
                fresh.append(face)
            elif all(one.who != who for one in self.standing(face)):
                second.append(face)
        return fresh, second

    def lease(self, who: str, faces: list[int], blind: bool) -> None:
        for face in faces:
            held = self.held.get(face)
            if held is None or held.over or held.who == who:
                self.held[face] = Held(who, self.tick(), blind)

    def give(self, one: Said) -> None:
        one.at = self.tick()
        self.said.append(one)
        held = self.held.get(one.face)
        if one.kind not in ("adjust", "draw") and held and held.who == one.who:
            held.over = True

    def last(self, who: str, kind: str, face: int | None) -> Said | None:
        """What an undo or redo of this person would take back."""
        mine = [one for one in self.said if one.who == who and (face is None or one.face == face)]
        for one in reversed(mine):
            real = one.kind not in ("undo", "redo")
            if kind == "undo" and real and not one.taken_back:
                return one
            if kind == "redo" and real:
                return None  # something new was answered since
            if kind == "redo" and one.kind == "undo" and not one.taken_back:
                return one
        return None

    def take_back(self, who: str, kind: str, what: Said) -> None:
        what.taken_back = True
        if kind == "redo":
            assert what.undoes is not None
            what.undoes.taken_back = False
        self.said.append(Said(who, what.face, kind, undoes=what, at=self.tick()))
        self.lease(who, [what.face], blind=True)
