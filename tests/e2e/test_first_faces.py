"""A friend's phone shows the first faces while the next photos are still on their way."""

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import Response, expect

from tests.browser import MARKS, PHONE, page
from tests.pictures import jpeg, portrait
from tests.workbench_process import Workbench

pytestmark = MARKS
PHOTOS = 4


@pytest.mark.full_size
def test_the_first_faces_appear_soon_after_the_end_of_an_upload(workbench: Workbench, tmp_path: Path) -> None:
    """Prints the seconds from the server's last word on each photo until its faces are on the phone."""
    invite = json.loads(workbench.flask("invite", "--role", "friend", "--json"))["url"]
    paths = [tmp_path / f"IMG_{seed}.jpg" for seed in range(PHOTOS)]
    for seed, path in enumerate(paths):
        path.write_bytes(jpeg(portrait(seed, seed % 2 == 1).resize((2400, 1800)), quality=95))
    arrived: list[float] = []

    def note(response: Response) -> None:
        if response.request.method in ("PUT", "POST") and "/uploads" in response.url and response.ok:
            arrived.append(time.monotonic())

    with page(PHONE) as phone:
        phone.goto(invite)
        phone.get_by_label("What should we call you?").fill("Ada")
        phone.get_by_label("My photos may be kept").check()
        phone.get_by_role("button", name="Start").tap()
        phone.wait_for_selector("#upload[data-ready]")
        phone.on("response", note)
        for number, path in enumerate(paths, start=1):
            arrived.clear()
            phone.locator("#files").set_input_files([path])
            expect(phone.locator("figure[data-status=ready]")).to_have_count(number, timeout=30_000)
            seconds = time.monotonic() - arrived[-1]
            print(f"photo {number}: faces {seconds:.2f} s after the end of its upload")
        expect(phone.locator("figure[data-status=ready] .box").first).to_be_visible()
