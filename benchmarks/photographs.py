"""Real photographs, which are not part of this repository: in ../shared/data, beside it."""

from pathlib import Path

from tests.labelled import Picture, draw_pictures

FOLDER = Path(__file__).parent.parent.parent / "shared" / "data"


def labelled_faces(count: int) -> list[Picture]:
    """`count` photographs of faces, as many masked as bare; drawn ones where the photographs are missing."""
    pictures = []
    for label in ("mask", "nomask"):
        files = sorted((FOLDER / "faces" / label).glob("*"))[: count // 2]
        pictures += [Picture(file.read_bytes(), label) for file in files]
    return pictures or draw_pictures(count)
