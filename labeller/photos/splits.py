"""Repeats and the side of the split: photos of one person, and near repeats, stay together."""

import functools

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import SHOWN, SPLITS, Group, Person, Photo

NEAR = 40
"""Bits of 256 in which near repeats may differ. Measured on 1,050 real photographs against themselves
resized, brightened, mirrored and as JPEG 40: 99 % of the repeats differ by at most 30, and of 550,000
pairs of different files 5 by at most 40. Frames of a burst (shifted by 0.8 %, turned by half a degree)
differ by 12 in the median and 35 at most, a photo and its HEIC by 2 and 12 (145 photographs)."""
SPLIT_SEED = 20200802
SHARES = {"locked": 1, "validation": 1, "train": 3}
"""Of every five groups, in order of arrival, one is locked and one validates; chance says which."""


def assign_group(session: Session, photo: Photo, mirror: bytes, person: Person | None) -> None:
    """Give a new photo its group, merged out of its person's and its near repeats', and mark the repeats.

    `mirror` is the hash of the photo's mirror image.
    """
    near = near_repeats(session, photo.dhash, mirror)
    groups = {other.group_id for other in near}
    if person is not None:
        own = select(Photo.group_id).where(Photo.person_id == person.id).limit(1)
        groups |= set(session.scalars(own))
    photo.group = _joined(session, groups) if groups else _new_group(session)
    if near:
        photo.repeat_id = min(other.repeat_id or other.id for other in near)
        known = {other.repeat_id for other in near if other.repeat_id is not None}
        same = Photo.id.in_([other.id for other in near]) | Photo.repeat_id.in_(known)
        session.execute(update(Photo).where(same).values(repeat_id=photo.repeat_id))


def join_person(session: Session, person: Person) -> None:
    """Bring all photos of one person to one side of the split."""
    groups = set(session.scalars(select(Photo.group_id).where(Photo.person_id == person.id).distinct()))
    if groups:
        _joined(session, groups)


def near_repeats(session: Session, *hashes: bytes) -> list[Photo]:
    """Photos within NEAR bits of any of the hashes."""
    rows = session.execute(select(Photo.id, Photo.dhash).where(SHOWN)).all()
    if not rows:
        return []
    known = np.frombuffer(b"".join(row.dhash for row in rows), np.uint8).reshape(len(rows), -1)
    near = np.min([distance(known, dhash) for dhash in hashes], axis=0) <= NEAR
    ids = [row.id for row, hit in zip(rows, near, strict=True) if hit]
    return list(session.scalars(select(Photo).where(Photo.id.in_(ids)))) if ids else []


def distance(known: NDArray[np.uint8], dhash: bytes) -> NDArray[np.int64]:
    """Hamming distances (n,) of `dhash` to the packed hashes `known` (n, bytes)."""
    different = known ^ np.frombuffer(dhash, np.uint8)
    return np.asarray(np.bitwise_count(different).sum(axis=1), np.int64)


@functools.lru_cache(maxsize=4096)
def split_of(ordinal: int) -> str:
    """The split of the `ordinal`-th group, drawn by chance within its block of five.

    The first three of all learn: with a single friend everything would else be locked, one time in five.
    """
    names: list[str] = [name for name, count in SHARES.items() for _ in range(count)]
    block, place = divmod(ordinal, len(names))
    chance = np.random.default_rng([SPLIT_SEED, block])
    if block == 0:
        held_out = len(names) - SHARES["train"]
        order = [*range(held_out, len(names)), *chance.permutation(held_out)]
    else:
        order = list(chance.permutation(len(names)))
    return names[int(order[place])]


def _new_group(session: Session) -> Group:
    group = Group(split="train")
    session.add(group)
    session.flush()  # the id is the place in the order of arrival
    group.split = split_of(group.id - 1)
    return group


def _joined(session: Session, groups: set[int]) -> Group:
    kept, *others = session.scalars(select(Group).where(Group.id.in_(groups)).order_by(Group.id))
    for other in others:
        _merge(session, kept, other)
    return kept


def _merge(session: Session, kept: Group, other: Group) -> None:
    """What was ever trained on can never be locked, so the earlier name in SPLITS wins."""
    kept.split = min(kept.split, other.split, key=SPLITS.index)
    session.execute(update(Photo).where(Photo.group_id == other.id).values(group_id=kept.id))
    session.flush()
    session.delete(other)
