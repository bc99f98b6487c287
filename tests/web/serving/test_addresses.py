"""The links that are printed, and the words where HOST or PORT cannot be used."""

import errno
import socket
from pathlib import Path

import pytest

from db.settings import Settings
from web.serving import addresses, machine
from web.serving.addresses import CannotListen, links, own_link, require_listenable


@pytest.fixture(autouse=True)
def two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [machine.address_of(text) for text in ("192.168.1.5", "fd00::5", "127.0.0.1", "::1")]
    monkeypatch.setattr(machine, "addresses", lambda: found)
    monkeypatch.setattr("socket.gethostname", lambda: "attic")


def on(host: str, port: int = 8000, **others: object) -> Settings:
    return Settings(data=Path("data"), host=host, port=port, **others)


def test_links_lead_where_the_workbench_listens() -> None:
    lan, six = "http://192.168.1.5:8000", "http://[fd00::5]:8000"
    assert links(on("0.0.0.0")) == ["http://localhost:8000", lan, "http://attic.local:8000"]
    assert links(on("::")) == ["http://localhost:8000", lan, six, "http://attic.local:8000"]
    assert links(on("127.0.0.2")) == ["http://127.0.0.2:8000"]
    assert links(on("::1")) == ["http://[::1]:8000"]
    assert links(on("attic.local", 443, tls="auto")) == ["https://attic.local:443"]


def test_programs_ask_by_number() -> None:
    assert own_link(on("0.0.0.0")) == "http://127.0.0.1:8000"
    assert own_link(on("127.0.0.2")) == "http://127.0.0.2:8000"
    assert own_link(on("::1")) == "http://[::1]:8000"


def test_which_hosts_are_for_this_machine_alone() -> None:
    hosts = ("127.0.0.1", "127.0.0.2", "::1", "localhost", "0.0.0.0", "::", "192.168.1.5", "attic.local")
    alone = [host for host in hosts if addresses.is_for_this_machine_alone(on(host))]
    assert alone == ["127.0.0.1", "127.0.0.2", "::1", "localhost"]


def test_a_free_port_can_be_used() -> None:
    for host in ("127.0.0.1", "127.0.0.2", "0.0.0.0", "localhost"):
        require_listenable(on(host, 1 + 20_000))


def test_a_taken_port_is_called_that() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"Port {port} is taken. Choose another: PORT={port + 1}"):
            require_listenable(on("127.0.0.1", port))


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_a_foreign_address_is_called_that(host: str) -> None:
    with pytest.raises(
        CannotListen, match=f"HOST={host} is no address of this machine. Use one of 192.168.1.5"
    ):
        require_listenable(on(host))


@pytest.mark.parametrize("host", ["no such host", "1.2.3.4.5", "x" * 300, "nowhere.invalid"])
def test_a_name_that_nobody_knows_is_called_that(host: str) -> None:
    with pytest.raises(CannotListen, match="is neither an address nor a name"):
        require_listenable(on(host))


def test_a_port_of_the_system_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", refuse)  # whoever runs the tests may have the right
    with pytest.raises(CannotListen, match="PORT=80 is not allowed here"):
        require_listenable(on("127.0.0.1", 80))
