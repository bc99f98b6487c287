"""Addresses that people can open from another device."""

import segno
from flask import Flask, g, has_request_context, request
from markupsafe import Markup

from db.models import Person
from db.settings import settings
from labeller.people import credentials
from web.serving import addresses


def init_app(app: Flask) -> None:
    """Make `personal_url` and `qr_code` available to the templates."""
    app.jinja_env.globals.update(personal_url=personal_url, qr_code=qr_code)


def base_url() -> str:
    """BASE_URL, else the host of this request, which `hosts` checked, else this machine and its port."""
    if settings().base_url:
        return str(settings().base_url).rstrip("/")
    if has_request_context():
        return request.url_root.rstrip("/")
    return addresses.links(settings())[0]


def invitation_url(secret: str) -> str:
    return f"{base_url()}/i/{secret}"


def personal_url(person: Person) -> str | None:
    """The address that signs this person in on any device; None for a bearer token: it would outlive it."""
    if g.get("by_token"):
        return None
    return f"{base_url()}/me/{credentials.personal_link(person)}"


def qr_code(url: str) -> Markup:
    """The address as an inline SVG that a phone's camera reads."""
    return Markup(segno.make(url, error="m").svg_inline(border=2, omitsize=True))  # noqa: S704 - our own
