"""The curves of a minimisation, as drawings inside a page."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Drawn in the colour of the page's text, whichever that is.
_INK, _CURVE = "#010203", "#040506"
_SMALLEST = 1e-30

_TITLES = {
    "energies": "energy",
    "gaps": "duality gap",
    "gradients": "norm of the gradient",
}


def curves_of(frames: Sequence[Mapping[str, Any]]) -> str:
    """Draw the energy and the distance to the minimum over the iterations, as SVG.

    Parameters
    ----------
    frames : sequence of mapping
        The values chosen for each frame; the first is drawn.

    Returns
    -------
    str
        Empty where nothing was minimised.
    """
    chosen = frames[0] if frames else {}
    curves = {name: chosen[name] for name in _TITLES if len(chosen.get(name, ())) > 1}
    if not curves:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "pdefilter",
        "font.family": "sans-serif",
        **dict.fromkeys(
            ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK
        ),
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with rc_context(style):
        figure = Figure(figsize=(4.2 * len(curves), 2.6), layout="constrained")
        all_axes = figure.subplots(1, len(curves), squeeze=False)[0]
        for axes, (name, values) in zip(all_axes, curves.items(), strict=True):
            # Energies are looked at after equal numbers of iterations.
            between = chosen["iterations"] / (len(values) - 1)
            iterations = [between * k for k in range(len(values))]
            axes.plot(iterations, [max(value, _SMALLEST) for value in values], color=_CURVE)
            axes.set(title=_TITLES[name], xlabel="iterations")
            if name != "energies":
                axes.set_yscale("log")
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return _inline(stream.getvalue())


def _inline(drawing: str) -> str:
    """Leave of a file what a page needs, in the page's own colours."""
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"font: [^;\"]*?([\d.]+px)[^;\"]*", r"font-size: \1", drawing)
    return drawing.replace(_INK, "currentColor").replace(_CURVE, "var(--accent)")
