"""Names of files: which are pictures, which are passed over, how one is compared and how it is shown."""

import re
import unicodedata
from pathlib import PurePosixPath

PICTURES = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".heic", ".heif", ".avif"})
REFUSED = frozenset({".tif", ".tiff", ".gif", ".bmp"})
"""Pictures that the workbench does not read; they are named, and not passed over in silence."""
SYSTEM = frozenset({"thumbs.db", "desktop.ini", "@eadir", "__macosx"})
"""What operating systems and storage boxes put beside photos; other names of theirs begin with a dot."""
SPLITS = {
    "train": "train", "training": "train", "trainval": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "locked", "testing": "locked", "locked": "locked",
}  # fmt: skip
SPLIT_FOLDERS = {"train": "train", "validation": "val", "locked": "test"}
"""How other tools call our splits."""


def nfc(name: str) -> str:
    """The name with its accents composed."""
    return unicodedata.normalize("NFC", name)


def comparable(name: str) -> str:
    """Equal for names that differ in nothing but case and the way to write an accent."""
    return nfc(nfc(name).casefold())


def suffix(name: str) -> str:
    """In lower case with its dot; empty if there is none."""
    return PurePosixPath(name).suffix.lower()


def is_picture(name: str) -> bool:
    return suffix(name) in PICTURES


def passed_over(name: str) -> bool:
    """Whether a file or folder is hidden, or not meant for people."""
    return name.startswith(".") or name.casefold() in SYSTEM


def shown(name: str, longest: int = 200) -> str:
    """The name as it may stand in a message: nothing that moves a cursor, turns text round or is no UTF-8."""
    text = "".join(c if c.isprintable() else _escaped(c) for c in name)
    return text if len(text) <= longest else text[:longest] + "…"


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as Python keeps it in a file's name
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def our_split(name: str | None) -> str | None:
    """train, validation or locked for what a tool calls a split; None for an unknown name."""
    return SPLITS.get(name.strip().casefold()) if name else None


def split_of_file(name: str) -> str | None:
    """What a label file's name, or its folder's, says of the split: the tool's word, as it stands there."""
    path = PurePosixPath(name)
    words = [word for word in re.split(r"[^A-Za-z]+", path.stem) if word]
    for word in (*reversed(words), path.parent.name):
        if our_split(word):
            return word
    return None


def file_name(text: str) -> str:
    """A text as the name of a file or folder on any system: without separators, signs and ends that one
    refuses."""
    plain = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in text)
    plain = plain.strip(" ")[:100].rstrip(". ")
    return f"_{plain}" if not plain or plain.startswith(".") else plain
