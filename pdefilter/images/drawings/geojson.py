"""Lines as a map: GeoJSON.

References
----------
https://www.rfc-editor.org/rfc/rfc7946; of 2008, for coordinate reference systems:
https://geojson.org/geojson-spec.html
"""

import json
from typing import Any

from pdefilter.images.drawings.drawing import Drawing, length_of, strength_of
from pdefilter.images.drawings.places import in_pixels, placed
from pdefilter.images.georeference import WGS84
from pdefilter.lines import Line

IN_PIXELS = "column and row in pixels; the centre of the first pixel is (0, 0)"


def encode(drawing: Drawing) -> bytes:
    """Write a feature for every line: a LineString, or the Point of a line that has no other.

    RFC 7946 knows no other coordinates than WGS 84, longitude first. Others are named by the
    member ``crs`` of GeoJSON 2008; null where the file of the image does not name them.
    Without a georeference, a member ``units`` says that coordinates are pixels.
    """
    head: dict[str, Any] = {"type": "FeatureCollection", "name": drawing.title}
    if drawing.ground is None:
        head["units"] = IN_PIXELS
    elif drawing.ground.epsg is None:
        head["crs"] = None
    elif drawing.ground.epsg != WGS84:
        name = f"urn:ogc:def:crs:EPSG::{drawing.ground.epsg}"
        head["crs"] = {"type": "name", "properties": {"name": name}}
    features = ",\n".join(_feature(line, drawing) for line in drawing.lines)
    start = json.dumps(head).removesuffix("}")
    return f'{start}, "features": [\n{features}\n]}}\n'.encode()


def _feature(line: Line, drawing: Drawing) -> str:
    points, write = placed(line, drawing.ground)
    pairs = [f"[{write(x)}, {write(y)}]" for x, y in points.tolist()]
    kind, coordinates = ("Point", pairs[0]) if len(line) == 1 else ("LineString", _list(pairs))
    return (
        f'{{"type": "Feature", "properties": {{"strength": {strength_of(line):.6g}, '
        f'"length": {in_pixels(length_of(line))}}}, '
        f'"geometry": {{"type": "{kind}", "coordinates": {coordinates}}}}}'
    )


def _list(items: list[str]) -> str:
    return f"[{', '.join(items)}]"
