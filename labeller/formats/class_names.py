"""Classes by name: those of a file, and those of the workbench."""

from collections import Counter

from labeller.errors import BadDataset
from labeller.formats.names import comparable, nfc, shown
from labeller.formats.protocol import ReadOptions

LISTED = 20
"""Unknown names in one message."""


class ClassNames:
    """The workbench's class for each name of a file. What it does not know is counted, and refused at the
    end.

    Spaces around a name, case and the way to write an accent do not count.
    """

    def __init__(self, options: ReadOptions) -> None:
        self._classes = options.classes
        self._known = {comparable(name.strip()): name for name in options.classes}
        given = {comparable(name.strip()): target for name, target in options.mapping.items()}
        self._known |= given
        self.unknown: Counter[str] = Counter()

    def find(self, name: str) -> str | None:
        """The class; None for an unknown name."""
        label = self._known.get(comparable(name.strip()))
        if label is None:
            self.unknown[nfc(name.strip())] += 1
        return label

    def refuse_unknown(self) -> None:
        """Raises BadDataset with the list of the unknown names that were looked up, if there are any."""
        if not self.unknown:
            return
        names = [
            f"{shown(name, 60) or '(no name)'} ({count})" for name, count in self.unknown.most_common(LISTED)
        ]
        more = len(self.unknown) - len(names)
        listed = ", ".join(names) + (f" and {more} more" if more > 0 else "")
        message = f"These names are no classes here: {listed}."
        hint = f"The classes are {', '.join(self._classes)}. Say which one each name is, or add it."
        raise BadDataset("unknown_classes", message, hint)
