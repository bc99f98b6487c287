"""Results and logs of runs name classes and people by ids: those of another workbench are others here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Ids = Mapping[int, int | None]


@dataclass(frozen=True)
class Renumbered:
    """The ids here by the ids there."""

    classes: Ids
    people: Ids

    def __call__(self, value: Any) -> Any:
        """The value with ids of here: of values of messages (`db.messages`), and keys of objects that have a
        key for each class and no others."""
        match value:
            case list():
                return [self(one) for one in value]
            case {"class": int(id)} if len(value) == 1:
                return {"class": self.classes.get(id, id)}
            case {"person": int(id)} if len(value) == 1:
                return {"person": self.people.get(id)}
            case {"counts": list(counts)} if len(value) == 1:
                return {"counts": [[self.classes.get(id, id), count] for id, count in counts]}
            case dict():
                keys = self._keys(value)
                return {keys.get(key, key): self(one) for key, one in value.items()}
        return value

    def _keys(self, value: Mapping[str, Any]) -> Mapping[str, str]:
        names = {str(there): str(here) for there, here in self.classes.items()}
        return names if value and set(value) <= set(names) else {}
