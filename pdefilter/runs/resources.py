"""What the work is done with: the engine and its threads."""

from pdefilter.kernels import engine

ADVICE = (
    "install a C++20 compiler (GCC 12, Clang 14 or later) and then pdefilter again for the native "
    "engine, many times faster"
)


def use_threads(count: int | None) -> None:
    """Compute on so many threads; None for one a core that this process may use."""
    engine.set_threads(count)


def describe_engine() -> str:
    """Say which engine computes, in which variant, on how many threads."""
    threads = engine.threads()
    on = f"{threads} thread{'s' * (threads > 1)}"
    if engine.name() == "native":
        from pdefilter.kernels.native import variants

        return f"native ({variants()[-1]}), {on}"
    return f"reference, {on}{'' if engine.native() else '; ' + ADVICE}"


def missing_engine() -> str | None:
    """Say that the fast engine is missing where nobody chose to do without."""
    if engine.native() is None and not engine.chosen():
        return f"this is the reference engine; {ADVICE}"
    return None
