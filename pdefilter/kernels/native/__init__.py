"""The native engine: kernels in C++, bit for bit those of `pdefilter.kernels.reference`."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from pdefilter.kernels import engine
from pdefilter.kernels.taps import Taps

# Below so many pixel-steps of a march a thread takes longer to start than to work.
_WORTH_A_THREAD = 1 << 20

_forced: tuple[int, str] | None = None


def call(name: str, *arguments: Any, work: int) -> Any:
    """Call a compiled function on as many threads as so many pixel-steps are worth.

    Kernels are given as pairs of their weights and the offset of the first.
    """
    threads, variant = _forced or (threads_for(work), variants()[-1])
    plain = [(a.numbers, a.first) if isinstance(a, Taps) else a for a in arguments]
    return getattr(compiled(), name)(*plain, threads, variant)


@contextmanager
def forced(threads: int, variant: str) -> Iterator[None]:
    """Call on so many threads, in this variant, whatever the work is: no bit depends on either."""
    global _forced
    _forced = threads, variant
    try:
        yield
    finally:
        _forced = None


def compiled() -> ModuleType:
    """Find the compiled module, which is there where this engine is in use."""
    native = engine.native()
    assert native is not None
    return native


@cache
def variants() -> list[str]:
    """List the instruction sets compiled in that this machine runs, the fastest last."""
    names: list[str] = compiled().variants()
    return names


def threads_for(work: int) -> int:
    """Count the threads that so many pixel-steps of a march are worth."""
    if _forced:
        return _forced[0]
    worth = work // _WORTH_A_THREAD
    return min(engine.threads(), worth) if worth > 1 else 1
