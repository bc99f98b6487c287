"""The web process answers while many peers are slow, and ends in time while streams are open."""

import signal
import socket
from pathlib import Path

import pytest

from benchmarks.slow_peers import (
    PROBED,
    UPLOADS,
    Peers,
    fill,
    hold_out,
    is_good,
    large_png,
    send_large_photos,
    sign_in_owner,
)
from db.models import Token
from db.session import session_scope
from tests.environment import PROVE
from tests.web_server import running_server

pytestmark = pytest.mark.slow
SECONDS = 60 if PROVE else 6
FEW = Peers(silent=12, heads=6, bodies=6, downloads=6, streams=8)
TOO_MANY = Peers() if PROVE else FEW
LARGE = UPLOADS if PROVE else 4


@pytest.mark.full_size
def test_the_bench_answers_while_peers_are_slow_and_photos_are_large(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        sign_in_owner(server)
        run_id = fill(server)
        probes = hold_out(server, run_id, SECONDS, TOO_MANY)
        # Without workers the workbench is not up, which is an answer, too.
        assert set(probes.statuses) == {f"{PROBED[0]} 503", f"{PROBED[1]} 200"}
        assert probes.longest < 3
        answers, meanwhile = send_large_photos(server, [large_png(seed) for seed in range(LARGE)])
        assert all(is_good(answer) for answer in answers), answers
        assert answers["201"] >= 1
        assert meanwhile.longest < 3


def test_a_stream_ends_with_its_token_and_with_the_server(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        sign_in_owner(server)
        run_id = fill(server, photos=0)

        def watch() -> socket.socket:
            one = socket.create_connection(("127.0.0.1", server.port), timeout=15)
            head = f"GET /runs/{run_id}/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            one.sendall(f"{head}Authorization: Bearer {server.token}\r\n\r\n".encode())
            assert b"data: " in read_until(one, b"</section>")
            return one

        watching = watch()
        with session_scope() as session:
            session.query(Token).delete()
            session.commit()
        read_until(watching, b"0\r\n\r\n")
        sign_in_owner(server)
        watching = watch()
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        read_until(watching, b"0\r\n\r\n")
        server.process.wait(7)


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        data = connection.recv(1 << 16)
        assert data, received
        received += data
    return received
