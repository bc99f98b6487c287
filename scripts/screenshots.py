"""Screenshots of the workbench for the README, made from pictures that this script is given.

    .venv/bin/python -m scripts.screenshots --photos FOLDER --out docs/images

FOLDER holds `mask/` and `nomask/`. Without --photos it draws its own from NASA's public-domain portrait
of Eileen Collins, so that no real person's face is committed.
"""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import DESKTOP, PHONE, page
from tests.pictures import jpeg, portrait
from tests.workbench import Workbench, running, wait_until

DRAWN = 60
LABELLED = 44


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
    bench.finish_run(bench.call("POST", "/runs", {})[1]["id"])


def sign_in(browser: Page, bench: Workbench) -> None:
    link = bench.flask("invite", "--role", "owner").split()[0]
    browser.goto(link)
    browser.get_by_role("button", name="Sign in").click()


def shoot(bench: Workbench, out: Path) -> None:
    wait_until(lambda: bench.call("GET", "/queue?mode=review")[1]["items"], 60, "review has faces")
    friends = bench.flask("invite", "--role", "friend").split()[0]
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        for scheme in ("light", "dark"):
            with page(size, color_scheme=scheme) as browser:
                browser.goto(friends)
                browser.screenshot(path=out / f"invitation-{name}-{scheme}.png")
                sign_in(browser, bench)
                for shot, path in (
                    ("home", "/"),
                    ("photos", "/upload"),
                    ("runs", "/runs"),
                    ("run", "/runs/1"),
                ):
                    browser.goto(bench.url + path)
                    browser.wait_for_load_state("networkidle")
                    browser.screenshot(path=out / f"{shot}-{name}-{scheme}.png", full_page=shot == "run")
                browser.goto(f"{bench.url}/review")
                browser.wait_for_selector("#bench[data-face]")
                browser.keyboard.press("m")
                browser.wait_for_load_state("networkidle")
                browser.screenshot(path=out / f"bench-{name}-{scheme}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as bench:
        prepare(bench, given.photos or draw(Path(folder) / "drawn"))
        shoot(bench, given.out)


if __name__ == "__main__":
    main()
