"""Ctrl-C and other requests to stop: noted, so that a frame and a file are finished first."""

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """Called, it says whether to stop."""

    def __init__(self) -> None:
        self._is_asked, self._signal = False, 0

    def listen(self) -> None:
        """From now on note signals, which ended the process at once before."""
        for number in SIGNALS:
            signal.signal(number, lambda number, _frame: self.ask(number))

    def ask(self, number: int = 0) -> None:
        """Stop after this frame; `number` is that of the signal that asks for it."""
        self._is_asked, self._signal = True, number

    def __call__(self) -> bool:
        return self._is_asked

    @property
    def exit_code(self) -> int:
        """As a shell reports it: 130 after Ctrl-C."""
        return 128 + self._signal if self._signal else 0
