"""What a source is: pictures with their times, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from labeller.detection.detections import Picture


@dataclass(frozen=True)
class Frame:
    """One picture: seconds since the first one, or the name of a photo's file below its folder."""

    time: Fraction
    read: Callable[[], Picture]
    name: str | None = None

    @cached_property
    def pixels(self) -> Picture:
        """RGB, upright; converted when they are first asked for. Raises CannotRead."""
        return self.read()


class Source(Protocol):
    """Where frames come from. Opening it and reading it raise CannotRead."""

    rate: Fraction
    """Frames a second, on average."""
    time_base: Fraction
    """Seconds of which all times are multiples."""
    notes: list[str]
    """Sentences about what was passed over, once it has been read."""

    @property
    def total(self) -> int | None:
        """About how many frames there are; None of a camera."""
        ...

    @property
    def are_photos(self) -> bool:
        """Whether each frame is a photo of its own."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None: ...
