"""Features of many faces, in chunks: the next ones are read in a thread while the caller writes the last."""

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
"""Faces to a commit: an answer that comes meanwhile waits for one of them at most."""


@dataclass(frozen=True)
class Chunk:
    """Features of some faces, and the version of each one's box by face id."""

    versions: dict[int, int]
    features: Features


def read_ahead(network: Network, ids: Sequence[int], on_progress: OnProgress) -> Iterator[Chunk]:
    """Chunks of CHUNK faces, in order, while the two after it are read in a thread with its own session.

    `on_progress` is called with the share done, also while a chunk is waited for, and may raise to stop it.
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
        # The versions first: a box that is moved meanwhile is then scored again, not taken for scored.
        query = select(Face.id, Face.box_version).where(covers_ids(Face.id, ids))
        versions = dict(session.execute(query).tuples().all())
        requests = [FeatureRequest(id, 1) for id in ids]
        return Chunk(versions, features_of(session, network, requests, check))
