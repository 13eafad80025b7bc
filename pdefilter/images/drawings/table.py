"""Lines as a table: CSV, a row a point."""

import csv
import io

from pdefilter.images.drawings.drawing import Drawing
from pdefilter.images.drawings.places import in_pixels, placed

_HEAD = ("line", "point", "row", "column", "strength")
_ON_THE_GROUND = ("easting", "northing")


def encode(drawing: Drawing) -> bytes:
    """Write a row for every point; numbers of lines and points count from 0."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(_HEAD if drawing.ground is None else (*_HEAD, *_ON_THE_GROUND))
    for number, line in enumerate(drawing.lines):
        points, write = placed(line, drawing.ground)
        for point, (row, column, strength) in enumerate(line.tolist()):
            place = in_pixels(row), in_pixels(column), f"{strength:.6g}"
            ground = () if drawing.ground is None else map(write, points[point])
            table.writerow((number, point, *place, *ground))
    return file.getvalue().encode()
