"""The compiled functions refuse by themselves what they would read or write beyond its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from pdefilter.kernels import engine

pytestmark = pytest.mark.skipif(
    engine.native() is None, reason="the native engine was not built: no C++ compiler"
)

C, S, M, N = 2, 3, 7, 9
BIG = 2**30


def planes(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


def weights(count: int = 3) -> np.ndarray:
    return np.full(count, 1 / count, np.float32)


@dataclass(frozen=True)
class Call:
    """A call that is right, and what of it can be wrong.

    Attributes
    ----------
    arguments : dict
        By name, in order; a kernel's offset, "NAME, first", after its weights.
    written : tuple of str
        The arrays that are written to.
    wrong : dict
        Values that other arguments must not have.
    free : tuple
        The arrays whose first axis may have any length but none.
    """

    arguments: dict[str, Any]
    written: tuple[str, ...]
    wrong: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    free: tuple[str, ...] = ()

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        some = self.arguments.items()
        return {name: value for name, value in some if isinstance(value, np.ndarray)}

    def __call__(self, function: Any, **changed: Any) -> Any:
        """Call a compiled function, with other values for some arguments."""
        values: list[Any] = []
        for name, value in (self.arguments | changed).items():
            if name.endswith(", first"):
                values[-1] = (values[-1], value)
            else:
                values.append(value)
        return function(*values)


FAR = (1, -3, BIG, -BIG)
THREADS = {"threads": (0, -1), "variant": ("", "quantum")}
NAMES = dict.fromkeys(("conductance", "law", "order", "measure"), ("", "quantum", 1))
THINNING_TAPS = ("difference", "smoothing", "along rows", "along columns")
HOW: dict[str, Any] = {"threads": 2, "variant": "baseline"}


def march(**changed: Any) -> Call:
    arguments = {
        "in": planes(2 * C, M, N),
        "channels": C,
        "slices": 0,
        "per_square": None,
        "out": planes(2 * C, M, N),
        "spare": None,
        "before": planes(C, M, N),
        "steps": weights(),
        "momenta": weights(),
        "edges": planes(2, M, N),
        "guide": planes(3, M, N),
        "smoothing": None,
        "conductance": "exponential",
        "scale": 1.0,
        "levels": 1,
        "tile_rows": 4,
        "tile_columns": N,
        **HOW,
    }
    wrong = dict.fromkeys(("threads", "levels", "tile_rows", "tile_columns"), (0, -1))
    wrong |= {"channels": (0, -1, 3, 5, BIG), "variant": ("quantum",), **NAMES}
    wrong |= {"slices": (-1, 1, 2, 5, BIG, 2**62)}
    return Call(arguments | changed, ("out", "before"), wrong, ("guide",))


def march_volume() -> Call:
    slices = {name: planes(2 * C * S, M, N) for name in ("in", "out")}
    slices |= {"before": planes(C * S, M, N), "edges": planes(3 * S, M, N)}
    call = march(**slices, slices=S, per_square=weights(), guide=planes(3 * S, M, N))
    return replace(call, free=())


def smoothed() -> Call:
    call = march(spare=planes(2 * C, M, N), guide=None, momenta=None)
    arguments: dict[str, Any] = {}
    for name, value in call.arguments.items():
        arguments[name] = weights() if name == "smoothing" else value
        if name == "smoothing":
            arguments["smoothing, first"] = -1
    wrong = call.wrong | {"levels": (0, 2), "tile_columns": (0, N - 1), "smoothing, first": FAR}
    return Call(arguments, ("out", "spare", "before"), wrong, ("steps", "smoothing"))


def split() -> Call:
    arguments = {
        "in": planes(C, M, N),
        "slices": 0,
        "per_square": weights(2),
        "out": planes(C, M, N),
        "spare": planes(C, M, N),
        "d_taus": weights(),
        "edges": planes(2, M, N),
        "guide": planes(3, M, N),
        "conductance": "exponential",
        "scale": 1.0,
        **HOW,
    }
    wrong = {"slices": (-1, 1, 2, 5, BIG, 2**62)}
    return Call(arguments, ("out", "spare"), wrong | THREADS | NAMES, ("d_taus", "guide"))


def split_volume() -> Call:
    slices = {name: planes(C * S, M, N) for name in ("in", "out", "spare")}
    slices |= {"edges": planes(3 * S, M, N), "guide": planes(3 * S, M, N)}
    call = split()
    arguments = call.arguments | slices | {"slices": S, "per_square": None}
    return replace(call, arguments=arguments, free=("d_taus",))


def correlate() -> Call:
    arguments = {
        "in": planes(C, M, N),
        "out": planes(C, M, N),
        "along_rows": weights(),
        "along_rows, first": -1,
        "along_columns": weights(),
        "along_columns, first": 0,
        "order": "mean",
        **HOW,
    }
    wrong = {"along_rows, first": FAR, "along_columns, first": FAR, **NAMES, **THREADS}
    return Call(arguments, ("out",), wrong, ("along_rows", "along_columns"))


def correlate2d() -> Call:
    arguments = {
        "in": planes(C, M, N),
        "out": planes(C, M, N),
        "weights": weights(),
        "offsets": np.array([[0, 0], [2, 1], [1, 3]]),
        "row_of": np.arange(-1, M + 1) % M,
        "column_of": np.arange(-1, N + 2) % N,
        "left": 1,
        **HOW,
    }
    wrong: dict[str, tuple[Any, ...]] = {"left": (-1, 4, BIG), **THREADS}
    for name, outside in (("offsets", (-1, 3)), ("row_of", (-2, M)), ("column_of", (-2, N))):
        wrong[name] = tuple(changed(arguments[name], value) for value in outside)
    wrong["offsets"] += (changed(arguments["offsets"], 4, -1),)
    return Call(arguments, ("out",), wrong)


def changed(array: np.ndarray, value: Any, place: int = 0) -> np.ndarray:
    array = array.copy()
    array.flat[place] = value
    return array


def gradient(measure: str, count: int) -> Call:
    arguments = {
        "in": planes(C, M, N),
        "alpha": planes(M, N),
        "out": planes(count, M, N),
        "difference": weights(),
        "difference, first": -1,
        "smoothing": weights(),
        "smoothing, first": 0,
        "measure": measure,
        "factor": 1.0,
        "per_length": planes(2),
        **HOW,
    }
    wrong = {"difference, first": FAR, "smoothing, first": FAR, **NAMES, **THREADS}
    return Call(arguments, ("out",), wrong, ("in", "difference", "smoothing"))


def linking() -> Call:
    arguments = {"strength": planes(*V), "low": 0.5, "high": 1.0, "linked": np.zeros(V, bool)}
    return Call(arguments | HOW, ("linked",), THREADS)


def shock() -> Call:
    arguments = {
        "in": planes(C, M, N),
        "guide": planes(C, M, N),
        "smoothing": weights(),
        "smoothing, first": -1,
        "weight": planes(M, N),
        "structure": planes(3, M, N),
        "out": planes(C, M, N),
        "tau": 0.5,
        **HOW,
    }
    wrong = {"smoothing, first": FAR, **THREADS}
    return Call(arguments, ("out",), wrong, ("smoothing",))


def curvature_motion() -> Call:
    arguments = {
        "in": planes(C, M, N),
        "weight": planes(M, N),
        "out": planes(C, M, N),
        "tau": 0.2,
        "flat": 1e-9,
        **HOW,
    }
    return Call(arguments, ("out",), THREADS)


REACH = {"reach": (0, -1, 64, BIG)}


def reduce() -> Call:
    arguments = {
        "tensor": planes(3, M, N),
        "law": "along each",
        "conductance": "exponential",
        "scale": 1.0,
        "per_area": planes(3),
        "reach": 5,
        "weights": planes(3, M, N),
        "neighbours": planes(12, M, N, dtype=np.int8),
        **HOW,
    }
    return Call(arguments, ("weights", "neighbours"), THREADS | NAMES | REACH)


def apply_stencil() -> Call:
    neighbours = planes(12, M, N, dtype=np.int8)
    arguments = {
        "in": planes(C, M, N),
        "out": planes(C, M, N),
        "weights": planes(3, M, N),
        "neighbours": neighbours,
        "reach": 5,
        "rounding_bias": np.ones(C),
        "tau": 0.1,
        "alpha": 1.0,
        **HOW,
    }
    # One row and one column too far at every side, and beyond reach; rows and columns alternate.
    far = [((0, 0, 4), -1), ((2, M - 1, 4), 1), ((1, 3, 0), -1), ((11, 3, N - 1), 1)]
    far += [((10, M - 1, 4), -6), ((1, 3, N - 1), -6), ((3, 3, 4), 5), ((4, 0, 0), 127)]
    outside = []
    for place, value in far:
        outside.append(neighbours.copy())
        outside[-1][place] = value
    wrong = {"neighbours": tuple(outside), **THREADS, **REACH}
    return Call(arguments, ("out",), wrong)


def reduce_and_apply() -> Call:
    arguments = {
        "in": planes(C, M, N),
        "out": planes(C, M, N),
        "tensor": planes(3, M, N),
        "law": "along each",
        "conductance": "exponential",
        "scale": 1.0,
        "per_area": planes(3),
        "reach": 5,
        "rounding_bias": np.ones(C),
        "tau": 0.1,
        "alpha": 1.0,
        **HOW,
    }
    return Call(arguments, ("out",), THREADS | NAMES | REACH)


def deinterleave(dtype: type) -> Call:
    arguments = {
        "pixels": planes(M, N, C, dtype=dtype),
        "out": planes(C, M, N),
        "values": planes(np.iinfo(dtype).max + 1),
        **HOW,
    }
    return Call(arguments, ("out",), THREADS)


def interleave() -> Call:
    arguments = {
        "planes": [planes(M, N), planes(M, N)],
        "out": planes(M, N, C, dtype=np.uint8),
        "lowest": planes(C),
        "width": np.ones(C, np.float32),
        "full": 255.0,
        **HOW,
    }
    pairs = ([], [planes(M, N)], [planes(M, N), planes(M, N - 1)], [planes(M - 1, N)] * C)
    return Call(arguments, ("out",), {"planes": pairs, **THREADS})


def balance(*more: tuple[str, Any], written: tuple[str, ...], **wrong: tuple[Any, ...]) -> Call:
    arguments = {
        "rows": M,
        "columns": N,
        "edges": planes(2, M, N),
        "leaks": planes(M, N),
        "free": np.ones((M, N), bool),
        **dict(more),
        **HOW,
    }
    sizes = dict.fromkeys(("rows", "columns"), (0, -M, M + N, 2**40))
    return Call(arguments, written, sizes | THREADS | wrong)


def variation(written: str, *more: str) -> Call:
    every = {
        "f": planes(C, M, N),
        "u": planes(C, M, N),
        "p": planes(C, 4, 2, M, N),
        "before": planes(C, 4, 2, M, N),
        "edges": planes(C, 2, M, N),
        "radius": planes(M, N),
        "sums": np.zeros((2, M)),
        "kink": 0.1,
        "step of kink": 0.1 / 32,
        "bounded": True,
        "momentum": 0.5,
        "step": 1 / 32,
        "least": 1e-18,
    }
    return Call({name: every[name] for name in more} | HOW, (written,), THREADS, ("edges",))


F, G = 16, 32  # features of a cell, and of a coarse one
SHIFT = {"shift": (0, -1, 31, BIG)}


def whole(*shape: int) -> np.ndarray:
    return planes(*shape, dtype=np.int16)


def state(rows: int, columns: int, channels: int = F) -> np.ndarray:
    return whole(rows + 2, columns + 2, channels)


def step(**changed: Any) -> Call:
    arguments = {
        "in": state(M, N),
        "kernel": whole(F, F, 3, 3),
        "bias": planes(F, dtype=np.int32),
        "driven": None,
        "shift": 9,
        "packed": whole(2 * 9 * F * F),
        "out": state(M, N),
        **HOW,
    }
    wrong = {"driven": (state(M, N),), **SHIFT, **THREADS}
    return Call(arguments | changed, ("packed", "out"), wrong)


def driven_step() -> Call:
    call = step(bias=None, driven=state(M, N))
    return replace(call, wrong=call.wrong | {"driven": (None,)})


def inject() -> Call:
    call = step()
    arguments = call.arguments | {"packed": whole(9 * F * F)}
    del arguments["driven"]
    return replace(call, arguments=arguments)


def restrict_features() -> Call:
    arguments = {
        "in": state(2 * M, 2 * N),
        "kernel": whole(G, F, 2, 2),
        "shift": 9,
        "packed": whole(4 * F * G),
        "out": state(M, N, G),
        **HOW,
    }
    return Call(arguments, ("packed", "out"), SHIFT | THREADS)


def prolong_features() -> Call:
    arguments = {
        "in": state(2 * M, 2 * N),
        "before": state(M, N, G),
        "after": state(M, N, G),
        "kernel": whole(G, F, 2, 2),
        "shift": 9,
        "packed": whole(4 * F * G),
        "out": state(2 * M, 2 * N),
        **HOW,
    }
    return Call(arguments, ("packed", "out"), SHIFT | THREADS)


def lift() -> Call:
    arguments = {
        "in": planes(2 * M, 2 * N),
        "filters": whole(F, 6, 6),
        "factors": planes(M, N),
        "factor": 1.0,
        "shift": 9,
        "packed": whole(36 * F),
        "out": state(M, N),
        **HOW,
    }
    return Call(arguments, ("packed", "out"), SHIFT | THREADS)


def lower() -> Call:
    arguments = {
        "in": planes(2 * M, 2 * N),
        "v": state(M, N),
        "filters": whole(F, 6, 6),
        "factors": planes(2 * M, 2 * N),
        "factor": 1.0,
        "packed": whole(36 * F),
        "out": planes(2 * M, 2 * N),
        **HOW,
    }
    return Call(arguments, ("packed", "out"), THREADS)


HALF = (M + 1) // 2, (N + 1) // 2
V = 3, M, N
HALF_OF_V = 2, *HALF


def correlate_volume() -> Call:
    call = correlate()
    arguments = call.arguments | {"in": planes(C, *V), "out": planes(C, *V)}
    kernel = {"along_slices": weights(), "along_slices, first": -2}
    some = {name: arguments.pop(name) for name in ("in", "out")}
    wrong = call.wrong | {"along_slices, first": FAR}
    return Call(some | kernel | arguments, ("out",), wrong, (*call.free, "along_slices"))


def step_through_smoothed_volume() -> Call:
    arguments = {"in": planes(C, *V), "out": planes(C, *V), "edges": planes(3, *V)}
    wrong = NAMES | THREADS
    for axis in ("along_slices", "along_rows", "along_columns"):
        arguments |= {axis: weights(), f"{axis}, first": -1}
        wrong |= {f"{axis}, first": FAR}
    law = {"conductance": "exponential", "scale": 1.0, "per_square": planes(3), "tau": 0.1}
    free = ("along_slices", "along_rows", "along_columns")
    return Call(arguments | law | HOW, ("out",), wrong, free)


def gradient_of_volume(measure: str, count: int) -> Call:
    call = gradient(measure, count)
    volumes = {"in": planes(C, *V), "alpha": planes(*V), "out": planes(count, *V)}
    return replace(call, arguments=call.arguments | volumes | {"per_length": planes(3)})


def reduce_volume() -> Call:
    fields = {name: planes(6, *V) for name in ("tensor", "weights")}
    fields |= {"neighbours": planes(9, *V, dtype=np.int8), "per_area": planes(6)}
    wrong = {"reach": (0, -1, 128, BIG)}
    return replace(reduce(), arguments=reduce().arguments | fields, wrong=THREADS | NAMES | wrong)


def exchange_in_volume(*more: tuple[str, Any], **wrong: tuple[Any, ...]) -> Call:
    arguments = {
        "in": planes(C, *V),
        "changes": np.zeros((C, *V)),
        **dict(more),
        "reach": 2,
        "rounding_bias": np.ones(C),
        "colour": 1,
        **HOW,
    }
    colours = {"colour": (-1, 2, BIG), "reach": (0, -1, 128, BIG)}
    return Call(arguments, ("changes",), THREADS | NAMES | colours | wrong)


def exchange() -> Call:
    neighbours = planes(9, *V, dtype=np.int8)
    # Each beyond reach, or within reach but for the sum of two, or for their difference.
    far = [((0,), 3), ((4,), -3), ((8,), 127), ((8,), -128), ((2, 5), 2), ((4, 7), -2)]
    outside = []
    for places, value in far:
        outside.append(neighbours.copy())
        outside[-1][[*places], 1, M - 1, N - 1] = value
    outside.append(neighbours.copy())
    outside[-1][[0, 6], 0, 3, 4] = 2, -2
    fields = ("weights", planes(6, *V)), ("neighbours", neighbours)
    closed = "closed", planes(*V, dtype=np.uint16)
    return exchange_in_volume(*fields, closed, neighbours=tuple(outside))


def reduce_and_exchange() -> Call:
    law = ("law", "along each"), ("conductance", "exponential"), ("scale", 1.0)
    return exchange_in_volume(("tensor", planes(6, *V)), *law, ("per_area", planes(6)))


AXES = {"axes": (0, 1, 2, 4, -1, BIG)}


def orthants(written: str, *more: str) -> Call:
    every = {
        "axes": 3,
        "per_length": planes(3),
        "f": planes(C, *V),
        "u": planes(C, *V),
        "p": planes(C * 24, *V),
        "before": planes(C * 24, *V),
        "edges": planes(C * 3, *V),
        "radius": planes(V[0] * M, N),
        "sums": np.zeros((2, *V[:2])),
        "kink": 0.1,
        "step of kink": 0.1 / 32,
        "bounded": True,
        "momentum": 0.5,
        "step": 1 / 32,
        "least": 1e-18,
    }
    arguments = {name: every[name] for name in ("axes", "per_length", *more)} | HOW
    return Call(arguments, (written,), THREADS | AXES)


def in_volume(call: Call) -> Call:
    """Make of a step in an image one in a volume."""
    volumes = {"in": planes(C, *V), "out": planes(C, *V), "weight": planes(*V)}
    volumes |= {"guide": planes(C, *V), "structure": planes(6, *V)}
    arguments = {name: volumes.get(name, value) for name, value in call.arguments.items()}
    grid = {"axes": 3, "per_length": planes(3), "per_area": planes(6)}
    for name in ("smoothing", "smoothing, first"):
        arguments.pop(name, None)
    return Call(grid | arguments, ("out",), THREADS | AXES)


def volume_balance(
    *more: tuple[str, Any], written: tuple[str, ...], **wrong: tuple[Any, ...]
) -> Call:
    call = balance(*more, written=written, **wrong)
    graph = {"edges": planes(3, *V), "leaks": planes(*V), "free": np.ones(V, bool)}
    sizes = {"slices": (0, -1, 4, 2**40)}
    return replace(
        call, arguments={"slices": V[0]} | call.arguments | graph, wrong=call.wrong | sizes
    )


CALLS = {
    "march": march(),
    "march, smoothed": smoothed(),
    "march, volume": march_volume(),
    "split": split(),
    "split, volume": split_volume(),
    "correlate": correlate(),
    "correlate2d": correlate2d(),
    "gradient": gradient("tensor", 3),
    "gradient, vector": gradient("vector", 2),
    "shock": shock(),
    "curvature_motion": curvature_motion(),
    "descend": variation("u", "f", "p", "u"),
    "ascend": variation(
        *("before", "f", "p", "before", "edges", "radius", "u"),
        *("step of kink", "bounded", "momentum", "step", "least"),
    ),
    "energies_and_gaps": variation(
        "sums", "f", "u", "p", "edges", "radius", "sums", "kink", "bounded"
    ),
    "reduce": reduce(),
    "apply_stencil": apply_stencil(),
    "reduce_and_apply": reduce_and_apply(),
    "deinterleave": deinterleave(np.uint8),
    "deinterleave, 16 bits": deinterleave(np.uint16),
    "interleave": interleave(),
    "count_not_finite": Call({"values": weights(), **HOW}, (), THREADS, ("values",)),
    "risk_sums": Call(
        {name: planes(C, M, N) for name in ("filtered", "probed", "f", "signs")}
        | {"rows": np.zeros((2, C, M)), **HOW},
        ("rows",),
        THREADS,
    ),
    "thin": Call(
        {
            "strength": planes(*V), "normal": planes(3, *V),
            "kept": planes(*V), "steps": planes(*V), "least": 0.0, **HOW,
        },
        ("kept", "steps"),
        THREADS,
    ),
    "thin, image": Call(
        {
            "strength": planes(1, M, N), "normal": planes(2, 1, M, N),
            "kept": planes(1, M, N), "steps": planes(1, M, N), "least": 0.0, **HOW,
        },
        ("kept", "steps"),
        {"normal": (planes(1, 1, M, N), planes(4, 1, M, N)), **THREADS},
        ("normal",),
    ),
    "thin_gradient": Call(
        {
            "in": planes(1, M, N), "kept": planes(1, M, N),
            "difference": weights(), "difference, first": -1,
            "smoothing": weights(), "smoothing, first": 0,
            "factor": 1.0, "least": 0.0,
            "along rows": weights(), "along rows, first": -1,
            "along columns": weights(), "along columns, first": -2,
            "order": "mean", "lowest": 0.0, "highest": 1.0, **HOW,
        },
        ("kept",),
        {f"{name}, first": FAR for name in THINNING_TAPS} | {**NAMES, **THREADS},
        THINNING_TAPS,
    ),
    "link_within_pieces": linking(),
    "link_pieces": linking(),
    "step": step(),
    "step, driven": driven_step(),
    "inject": inject(),
    "restrict_features": restrict_features(),
    "prolong_features": prolong_features(),
    "lift": lift(),
    "lower": lower(),
    "relax": balance(
        ("u", planes(M, N)), ("f", planes(M, N)), ("colour", 1),
        written=("u",), colour=(-1, 2, BIG),
    ),
    "residual": balance(
        ("u", planes(M, N)), ("f", planes(M, N)), ("residual", planes(M, N)), written=("residual",)
    ),
    "restrict": balance(
        ("u", planes(M, N)), ("f", planes(M, N)), ("coarse", planes(*HALF)), written=("coarse",)
    ),
    "prolong": balance(("u", planes(M, N)), ("coarse", planes(*HALF)), written=("u",)),
    "products": balance(
        ("u", planes(M, N)), ("f", planes(M, N)), ("v", planes(M, N)), ("sums", np.zeros(M)),
        written=("sums",),
    ),
    "coarsen": balance(
        ("edges of squares", planes(2, *HALF)), ("leaks of squares", planes(*HALF)), ("scale", 0.5),
        written=("edges of squares", "leaks of squares"),
    ),
    "correlate_volume": correlate_volume(),
    "step_through_smoothed_volume": step_through_smoothed_volume(),
    "gradient_of_volume": gradient_of_volume("tensor", 6),
    "gradient_of_volume, vector": gradient_of_volume("vector", 3),
    "reduce_volume": reduce_volume(),
    "exchange_in_volume": exchange(),
    "reduce_and_exchange_in_volume": reduce_and_exchange(),
    "step_volume": Call(
        {
            "in": planes(C, *V), "changes": np.zeros((C, *V)), "out": planes(C, *V),
            "tau": 0.1, "alpha": 1.0, **HOW,
        },
        ("out",),
        THREADS,
    ),
    "shock_in_volume": in_volume(shock()),
    "curvature_motion_in_volume": in_volume(curvature_motion()),
    "descend_orthants": orthants("u", "f", "p", "before", "u", "momentum"),
    "ascend_orthants": orthants(
        *("before", "u", "p", "before", "edges", "radius"),
        *("step of kink", "bounded", "momentum", "step", "least"),
    ),
    "evaluate_orthants": orthants(
        "sums", "f", "u", "p", "edges", "radius", "sums", "kink", "bounded"
    ),
    "volume_relax": volume_balance(
        ("u", planes(*V)), ("f", planes(*V)), ("colour", 1), written=("u",), colour=(-1, 2, BIG),
    ),
    "volume_residual": volume_balance(
        ("u", planes(*V)), ("f", planes(*V)), ("residual", planes(*V)), written=("residual",)
    ),
    "volume_restrict": volume_balance(
        ("u", planes(*V)), ("f", planes(*V)), ("coarse", planes(*HALF_OF_V)), written=("coarse",)
    ),
    "volume_prolong": volume_balance(
        ("u", planes(*V)), ("coarse", planes(*HALF_OF_V)), written=("u",)
    ),
    "volume_products": volume_balance(
        ("u", planes(*V)), ("f", planes(*V)), ("v", planes(*V)), ("sums", np.zeros(V[:2])),
        written=("sums",),
    ),
    "volume_coarsen": volume_balance(
        ("edges of cubes", planes(3, *HALF_OF_V)), ("leaks of cubes", planes(*HALF_OF_V)),
        ("scale", 0.5), written=("edges of cubes", "leaks of cubes"),
    ),
}  # fmt: skip

ELSEWHERE = {"conductances", "constants", "sources", "variants"}


def function(name: str) -> Any:
    return getattr(engine.native(), name.split(",")[0])


def wrong_arrays(call: Call) -> Iterator[tuple[str, np.ndarray]]:
    """Yield every array one too short and one too long on every axis, without any, and so on."""
    for argument, array in call.arrays.items():
        for axis in range(array.ndim):
            free = axis == 0 and argument in call.free
            for size in [0] if free else [0, array.shape[axis] - 1, array.shape[axis] + 1]:
                # The lists of rows and of columns say how large a kernel of two dimensions is.
                if argument in ("row_of", "column_of") and size == array.shape[axis] + 1:
                    continue
                shape = (*array.shape[:axis], size, *array.shape[axis + 1 :])
                yield argument, np.resize(array, shape) if size else np.empty(shape, array.dtype)
        yield argument, array[None]
        yield argument, array[0]
        yield argument, np.zeros(array.shape, "U1")
        if argument in call.written:
            yield argument, array.astype(np.complex64)
            yield argument, np.zeros((*array.shape, 2), array.dtype)[..., 0]


def names(written_ones: bool = False) -> list[str]:
    return [name for name, call in CALLS.items() if call.written or not written_ones]


def test_every_compiled_function_is_called_here():
    bound = {name for name in dir(engine.native()) if not name.startswith("_")}
    assert bound - ELSEWHERE == {name.split(",")[0] for name in CALLS}


@pytest.mark.parametrize("name", names())
def test_the_right_call_is_right(name):
    CALLS[name](function(name))


@pytest.mark.parametrize("name", names())
def test_arrays_of_other_shapes_and_types_are_refused(name):
    call = CALLS[name]
    for argument, array in wrong_arrays(call):
        with pytest.raises((ValueError, TypeError)):
            call(function(name), **{argument: array})
            pytest.fail(f"{argument} of {array.shape}, {array.dtype}")


@pytest.mark.parametrize("name", names())
def test_numbers_out_of_range_are_refused(name):
    call = CALLS[name]
    for argument, values in call.wrong.items():
        for value in values if argument in call.arguments else ():
            with pytest.raises((ValueError, TypeError)):
                call(function(name), **{argument: value})
                pytest.fail(f"{argument} {value!r}")


@pytest.mark.parametrize("name", names(written_ones=True))
def test_what_is_written_must_not_lie_in_what_is_read(name):
    call = CALLS[name]
    for written in call.written:
        for other in call.arrays.keys() - {written}:
            one, two = call.arrays[written], call.arrays[other]
            memory = np.zeros(one.nbytes + two.nbytes + 8, np.uint8)
            overlapping = {
                written: memory[: one.nbytes].view(one.dtype).reshape(one.shape),
                other: memory[8 : 8 + two.nbytes].view(two.dtype).reshape(two.shape),
            }
            overlapping[other][...] = two
            with pytest.raises(ValueError, match="apart"):
                call(function(name), **overlapping)
                pytest.fail(f"{written} and {other}")


def test_more_channels_than_are_compiled_are_refused():
    for name in ("march", "split", "apply_stencil", "reduce_and_apply"):
        call = CALLS[name]
        many = {"channels": 5, "rounding_bias": np.ones(5)}
        many |= {key: planes(5, M, N) for key in ("in", "out", "spare", "before")}
        changes = {key: many[key] for key in call.arguments.keys() & many}
        with pytest.raises(ValueError, match="channels"):
            call(function(name), **changes)
    for name in ("march", "split"):
        with pytest.raises(ValueError, match="channels"):
            CALLS[name](function(name), guide=planes(5, M, N))


def test_a_guide_is_not_smoothed():
    with pytest.raises(ValueError, match="smoothed"):
        CALLS["march, smoothed"](function("march"), guide=planes(3, M, N))


def test_tiles_may_be_larger_than_any_image():
    largest = np.iinfo(np.intp).max
    sizes = dict.fromkeys(("levels", "tile_rows", "tile_columns"), largest)
    CALLS["march"](function("march"), **sizes)
