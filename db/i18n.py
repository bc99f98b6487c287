"""Texts that are written here and translated where they are shown."""


def N_(text: str) -> str:
    """Marks a text for the catalogue; `web.words` translates it. `%(name)s` in it stands for a value."""
    return text
