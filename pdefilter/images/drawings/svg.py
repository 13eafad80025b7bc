"""Lines as a picture: SVG, which lies over its image exactly.

References
----------
https://www.w3.org/TR/SVG11/
"""

from xml.sax.saxutils import escape

import numpy as np

from pdefilter.images.drawings.drawing import Drawing, strength_of
from pdefilter.lines import Line, is_closed

# What this part of all lines does not exceed is drawn as strong as can be.
_STRONG = 0.98

# Looked at over photographs: the weakest lines are still seen, and the strongest hide little.
_COLOUR, _WIDTHS, _OPACITIES = "#e6007e", (0.4, 1.2), (0.15, 1.0)

_NOT_IN_XML = dict.fromkeys((*range(32), 0xFFFE, 0xFFFF), "\ufffd")


def encode(drawing: Drawing) -> bytes:
    """Write a picture of the size of the image, one path a line, in the order of their strength."""
    rows, columns = drawing.shape
    strengths = [strength_of(line) for line in drawing.lines]
    strong = float(np.quantile(strengths, _STRONG)) if strengths else 1.0
    paths = []
    for number in np.argsort(strengths, kind="stable"):
        share = min(1.0, strengths[number] / strong)
        width, opacity = (least + share * (most - least) for least, most in (_WIDTHS, _OPACITIES))
        paths.append(
            f'<path stroke-width="{width:.2f}" stroke-opacity="{opacity:.2f}" '
            f'd="{_path(drawing.lines[number])}"/>\n'
        )
    title = escape(drawing.title.encode(errors="replace").decode().translate(_NOT_IN_XML))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns}" height="{rows}" '
        f'viewBox="0 0 {columns} {rows}">\n'
        f"<title>{title}</title>\n"
        f'<g fill="none" stroke="{_COLOUR}" stroke-linecap="round" stroke-linejoin="round">\n'
        f"{''.join(paths)}</g>\n</svg>\n"
    ).encode()


def _path(line: Line) -> str:
    """Write the points, of which a pixel's centre is half a unit from its corner."""
    ends = is_closed(line)
    points = (line[: len(line) - ends, 1::-1] + 0.5).tolist()
    written = "L".join(f"{x:.3f} {y:.3f}" for x, y in points)
    # A line of no length is drawn as a dot, by its round ends.
    return "M" + written + ("Z" if ends else "" if len(points) > 1 else "h0")
