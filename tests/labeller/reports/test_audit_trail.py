"""The audit trail in a spreadsheet."""

import pytest

from db.base import now
from db.models import Event
from labeller.reports import audit_trail


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" @SUM(A1)", " '@SUM(A1)"),
        ("Eve;=HYPERLINK(A1)", "Eve;'=HYPERLINK(A1)"),
        ("Eve\t-1", "Eve\t'-1"),
        ("Eve\n+1;=2", "Eve\n'+1;'=2"),
        ("Anna-Lena = 2", "Anna-Lena = 2"),
    ],
)
def test_no_name_becomes_a_formula(name: str, cell: str) -> None:
    event = Event(id=1, at=now(), person_id=7, kind="renamed", detail={"person": 7})
    row = audit_trail.as_row(audit_trail.Entry(event, name, {}))
    assert row[audit_trail.COLUMNS.index("person")] == cell
    assert row[audit_trail.COLUMNS.index("detail")] == '{"person": 7}'
