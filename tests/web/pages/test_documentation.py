"""The API's documentation is made once, is the same for everybody, and says what each call may answer."""

from tests.web.conftest import Client


def test_the_page_is_made_once_a_language_and_shows_nobody(client: Client) -> None:
    as_owner, stranger = client("owner", "Grace"), client()
    page = as_owner.get("/api/v1/docs")
    assert "Grace" not in page.text
    assert "<nav" not in page.text
    assert stranger.get("/api/v1/docs").data == page.data
    german = stranger.get("/api/v1/docs", headers={"Accept-Language": "de"})
    assert 'lang="de"' in german.text


def test_whoever_has_it_is_told_so(client: Client) -> None:
    for path in ("/api/v1/docs", "/api/v1/openapi.json"):
        first = client().get(path)
        assert "max-age=300" in first.headers["Cache-Control"]
        again = client().get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Set-Cookie" not in first.headers


def test_every_call_says_what_it_refuses_and_bounds_its_ids(client: Client) -> None:
    spec = client().get("/api/v1/openapi.json").json
    for path, methods in spec["paths"].items():
        for call in methods.values():
            assert {"400", "401", "403", "404", "429", "503"} <= set(call["responses"]), path
            for parameter in call.get("parameters", ()):
                if parameter["in"] == "path" and parameter["schema"]["type"] == "integer":
                    assert parameter["schema"]["maximum"] == 2**31 - 1, path
