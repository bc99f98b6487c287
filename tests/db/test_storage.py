"""Blobs behave alike in a folder and on an S3 server."""

from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest

from db.base import now
from db.storage import Blobs, _path, blobs
from tests.conftest import forget_settings


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a running S3 server with one empty bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="faces")
    yield address
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, data: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    if request.param == "s3":
        monkeypatch.setenv("BLOBS_URL", "s3://faces/second-look")
        monkeypatch.setenv("S3_ENDPOINT", request.getfixturevalue("s3"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        forget_settings()
    return blobs()


def test_a_blob_can_be_read_until_it_is_deleted(store: Blobs) -> None:
    key = store.put(b"a face")
    assert key == store.put(b"a face"), "the key is the content's hash"
    assert key != store.put(b"another face")
    assert store.get(key) == b"a face"
    assert store.has(key)
    store.delete(key)
    store.delete(key)
    assert not store.has(key)
    with pytest.raises(FileNotFoundError):
        store.get(key)


def test_keys_are_listed_without_names_and_a_damaged_blob_is_written_anew(store: Blobs) -> None:
    before = {key for key, _ in store.list_keys()}  # the bucket is shared by the tests
    key = store.put(b"a face in a crowd")
    store.put_named("thumb/1/2.jpg", b"small")
    stored = dict(store.list_keys())
    assert set(stored) - before == {key}
    written_at = stored[key]
    assert abs((now() - written_at).total_seconds()) < 60
    obstore.put(store._store, _path(key), b"")
    assert store.put(b"a face in a crowd") == key
    assert store.get(key) == b"a face in a crowd"
