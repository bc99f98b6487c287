"""Groups and their split: all photos of a person, and all near repeats of each other, stay on one side."""

import functools

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import SPLITS, Group, Person, Photo
from db.session import advisory_lock, take_write_lock
from labeller.photos.near_duplicates import near_repeats

SPLIT_SEED = 20200802
SHARES = {"locked": 1, "validation": 1, "train": 3}
"""Of every five groups, in order of arrival, a random one is locked and another one validates."""

ADVISORY_LOCK = 0x5EC0E
"""Key of PostgreSQL's advisory lock on the groups; an arbitrary number used for nothing else."""


def assign_group(session: Session, photo: Photo, mirror: bytes, person: Person | None) -> None:
    """Assign a new photo to the joined groups of its person and of its near repeats, and mark the repeats.

    `mirror` is the hash of the photo's mirror image.
    """
    _lock_groups(session)
    near = near_repeats(session, photo.dhash, mirror)
    groups = {other.group_id for other in near}
    if person is not None:
        own = select(Photo.group_id).where(Photo.person_id == person.id).limit(1)
        groups |= set(session.scalars(own))
    photo.group = _joined(session, groups) if groups else _new_group(session)
    if near:
        photo.repeat_id = min(other.repeat_id or other.id for other in near)
        repeat_ids = {other.repeat_id for other in near if other.repeat_id is not None}
        same = Photo.id.in_([other.id for other in near]) | Photo.repeat_id.in_(repeat_ids)
        session.execute(update(Photo).where(same).values(repeat_id=photo.repeat_id))


def join_groups_of(session: Session, person: Person) -> None:
    """Join the groups of all photos of one person."""
    _lock_groups(session)
    groups = set(session.scalars(select(Photo.group_id).where(Photo.person_id == person.id).distinct()))
    if groups:
        _joined(session, groups)


@functools.lru_cache(maxsize=4096)
def split_of(ordinal: int) -> str:
    """The split of the `ordinal`-th group, drawn at random within its block of five.

    The first three groups are for training: otherwise everything would be locked in one of five workbenches
    with a single friend.
    """
    names: list[str] = [name for name, count in SHARES.items() for _ in range(count)]
    block, position = divmod(ordinal, len(names))
    rng = np.random.default_rng([SPLIT_SEED, block])
    if block == 0:
        held_out = len(names) - SHARES["train"]
        order = [*range(held_out, len(names)), *rng.permutation(held_out)]
    else:
        order = list(rng.permutation(len(names)))
    return names[int(order[position])]


def _lock_groups(session: Session) -> None:
    """Wait until every other transaction that assigns or joins groups has ended; holds until the commit.

    Two photos of one person that arrive at once would get a group each, and one might be locked while the
    other is learned from.
    """
    take_write_lock(session)
    advisory_lock(session, ADVISORY_LOCK)


def _new_group(session: Session) -> Group:
    group = Group(split="train")
    session.add(group)
    session.flush()  # the id is the position in the order of arrival
    group.split = split_of(group.id - 1)
    return group


def _joined(session: Session, groups: set[int]) -> Group:
    kept, *others = session.scalars(select(Group).where(Group.id.in_(groups)).order_by(Group.id))
    for other in others:
        _merge(session, kept, other)
    return kept


def _merge(session: Session, kept: Group, other: Group) -> None:
    """Merge two groups. What was ever trained on can never be locked: the earlier name in SPLITS wins."""
    kept.split = min(kept.split, other.split, key=SPLITS.index)
    session.execute(update(Photo).where(Photo.group_id == other.id).values(group_id=kept.id))
    session.flush()
    session.delete(other)
