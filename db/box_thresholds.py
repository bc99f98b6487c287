"""From which chance of being a face on a proposal is shown, and how: sorted by the trainer, shown by all."""

from sqlalchemy.orm import Session

from db.models import Workbench

LIKELY, HIDDEN = 0.5, 0.05
"""Chances from which a proposal is shown among the first, and below which it is hidden, unless the owner
chose others: of what is hidden at most one in twenty is a face."""


def levels(session: Session) -> tuple[float, float]:
    """The chances from which a proposal is likely, and below which it is hidden."""
    row = session.get(Workbench, 1)
    likely, hidden = (row.likely_at, row.hidden_at) if row else (None, None)
    return LIKELY if likely is None else likely, HIDDEN if hidden is None else hidden
