"""`python -m trainer.rehearse`: labelling replayed with every strategy and seed, for `flask simulate`.

Reads {"pictures": [{"cut", "label", "sha256", "box"}] or null for the workbench's own faces, "seeds", "upto"
or null, "target"} from standard input. Writes lines of progress, {"phase": "embed" | "replay", "done", "of"},
then {"result": ...} or {"refused": {"message", "hint"}}.
"""

from pathlib import Path
from typing import Any

import numpy as np

from db.child_protocol import Say, asked, speaker
from db.errors import Refused
from db.session import session_scope
from trainer.errors import BackboneMissing
from trainer.label_efficiency.compared_strategies import STRATEGIES
from trainer.label_efficiency.labelled_pool import OnFace, Picture, of_pictures, of_workbench
from trainer.label_efficiency.simulate import BATCH, START, Curve, LabelledFaces, halves, replay_all
from trainer.label_efficiency.summary import summary

MOST = 400
"""Labels replayed unless more are asked for: after these the ways hardly differ any more."""


def rehearse(wanted: dict[str, Any], say: Say) -> dict[str, Any]:
    """The result, in the form of `curves.json`. Raises NotEnoughLabels or BackboneMissing."""
    seeds, target = int(wanted["seeds"]), float(wanted["target"])
    known, names = _known(wanted["pictures"], seeds, lambda done, of: say(phase="embed", done=done, of=of))
    upto = labels_replayed(known, seeds, wanted["upto"])
    curves: dict[str, list[Curve]] = {name: [] for name in STRATEGIES}
    tasks = len(curves) * seeds
    say(phase="replay", done=0, of=tasks)
    for done, (name, _seed, curve) in enumerate(replay_all(known, list(curves), seeds, upto), 1):
        curves[name].append(curve)
        say(phase="replay", done=done, of=tasks)
    counts = np.bincount(known.labels, minlength=len(names)).tolist()
    return {
        "faces": len(known.labels),
        "groups": len(np.unique(known.groups)),
        "classes": dict(zip(names, counts, strict=True)),
        "seeds": seeds,
        "upto": upto,
        "target": target,
        "strategies": summary(curves, upto, target, len(names)),
    }


def _known(
    pictures: list[dict[str, Any]] | None, seeds: int, on_face: OnFace
) -> tuple[LabelledFaces, tuple[str, ...]]:
    if pictures is None:
        with session_scope() as session:
            return of_workbench(session, seeds, on_face)
    found = [
        Picture(Path(one["cut"]), one["label"], one["sha256"], one["box"] and tuple(one["box"]))
        for one in pictures
    ]
    return of_pictures(found, seeds, on_face)


def labels_replayed(known: LabelledFaces, seeds: int, upto: int | None) -> int:
    """What was asked for, or MOST or half of what can be chosen from; never more than every seed has."""
    pool = min(len(halves(known, seed)[0]) for seed in range(seeds))
    if upto is None:
        upto = min(MOST, pool // 2)
        upto -= (upto - START) % BATCH
    return min(max(upto, START + BATCH), pool)


def main() -> None:
    wanted, say = asked(), speaker()
    try:
        say(result=rehearse(wanted, say))
    except Refused as error:
        say(refused={"message": error.message, "hint": error.hint})
    except BackboneMissing as error:
        say(refused={"message": str(error), "hint": ""})


if __name__ == "__main__":
    main()
