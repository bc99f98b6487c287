"""What the terminal shows meanwhile, on standard error."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

terminal = Console(stderr=True, highlight=False, soft_wrap=True)


class _FramesASecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f} frames/s")


def bar() -> Progress:
    """A progress bar with frames a second; only on a terminal."""
    columns = (
        TextColumn("Watching"),
        BarColumn(),
        MofNCompleteColumn(),
        _FramesASecond(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=terminal, disable=not terminal.is_terminal)
