"""What is written is read again as it was."""

import pytest
from hypothesis import HealthCheck, given, settings

from labeller.formats.records import PhotoRecord
from tests.labeller.formats.round_trip import datasets, plain, written_and_read

ALL = ("folders", "csv", "coco")


def check(name: str, photos: list[PhotoRecord]) -> None:
    read, problems = written_and_read(name, photos)
    assert [one for one in problems if one.remark != "note"] == []
    assert read == sorted(map(plain, photos), key=lambda one: one.name)


@pytest.mark.parametrize("name", ALL)
@given(photos=datasets())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_box_state_person_and_split_comes_back(name: str, photos: list[PhotoRecord]) -> None:
    check(name, photos)


@pytest.mark.slow
@pytest.mark.full_size
@pytest.mark.parametrize("name", ALL)
@given(photos=datasets())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_one_of_many_comes_back(name: str, photos: list[PhotoRecord]) -> None:
    check(name, photos)
