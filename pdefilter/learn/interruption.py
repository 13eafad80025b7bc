"""A signal ends a training between two iterations, where nothing is half done."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = signal.SIGINT, signal.SIGTERM


class Interruption:
    """A context that catches the first signal to stop; a second one stops at once.

    Signals that are ignored, as behind nohup, stay ignored.

    Attributes
    ----------
    wanted : bool
        Whether a signal has come.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for kind in _SIGNALS:
            if signal.getsignal(kind) != signal.SIG_IGN:
                self._before[kind] = signal.signal(kind, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        self._restore()

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.wanted = True
        self._restore()

    def _restore(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())
