"""Wrong labels are ranked first, random labels look random, and no face is on both sides of the split."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from sqlalchemy.orm import Session

from db import classes, integrity
from tests.environment import PROVE
from tests.labelled import Picture, add_labelled_pictures, draw_pictures, sqlite_only, train_run
from trainer.data import dataset

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.full_size
@sqlite_only
def test_flipped_labels_are_the_first_suspects(db: Session) -> None:
    """5 % flipped: at least 95 % of them are among the first 12 %. In the short test that is one less."""
    from trainer.evaluation.label_errors import suspect_labels

    pictures = draw_pictures(792 if PROVE else 200)
    rng = np.random.default_rng(0)
    flipped = set(rng.choice(len(pictures), len(pictures) // 20, replace=False).tolist())
    other = {"mask": "nomask", "nomask": "mask"}
    faces = add_labelled_pictures(
        db,
        [Picture(p.content, other[p.label] if i in flipped else p.label) for i, p in enumerate(pictures)],
    )
    wrong = {faces[i].id for i in flipped}
    ranked = [suspect.face.id for suspect in suspect_labels(db, train_run(db), len(faces))]
    assert len(ranked) == len(faces)
    first = set(ranked[: round(0.12 * len(ranked))])
    assert len(wrong & first) >= (0.95 if PROVE else 0.9) * len(wrong)


@sqlite_only
def test_with_shuffled_labels_the_intervals_contain_one_half(db: Session) -> None:
    """With labels assigned at random the true accuracy is 0.5, and the intervals must contain it."""
    faces = add_labelled_pictures(db, draw_pictures(200))
    rng, held = np.random.default_rng(0), []
    for _ in range(25 if PROVE else 8):
        labels = rng.permutation([face.label for face in faces])
        for face, label in zip(faces, labels, strict=True):
            face.label = str(label)
        db.commit()
        metrics = train_run(db).metrics or {}
        accuracies = [metrics[part]["balanced_accuracy"] for part in ("locked", "cross_validated")]
        held.append([figure["low"] <= 0.5 <= figure["high"] for figure in accuracies])
    assert np.sum(held, axis=0).min() >= (23 if PROVE else 7), np.sum(held, axis=0)


def altered(content: bytes) -> list[bytes]:
    """The same picture smaller, mirrored, and in low quality."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    half = image.resize((max(40, image.width // 2), max(40, image.height // 2)))
    forms = ((half, 90), (ImageOps.mirror(image), 90), (image, 40))
    contents = []
    for form, quality in forms:
        out = io.BytesIO()
        form.save(out, "JPEG", quality=quality)
        contents.append(out.getvalue())
    return contents


@pytest.mark.full_size
@sqlite_only
def test_no_face_is_on_both_sides_of_the_split_even_under_another_name(db: Session) -> None:
    """60 people with two faces each; some faces occur three times more, altered, under another name."""
    pictures = draw_pictures(120)
    originals = [
        Picture(picture.content, picture.label, f"Person {n // 2}") for n, picture in enumerate(pictures)
    ]
    planted = [
        (number, Picture(content, originals[number].label, f"Person {(number // 2 + 17) % 60}"))
        for number in range(0, 120, 6 if PROVE else 12)
        for content in altered(originals[number].content)
    ]
    faces = add_labelled_pictures(db, [*originals, *(picture for _, picture in planted)])
    sides = {row.face_id: row.split for row in dataset.collect(db, [1, 2], classes.read(db)).rows}
    pairs = [(faces[number].id, faces[120 + index].id) for index, (number, _) in enumerate(planted)]
    assert [pair for pair in pairs if sides[pair[0]] != sides[pair[1]]] == []
    assert integrity.straddling_near_duplicates(db) == []
    assert set(sides.values()) == {"train", "validation", "locked"}
