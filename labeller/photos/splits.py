"""Groups and their split: all photos of a person, and all near repeats of each other, stay on one side."""

import functools
from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from db.models import SPLITS, Group, Person, Photo
from db.session import take_lock
from labeller.photos.near_duplicates import near_repeats

SPLIT_SEED = 20200802
SHARES = {"locked": 1, "validation": 1, "train": 3}
"""Of every five groups, in order of arrival, a random one is locked and another one validates."""

LOCK = 0x5EC0E
"""Key of the lock on the groups; an arbitrary number used for nothing else."""


def assign_group(session: Session, photo: Photo, mirror: bytes, person: Person | None) -> None:
    """Assign a new photo to the joined groups of its person and of its near repeats, and mark the repeats.

    `mirror` is the hash of the photo's mirror image.
    """
    near = _lock_with_repeats(session, [photo.dhash, mirror])
    groups = {other.group_id for other in near}
    if person is not None:
        groups |= _groups_of(session, person)
    photo.group = _joined(session, groups) if groups else _new_group(session)
    if near:
        photo.repeat_id = min(other.repeat_id or other.id for other in near)
        repeat_ids = {other.repeat_id for other in near if other.repeat_id is not None}
        same = Photo.id.in_([other.id for other in near]) | Photo.repeat_id.in_(repeat_ids)
        session.execute(update(Photo).where(same).values(repeat_id=photo.repeat_id))


def place(session: Session, photo: Photo, split: str) -> bool:
    """Whether the photo is in this split now: a new photo that is in a group of its own is put there.

    To be called in the transaction that received it, which holds the lock on the groups. Nothing was learned
    from such a photo, so that it may also be locked.
    """
    if photo.group.split == split:
        return True
    others = select(Photo.id).where(Photo.group_id == photo.group_id, Photo.id != photo.id)
    if session.scalar(others.limit(1)) is not None:
        return False
    photo.group.split = split
    session.flush()
    return True


def join_groups(session: Session, of_photos: ColumnElement[bool]) -> None:
    """Join the groups of all photos that the condition selects."""
    _lock_groups(session)
    groups = set(session.scalars(select(Photo.group_id).where(of_photos).distinct()))
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
    take_lock(session, LOCK)


def _lock_with_repeats(session: Session, hashes: Sequence[bytes]) -> list[Photo]:
    """Lock the groups, and return the photos that are near repeats of any of the hashes.

    Nearly all photos are compared before the lock is taken, because others wait meanwhile. Photos get their
    ids while their senders hold the lock, so those that arrived since have higher ones.
    """
    ids, last = near_repeats(session, hashes)
    _lock_groups(session)
    newer, _ = near_repeats(session, hashes, after=last)
    # Read anew: another sender may have moved a photo to another group since this session read it.
    query = select(Photo).where(Photo.id.in_([*ids, *newer]))
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _groups_of(session: Session, person: Person) -> set[int]:
    """The groups of the person's photos, one unless they were torn: from group to group in the index."""
    groups: set[int] = set()
    least = select(func.min(Photo.group_id)).where(Photo.person_id == person.id)
    group = session.scalar(least)
    while group is not None:
        groups.add(group)
        group = session.scalar(least.where(Photo.group_id > group))
    return groups


def _new_group(session: Session) -> Group:
    group = Group(split="train")
    session.add(group)
    session.flush()  # the id is the position in the order of arrival
    group.split = split_of(group.id - 1)
    return group


def _joined(session: Session, groups: set[int]) -> Group:
    # Read anew: another sender may have merged one of them since this session read it.
    query = select(Group).where(Group.id.in_(groups)).order_by(Group.id)
    kept, *others = session.scalars(query.execution_options(populate_existing=True))
    for other in others:
        _merge(session, kept, other)
    return kept


def _merge(session: Session, kept: Group, other: Group) -> None:
    """Merge two groups. What was ever trained on can never be locked: the earlier name in SPLITS wins."""
    kept.split = min(kept.split, other.split, key=SPLITS.index)
    session.execute(update(Photo).where(Photo.group_id == other.id).values(group_id=kept.id))
    session.flush()
    session.delete(other)
