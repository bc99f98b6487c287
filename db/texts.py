"""Texts that people type."""

import unicodedata

from db.errors import BadInput

LINE_BREAKS = "\t\n\r"


def require_plain(text: str) -> None:
    """Raises BadInput for control characters other than tabs and line breaks: nobody types them."""
    if any(unicodedata.category(c) == "Cc" and c not in LINE_BREAKS for c in text):
        raise BadInput(
            "control_character", "This text has characters that cannot be seen.", "Type it without pasting."
        )


def one_line(text: str, longest: int) -> str:
    """The text on one line, at most so many characters of it. Raises BadInput for control characters."""
    line = " ".join(text.split())
    require_plain(line)
    return line[:longest]
