"""How a child process reports its progress to the command that started it: one JSON object per line."""

import json
import sys
from collections.abc import Callable
from typing import Any

WriteLine = Callable[..., None]
"""Writes its keyword arguments as one line of JSON."""


def read_request() -> Any:
    """The JSON value on standard input: what the command asks for."""
    return json.load(sys.stdin)


def open_line_writer() -> WriteLine:
    """A function that writes lines to standard output: `write_line(phase="embed", done=3, of=9)`.

    Anything else that is printed from now on, such as a library's messages, goes to standard error.
    """
    out, sys.stdout = sys.stdout, sys.stderr

    def write_line(**values: Any) -> None:
        out.write(json.dumps(values) + "\n")
        out.flush()

    return write_line
