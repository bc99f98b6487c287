"""Which faces a manifest lists, with a bounded cache."""

import json
from pathlib import Path

import pytest

from db import manifests
from db.storage import blobs


def store(*face_ids: int) -> str:
    return blobs().put(json.dumps({"rows": [[id, 1] for id in face_ids]}).encode())


def test_faces_in_a_manifest_are_counted(data: Path) -> None:
    key = store(1, 7, 8, 300)
    assert manifests.count_in_manifest(key, {1, 2, 8, 300, 301, 5000}) == 3
    assert manifests.count_in_manifest(key, frozenset()) == 0
    assert manifests.count_in_manifest(store(), {1}) == 0


def test_the_cache_forgets_what_was_used_longest_ago(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "CACHED_BYTES", 250)
    manifests._bits.clear()
    for id in (800, 801, 802):  # a hundred bytes each
        assert manifests.count_in_manifest(store(id), {id}) == 1
    assert len(manifests._bits) == 2
    assert manifests.count_in_manifest(store(800), {800}) == 1, "read again"
