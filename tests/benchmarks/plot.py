"""The picture in the README: how fast a step is, and how fast an accuracy is reached."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt


def draw(
    rates: Mapping[str, float],
    accuracy: Mapping[str, Sequence[tuple[float, float]]],
    target: Path,
) -> None:
    """Draw both as an SVG of fixed bytes for fixed numbers."""
    plt.rcParams.update({"svg.hashsalt": "pdefilter", "font.size": 9, "svg.fonttype": "path"})
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    figure.patch.set_facecolor("white")

    names = sorted(rates, key=lambda name: rates[name])
    colours = ["#d95f02" if name.startswith("pdefilter") else "#7f7f7f" for name in names]
    bars = left.barh(names, [rates[name] for name in names], color=colours)
    left.bar_label(bars, fmt="%.0f", padding=2)
    left.set_xscale("log")
    left.set_xlim(right=5 * max(rates.values()))
    left.set_xlabel("Mpx × iterations / s")
    left.set_title("Perona–Malik, 1024² grey, 20 iterations")

    for scheme, points in accuracy.items():
        if scheme == "exact":
            right.axvline(points[0][0], color="#7f7f7f", linestyle=":", label="exact (no error)")
        else:
            right.plot(*zip(*sorted(points), strict=True), marker="o", markersize=4, label=scheme)
    right.set_xscale("log")
    right.set_yscale("log")
    right.set_xlabel("time (that of 200 Euler steps is 1)")
    right.set_ylabel("mean error, grey levels of 255")
    right.set_title("heat to t = 50 px², 2048²")
    right.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, metadata={"Date": None})
