"""Addresses that people can open from another device."""

import socket

import psutil
from flask import has_request_context, request

from db.settings import settings


def base_url() -> str:
    """BASE_URL, else where this request came to, else this machine on its port."""
    if settings().base_url:
        return str(settings().base_url).rstrip("/")
    if has_request_context():
        return request.url_root.rstrip("/")
    return f"http://localhost:{settings().port}"


def invitation_url(secret: str) -> str:
    return f"{base_url()}/i/{secret}"


def network_address() -> str | None:
    """This machine's address for a phone on the same network, if it has one."""
    for name, addresses in psutil.net_if_addrs().items():
        for one in addresses:
            if one.family == socket.AF_INET and name != "lo" and not one.address.startswith("127."):
                return one.address
    return None
