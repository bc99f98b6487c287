"""What comes instead of an answer, or is half of one, is a lost connection and never an empty answer."""

from typing import Any

import pytest

from tests.browser import DESKTOP, MARKS, page
from tests.web_server import Server

pytestmark = MARKS

CALL = """async () => {
  const { call } = await import("/static/lib/http.js");
  return call("/api/v1/asked").catch((error) => error.message);
}"""


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"status": 200, "body": '{"id": 1}'}, {"id": 1}),
        ({"status": 204}, {}),
        ({"status": 200, "body": '{"id": 1, "fa'}, "The connection was lost."),
        ({"status": 200, "body": "<p>Welcome to the hotel</p>"}, "The connection was lost."),
        ({"status": 400, "body": '{"error": {"code": "bad", "message": "Not so."}}'}, "Not so."),
        ({"status": 502, "body": "<p>Bad gateway</p>"}, "The server answered 502."),
    ],
    ids=["whole", "without body", "cut off", "of another", "refusal", "of a proxy"],
)
def test_only_a_whole_answer_counts(server: Server, sent: dict[str, Any], expected: Any) -> None:
    with page(DESKTOP, ignore=("Failed to load resource",)) as browser:
        browser.route("**/api/v1/asked", lambda route: route.fulfill(**sent))
        browser.goto(f"{server.url}/hello")
        assert browser.evaluate(CALL) == expected
