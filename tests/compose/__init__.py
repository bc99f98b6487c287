"""docker-compose.yml as tests read it."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def fill_variables(text: str) -> str:
    """The value with its ${VARIABLES} set as a user would."""
    return re.sub(
        r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}",
        lambda match: "chosen" if match.group(2) is None else match.group(2),
        text,
    )
