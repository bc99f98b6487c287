"""Features of many faces in chunks, read in a thread while the caller works on the previous chunk."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent import futures
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import select

from db.face_rows import covers_ids
from db.models import Face
from db.session import session_scope
from trainer.features.feature_store import FeatureRequest, Features, OnProgress, features_of
from trainer.features.networks import Network
from trainer.runs.progress import WRITE_SECONDS

CHUNK = 5000
"""Faces per commit: an answer sent meanwhile waits for one commit at most."""


@dataclass(frozen=True)
class Chunk:
    """Features of some faces, the version of each face's box by its id, and the labels of decided faces.

    A label is None where the face was rejected, and "" where somebody was unsure.
    """

    versions: dict[int, int]
    decided: dict[int, str | None]
    features: Features


def read_ahead(network: Network, ids: Sequence[int], on_progress: OnProgress) -> Iterator[Chunk]:
    """Yield chunks of CHUNK faces, in order, while a thread with its own session reads the two after it.

    `on_progress` is called with the share done, also while waiting for a chunk, and may raise to stop.
    """
    stopped = threading.Event()
    parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        pending = deque(pool.submit(_read, network, part, stopped) for part in parts[:2])
        try:
            for number in range(len(parts)):
                while not futures.wait([pending[0]], timeout=WRITE_SECONDS).done:
                    on_progress(number / len(parts))
                yield pending.popleft().result()
                on_progress((number + 1) / len(parts))
                if number + 2 < len(parts):
                    pending.append(pool.submit(_read, network, parts[number + 2], stopped))
        finally:
            stopped.set()


def _read(network: Network, ids: Sequence[int], stopped: threading.Event) -> Chunk:
    def check(_share: float) -> None:
        if stopped.is_set():
            raise CancelledError

    with session_scope() as session:
        # Versions are read first, so that a box moved meanwhile counts as outdated and is scored again.
        query = select(Face.id, Face.box_version, Face.decided_at.is_not(None), Face.state, Face.label)
        rows = session.execute(query.where(covers_ids(Face.id, ids))).all()
        versions = {id: version for id, version, *_ in rows}
        decided = {
            id: None if state == "rejected" else label or ""
            for id, _, is_decided, state, label in rows
            if is_decided
        }
        requests = [FeatureRequest(id, 1) for id in ids]
        return Chunk(versions, decided, features_of(session, network, requests, check))
