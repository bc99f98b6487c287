"""Screenshots of the workbench for the documents, made from pictures that this script is given.

    .venv/bin/python -m scripts.screenshots --photos FOLDER --out docs/images

FOLDER holds `mask/` and `nomask/`. Without --photos it draws its own from NASA's public-domain portrait
of Eileen Collins, so that no real person's face is committed.
"""

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser import DESKTOP, PHONE
from tests.browser import page as page_of
from tests.pictures import jpeg, portrait
from tests.workbench_process import Workbench, running_workbench, wait_until

DRAWN = 130
LABELLED = 110
LEAST_FACE = 70
PAGES = {
    "home": "/",
    "runs": "/runs",
    "run": "/runs/1",
    "people": "/people",
    "gallery": "/gallery",
    "photo": "/photos/1",
    "bench": "/review",
    "bulk": "/label/bulk",
    "boxes": "/boxes",
    "agreement": "/agreement",
    "classes": "/classes",
}
FRIENDS = ("invitation", "sending", "found", "mine")
IN_DOCS = frozenset(
    {"bench-desktop-light", "bench-desktop-dark", "bench-phone-light", "bench-phone-dark"}
    | {"bulk-desktop-light", "bulk-phone-dark", "boxes-phone-light", "boxes-desktop-dark"}
    | {"run-desktop-light", "gallery-desktop-light"}
    | {f"{shot}-phone-light" for shot in FRIENDS}
)
SENT, SENT_AT_THE_SHOT = 20, 9
TINY = f"document.querySelector('#stage rect').width.baseVal.value < {LEAST_FACE}"


def draw(folder: Path) -> Path:
    """Portraits with and without a drawn mask."""
    for seed in range(DRAWN):
        place = folder / ("mask" if seed % 2 else "nomask")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{seed:03}.jpg").write_bytes(jpeg(portrait(seed, seed % 2 == 1, (640, 480))))
    return folder


def prepare(bench: Workbench, photos: Path) -> None:
    """Two thirds labelled by their folders, one model, the rest waiting for review."""
    files = sorted(photos.glob("*/*"), key=lambda file: file.name)
    bench.sign_in()
    with tempfile.TemporaryDirectory() as labelled:
        for file in files[:LABELLED]:
            target = Path(labelled) / file.parent.name / file.name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes())
        bench.flask("import", labelled)
    for file in files[LABELLED:]:
        bench.call("POST", "/photos", file=file.read_bytes())
    wait_until(bench.photos_done, 300, "all photos are looked at")
    for face in bench.call("GET", "/faces?state=proposed&limit=1000")[1]["items"]:
        if face["box"][2] < LEAST_FACE or face["confidence"] < 0.8:  # badges and folds of the suit
            body = {"client_key": str(face["id"]), "face_id": face["id"], "kind": "reject"}
            bench.call("POST", "/answers", body)
    bench.finish_run(bench.call("POST", "/runs", {})[1]["id"])


def sign_in(browser: Page, bench: Workbench) -> None:
    link = bench.flask("invite", "--role", "owner").split()[0]
    browser.goto(link)
    browser.get_by_role("button", name="Sign in").click()


def shoot(bench: Workbench, out: Path, wanted: frozenset[str] | None) -> None:
    """Every page at each size in each scheme, or only the `wanted` ones."""
    wait_until(lambda: bench.call("GET", "/stats")[1]["waiting"]["review"], 60, "review has faces")
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        for scheme in ("light", "dark"):
            here = {shot for shot in (*PAGES, *FRIENDS) if not wanted or f"{shot}-{name}-{scheme}" in wanted}
            if here & set(PAGES):
                with page_of(size, color_scheme=scheme) as browser:
                    sign_in(browser, bench)
                    for shot in PAGES:
                        look_at(browser, bench, shot)
                        save(browser, out, f"{shot}-{name}-{scheme}", wanted)
            if here & set(FRIENDS):
                with page_of(size, color_scheme=scheme) as browser, tempfile.TemporaryDirectory() as folder:
                    be_a_friend(browser, bench, Path(folder), f"{name}-{scheme}", out, wanted)


def look_at(browser: Page, bench: Workbench, shot: str) -> None:
    browser.goto(bench.url + PAGES[shot])
    if shot == "bench":
        browser.wait_for_selector("#bench:not(.idle)")
        while browser.evaluate(TINY):
            browser.keyboard.press("x")  # the detector was wrong
        browser.keyboard.press("m")
    if shot == "boxes":
        browser.keyboard.press("b")
    browser.wait_for_load_state("networkidle")


def be_a_friend(
    browser: Page, bench: Workbench, folder: Path, name: str, out: Path, wanted: frozenset[str] | None
) -> None:
    """What a friend sees: the invitation, photos on their way, what was found, and all of it later."""
    photos = []
    for seed in range(SENT):
        photos.append(folder / f"IMG_{4180 + seed}.jpg")
        photos[-1].write_bytes(jpeg(portrait(900 + 20 * len(name) + seed, seed % 2 == 1, (640, 480))))
    browser.goto(bench.flask("invite", "--role", "friend").split()[0])
    save(browser, out, f"invitation-{name}", wanted)
    browser.get_by_label("What should we call you?").fill("Ada")
    browser.get_by_label("My photos may be kept").check()
    browser.get_by_role("button", name="Start").click()
    browser.wait_for_selector("#upload[data-ready]")
    slow = browser.context.new_cdp_session(browser)
    slow.send("Network.enable")
    limits = {"offline": False, "latency": 150, "downloadThroughput": 400_000, "uploadThroughput": 40_000}
    slow.send("Network.emulateNetworkConditions", limits)
    browser.locator("#files").set_input_files(photos)
    browser.get_by_text(f"{SENT_AT_THE_SHOT} of {SENT} sent").wait_for(timeout=120_000)
    save(browser, out, f"sending-{name}", wanted)
    slow.send("Network.emulateNetworkConditions", limits | {"latency": 0, "uploadThroughput": -1})
    browser.get_by_text("All photos arrived.").wait_for(timeout=120_000)
    browser.wait_for_selector("#found[data-waiting='0']", timeout=120_000)
    browser.locator("#transfer").scroll_into_view_if_needed()
    browser.evaluate("scrollTo(0, document.getElementById('transfer').offsetTop - 20)")
    browser.wait_for_load_state("networkidle")
    save(browser, out, f"found-{name}", wanted)
    browser.goto(f"{bench.url}/mine")
    browser.wait_for_load_state("networkidle")
    save(browser, out, f"mine-{name}", wanted)


def save(browser: Page, out: Path, name: str, wanted: frozenset[str] | None) -> None:
    if wanted is None or name in wanted:
        taken = browser.screenshot(full_page=name.startswith("run-"))
        # 256 colours are enough for a page, and a third of the bytes in every clone.
        Image.open(io.BytesIO(taken)).quantize(256).save(out / f"{name}.png", optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="every page, not only those in the documents")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_workbench(Path(folder) / "data") as bench:
        prepare(bench, given.photos or draw(Path(folder) / "drawn"))
        shoot(bench, given.out, None if given.all else IN_DOCS)


if __name__ == "__main__":
    main()
