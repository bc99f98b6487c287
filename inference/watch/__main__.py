"""`python -m inference.watch OPTIONS`: what `flask watch` becomes; OPTIONS are those of `Options` as JSON."""

import json
import signal
import sys

from db.errors import Refused
from db.session import session_scope


def main() -> int:
    """The exit code: 1 after a refusal, 128 and the signal's number after a signal."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    # Only now, since this takes seconds in which Ctrl-C is to end it without a traceback.
    from inference.watch.options import Options
    from inference.watch.progress import terminal
    from inference.watch.stopping import Stopping
    from inference.watch.watching import watch

    stopping = Stopping()
    try:
        with session_scope() as session:
            watch(session, Options(**json.loads(sys.argv[1])), stopping)
    except Refused as error:
        terminal.print(f"{error.message} {error.hint}".strip())
        return 1
    return stopping.exit_code


if __name__ == "__main__":
    sys.exit(main())
