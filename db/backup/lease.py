"""The lease of a backup in the making: copying or reading a large table takes longer than a lease lasts."""

import threading
from types import TracebackType

import structlog

from db import jobs
from db.jobs import Claim, LostLease
from db.session import session_scope

log = structlog.get_logger()


class RenewedLease:
    """Renews the lease of a claim from a thread until the end of the block."""

    def __init__(self, claim: Claim, seconds: float) -> None:
        self._claim, self._seconds = claim, seconds
        self._is_lost, self._stop = False, threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> "RenewedLease":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def require(self) -> None:
        """Raises LostLease if the job is somebody else's now, or over."""
        if self._is_lost:
            raise LostLease(f"{self._claim.model.__tablename__} {self._claim.id}")

    def _renew(self) -> None:
        while not self._is_lost and not self._stop.wait(self._seconds / 6):
            try:
                with session_scope() as session:
                    jobs.write(session, self._claim, self._seconds)
                    session.commit()
            except LostLease:
                self._is_lost = True
            except Exception as error:  # noqa: BLE001 - it holds until its end, and a while longer if nobody sweeps
                log.warning("lease_not_renewed", error=type(error).__name__)
