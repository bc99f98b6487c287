"""The client against the real application, and its patience with one that is busy."""

import asyncio
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from labeller.people import credentials
from secondlook import ApiError, AsyncClient, Client, SecondLookError, TookTooLong, Unreachable
from tests.factories import add_faces
from tests.pictures import jpeg, portrait


@pytest.fixture
def api(app: Flask, db: Session) -> Client:
    return Client("http://localhost", owner_token(db), transport=httpx.WSGITransport(app))


def owner_token(db: Session) -> str:
    token, _ = credentials.issue_token(db, "owner", "Grace")
    db.commit()
    return token


class OverWsgi(httpx.AsyncBaseTransport):
    """The application for the client of asyncio."""

    def __init__(self, app: Any) -> None:
        self.transport = httpx.WSGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        whole = httpx.Request(
            request.method, request.url, headers=request.headers, content=await request.aread()
        )
        response = self.transport.handle_request(whole)
        return httpx.Response(response.status_code, headers=response.headers, content=response.read())


def test_a_photo_from_bytes_a_path_and_an_open_file(api: Client, tmp_path: Path) -> None:
    picture = jpeg(portrait(1, masked=False))
    path = tmp_path / "one.jpg"
    path.write_bytes(picture)
    first = api.send_photo(picture)
    assert first["duplicate_of"] is None
    with path.open("rb") as opened:
        opened.read()
        for again in (path, str(path), opened, io.BytesIO(picture)):
            assert api.send_photo(again)["duplicate_of"] == first["id"]
    assert api.get_photo(first["id"])["status"] == "queued"


def test_a_file_in_parts_is_sent_once(api: Client, tmp_path: Path) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(jpeg(portrait(2, masked=False)))
    photo = api.send_in_parts(path)["photo"]
    assert photo is not None
    again = api.send_in_parts(path)["photo"]
    assert again is not None
    assert again["duplicate_of"] == photo["id"]


def test_iterators_yield_each_item_once(api: Client, db: Session) -> None:
    faces = [face.id for face in add_faces(db, 5)]
    db.commit()
    photos = [photo["id"] for photo in api.each_photo(limit=2)]
    assert photos == sorted(set(photos), reverse=True)
    assert len(photos) == len(api.list_photos()["items"])
    assert [face["id"] for face in api.each_face(limit=2)] == faces
    for face in faces:
        api.send_answer("label", face, label="mask")
    assert [one["item"]["face_id"] for one in api.each_answer(limit=2)] == faces[::-1]
    assert [one["person"] for one in api.each_token(limit=1)] == ["Grace"]


def test_the_client_of_asyncio_does_the_same(app: Flask, db: Session) -> None:
    face = add_faces(db, 1)[0].id
    token = owner_token(db)

    async def talk() -> None:
        async with AsyncClient("http://localhost", token, transport=OverWsgi(app)) as api:
            answer = await api.send_answer("label", face, label="mask")
            assert answer["face"]["label"] == "mask"
            assert [one["id"] async for one in api.each_face(limit=1)] == [face]
            sent = await api.send_photo(jpeg(portrait(3, masked=False)))
            with pytest.raises(TookTooLong):
                await api.wait_for_photo(sent["id"], seconds=0)

    asyncio.run(talk())


def test_an_error_says_what_the_workbench_says(api: Client) -> None:
    with pytest.raises(ApiError) as caught:
        api.get_photo(99)
    assert (caught.value.status, caught.value.code) == (404, "no_such_photo")
    assert "There is no such photo" in str(caught.value)


def test_the_token_goes_to_no_other_server(api: Client) -> None:
    for url in ("http://elsewhere/faces/1/crop.jpg", "//elsewhere/x", "https://localhost/x"):
        with pytest.raises(SecondLookError, match="no address"):
            api.fetch(url)
    assert b"Second Look" in api.fetch("/api/v1/docs")


def test_a_file_is_stored_whole_or_not_at_all(api: Client, app: Flask, db: Session, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    page = api.download("/api/v1/docs", files / "docs.html")
    assert b"Second Look" in page.read_bytes()
    with pytest.raises(ApiError, match="404"):
        api.download("/api/v1/photos/99", files / "none")

    async def download() -> Path:
        async with AsyncClient("http://localhost", owner_token(db), transport=OverWsgi(app)) as other:
            return await other.download("/api/v1/docs", files / "again.html")

    assert asyncio.run(download()).read_bytes() == page.read_bytes()
    assert sorted(path.name for path in files.iterdir()) == ["again.html", "docs.html"]


def test_without_a_token_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECONDLOOK_TOKEN", raising=False)
    with pytest.raises(SecondLookError, match="flask token"):
        Client("http://localhost")


Start = Callable[[str, list[tuple[str, str]]], object]


class Busy:
    """A server that answers with each of `answers` in turn, and keeps the keys that it was sent.

    The second word of a status is the code of an error.
    """

    def __init__(self, *answers: tuple[str, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.keys: list[str | None] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        self.keys.append(environ.get("HTTP_IDEMPOTENCY_KEY"))
        status, headers = self.answers.pop(0)
        start(status, list(headers.items()))
        error = {"code": status.split()[1], "message": "No.", "hint": ""}
        return [json.dumps({"id": 5} if status < "400" else {"error": error}).encode()]


def patient(server: Busy, patience: float = 60) -> Client:
    return Client("http://localhost", "t", patience=patience, transport=httpx.WSGITransport(server))


def test_what_passes_is_sent_again_with_the_same_key() -> None:
    waiting = {"Retry-After": "0"}
    server = Busy(
        ("503 busy", waiting), ("429 slow", waiting), ("409 at_work", waiting), ("202 Accepted", {})
    )
    assert patient(server).start_run() == {"id": 5}
    assert len(server.keys) == 4
    assert len(set(server.keys)) == 1
    assert server.keys[0]


def test_what_stands_is_not_sent_again() -> None:
    for status in ("409 not_enough_labels", "400 bad", "500 broken"):
        server = Busy((status, {"Retry-After": "1"}))
        with pytest.raises(ApiError):
            patient(server).start_run()
        assert len(server.keys) == 1


def test_a_longer_wait_than_its_patience_ends_it() -> None:
    server = Busy(("503 Busy", {"Retry-After": "30"}))
    with pytest.raises(ApiError, match="503"):
        patient(server, patience=5).start_run()


def test_a_workbench_that_is_away_is_called_unreachable() -> None:
    with pytest.raises(Unreachable):
        Client("http://127.0.0.1:1", "t", patience=0).stats()
