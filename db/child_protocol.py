"""How a child process reports its progress to the command that started it: one JSON object per line."""

import json
import sys
from collections.abc import Callable
from typing import Any

Say = Callable[..., None]


def asked() -> Any:
    """What the command wants, from standard input."""
    return json.load(sys.stdin)


def speaker() -> Say:
    """`say(phase="embed", done=3, of=9)` writes a line; what libraries print goes to standard error."""
    out, sys.stdout = sys.stdout, sys.stderr

    def say(**line: Any) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    return say
