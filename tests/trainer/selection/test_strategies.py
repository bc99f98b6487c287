"""What the selection functions choose, on arrays where one can see it, and against code written out."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import entropy as scipy_entropy

from trainer.arrays import unit
from trainer.selection import strategies


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def clumps(
    counts: list[int], width: float = 0.01, dims: int = 8
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Clusters of so many points around the axes, and which point is of which."""
    of = np.repeat(np.arange(len(counts)), counts)
    points = np.eye(dims)[of] + chance(9).normal(0, width, (len(of), dims))
    return points.astype(np.float32), of


def two_classes(p: list[float]) -> NDArray[np.float64]:
    return np.column_stack([p, 1 - np.array(p)])


def test_margins_and_entropies_are_those_of_the_textbook() -> None:
    rows = chance().dirichlet([1, 1, 1], 50)
    ordered = np.sort(rows, axis=1)
    np.testing.assert_allclose(strategies.margins(rows), ordered[:, 2] - ordered[:, 1])
    np.testing.assert_allclose(strategies.entropies(rows), scipy_entropy(rows, axis=1))
    assert strategies.entropies(np.array([[1.0, 0.0]]))[0] == 0


def test_the_least_sure_come_first_and_equals_keep_their_order() -> None:
    rows = two_classes([0.9, 0.52, 0.05, 0.48, 0.6])
    assert strategies.margin(rows, 3).tolist() == [1, 3, 4]
    assert strategies.entropy(rows, 3).tolist() == [1, 3, 4]
    assert strategies.margin(rows, 99).tolist() == [1, 3, 4, 0, 2], "as many as there are"


def test_with_three_classes_entropy_and_margin_may_differ() -> None:
    rows = np.array([[0.5, 0.49, 0.01], [0.4, 0.3, 0.3]])
    assert strategies.margin(rows, 1).tolist() == [0]
    assert strategies.entropy(rows, 1).tolist() == [1]


def test_of_near_repeats_one_is_chosen_the_least_sure() -> None:
    points, of = clumps([5, 5])
    chances = two_classes([0.50, 0.51, 0.52, 0.53, 0.54, 0.60, 0.56, 0.57, 0.58, 0.59])
    plain = strategies.margin(chances, 2)
    assert of[plain].tolist() == [0, 0], "margin alone takes twice the same"
    assert strategies.clustered_margin(chances, points, 2, chance()).tolist() == [0, 6]


def test_a_face_that_is_sure_is_not_chosen_for_being_different() -> None:
    points, _ = clumps([10, 1])
    chances = two_classes([0.5] * 10 + [0.999])
    assert 10 not in strategies.clustered_margin(chances, points, 2, chance())


def test_herding_takes_what_stands_for_many_and_of_near_repeats_one() -> None:
    points, of = clumps([3, 9, 1], width=0.05)
    chances = two_classes([0.50] * 3 + [0.52] * 9 + [0.5])
    assert of[strategies.margin(chances, 3)].tolist() == [0, 0, 0], "margin alone takes what is alike"
    assert of[strategies.herding(chances, points, 3)].tolist() == [1, 0, 2]


def test_herding_leaves_out_what_is_sure_however_many_they_are() -> None:
    points, of = clumps([100, 3])
    chances = two_classes([1.0] * 100 + [0.5] * 3)
    assert of[strategies.herding(chances, points, 1)].tolist() == [1]


def test_cover_is_the_greedy_one_written_out() -> None:
    points, doubts = chance(4).normal(size=(50, 5)).astype(np.float32), chance(5).random(50)

    def like(one: int, other: int) -> float:
        a, b = points[one].astype(float), points[other].astype(float)
        return float(np.exp((a @ b / np.sqrt((a @ a) * (b @ b)) - 1) / strategies.REACH))

    def covered(by: list[int]) -> float:
        return sum(doubts[one] * max(like(one, other) for other in by) for one in range(50))

    expected: list[int] = []
    for _ in range(6):
        others = [one for one in range(50) if one not in expected]
        expected.append(max(others, key=lambda one: covered([*expected, one])))
    assert strategies.cover(doubts, points, 6).tolist() == expected


