"""What holds for every format once its reader has taken a photo out of a file.

The picture is looked up, boxes are cut or refused, classes are found by name, the sidecar is joined.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from db.texts import number_of
from labeller.errors import AmbiguousName
from labeller.formats.class_names import ClassNames
from labeller.formats.lookup import is_tail
from labeller.formats.names import shown
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem, Remark, Size
from labeller.formats.sidecar import Sidecar
from labeller.formats.values import BadBox, fitted

Found = PhotoRecord | Problem
FOUND_BY_NAME = (
    "picture was found by its name alone; its path in the file leads elsewhere",
    "pictures were found by their names alone; their paths in the file lead elsewhere",
)
TAKEN_AS_EMPTY = (
    "photo without a box is taken as looked at: no face on it",
    "photos without a box are taken as looked at: no face on them",
)


def checked(
    raw: Iterable[Found], listing: Listing, options: ReadOptions, *, tells_empty: bool = False
) -> Iterator[Found]:
    """The records and problems of a reader, under the rules of all formats.

    `raw` has names, classes and numbers as they stand in the file. `tells_empty`: the format tells a photo
    without a face from one nobody looked at, or its reader says what it took. Raises BadDataset after the
    last one if names were no classes.
    """
    names = ClassNames(options)
    with Sidecar(listing) as sidecar:
        empty_counts = tells_empty or options.empty_is_looked_at is not False
        check = _Check(listing, names, sidecar, empty_counts)
        for one in raw:
            yield from check.photo(one) if isinstance(one, PhotoRecord) else [one]
        if check.elsewhere:
            yield Problem("note", "", "", number_of(check.elsewhere, *FOUND_BY_NAME))
        if check.empty and not tells_empty and options.empty_is_looked_at is not True:
            yield Problem("note", "", "", number_of(check.empty, *TAKEN_AS_EMPTY))
    names.refuse_unknown()


class _Check:
    def __init__(self, listing: Listing, names: ClassNames, sidecar: Sidecar, empty_counts: bool) -> None:
        self._listing, self._names, self._sidecar = listing, names, sidecar
        self._empty_counts = empty_counts  # as looked at
        self._taken: dict[str, str] = {}
        self.empty = 0
        """Photos looked at and without a face, as far as the file and no sidecar says."""
        self.elsewhere = 0
        """Pictures that were not found by all that the file says of where they are."""

    def photo(self, record: PhotoRecord) -> Iterator[Found]:
        """The record as it is to be imported, and what is to be said of it."""
        try:
            key = self._listing.find_picture(record.name)
        except AmbiguousName as error:
            yield _say("conflict", record, error.message)
            return
        if key is None:
            yield _say("skipped", record, f"{_name(record)} is not among the pictures")
        elif key in self._taken:
            twice = f"{_name(record)} is the picture {shown(key)}, which {self._taken[key]} means as well"
            yield _say("conflict", record, f"{twice}; only that was read")
        else:
            self._taken[key] = _name(record)
            self.elsewhere += not is_tail(record.name, key)
            yield from self._found(replace(record, name=key))

    def _found(self, record: PhotoRecord) -> Iterator[Found]:
        joined = self._sidecar.joined(record)
        if joined is record and record.looked_at and not record.faces:
            joined = replace(record, looked_at=self._empty_counts)
            self.empty += self._empty_counts
        record = joined
        size = self._listing.upright_size(record.name)
        if size and record.size and size != record.size:
            remark, text = _sizes(record, size)
            yield _say(remark, record, text)
            if remark == "skipped":
                record = replace(record, faces=(), looked_at=False)
        faces = []
        for face in record.faces:
            kept, problem = self._face(face, size or record.size)
            if problem:
                yield _say(problem[0], record, f"{_name(record)} {problem[1]}", face.place)
            if kept:
                faces.append(kept)
        whole = record.looked_at and len(faces) == len(record.faces)  # a refused box is not "no face"
        yield replace(record, faces=tuple(faces), size=size or record.size, looked_at=whole)

    def _face(
        self, face: FaceRecord, size: Size | None
    ) -> tuple[FaceRecord | None, tuple[Remark, str] | None]:
        """The face to import, and what is to be said of it."""
        label = None if face.label is None else self._names.find(face.label)
        if face.label is not None and label is None:
            return None, None  # the whole is refused at the end, with all such names
        if face.box is None:
            return replace(face, label=label), None
        try:
            box, cut = fitted(face.box, size)
        except BadBox as error:
            return None, ("skipped", f"{error}; refused")
        said: tuple[Remark, str] = ("changed", "has a box that was cut at the picture's edge")
        return replace(face, label=label, box=box), said if cut else None


def _sizes(record: PhotoRecord, size: Size) -> tuple[Remark, str]:
    """What to say of a photo whose stated size is not that of the upright picture."""
    assert record.size
    stated, real = (f"{width} × {height}" for width, height in (record.size, size))
    says = f"{_name(record)} is {real} pixels, and not {stated} as the file says"
    if record.size != size[::-1]:
        return "changed", f"{says}; the picture's own size counts"
    boxes = [face.box for face in record.faces if face.box]
    if any(not _holds(size, box) for box in boxes) and all(_holds(record.size, box) for box in boxes):
        return "skipped", f"{says}; its boxes fit the picture before it was turned upright, and were left out"
    return "changed", f"{says}; its boxes were taken as those of the upright picture"


def _holds(size: Size, box: tuple[float, float, float, float]) -> bool:
    return box[0] + box[2] <= size[0] + 1 and box[1] + box[3] <= size[1] + 1


def _name(record: PhotoRecord) -> str:
    return f"“{shown(record.name)}”"


def _say(remark: Remark, record: PhotoRecord, text: str, place: str = "") -> Problem:
    return Problem(remark, record.file, place or record.place, text)
