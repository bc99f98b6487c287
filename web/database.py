"""One database session per request, opened on first use."""

from flask import Flask, g
from sqlalchemy.orm import Session

from db.session import engine


def db() -> Session:
    """This request's session. What the view does not commit is rolled back."""
    if "db" not in g:
        g.db = Session(engine(), expire_on_commit=False)
    session: Session = g.db
    return session


def _close(_error: BaseException | None) -> None:
    session: Session | None = g.pop("db", None)
    if session is not None:
        session.close()


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_close)
