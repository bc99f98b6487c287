"""The index finds what a search through all vectors finds: the same faces in the same order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.similar import index
from inference.similar.index import FaceIndex

LENGTH = 16
Vectors = dict[int, NDArray[np.float16]]


def brute_force(known: Vectors, query: NDArray[np.float16], count: int) -> list[tuple[int, float]]:
    """All cosines in float64, sorted; of equal ones the smaller id comes first."""
    exact = query.astype(np.float64)
    cosines = []
    for id, vector in known.items():
        row = vector.astype(np.float64)
        lengths = np.sqrt((row**2).sum()), np.sqrt((exact**2).sum())
        scale = (1 / lengths[0] if lengths[0] else 0.0) * (1 / lengths[1] if lengths[1] else 0.0)
        cosines.append((id, float((row * exact).sum() * scale)))
    return sorted(cosines, key=lambda one: (-one[1], one[0]))[:count]


def found(faces: FaceIndex, query: NDArray[np.float16], count: int) -> list[tuple[int, float]]:
    return faces.nearest(query, faces.cosines(query), count)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "BLOCK", 4)
    monkeypatch.setattr(index, "AT_ONCE", 3)


few_values = st.lists(st.integers(-2, 2), min_size=LENGTH, max_size=LENGTH)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 20), few_values),
        st.tuples(st.just("remove"), st.integers(1, 20), st.just([])),
    ),
    max_size=40,
)


@given(steps, few_values, st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_the_same_ten_as_brute_force_with_ties_duplicates_and_zeros(
    changes: list[tuple[str, int, list[int]]], asked: list[int], count: int
) -> None:
    faces, known, query = FaceIndex(LENGTH), Vectors(), np.array(asked, np.float16)
    for number, (what, id, values) in enumerate(changes):
        if what == "put":
            known[id] = np.array(values, np.float16)
            faces.put([id], [number], known[id][None])
        elif id in known:
            del known[id]
            faces.remove(id)
    assert len(faces) == len(known) == len(faces.versions)
    assert found(faces, query, count) == brute_force(known, query, count)


def test_many_vectors_with_duplicates_and_near_ties() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(2000, 1280)).astype(np.float16)
    matrix[500:530] = matrix[7]  # the very same picture
    matrix[600:640] = matrix[7]
    matrix[600:640, 3] = np.nextafter(matrix[7, 3], np.float16(9))  # nearly the same
    faces = FaceIndex(1280)
    faces.put(range(1, 2001), [1] * 2000, matrix)
    known = {number + 1: vector for number, vector in enumerate(matrix)}
    for row in (7, 610, 3):
        assert found(faces, matrix[row], 45) == brute_force(known, matrix[row], 45)


def test_nothing_of_a_removed_face_stays_in_memory() -> None:
    faces = FaceIndex(LENGTH)
    for id in (1, 2, 3):
        faces.put([id], [1], np.full((1, LENGTH), id, np.float16))
    faces.remove(2)
    held = np.concatenate(faces._blocks)
    assert sorted(set(held.ravel().tolist())) == [0, 1, 3]
