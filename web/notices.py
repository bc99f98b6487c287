"""What the owner is told on every page."""

from flask import Flask

from db import disk


def init_app(app: Flask) -> None:
    app.jinja_env.globals["low_disk"] = low_disk


def low_disk() -> disk.Space | None:
    """The disk, if less than its floor is free."""
    space = disk.space()
    return space if space.is_low else None
