"""What is deleted while somebody changes it: a conflict in words, not a fault."""

from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.models import Photo
from db.session import session_scope
from labeller.photos.decode import decode
from labeller.uploads import intake, turn_photo
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client


def test_a_photo_that_is_deleted_while_it_is_turned(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = client("owner", "Ada")
    photo = intake.receive(db, jpeg(portrait(1, False)), None).photo
    photo.status = "ready"
    db.commit()

    def delete_and_decode(*arguments: Any) -> Any:
        with session_scope() as session:
            session.execute(delete(Photo))
            session.commit()
        return decode(*arguments)

    monkeypatch.setattr(turn_photo, "decode", delete_and_decode)
    answer = owner.post(f"/api/v1/photos/{photo.id}/turn", json={"degrees": 90})
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "gone_meanwhile"
    assert "deleted meanwhile" in answer.json["error"]["message"]
