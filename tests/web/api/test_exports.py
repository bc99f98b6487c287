"""Exports over JSON: from the request to the file, in parts too."""

import io
from datetime import timedelta
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Export
from db.storage import blobs
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import Selection
from labeller.exports.make import make
from labeller.people import people
from labeller.reports.gallery import Filter
from tests.factories import add_labelled_photo, draw_face
from tests.tiny_format import records, use_tiny
from tests.web.conftest import Client


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny(monkeypatch)


@pytest.fixture
def owner(client: Client) -> FlaskClient:
    return client("owner", "Olga")


def finished(db: Session, owner: FlaskClient, **order: object) -> dict[str, object]:
    asked = owner.post("/api/v1/exports", json={"format": "tiny"} | order)
    assert asked.status_code == 202, asked.text
    make(db, asked.json["id"], 0, "transfers@here", lambda stored, boxes: [b"crop" for _ in boxes])
    answer = owner.get(f"/api/v1/exports/{asked.json['id']}").json
    assert answer["status"] == "done", answer
    return dict(answer)


def test_an_export_from_the_request_to_its_file(db: Session, owner: FlaskClient) -> None:
    add_labelled_photo(db, None, 1)
    asked = owner.post("/api/v1/exports", json={"format": "tiny"}).json
    waiting = owner.get(f"/api/v1/exports/{asked['id']}").json
    assert (waiting["status"], waiting["url"], waiting["report"]) == ("queued", None, None)
    make(db, asked["id"], 0, "transfers@here", lambda stored, boxes: [])
    done = owner.get(f"/api/v1/exports/{asked['id']}").json
    assert (done["status"], done["progress"], done["report"]["labelled"]) == ("done", 1.0, {"mask": 1})
    file = owner.get(done["url"])
    assert (file.status_code, file.mimetype, file.content_length) == (200, "application/zip", done["size"])
    assert "second-look-tiny-" in file.headers["Content-Disposition"]
    assert ZipFile(io.BytesIO(file.data)).namelist() == ["pictures/photo-1.jpg", "records.json"]
    assert owner.get("/api/v1/exports").json == {"items": [done], "next": None}
    kinds = db.scalars(select(Event.kind).where(Event.kind.like("export_%")).order_by(Event.id)).all()
    assert kinds == ["export_requested", "export_made", "export_downloaded"]


def test_a_download_that_broke_off_goes_on_where_it_stopped(db: Session, owner: FlaskClient) -> None:
    add_labelled_photo(db, None, 1)
    done = finished(db, owner)
    whole = owner.get(str(done["url"]))
    size = len(whole.data)

    def part(value: str, **headers: str) -> tuple[int, bytes, str | None]:
        answer = owner.get(str(done["url"]), headers={"Range": value} | headers)
        return answer.status_code, answer.data, answer.headers.get("Content-Range")

    assert part("bytes=10-") == (206, whole.data[10:], f"bytes 10-{size - 1}/{size}")
    assert part("bytes=5-9") == (206, whole.data[5:10], f"bytes 5-9/{size}")
    assert part("bytes=-4") == (206, whole.data[-4:], f"bytes {size - 4}-{size - 1}/{size}")
    assert part("bytes=10-", **{"If-Range": whole.headers["ETag"]})[0] == 206
    assert part("bytes=10-", **{"If-Range": '"another"'}) == (200, whole.data, None)
    assert part("bytes=0-1,5-6") == (200, whole.data, None)
    assert part(f"bytes={size}-")[::2] == (416, f"bytes */{size}")
    assert owner.head(str(done["url"])).content_length == size


def test_a_large_file_is_read_in_small_pieces(db: Session, owner: FlaskClient) -> None:
    add_labelled_photo(db, None, 1)
    done = finished(db, owner)
    content = bytes(range(256)) * 4000
    blobs().put_named("export/large", content)
    db.execute(update(Export).values(file="export/large", size=len(content)))
    db.commit()
    pieces = list(owner.get(str(done["url"])).iter_encoded())
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 256 << 10


def test_filter_crops_and_names_are_as_asked(db: Session, owner: FlaskClient, client: Client) -> None:
    add_labelled_photo(db, None, 1)
    add_labelled_photo(db, None, 2)
    done = finished(db, owner, filter={"label": "mask", "state": None})
    assert (done["filter"], done["report"]["photos"]) == ({"label": "mask"}, 1)  # type: ignore[index]
    crops = ZipFile(io.BytesIO(owner.get(str(finished(db, owner, crops=True)["url"])).data))
    assert [name for name in crops.namelist() if "crops/" in name] == [
        "crops/photo-1-1.png",
        "crops/photo-2-1.png",
    ]
    assert len(records(crops.read("records.json"))) == 2


