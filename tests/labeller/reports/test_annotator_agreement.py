"""Two people's blind answers: how far they agree, what settles a dispute, and who is measured on what."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from sqlalchemy.orm import Session

from db.confidence_intervals import share
from db.models import Face, Person
from db.settings import settings
from labeller.answers.answer_input import AnswerInput
from labeller.answers.face_answers import standing_answers
from labeller.answers.record import record_answer
from labeller.people import people
from labeller.queue.next_faces import next_faces
from labeller.reports import annotator_agreement
from tests.factories import add_faces, add_second_answer


def first_look(db: Session, person: Person, face: Face, label: str) -> None:
    record_answer(db, person, AnswerInput(f"first {face.id}", "label", face.id, label, seconds=2.0))


def kappa_of(ratings: NDArray[np.int64], chance: Callable[[NDArray[np.int64]], float]) -> float:
    agreement = share(ratings[:, 0] == ratings[:, 1], np.arange(len(ratings)))
    assert agreement is not None
    kappa = annotator_agreement.kappa(agreement, chance(ratings))
    assert kappa is not None
    return kappa["value"]


def test_cohens_kappa_is_scikit_learns() -> None:
    chance = np.random.default_rng(3)
    truth = chance.integers(0, 3, 200)
    ratings = np.stack(
        [np.where(chance.random(200) < 0.8, truth, chance.integers(0, 3, 200)) for _ in range(2)], 1
    )
    assert kappa_of(ratings, annotator_agreement.cohen_chance) == pytest.approx(cohen_kappa_score(*ratings.T))


def test_fleiss_kappa_by_hand() -> None:
    # 10 faces, two ratings each: 7 agree; 12 ratings of 20 are the first class: (0.7 - 0.52) / (1 - 0.52).
    ratings = np.array([[0, 0]] * 5 + [[1, 1]] * 2 + [[0, 1], [0, 1], [1, 1]])
    ratings[-1] = [1, 0]
    assert (ratings == 0).sum() == 13
    chance = (13 / 20) ** 2 + (7 / 20) ** 2
    kappa = kappa_of(ratings, annotator_agreement.fleiss_chance)
    assert kappa == pytest.approx((0.7 - chance) / (1 - chance))


def test_the_interval_of_kappa_is_that_of_the_agreement() -> None:
    agreement = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 40}
    kappa = annotator_agreement.kappa(agreement, 0.5)
    assert kappa == pytest.approx({"value": 0.8, "low": 0.6, "high": 0.9, "n": 40})
    assert annotator_agreement.kappa(agreement, 1.0) is None, "chance alone would agree"


def test_a_second_opinion_is_served_blind_and_a_dispute_is_settled_by_who_saw_both(
    db: Session, ada: Person, bob: Person
) -> None:
    (face, *_) = add_faces(db, 1)
    face.opinions_wanted = 2
    db.flush()
    first_look(db, ada, face, "mask")
    assert next_faces(db, ada, "label", 5).items == [], "nobody is asked twice"
    (item,) = next_faces(db, bob, "label", 5).items
    assert item.label is None
    record_answer(db, bob, AnswerInput("bob", "label", face.id, "nomask"))
    assert (face.label, face.disputed, face.opinions, face.waiting) == ("mask", True, 2, False)
    ((shown, said),) = annotator_agreement.disputed_faces(db)
    assert shown is face
    assert {one.person.name: one.opinion for one in said if one.person} == {
        "Ada": ("label", "mask"),
        "Bob": ("label", "nomask"),
    }
    owner = people.owner(db)
    last = standing_answers(db, face)[-1]
    record_answer(db, owner, AnswerInput("settled", "label", face.id, "nomask", seen_at=last.created_at))
    assert (face.label, face.disputed) == ("nomask", False)
    record_answer(db, owner, AnswerInput("back", "undo", face.id))
    assert (face.label, face.disputed) == ("mask", True)


def test_agreement_and_everybodys_record(db: Session, ada: Person, bob: Person) -> None:
    faces = add_faces(db, 10)
    for place, face in enumerate(faces):
        first_look(db, ada, face, "mask" if place < 5 else "nomask")
        add_second_answer(db, bob, face, "mask" if place < 4 else "nomask")
    figures, records = annotator_agreement.measure(db)
    assert figures is not None
    assert (figures.faces, figures.people, figures.name) == (10, 2, "Cohen")
    assert figures.raw["value"] == 0.9
    assert figures.kappa is not None
    assert figures.kappa["value"] == pytest.approx(0.8)
    hers, his = records
    assert (hers.person.name, hers.answers, hers.seconds, (hers.right or {})["n"]) == ("Ada", 10, 2.0, 9)
    assert (his.right or {})["value"] == 1.0, "the disputed one counts for nobody"
    owner = people.owner(db)
    seen = standing_answers(db, faces[4])[-1].created_at
    record_answer(db, owner, AnswerInput("settle", "label", faces[4].id, "mask", seen_at=seen))
    _, (hers, his, theirs) = annotator_agreement.measure(db)
    assert (hers.right or {})["value"] == 1.0
    assert (his.right or {})["value"] == 0.9
    assert theirs.right is None, "who saw the answers is not measured by them"


def test_gold_faces_are_mixed_in_for_new_labellers_only(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = people.owner(db)
    faces = add_faces(db, 12)
    for face in faces[:4]:
        first_look(db, owner, face, "mask")
    assert annotator_agreement.mark_gold(db, [face.id for face in faces], owner) == 4, "only answered ones"
    monkeypatch.setenv("GOLD_FACES", "2")
    settings.cache_clear()
    served = [item.face.id for item in next_faces(db, ada, "label", 10).items]
    gold = [face.id for face in faces[:4]]
    assert served[5] in gold, "among the others"
    record_answer(db, ada, AnswerInput("wrong", "label", gold[0], "nomask"))
    assert (faces[0].label, faces[0].disputed) == ("mask", False), "gold does not change unawares"
    record_answer(db, ada, AnswerInput("right", "label", gold[1], "mask"))
    assert not {item.face.id for item in next_faces(db, ada, "label", 12).items} & set(gold), (
        "two were enough"
    )
    assert not {item.face.id for item in next_faces(db, owner, "label", 12).items} & set(gold)
    agreement = next(one for one in annotator_agreement.measure(db)[1] if one.person is ada)
    assert agreement.right is not None
    assert (agreement.right["n"], agreement.right["value"]) == (2, 0.5)
