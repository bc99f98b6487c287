"""The results that `flask simulate` wrote to the data folder, and the page that shows the newest."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from db.base import now
from db.settings import settings
from web.drawing import plot

pages = APIBlueprint("simulations", __name__, enable_openapi=False)

DESK, PHONE = (960.0, 430.0), (340.0, 320.0)
"""Sizes of the plot: one for a desk and a file, one for a phone, whose text would else be too small."""
STYLES = ("styles/colours.css", "styles/plot.css")
RESULT, PICTURE = "curves.json", "curves.svg"


@pages.get("/runs/simulations")
def page() -> ResponseReturnValue:
    result = latest()
    plots = (
        {}
        if result is None
        else {"for-desk": plot.plot(result, *DESK), "for-phone": plot.plot(result, *PHONE)}
    )
    by_strategy = {} if result is None else {row["name"]: row for row in result["strategies"]}
    made_at = None if result is None else datetime.fromisoformat(result["made_at"])
    return render_template(
        "simulations/simulations.html",
        result=result,
        plots=plots,
        by_strategy=by_strategy,
        made_at=made_at,
        colour=plot.colour,
    )


def folder() -> Path:
    return settings().data / "simulations"


def new_folder() -> Path:
    """The folder for a result of now. Names sort by time."""
    return folder() / f"{now():%Y-%m-%dT%H-%M-%SZ}"


def latest() -> dict[str, Any] | None:
    """The newest result in the data folder."""
    files = sorted(folder().glob(f"*/{RESULT}"))
    result: dict[str, Any] | None = json.loads(files[-1].read_text()) if files else None
    return result


def save(result: dict[str, Any], to: Path) -> None:
    """Write the result and its picture. A rename puts the result there, so nobody reads half of it."""
    to.mkdir(parents=True, exist_ok=True)
    (to / PICTURE).write_text(svg(result), encoding="utf-8")
    draft = to / f"{RESULT}.part"
    draft.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(to / RESULT)


def svg(result: dict[str, Any]) -> str:
    """The plot as a standalone SVG with its styles inside, for light and dark."""
    static = Path(str(current_app.static_folder))
    style = "".join((static / name).read_text(encoding="utf-8") for name in STYLES)
    template = current_app.jinja_env.get_template("simulations/_plot_file.html")
    return template.render(plot=plot.plot(result, *DESK), style=style, result=result, colour=plot.colour)