def test_tags_and_saved_filters_choose_photos_and_tags_go_along(db: Session, owner: FlaskClient) -> None:
    first, second = add_labelled_photo(db, None, 1), add_labelled_photo(db, None, 2)
    tag = tags.find_or_add(db, "hat")
    tags.put_on(db, tag, tags.Targets([first.photo_id], [second.id]))
    saved = saved_filters.save(db, "Masks", Selection("faces", Filter(label="mask")))
    db.commit()
    done = finished(db, owner, filter={"tag": "hat"})
    assert done["filter"] == {"tag": tag.id}
    found = records(ZipFile(io.BytesIO(owner.get(str(done["url"])).data)).read("records.json"))
    assert [record["tags"] for record in found.values()] == [["hat"], []]
    assert [record["faces"][0]["tags"] for record in found.values()] == [[], ["hat"]]
    done = finished(db, owner, saved_filter="masks")
    assert (done["saved_filter"], done["report"]["photos"]) == (saved.id, 1)  # type: ignore[index]
    both = {"format": "tiny", "saved_filter": saved.id, "filter": {"state": "confirmed"}}
    assert owner.post("/api/v1/exports", json=both).json["error"]["code"] == "two_sources"


def test_a_version_is_written_as_it_was_frozen(
    db: Session, owner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeller.exports.frozen.PHOTOS_AT_ONCE", 1)
    first, second = add_labelled_photo(db, None, 1), add_labelled_photo(db, None, 2)
    erased = add_labelled_photo(db, None, 3)
    selection = Selection("photos", Filter())
    version = versions.make(db, "May", selection, people.owner(db))
    db.commit()
    record_answer(db, people.owner(db), AnswerInput("later", "label", first.id, "nomask"))
    draw_face(db, people.owner(db), second.photo, (200, 100, 40, 50), "mask")
    versions.make(db, "June", selection, people.owner(db))
    db.delete(erased.photo)
    db.commit()
    add_labelled_photo(db, None, 4)
    done = finished(db, owner, version="may")
    assert (done["version"], done["filter"]) == (version.id, {})
    found = records(ZipFile(io.BytesIO(owner.get(str(done["url"])).data)).read("records.json"))
    labels = {name: [face["label"] for face in record["faces"]] for name, record in found.items()}
    assert labels == {"photo-1.jpg": ["mask"], "photo-2.jpg": ["nomask"]}
    assert [record["looked_at"] for record in found.values()] == [True, True]
    labels_now = finished(db, owner, version="June")["report"]["labelled"]  # type: ignore[index]
    assert labels_now == {"nomask": 2, "mask": 1}
    assert owner.post("/api/v1/exports", json={"format": "tiny", "version": "never"}).status_code == 404


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({"format": "papyrus"}, 400, "unknown_format"),
        ({"format": "tiny", "filter": {"since": "yesterday"}}, 400, "bad_filter"),
        ({"format": "tiny", "filter": {"look": "odd"}}, 400, "bad_filter"),
        ({"format": "tiny", "filter": {"person": "Nobody"}}, 404, "no_such_person"),
        ({"format": "tiny", "filter": {"label": "scarf"}}, 400, "no_photos"),
        ({"format": "tiny", "colour": "red"}, 422, "validation"),
        ({}, 422, "validation"),
    ],
)
def test_what_cannot_be_made_is_refused(
    db: Session, owner: FlaskClient, order: dict[str, object], status: int, code: str
) -> None:
    add_labelled_photo(db, None, 1)
    answer = owner.post("/api/v1/exports", json=order)
    assert answer.status_code == status, answer.text
    assert code in ("validation", answer.json["error"]["code"])


def test_one_that_waits_can_be_stopped_and_any_can_be_deleted(db: Session, owner: FlaskClient) -> None:
    add_labelled_photo(db, None, 1)
    id = owner.post("/api/v1/exports", json={"format": "tiny"}).json["id"]
    assert owner.post(f"/api/v1/exports/{id}/cancel").json["status"] == "cancelled"
    assert owner.post(f"/api/v1/exports/{id}/cancel").status_code == 409
    assert owner.get(f"/api/v1/exports/{id}/file").status_code == 404
    assert owner.delete(f"/api/v1/exports/{id}").status_code == 204
    assert owner.get(f"/api/v1/exports/{id}").status_code == 404


def test_an_expired_file_says_so(db: Session, owner: FlaskClient) -> None:
    add_labelled_photo(db, None, 1)
    done = finished(db, owner)
    db.execute(update(Export).values(file=None, gone="expired", expires_at=now() - timedelta(days=1)))
    db.commit()
    again = owner.get(f"/api/v1/exports/{done['id']}").json
    assert (again["url"], again["gone"]) == (None, "expired")
    assert "Make it again" in owner.get(str(done["url"])).json["error"]["hint"]


def test_only_owners_may(db: Session, client: Client, owner: FlaskClient) -> None:
    add_labelled_photo(db, None, 1)
    url = str(finished(db, owner)["url"])
    for role in ("labeller", "friend"):
        other = client(role, f"other {role}")
        for path in (url, "/api/v1/exports", url.removesuffix("/file")):
            assert other.get(path).status_code == 403
        assert other.post("/api/v1/exports", json={"format": "tiny"}).status_code == 403
