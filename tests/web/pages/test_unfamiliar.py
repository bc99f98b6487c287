"""The line that says that tried photos are no longer like what the live model learned from."""

from sqlalchemy.orm import Session

from db.models import TriedLook
from tests.clients import get_page
from tests.factories import add_live_run, fill_in_results
from tests.labelled import sqlite_only
from tests.web.conftest import Client


@sqlite_only
def test_home_and_runs_say_so_with_what_it_was_before(client: Client, db: Session) -> None:
    run, labeller = add_live_run(db), client("labeller", "Ada")
    fill_in_results(run)
    db.add_all(TriedLook(run_id=run.id, unusual=n < 30) for n in range(100))
    db.commit()
    said = "photos that this model was tried on, 30.0 % (21.2 % to 39.6 %) are unlike any labelled face."
    for path in ("/", "/runs"):
        text = plain(get_page(labeller, path))
        assert f"Of the last 100 {said}" in text
        assert "5 % is usual." in text
    db.add_all(TriedLook(run_id=run.id, unusual=n < 60) for n in range(100))
    db.commit()
    assert "Of the 100 before these it was 30.0 % (21.2 % to 39.6 %)." in plain(get_page(labeller, "/"))
    db.add_all(TriedLook(run_id=run.id, unusual=False) for _ in range(100))
    db.commit()
    assert "was tried on" not in get_page(labeller, "/")


def plain(page: str) -> str:
    """The page with ordinary spaces."""
    return " ".join(page.replace("\xa0", " ").replace("\u202f", " ").split())
