"""A readable name of the device that a browser runs on."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
"""A part of the user agent and what it stands for. The first that fits counts, since most browsers also name
those that they resemble."""


def device_name(user_agent: str) -> str:
    """Such as “Chrome, Android”; empty if the user agent says neither. A client can claim anything."""
    parts = (
        next((name for part, name in known if part in user_agent), None) for known in (BROWSERS, SYSTEMS)
    )
    return ", ".join(part for part in parts if part)
