"""Trying a model on a photo or a camera: the page, and the files with which the browser runs the networks."""

import functools
import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from db import classes
from db.settings import settings
from labeller.people.trying import friends_may_try, require_may_try, set_friends_may_try
from trainer.runs.browser_models import browser_models, read_file
from web.auth.identity import me
from web.database import db
from web.input import optional_number
from web.pages.home import ASSETS, MODULES

pages = APIBlueprint("try_it", __name__, enable_openapi=False)

WASM = "ort-wasm-simd-threaded.wasm"
STATIC = Path(__file__).parents[1] / "static"
OFFLINE = ("try/*.js", "lib/*.js", "styles/*.css", "mark.svg")
"""Files that the page needs without a connection, besides the libraries and what it keeps by hash."""


@pages.get("/try")
def page() -> ResponseReturnValue:
    require_may_try(db(), me())
    return render_template(
        "try_it/try_it.html",
        friends_allowed=friends_may_try(db()),
        data=_page_data(),
    )


def _page_data() -> dict[str, Any]:
    """What the scripts of the page need to know."""
    names = classes.read(db()).names
    asked = optional_number(request.args, "run")
    models = [
        asdict(model)
        | {"url": url_for(".file", key=model.file), "detector_url": url_for(".file", key=model.detector)}
        for model in browser_models(db(), asked)
    ]
    return {
        "models": models,
        "classes": names,
        "wasm": _wasm(),
        "chosen": asked if any(model["run"] == asked for model in models) else None,
        "may_correct": me().role != "friend",
        "https": _https_address(),
        "worker": url_for(".worker"),
        "offline": url_for(".offline"),
        "kept_offline": _kept_offline(),
    }


@pages.get("/try/files/<key>")
def file(key: str) -> ResponseReturnValue:
    """A file of a model, by its hash."""
    require_may_try(db(), me())
    data = read_file(db(), key)
    if data is None:
        abort(404)
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@pages.get("/try/offline.js")
def offline() -> ResponseReturnValue:
    """The service worker of this page alone."""
    response = send_file(STATIC / "try" / "offline.js", mimetype="text/javascript")
    response.headers["Service-Worker-Allowed"] = url_for(".page")
    return response


@pages.get("/try/worker.js")
def worker() -> ResponseReturnValue:
    """The script of the page's Worker. A service worker answers only for scripts in its own folder."""
    script = f'import "{url_for("static", filename="try/worker.js")}";\n'
    return Response(script, mimetype="text/javascript")


@pages.post("/try/friends")
def friends() -> ResponseReturnValue:
    """Let friends try the model, or no longer."""
    set_friends_may_try(db(), request.form.get("allowed") == "1", me())
    db().commit()
    return redirect(url_for(".page"))


def _https_address() -> str | None:
    """Where this page has a camera, if this request came without https."""
    address = settings().base_url or ""
    is_better = address.startswith("https://") and not request.is_secure
    return address.rstrip("/") + url_for(".page") if is_better else None


def _kept_offline() -> list[str]:
    files = sorted(path for pattern in OFFLINE for path in STATIC.glob(pattern))
    own = [url_for("static", filename=path.relative_to(STATIC).as_posix()) for path in files]
    own.append(url_for(".worker"))
    return [*own, *(url_for("home.asset", name=name) for name in ASSETS if name != WASM)]


def _wasm() -> dict[str, Any]:
    """What runs the networks; its size is given, since it may be sent compressed."""
    path = MODULES / ASSETS[WASM]
    return {"url": url_for("home.asset", name=WASM), "hash": _hash(path), "size": path.stat().st_size}


@functools.cache
def _hash(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
