"""Answering only to the names of this machine.

Otherwise a foreign page could give its own name our address (DNS rebinding) and read everything as if it were
ours; and a link that we make could lead to a name that somebody else wrote into a header.
"""

from collections.abc import Iterable, Sequence

from flask import Flask, request
from flask.typing import ResponseReturnValue

from db.settings import settings
from web.errors import answer
from web.i18n import _
from web.serving import machine


class TrustedHosts:
    """The hosts that requests may name: TRUSTED_HOSTS, or else what this machine is called."""

    def __init__(self, chosen: Sequence[str]) -> None:
        self._chosen = [machine.in_ascii(name) for name in chosen]
        self._hosts = frozenset(self._read())

    def __contains__(self, host: str) -> bool:
        if host in self._hosts or "*" in self._chosen or self._is_below_a_domain(host):
            return True
        if self._chosen:
            return False
        self._hosts = frozenset(self._read())  # its addresses change while it runs
        return host in self._hosts

    def _read(self) -> Iterable[str]:
        return [*self._chosen, *machine.LOOPBACK] if self._chosen else machine.hosts(settings())

    def _is_below_a_domain(self, host: str) -> bool:
        return any(name.startswith(".") and host.endswith(name) for name in self._chosen)


def init_app(app: Flask) -> None:
    trusted = TrustedHosts(settings().trusted_hosts)

    def check() -> ResponseReturnValue | None:
        host = machine.host_of(request.host)
        if host in trusted:
            return None
        message = _("This workbench does not answer to the name “%(host)s”.", host=host[:100])
        hint = _("If it is a name of yours, its owner adds it to the setting TRUSTED_HOSTS, or to BASE_URL.")
        return answer(400, "unknown_host", message, hint)

    app.before_request(check)
