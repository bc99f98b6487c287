"""Front-end libraries, as they were installed."""

import gzip

from tests.web.conftest import Client
from web.pages.home import ASSETS, MODULES
from web.pages.try_it import WASM

PLAIN, GZIP = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "br, gzip"}


def test_each_is_served_as_it_was_installed(client: Client) -> None:
    for name, path in ASSETS.items():
        response = client().get(f"/assets/{name}", headers=PLAIN)
        assert response.data == (MODULES / path).read_bytes()
        assert "Content-Encoding" not in response.headers
        assert "Accept-Encoding" in response.headers["Vary"]


def test_what_is_large_is_sent_compressed_to_browsers_that_take_it(client: Client) -> None:
    plain, packed = (client().get(f"/assets/{WASM}", headers=headers) for headers in (PLAIN, GZIP))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"] == "application/wasm"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < 0.3 * len(plain.data)
    kept = {"If-None-Match": packed.headers["ETag"]}
    assert client().get(f"/assets/{WASM}", headers=GZIP | kept).status_code == 304
    assert client().get(f"/assets/{WASM}", headers=PLAIN | kept).status_code == 200
