"""What each strategy chooses, on arrays where it is obvious, and against a naive implementation."""

import numpy as np
import pytest
from scipy.stats import entropy as scipy_entropy

from tests.trainer.selection.example_features import clumps, two_classes
from trainer.arrays import unit
from trainer.selection import strategies


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_margins_and_entropies_equal_their_definitions() -> None:
    rows = rng().dirichlet([1, 1, 1], 50)
    ordered = np.sort(rows, axis=1)
    np.testing.assert_allclose(strategies.margins(rows), ordered[:, 2] - ordered[:, 1])
    np.testing.assert_allclose(strategies.entropies(rows), scipy_entropy(rows, axis=1))
    assert strategies.entropies(np.array([[1.0, 0.0]]))[0] == 0


def test_the_least_sure_come_first_and_ties_keep_their_order() -> None:
    rows = two_classes([0.9, 0.52, 0.05, 0.48, 0.6])
    assert strategies.margin(rows, 3).tolist() == [1, 3, 4]
    assert strategies.entropy(rows, 3).tolist() == [1, 3, 4]
    assert strategies.margin(rows, 99).tolist() == [1, 3, 4, 0, 2], "as many as there are"


def test_with_three_classes_entropy_and_margin_may_differ() -> None:
    rows = np.array([[0.5, 0.49, 0.01], [0.4, 0.3, 0.3]])
    assert strategies.margin(rows, 1).tolist() == [0]
    assert strategies.entropy(rows, 1).tolist() == [1]


def test_clustered_margin_takes_the_least_sure_of_near_repeats() -> None:
    points, of = clumps([5, 5])
    probabilities = two_classes([0.50, 0.51, 0.52, 0.53, 0.54, 0.60, 0.56, 0.57, 0.58, 0.59])
    plain = strategies.margin(probabilities, 2)
    assert of[plain].tolist() == [0, 0], "margin alone takes twice the same"
    assert strategies.clustered_margin(probabilities, points, 2, rng()).tolist() == [0, 6]


def test_clustered_margin_does_not_choose_a_certain_face_for_being_different() -> None:
    points, _ = clumps([10, 1])
    probabilities = two_classes([0.5] * 10 + [0.999])
    assert 10 not in strategies.clustered_margin(probabilities, points, 2, rng())


def test_greedy_coverage_equals_the_naive_implementation() -> None:
    points, uncertainties = rng(4).normal(size=(50, 5)).astype(np.float32), rng(5).random(50)

    def similarity(first: int, second: int) -> float:
        a, b = points[first].astype(float), points[second].astype(float)
        return float(np.exp((a @ b / np.sqrt((a @ a) * (b @ b)) - 1) / strategies.KERNEL_WIDTH))

    def covered(by: list[int]) -> float:
        return sum(uncertainties[row] * max(similarity(row, other) for other in by) for row in range(50))

    expected: list[int] = []
    for _ in range(6):
        others = [row for row in range(50) if row not in expected]
        expected.append(max(others, key=lambda row: covered([*expected, row])))
    assert strategies.greedy_coverage(uncertainties, points, 6).tolist() == expected


def test_density_takes_the_densest_face_of_each_cluster_largest_first() -> None:
    points, of = clumps([40, 10, 20], width=0.05)
    chosen = strategies.density(points, 3, rng())
    assert of[chosen].tolist() == [0, 2, 1]
    for index in chosen:
        members = unit(points[of == of[index]])
        nearest = np.sort(members @ members.T, axis=1)[:, -strategies.NEIGHBOURS :].mean(axis=1)
        assert np.flatnonzero(of == of[index])[nearest.argmax()] == index


def test_density_skips_clusters_that_contain_a_labelled_face() -> None:
    points, of = clumps([40, 10, 20], width=0.05)
    chosen = strategies.density(points[1:], 2, rng(), points[:1])
    assert 0 not in of[1:][chosen]
    assert set(of[1:][chosen]) == {1, 2}


def test_k_centre_equals_the_naive_implementation() -> None:
    points = rng(4).normal(size=(60, 5)).astype(np.float32)
    taken, left = points[:3], points[3:]
    rows, covered, expected = unit(left), list(unit(taken)), []
    for _ in range(6):
        distance = [min(1 - float(row @ other) for other in covered) for row in rows]
        for index in expected:
            distance[index] = -1
        expected.append(int(np.argmax(distance)))
        covered.append(rows[expected[-1]])
    assert strategies.k_centre(left, 6, rng(), taken).tolist() == expected


def test_badge_is_k_means_plus_plus_on_the_full_gradients() -> None:
    points, probabilities = rng(5).normal(size=(40, 6)).astype(np.float32), rng(6).dirichlet([1, 1, 1], 40)
    best = np.eye(3)[probabilities.argmax(axis=1)]
    gradients = ((probabilities - best)[:, :, None] * points[:, None, :]).reshape(40, -1).astype(np.float64)
    drawn, expected = rng(7), [int((gradients**2).sum(axis=1).argmax())]
    while len(expected) < 5:
        distance = np.min([((gradients - gradients[row]) ** 2).sum(axis=1) for row in expected], axis=0)
        distance[expected] = 0
        expected.append(int(drawn.choice(40, p=distance / distance.sum())))
    assert strategies.badge(probabilities, points, 5, rng(7)).tolist() == expected


def test_badge_continues_when_all_gradients_are_equal() -> None:
    same = np.ones((6, 4), np.float32)
    assert sorted(strategies.badge(two_classes([1.0] * 6), same, 6, rng())) == list(range(6))


@pytest.mark.parametrize("name", ["density", "k_centre", "badge", "clustered_margin"])
def test_the_same_seed_gives_the_same_choice_without_duplicates(name: str) -> None:
    points = rng(1).normal(size=(strategies.MAX_ROWS + 500, 16)).astype(np.float16)
    probabilities = rng(2).dirichlet([1, 1], len(points))
    arguments = (probabilities, points) if name in ("badge", "clustered_margin") else (points,)
    once, again = (getattr(strategies, name)(*arguments, 12, rng(3)) for _ in range(2))
    assert once.tolist() == again.tolist()
    assert len(set(once.tolist())) == 12


@pytest.mark.parametrize("name", ["density", "k_centre", "badge", "clustered_margin", "margin", "entropy"])
def test_all_faces_are_chosen_when_there_are_fewer_than_asked_for(name: str) -> None:
    points, probabilities = rng(1).normal(size=(3, 4)).astype(np.float32), two_classes([0.2, 0.5, 0.7])
    arguments = {
        "density": (points,),
        "k_centre": (points,),
        "margin": (probabilities,),
        "entropy": (probabilities,),
    }.get(name, (probabilities, points))
    extra = () if name in ("margin", "entropy") else (rng(),)
    assert sorted(getattr(strategies, name)(*arguments, 10, *extra).tolist()) == [0, 1, 2]
