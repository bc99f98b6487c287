"""What the frame of every page asks."""

from flask import Flask

from db import disk
from labeller.people import trying
from web.database import db


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {"low_disk": low_disk, "friends_may_try": friends_may_try}


def low_disk() -> disk.Space | None:
    """The disk, if less than its floor is free."""
    space = disk.space()
    return space if space.is_low else None


def friends_may_try() -> bool:
    """Whether a friend is offered to try the model."""
    return trying.friends_may_try(db())
