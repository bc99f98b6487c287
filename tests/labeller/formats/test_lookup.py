"""Which picture a label file means."""

import pytest

from labeller.errors import AmbiguousName
from labeller.formats.lookup import PictureNames

PICTURES = PictureNames(
    [
        "one.jpg",
        "train/a/face.jpg",
        "train/b/face.jpg",
        "val/b/face.jpg",
        "Café é.png",
        "Upper.JPG",
        "case.jpg",
        "CASE.jpg",
        "deep/48ed02c9-kept.jpg",
    ]
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("one.jpg", "one.jpg"),
        ("./one.jpg", "one.jpg"),
        ("../label-studio/media/upload/1/48ed02c9-one.jpg", "one.jpg"),
        ("/data/upload/1/48ed02c9-Caf%C3%A9%20%C3%A9.png", "Café é.png"),
        ("/data/local-files/?d=scenes/one.jpg", "one.jpg"),
        ("/data/local-files/?d=train%2Fa%2Fface.jpg", "train/a/face.jpg"),
        ("C:\\Users\\Me\\one.jpg", "one.jpg"),
        ("val\\b\\face.jpg", "val/b/face.jpg"),
        ("elsewhere/train/b/face.jpg", "train/b/face.jpg"),
        ("a/face.jpg", "train/a/face.jpg"),
        ("Cafe\u0301 e\u0301.png", "Café é.png"),
        ("upper.jpg", "Upper.JPG"),
        ("CASE.jpg", "CASE.jpg"),
        ("48ed02c9-kept.jpg", "deep/48ed02c9-kept.jpg"),
        ("https://example.org/store/one.jpg", "one.jpg"),
        ("../../../../etc/passwd", None),
        ("/etc/hostname", None),
        ("", None),
        ("..", None),
        ("one.jpg/", "one.jpg"),
        ("\x00", None),
    ],
)
def test_a_name_is_looked_up_and_never_opened(name: str, key: str | None) -> None:
    assert PICTURES.find(name) == key


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("face.jpg", {"train/a/face.jpg", "train/b/face.jpg", "val/b/face.jpg"}),
        ("b/face.jpg", {"train/b/face.jpg", "val/b/face.jpg"}),
        ("Case.jpg", {"case.jpg", "CASE.jpg"}),
    ],
)
def test_two_candidates_are_both_named(name: str, both: set[str]) -> None:
    with pytest.raises(AmbiguousName) as raised:
        PICTURES.find(name)
    assert set(raised.value.candidates) == both
    assert all(one in raised.value.message for one in both)


def test_many_pictures_may_have_one_name() -> None:
    pictures = PictureNames(f"{number}/frame.jpg" for number in range(20_000))
    for number in range(0, 20_000, 7):
        assert pictures.find(f"data/{number}/FRAME.jpg") == f"{number}/frame.jpg"
    with pytest.raises(AmbiguousName) as raised:
        pictures.find("frame.jpg")
    assert len(raised.value.message) < 200
