"""Texts that people type, and numbers with what they count."""

import re

from db.errors import BadInput

UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tabs and line breaks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # change the direction of a text: names could deceive
    "\ud800-\udfff]"  # halves of characters, which no database stores
)


def require_plain(text: str) -> None:
    """Raises BadInput for characters that nobody types and nobody sees; tabs and line breaks may be."""
    if UNSEEN.search(text):
        raise BadInput(
            "control_character", "This text has characters that cannot be seen.", "Type it without pasting."
        )


def one_line(text: str, longest: int) -> str:
    """The text on one line, at most so many characters of it. Raises BadInput for control characters."""
    line = " ".join(text.split())
    require_plain(line)
    return line[:longest]


def number_of(number: int, one: str, many: str = "") -> str:
    """ "1 photo", "2 photos": for texts that are not translated. `many` where an s does not make it."""
    return f"{number} {one if number == 1 else many or one + 's'}"
