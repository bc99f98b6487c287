"""What an import says: a count of everything, and a line for whatever somebody may want to know."""

from collections import Counter
from dataclasses import dataclass, field

from labeller.formats.records import Problem, Remark


@dataclass(frozen=True, slots=True)
class Line:
    """`photo_id` is the photo that it is about, if there is one."""

    problem: Problem
    photo_id: int | None = None


@dataclass
class Report:
    """`counts` has photos (new, known), faces, and the lines by remark; `pending` the lines not yet taken."""

    counts: Counter[str] = field(default_factory=Counter)
    pending: list[Line] = field(default_factory=list)

    def add(self, problem: Problem, photo_id: int | None = None) -> None:
        self.counts[problem.remark] += 1
        self.pending.append(Line(problem, photo_id))

    def say(self, remark: Remark, file: str, place: str, message: str, photo_id: int | None = None) -> None:
        self.add(Problem(remark, file, place, message), photo_id)

    def take(self) -> list[Line]:
        """The pending lines, which are pending no more."""
        lines, self.pending = self.pending, []
        return lines

    @property
    def has_gaps(self) -> bool:
        """Whether something was left out that somebody would miss, or waits for a decision."""
        return bool(self.counts["skipped"] or self.counts["conflict"])
