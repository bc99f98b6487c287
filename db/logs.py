"""Logging: one plain line per event, and tracebacks without the values of variables.

By default structlog prints local variables in a traceback, which may contain people's names and tokens.
"""

import contextlib
import os

import structlog


def configure() -> None:
    """Call once at the start of a process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,  # the request, or the task, and what it is about
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
            ),
        ],
        logger_factory=lambda *_: Lines(),
    )


class Lines:
    """Writes each line to standard output at once, or drops it: a full disk must not stop the program."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            os.write(1, f"{message}\n".encode(errors="replace"))

    debug = info = warning = warn = error = critical = exception = fatal = msg
