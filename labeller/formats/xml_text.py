"""Text that is written into XML."""

import re
from xml.sax.saxutils import escape, quoteattr

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def content(text: str) -> str:
    """Text between tags. Characters that XML cannot hold become a replacement character."""
    return escape(_ILLEGAL.sub("\ufffd", text))


def attribute(text: str) -> str:
    """The value of an attribute, with its quotes."""
    return quoteattr(_ILLEGAL.sub("\ufffd", text))
