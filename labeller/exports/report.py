"""What an export holds, counted while it is written, and what its format cannot hold."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from db.texts import number_of
from labeller.formats.protocol import Format
from labeller.formats.records import FaceRecord


@dataclass
class Report:
    """Counts of photos, of faces by label, and of boxes that are no labelled faces.

    `unlabelled` are boxes that somebody drew and nobody labelled, `missing` photos whose file is gone.
    """

    photos: int = 0
    labelled: Counter[str] = field(default_factory=Counter)
    unlabelled: int = 0
    proposed: int = 0
    rejected: int = 0
    disputed: int = 0
    missing: int = 0

    def count(self, face: FaceRecord) -> None:
        if face.state == "proposed":
            self.proposed += 1
        elif face.state == "rejected":
            self.rejected += 1
        elif face.label is None:
            self.unlabelled += 1
        else:
            self.labelled[face.label] += 1

    def as_json(self, format: Format) -> dict[str, Any]:
        """As the API and the page give it."""
        return {
            "photos": self.photos,
            "faces": self.labelled.total() + self.unlabelled,
            "labelled": dict(self.labelled),
            "unlabelled": self.unlabelled,
            "proposed": self.proposed,
            "rejected": self.rejected,
            "disputed": self.disputed,
            "missing": self.missing,
            "cannot_carry": list(format.cannot_carry),
        }


def in_words(report: dict[str, Any]) -> str:
    """The counts of a report in a sentence or two, for the terminal."""
    labels = ", ".join(f"{count} {name}" for name, count in report["labelled"].items()) or "none labelled"
    text = f"{number_of(report['photos'], 'photo')}, {number_of(report['faces'], 'face')} ({labels})"
    others = {
        "proposed": ("proposed box", "proposed boxes"),
        "rejected": ("rejected box", "rejected boxes"),
        "missing": ("photo without a file", "photos without a file"),
    }
    more = [number_of(report[name], *titles) for name, titles in others.items() if report[name]]
    return f"{', '.join([text, *more])}."
