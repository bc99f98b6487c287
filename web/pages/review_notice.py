"""What became of faces that were sent to review, in words."""

from labeller.queue.picks_by_hand import ChoiceResult
from web.i18n import ngettext


def summary(done: ChoiceResult) -> str:
    """How many faces go to review, and why the others do not."""
    parts = [ngettext("%(n)s face goes to review.", "%(n)s faces go to review.", done.sent)]
    if done.locked:
        locked = ngettext(
            "%(n)s stays out: it is in the locked set.",
            "%(n)s stay out: they are in the locked set.",
            done.locked,
        )
        parts.append(locked)
    if done.waiting:
        parts.append(ngettext("%(n)s is there already.", "%(n)s are there already.", done.waiting))
    if done.gone:
        parts.append(ngettext("%(n)s was deleted meanwhile.", "%(n)s were deleted meanwhile.", done.gone))
    return " ".join(parts)
