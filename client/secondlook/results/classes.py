"""The answers about classes, disputes and the map."""

from typing import TypedDict

from secondlook.results.photos import Face


class Class(TypedDict):
    id: int
    name: str
    faces: int
    merged_into: int | None
    retired: bool


class DisputedFace(Face):
    photo_id: int


class GivenOpinion(TypedDict):
    person: str | None
    kind: str
    label: str | None


class Dispute(TypedDict):
    face: DisputedFace
    opinions: list[GivenOpinion]


class Gold(TypedDict):
    marked: int


class Map(TypedDict):
    faces: list[int]
    versions: list[int]
    x: list[int]
    y: list[int]
    label: list[int]
    state: list[int]
    margin: list[int]
    person: list[int]
    locked: list[int]
    labels: list[str]
    people: list[str]
    states: list[str]


class MapProgress(TypedDict):
    placed: int
    wanted: int
    stale: bool


class Picks(TypedDict):
    id: int | None
    sent: int
    locked: int
    waiting: int
    gone: int
