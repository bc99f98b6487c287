"""How groups are split into train, validation and locked."""

from sqlalchemy.orm import Session

from labeller.photos.splits import SHARES, _new_group, split_of


def test_each_block_of_five_groups_has_one_locked_and_one_for_validation() -> None:
    for block in range(50):
        names = [split_of(ordinal) for ordinal in range(block * 5, block * 5 + 5)]
        assert {name: names.count(name) for name in SHARES} == SHARES
    assert [split_of(ordinal) for ordinal in range(3)] == ["train"] * 3, "few people are enough to train"
    firsts = {split_of(ordinal) for ordinal in range(0, 250, 5)}
    assert firsts == set(SHARES), "the order within a block is random"


def test_groups_get_their_splits_in_the_order_of_arrival(db: Session) -> None:
    assert [_new_group(db).split for _ in range(10)] == [split_of(ordinal) for ordinal in range(10)]
