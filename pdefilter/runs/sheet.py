"""Contact sheets: pictures side by side, with labels, as a screen shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import Box
from pdefilter.images.holes import as_stored, valid_pixels
from pdefilter.images.image import FullScale, Image
from pdefilter.images.reduction import reduced
from pdefilter.images.values import natural_scale
from pdefilter.raster import Mask

if TYPE_CHECKING:
    from PIL.Image import Image as Canvas
    from PIL.ImageDraw import ImageDraw as Draw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

_FONT_SIZE, _GAP, _FRAME = 18, 12, 4
_PAPER, _INK, _MARK = (255, 255, 255), (32, 32, 32), (0, 140, 60)

# The longer side of a picture on the sheet, in pixels: smaller the more there are in a row.
_SMALLEST, _LARGEST, _ROW = 160, 512, 3072


@dataclass(frozen=True)
class Tile:
    """A picture, or a detail of it, in the size that it has on the sheet.

    Attributes
    ----------
    colour : ndarray of shape (M, N, C), float64
        The stored values, of one or three channels; meaningless where nothing is visible.
    opacity : ndarray of shape (M, N), float64
        How much of each pixel is visible, from 0 to 1.
    """

    colour: NDArray[np.float64]
    opacity: NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """A place on a sheet: a picture with its caption.

    Attributes
    ----------
    picture : ndarray of shape (M, N, 3), uint8
        The picture, in shades of 8 bits.
    caption : tuple of str
        The lines below it.
    is_marked : bool
        Whether a frame marks it.
    """

    picture: NDArray[np.uint8]
    caption: tuple[str, ...] = ()
    is_marked: bool = False


def tile_of(image: Image, detail: Box, in_row: int) -> Tile:
    """Cut a detail out of an image, in the size that it has on a sheet.

    Small details are enlarged by a whole number, every pixel to a square; large ones are
    reduced by a whole number, squares to their mean.

    Parameters
    ----------
    image : Image
        Grey or RGB, with or without alpha.
    detail : Box
        The rows and columns.
    in_row : int
        How many pictures there are in a row of the sheet.
    """
    pixels = image.pixels.reshape(*image.pixels.shape[:2], -1)[detail.slices].astype(np.float64)
    opacity: NDArray[np.float64] = np.ones(pixels.shape[:2])
    if image.has_alpha:
        full = natural_scale(image.pixels.dtype).full
        opacity = np.nan_to_num(pixels[..., -1] / full).clip(0, 1)
        pixels = pixels[..., :-1]
    valid = valid_pixels(image)
    if valid is not None:
        seen: Mask = as_stored(valid, 2)[detail.slices]
        opacity = opacity * (seen if seen.ndim == 2 else seen.all(axis=2))
    side = max(detail.shape)
    most = min(_LARGEST, max(_SMALLEST, _ROW // in_row))
    if side > most:
        return Tile(*reduced(pixels, opacity, -(-side // most)))
    times = max(1, most // 2 // side)
    colour, opacity = (array.repeat(times, 0).repeat(times, 1) for array in (pixels, opacity))
    return Tile(colour, opacity)


def on_screen(
    tiles: Sequence[Tile], dtype: np.dtype, full_scale: FullScale | None
) -> list[NDArray[np.uint8]]:
    """Turn stored values into shades of 8 bits, in all pictures alike; holes are paper.

    Integers are shown as fractions of full scale. Floats between 0 and 1 are shown as they
    are, others from the smallest value of all pictures to the largest.

    Parameters
    ----------
    tiles : sequence of Tile
        The pictures.
    dtype : dtype
        The type of the stored values.
    full_scale : float, "range" or None
        As of `pdefilter.images.image.Image`.

    Returns
    -------
    list of ndarrays of shape (M, N, 3), uint8
    """
    lowest, highest = 0.0, natural_scale(dtype).full
    if full_scale not in (None, "range"):
        highest = float(full_scale)
    else:
        values = np.concatenate([tile.colour[tile.opacity > 0].ravel() for tile in tiles])
        smallest, largest = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
        fits = dtype.kind in "bu" or (smallest >= 0 and largest <= 1)
        if values.size and (full_scale == "range" or not fits):
            lowest, highest = smallest, largest
    return [_shades(tile, lowest, (highest - lowest) or 1.0) for tile in tiles]


def draw_sheet(
    title: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    cells: Sequence[Sequence[Cell]],
) -> NDArray[np.uint8]:
    """Draw a sheet.

    Parameters
    ----------
    title : str
        The line above all.
    columns : sequence of str
        The label above each column; none if empty.
    rows : sequence of tuple of str
        The lines beside each row; none if empty.
    cells : sequence of sequence of Cell
        The pictures of each row.

    Returns
    -------
    ndarray of shape (M, N, 3), uint8
    """
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(_FONT_SIZE)
    line = round(1.4 * _FONT_SIZE)

    def width(text: str) -> int:
        return int(font.getlength(text)) + 1

    every = [cell for row in cells for cell in row]
    captions = [text for cell in every for text in cell.caption]
    cell_width = max(
        *(cell.picture.shape[1] for cell in every), *map(width, [*captions, *columns]), 1
    )
    cell_height = max(cell.picture.shape[0] for cell in every)
    lines = max(len(cell.caption) for cell in every)
    margin = max((width(text) + _GAP for row in rows for text in row), default=0)
    head = _GAP + line * (2 if columns else 1) + _FRAME
    row_height = max(cell_height + _FRAME + lines * line, *(line * len(row) for row in [*rows, ()]))
    row_height += _GAP
    column_width = cell_width + _GAP
    across = max(map(len, cells))
    sheet_width = max(margin + across * column_width, width(title)) + 2 * _GAP
    canvas = Pillow.new("RGB", (sheet_width, head + row_height * len(cells) + _GAP), _PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((_GAP, _GAP // 2), title, _INK, font)
    for column, label in enumerate(columns):
        x = _GAP + margin + column * column_width
        draw.text((x, head - line - _FRAME), label, _INK, font)
    for number, row in enumerate(cells):
        y = head + number * row_height
        for at, label in enumerate(rows[number] if rows else ()):
            draw.text((_GAP, y + at * line), label, _INK, font)
        for column, cell in enumerate(row):
            x = _GAP + margin + column * column_width
            _draw_cell(canvas, draw, cell, x, y, font, line)
    return np.asarray(canvas)


def _draw_cell(
    canvas: "Canvas", draw: "Draw", cell: Cell, x: int, y: int, font: "Font", line: int
) -> None:
    from PIL import Image as Pillow

    rows, columns = cell.picture.shape[:2]
    if cell.is_marked:
        frame = (x - _FRAME, y - _FRAME, x + columns + _FRAME - 1, y + rows + _FRAME - 1)
        draw.rectangle(frame, _MARK)
    canvas.paste(Pillow.fromarray(cell.picture), (x, y))
    for at, text in enumerate(cell.caption):
        ink = _MARK if cell.is_marked else _INK
        draw.text((x, y + rows + _FRAME + at * line), text, ink, font)


def _shades(tile: Tile, lowest: float, size: float) -> NDArray[np.uint8]:
    opacity = tile.opacity[..., None]
    fractions = np.where(opacity > 0, (tile.colour - lowest) / size, 1.0).clip(0, 1)
    shades = fractions * opacity + (1 - opacity)
    return np.broadcast_to(np.rint(shades * 255), (*tile.opacity.shape, 3)).astype(np.uint8)
