"""One database session per request, opened on first use."""

import structlog
from flask import Flask, g
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.session import engine

log = structlog.get_logger()

BUSY_TIMEOUT_MS = 4_000
"""How long a request's write waits for SQLite's lock: less than people and other threads wait."""


def db() -> Session:
    """This request's session. What the view does not commit is rolled back."""
    if "db" not in g:
        g.db = Session(engine().execution_options(busy_timeout=BUSY_TIMEOUT_MS), expire_on_commit=False)
    session: Session = g.db
    return session


def roll_back() -> None:
    """After an error, which may have left the session unusable for the page that tells of it."""
    if "db" in g:
        try:
            db().rollback()
        except SQLAlchemyError as error:  # the database is away, which the response says already
            log.warning("session_not_rolled_back", error=type(error).__name__)


def _close(_error: BaseException | None) -> None:
    session: Session | None = g.pop("db", None)
    if session is not None:
        try:
            session.close()
        except SQLAlchemyError as error:  # the database is away, which the response says already
            log.warning("session_not_closed", error=type(error).__name__)


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_close)
