"""One photo while a reader goes through its faces: what is no box becomes a problem with its place."""

from collections.abc import Iterable, Iterator
from typing import Any

from labeller.formats.names import shown
from labeller.formats.records import Box, FaceRecord, PhotoRecord, Problem, Remark, Size


class Draft:
    """The faces and the problems of one photo, as `file` has them at `place`."""

    def __init__(self, file: str, name: str, size: Size | None, place: str = "") -> None:
        self.file, self.name, self.size, self.place = file, name, size, place
        self.faces: list[FaceRecord] = []
        self.problems: list[Problem] = []

    def remark(self, remark: Remark, place: str, message: str) -> None:
        self.problems.append(Problem(remark, self.file, place, f"“{shown(self.name)}” {message}"))

    def face(self, box: Box, place: str, **fields: Any) -> None:
        self.faces.append(FaceRecord(box, place=place, **fields))

    def one_person(self, names: Iterable[str | None]) -> str | None:
        """The person whom the faces name; if they name several, none is taken."""
        people = sorted({name for name in names if name})
        if len(people) > 1:
            self.remark("conflict", self.place, f"shows several people: {shown(', '.join(people))}")
        return people[0] if len(people) == 1 else None

    def finished(self, looked_at: bool = True, **fields: Any) -> Iterator[PhotoRecord | Problem]:
        """The problems, then the photo. One of whose faces any was refused is not looked at to its end."""
        yield from self.problems
        refused = any(one.remark == "skipped" for one in self.problems)
        yield PhotoRecord(
            self.name,
            tuple(self.faces),
            self.size,
            looked_at and not refused,
            file=self.file,
            place=self.place,
            **fields,
        )
