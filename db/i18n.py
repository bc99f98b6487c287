"""Marks texts for translation; they are translated where they are shown."""


def N_(text: str) -> str:
    """Mark a text for the catalogue; `web.i18n` translates it. `%(name)s` in it stands for a value."""
    return text
