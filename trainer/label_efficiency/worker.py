"""`python -m trainer.label_efficiency.worker`: the child process of `flask simulate`, which replays
labelling.

Reads {"pictures": [{"cut", "label", "sha256", "box"}] or null for the workbench's own faces, "seeds", "upto"
or null, "target"} from standard input. Writes lines of progress, {"phase": "embed" | "replay", "done", "of"},
then {"result": ...} or {"refused": {"message", "hint"}}.
"""

from pathlib import Path
from typing import Any

import numpy as np

from db.child_protocol import WriteLine, open_line_writer, read_request
from db.errors import Refused
from db.session import session_scope
from trainer.errors import BackboneMissing
from trainer.label_efficiency.compared_strategies import STRATEGIES
from trainer.label_efficiency.labelled_pool import OnFace, Picture, of_pictures, of_workbench
from trainer.label_efficiency.simulate import BATCH, START, Curve, LabelledFaces, halves, replay_all
from trainer.label_efficiency.summary import summary

DEFAULT_LABELS = 400
"""Labels replayed unless more are asked for: beyond these the strategies hardly differ."""


def simulate(request: dict[str, Any], write_line: WriteLine) -> dict[str, Any]:
    """The result, in the form of `curves.json`. Raises NotEnoughLabels or BackboneMissing."""
    seeds, target = int(request["seeds"]), float(request["target"])
    faces, names = _labelled_faces(
        request["pictures"], seeds, lambda done, of: write_line(phase="embed", done=done, of=of)
    )
    upto = labels_replayed(faces, seeds, request["upto"])
    curves: dict[str, list[Curve]] = {name: [] for name in STRATEGIES}
    tasks = len(curves) * seeds
    write_line(phase="replay", done=0, of=tasks)
    for done, (name, _seed, curve) in enumerate(replay_all(faces, list(curves), seeds, upto), 1):
        curves[name].append(curve)
        write_line(phase="replay", done=done, of=tasks)
    counts = np.bincount(faces.labels, minlength=len(names)).tolist()
    return {
        "faces": len(faces.labels),
        "groups": len(np.unique(faces.groups)),
        "classes": dict(zip(names, counts, strict=True)),
        "seeds": seeds,
        "upto": upto,
        "target": target,
        "strategies": summary(curves, upto, target, len(names)),
    }


def _labelled_faces(
    pictures: list[dict[str, Any]] | None, seeds: int, on_face: OnFace
) -> tuple[LabelledFaces, tuple[str, ...]]:
    if pictures is None:
        with session_scope() as session:
            return of_workbench(session, seeds, on_face)
    listed = [
        Picture(Path(row["cut"]), row["label"], row["sha256"], row["box"] and tuple(row["box"]))
        for row in pictures
    ]
    return of_pictures(listed, seeds, on_face)


def labels_replayed(faces: LabelledFaces, seeds: int, upto: int | None) -> int:
    """`upto`, or by default half of the pool, at most DEFAULT_LABELS; never more than each seed's pool."""
    pool = min(len(halves(faces, seed)[0]) for seed in range(seeds))
    if upto is None:
        upto = min(DEFAULT_LABELS, pool // 2)
        upto -= (upto - START) % BATCH
    return min(max(upto, START + BATCH), pool)


def main() -> None:
    request, write_line = read_request(), open_line_writer()
    try:
        write_line(result=simulate(request, write_line))
    except Refused as error:
        write_line(refused={"message": error.message, "hint": error.hint})
    except BackboneMissing as error:
        write_line(refused={"message": str(error), "hint": ""})


if __name__ == "__main__":
    main()
