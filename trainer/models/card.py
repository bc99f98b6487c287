"""The model card (Mitchell et al. 2019, "Model Cards for Model Reporting") of a run, in Markdown."""

from typing import Any

from db.base import now
from db.confidence_intervals import Interval
from db.models import Run
from trainer.models.fit import FittedModel


def render(
    run: Run,
    fitted: FittedModel,
    metrics: dict[str, Any],
    hashes: dict[str, str],
    differences: dict[str, float],
) -> str:
    """The card in Markdown.

    `hashes` (SHA-256) and `differences` (largest difference of a probability to the Keras model) are those of
    the files, by form.
    """
    sections = [
        f"# Second Look, run {run.id}\n\nMade {now():%Y-%m-%d %H:%M} UTC. Classes: {', '.join(run.classes)}.",
        _input(fitted.network.tight),
        f"## Data\n\nLearned from {metrics['train']['n']} faces of {metrics['train']['people']} people or"
        f" repeat groups. Manifest `{run.manifest}`.",
        _figures("Locked people, never learned from", metrics["locked"], metrics["locked_reason"]),
        _figures("Cross-validated on the people it learned from", metrics["cross_validated"], None),
        _limits(metrics),
        "## Recipe\n\n" + "\n".join(f"- {name}: {value}" for name, value in run.recipe.items()),
        _files(fitted, hashes, differences),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _input(tight: bool) -> str:
    cut = (
        "the face box without margin, squashed to"
        if tight
        else "the face box with 10 % margin on each side, where the photo has it, squashed to"
    )
    return (
        "## Input and output\n\n"
        f"RGB, {cut} 160 x 160, pixels scaled to [-1, 1] (value / 127.5 - 1), shape (n, 160, 160, 3). "
        "Out come calibrated probabilities in the order of the labels file."
    )


def _figures(title: str, part: dict[str, Any] | None, reason: str | None) -> str:
    if part is None:
        return f"## {title}\n\n{reason}" if reason else ""
    lines = [
        f"## {title}",
        f"{part['n']} faces of {part['people']} people. 95 % intervals in brackets.",
        f"Balanced accuracy {_interval(part['balanced_accuracy'])}; calibration error {part['ece']:.3f}.",
        "| class | n | recall | precision |\n|---|---|---|---|\n"
        + "\n".join(
            f"| {name} | {row['n']} | {_interval(row['recall'])} | {_interval(row['precision'])} |"
            for name, row in part["per_class"].items()
        ),
    ]
    return "\n\n".join(lines)


def _limits(metrics: dict[str, Any]) -> str:
    limits = [f"- {warning['text'] % warning['values']}" for warning in metrics["warnings"]]
    limits.append(
        "- The figures hold for people and cameras like those in the data; elsewhere they can be far lower."
    )
    limits.append(
        "- It answers for any crop, also for one without a face; finding faces is the detector's part."
    )
    return "## Limits\n\n" + "\n".join(limits)


def _files(fitted: FittedModel, hashes: dict[str, str], differences: dict[str, float]) -> str:
    lines = [
        f"- {form}: SHA-256 `{key}`" + _difference(differences.get(form)) for form, key in hashes.items()
    ]
    return f"## Files\n\nBackbone `{fitted.network.id}`.\n\n" + "\n".join(lines)


def _difference(difference: float | None) -> str:
    return "" if difference is None else f", at most {difference:.1e} from the Keras model on checked crops"


def _interval(interval: Interval) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"