def test_density_takes_the_middle_of_each_cluster_the_largest_first() -> None:
    points, of = clumps([40, 10, 20], width=0.05)
    chosen = strategies.density(points, 3, chance())
    assert of[chosen].tolist() == [0, 2, 1]
    for place in chosen:
        members = unit(points[of == of[place]])
        nearest = np.sort(members @ members.T, axis=1)[:, -strategies.NEIGHBOURS :].mean(axis=1)
        assert np.flatnonzero(of == of[place])[nearest.argmax()] == place


def test_density_leaves_out_clusters_that_are_labelled() -> None:
    points, of = clumps([40, 10, 20], width=0.05)
    chosen = strategies.density(points[1:], 2, chance(), points[:1])
    assert 0 not in of[1:][chosen]
    assert set(of[1:][chosen]) == {1, 2}


def test_k_centre_is_the_greedy_cover() -> None:
    points = chance(4).normal(size=(60, 5)).astype(np.float32)
    taken, left = points[:3], points[3:]
    rows, covered, expected = unit(left), list(unit(taken)), []
    for _ in range(6):
        distance = [min(1 - float(row @ other) for other in covered) for row in rows]
        for place in expected:
            distance[place] = -1
        expected.append(int(np.argmax(distance)))
        covered.append(rows[expected[-1]])
    assert strategies.k_centre(left, 6, chance(), taken).tolist() == expected


def test_badge_is_k_means_plus_plus_on_gradients_written_out() -> None:
    points, chances = chance(5).normal(size=(40, 6)).astype(np.float32), chance(6).dirichlet([1, 1, 1], 40)
    best = np.eye(3)[chances.argmax(axis=1)]
    gradients = ((chances - best)[:, :, None] * points[:, None, :]).reshape(40, -1).astype(np.float64)
    drawn, expected = chance(7), [int((gradients**2).sum(axis=1).argmax())]
    while len(expected) < 5:
        distance = np.min([((gradients - gradients[one]) ** 2).sum(axis=1) for one in expected], axis=0)
        distance[expected] = 0
        expected.append(int(drawn.choice(40, p=distance / distance.sum())))
    assert strategies.badge(chances, points, 5, chance(7)).tolist() == expected


def test_badge_goes_on_where_nothing_is_left_to_learn() -> None:
    same = np.ones((6, 4), np.float32)
    assert sorted(strategies.badge(two_classes([1.0] * 6), same, 6, chance())) == list(range(6))


def test_spread_goes_from_the_lowest_to_the_highest() -> None:
    assert strategies.spread(np.array([0.3, 0.1, 0.9, 0.5, 0.7]), 3).tolist() == [1, 3, 2]
    assert sorted(strategies.spread(np.array([0.3, 0.1]), 9)) == [0, 1]


@pytest.mark.parametrize("name", ["density", "k_centre", "badge", "clustered_margin"])
def test_the_same_seed_chooses_the_same_and_no_face_twice(name: str) -> None:
    points = chance(1).normal(size=(strategies.SAMPLED + 500, 16)).astype(np.float16)
    chances = chance(2).dirichlet([1, 1], len(points))
    arguments = (chances, points) if name in ("badge", "clustered_margin") else (points,)
    once, again = (getattr(strategies, name)(*arguments, 12, chance(3)) for _ in range(2))
    assert once.tolist() == again.tolist()
    assert len(set(once.tolist())) == 12


@pytest.mark.parametrize(
    "name", ["density", "k_centre", "badge", "clustered_margin", "herding", "margin", "entropy"]
)
def test_fewer_faces_than_asked_for_are_all_chosen(name: str) -> None:
    points, chances = chance(1).normal(size=(3, 4)).astype(np.float32), two_classes([0.2, 0.5, 0.7])
    arguments = {
        "density": (points,),
        "k_centre": (points,),
        "margin": (chances,),
        "entropy": (chances,),
    }.get(name, (chances, points))
    extra = () if name in ("margin", "entropy", "herding") else (chance(),)
    assert sorted(getattr(strategies, name)(*arguments, 10, *extra).tolist()) == [0, 1, 2]
