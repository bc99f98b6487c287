"""The least numbers of labels, and the errors that state them."""

import pytest

from trainer.data.minimum_labels import (
    PER_CLASS_TO_FINE_TUNE,
    PER_CLASS_TO_SIMULATE,
    PER_CLASS_TO_TRAIN,
    TO_SIMULATE,
    require_for_simulation,
    require_for_training,
)
from trainer.errors import NotEnoughLabels

CLASSES = ("mask", "nomask")


@pytest.mark.parametrize(
    ("fine_tune", "least"), [(False, PER_CLASS_TO_TRAIN), (True, PER_CLASS_TO_FINE_TUNE)]
)
def test_training_needs_the_minimum_of_every_class(fine_tune: bool, least: int) -> None:
    require_for_training({"mask": least, "nomask": least}, CLASSES, fine_tune=fine_tune)
    for counts in ({"mask": 1000, "nomask": least - 1}, {"mask": 1000}, {}):
        with pytest.raises(NotEnoughLabels) as refused:
            require_for_training(counts, CLASSES, fine_tune=fine_tune)
        assert f"at least {least} labelled faces of each class" in refused.value.message
        assert f"nomask: {counts.get('nomask', 0)}" in refused.value.message


def test_labels_of_other_classes_do_not_count_for_training() -> None:
    with pytest.raises(NotEnoughLabels):
        require_for_training({"mask": 10, "retired": 10}, CLASSES)


def test_a_simulation_needs_the_minimum_of_two_classes_and_in_total() -> None:
    rest = TO_SIMULATE - PER_CLASS_TO_SIMULATE
    require_for_simulation({"mask": PER_CLASS_TO_SIMULATE, "nomask": rest})
    require_for_simulation({"mask": PER_CLASS_TO_SIMULATE, "nomask": rest, "unused": 0})
    too_few = [
        {"mask": PER_CLASS_TO_SIMULATE, "nomask": rest - 1},
        {"mask": PER_CLASS_TO_SIMULATE - 1, "nomask": rest + 1},
        {"mask": PER_CLASS_TO_SIMULATE, "nomask": rest, "rare": 1},
        {"mask": 1000},
        {},
    ]
    for counts in too_few:
        with pytest.raises(NotEnoughLabels):
            require_for_simulation(counts)


def test_the_error_lists_the_labels_there_are() -> None:
    with pytest.raises(NotEnoughLabels, match="there are mask: 3, nomask: 2"):
        require_for_simulation({"mask": 3, "nomask": 2})
    with pytest.raises(NotEnoughLabels, match="there are none"):
        require_for_simulation({})
