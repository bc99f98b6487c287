"""The detector's page: what it says of complete photos, its thresholds, and looking at old photos again."""

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import DetectorPass, Event, Workbench
from tests.clients import get_page
from tests.labelled import add_labelled_faces, sqlite_only
from tests.web.conftest import Client

pytestmark = sqlite_only


def on_complete_photos(db: Session) -> None:
    """40 faces on complete photos, of which CenterFace proposed 40, MTCNN 20; every second is none."""
    for place, face in enumerate(add_labelled_faces(db, 40)):
        face.photo.completed_at, is_face = now(), place % 2 == 1
        if not is_face:
            face.state, face.label = "rejected", None
        row = [*face.box, 0.9 if is_face else 0.25]
        seen = {"centerface": [row], "mtcnn": [row] if place % 4 == 1 else []}
        db.add_all(
            DetectorPass(photo_id=face.photo_id, detector=name, boxes=boxes, seconds=0.03)
            for name, boxes in seen.items()
        )
    db.commit()


def test_it_shows_what_each_finds_and_at_which_price(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    assert "No complete photo yet" in get_page(owner, "/detector")
    on_complete_photos(db)
    page = get_page(owner, "/detector")
    for words in (
        "On 40 complete photos",
        "of the faces, 0.50 false boxes a photo",
        "Found by CenterFace",
        "Found by MTCNN",
        "CenterFace decides",
        "only CenterFace",
        "By size",
        "Over time",
        "a box is rather a face than none",
    ):
        assert words in page, words
    assert "finds {recall} % at {false} false boxes" in page, "the script fills it in"
    labeller = get_page(client("labeller", "Ada"), "/detector")
    assert "Save thresholds" not in labeller
    assert "Look at all again" not in labeller


def test_the_owner_moves_the_thresholds(client: Client, db: Session) -> None:
    on_complete_photos(db)
    owner = client("owner", "Grace")
    assert owner.post("/detector", data={"likely": "0.7", "hidden": "0.1"}).status_code == 302
    bench = db.get_one(Workbench, 1, populate_existing=True)
    assert (bench.likely_threshold, bench.hidden_threshold) == (0.7, 0.1)
    for wrong in ({"likely": "0.7"}, {"likely": "much", "hidden": "0"}, {"likely": "0.1", "hidden": "0.5"}):
        assert owner.post("/detector", data=wrong).status_code == 400
    allowed = client("labeller", "Ada").post("/detector", data={"likely": "0.7", "hidden": "0.1"})
    assert allowed.status_code == 403


@pytest.mark.parametrize(("only", "photos"), [("", 40), ("unanswered", 0)])
def test_the_owner_has_old_photos_looked_at_again(
    client: Client, db: Session, only: str, photos: int
) -> None:
    on_complete_photos(db)
    owner = client("owner", "Grace")
    assert owner.post("/detector/again", data={"only": only}).status_code == 302
    assert db.query(Event).filter_by(kind="detect_again").count() == 1
    assert (f"0 of {photos} photos" in get_page(owner, "/detector")) is bool(photos)
    assert client("labeller", "Ada").post("/detector/again").status_code == 403
