"""A cookie is good whatever the clocks say: the session's row has its end."""

import time

import pytest
from flask import Flask
from itsdangerous import TimestampSigner
from sqlalchemy.orm import Session

from labeller.people import people
from tests.clients import get_page, sign_in
from web.auth.cookies import SessionCookie

DAY = 86_400


@pytest.mark.parametrize("ahead", [60, DAY, -100 * DAY])
def test_a_cookie_that_another_clock_signed_is_good(app: Flask, db: Session, ahead: int) -> None:
    class Elsewhere(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) + ahead

    client = sign_in(app, people.owner(db))
    (cookie,) = client._cookies.values()
    serializer = SessionCookie().get_signing_serializer(app)
    assert serializer is not None
    values = serializer.loads(cookie.value)
    serializer.signer = Elsewhere
    client.set_cookie(cookie.key, serializer.dumps(values))
    get_page(client, "/people")
