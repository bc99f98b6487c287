"""The detector's page: what it says of complete photos, and how its thresholds are moved."""

from sqlalchemy.orm import Session

from db.base import now
from db.models import Run, Workbench
from tests.clients import get_page
from tests.labelled import add_labelled_faces, sqlite_only
from tests.web.conftest import Client

pytestmark = sqlite_only


def on_complete_photos(db: Session) -> None:
    """40 faces found on complete photos, every fifth of them none; a box head."""
    for place, face in enumerate(add_labelled_faces(db, 40)):
        face.photo.completed_at, face.face_probability = now(), 0.2 if place % 5 == 0 else 0.9
        if place % 5 == 0:
            face.state, face.label = "rejected", None
    db.add(Run(recipe={}, seed=0, classes=[], status="done", finished_at=now(), box_head={"weights": []}))
    db.commit()


def test_it_shows_what_is_found_and_at_which_price(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    assert "No complete photo yet" in get_page(owner, "/detector")
    on_complete_photos(db)
    page = get_page(owner, "/detector")
    for words in ("On 40 complete photos", "By size", "Over time", "0.20 found"):
        assert words in page, words
    assert "finds {recall} % at {false} false boxes" in page, "the script fills it in"
    assert "Save thresholds" not in get_page(client("labeller", "Ada"), "/detector")


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
