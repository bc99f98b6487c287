"""The row that holds the state of the whole workbench."""

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from db.session import session_scope
from db.workbench import lock_workbench

WRITERS = 4


def test_who_locks_the_row_changes_what_the_one_before_wrote(db: Session) -> None:
    lock_workbench(db)
    db.commit()

    def count_up(_: int) -> None:
        with session_scope() as session:
            row = lock_workbench(session)
            value = row.train_after
            time.sleep(0.02)  # for another to read the same value, if it could
            row.train_after = value + 1
            session.commit()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(count_up, range(WRITERS)))
    assert lock_workbench(db).train_after == WRITERS
