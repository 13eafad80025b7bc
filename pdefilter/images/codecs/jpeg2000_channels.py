"""The channels of a JPEG 2000 file: made of its components, and assembled to pixels."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pdefilter.images.codecs.boxes import Box, body_of
from pdefilter.images.codecs.jpeg2000_components import Channel
from pdefilter.images.image import Pixels
from pdefilter.images.reading import Reading
from pdefilter.images.values import to_full_range

_COLOUR, _ALPHA, _PREMULTIPLIED_ALPHA = 0, 1, 2
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Order:
    """The channels that are colours, in order; the one that is alpha; the others."""

    colours: tuple[int, ...]
    alpha: int | None
    others: tuple[int, ...]
    is_premultiplied: bool = False


def with_palette(
    components: list[Channel], header: Sequence[Box], reading: Reading
) -> list[Channel]:
    """Resolve the palette, which maps a component to channels, or only selects components.

    Raises
    ------
    ImageError
        If pixels lie beyond the palette.

    References
    ----------
    ISO/IEC 15444-1, sections I.5.3.4 and I.5.3.5.
    """
    palette, mapping = body_of(b"pclr", header), body_of(b"cmap", header)
    if not palette or not mapping:
        return components
    columns = _columns(palette)
    channels = []
    for component, uses_palette, number in struct.iter_unpack(">HBB", mapping):
        if not uses_palette:
            channels.append(components[component])
            continue
        values, table = components[component].values, columns[number].values
        if values.max() >= len(table):
            reading.report_flaw(f"has pixels beyond the {len(table)} colours of its palette")
        colours = table[values.clip(0, len(table) - 1)]
        channels.append(Channel(colours, columns[number].bits))
    return channels


def _columns(palette: bytes) -> list[Channel]:
    """Read the columns of a palette, in big-endian whole bytes."""
    count, width = struct.unpack_from(">HB", palette)
    depths = [(size & 0x7F) + 1 for size in palette[3 : 3 + width]]
    sizes = [(bits + 7) // 8 for bits in depths]
    table = np.frombuffer(palette, np.uint8, count * sum(sizes), 3 + width).reshape(count, -1)
    columns, at = [], 0
    for bits, size in zip(depths, sizes, strict=True):
        values = np.zeros(count, np.int64)
        for column in range(at, at + size):
            values = values << 8 | table[:, column]
        columns.append(Channel(values, bits))
        at += size
    return columns


def order_of(header: Iterable[Box], count: int, *, with_alpha: bool) -> Order:
    """Read the channel definitions.

    Without any, the last of two or four channels is treated as alpha, as in other readers,
    unless `with_alpha` is false.

    References
    ----------
    ISO/IEC 15444-1, section I.5.3.6.
    """
    body = body_of(b"cdef", header)[2:]
    rows = [row for row in struct.iter_unpack(">3H", body[: len(body) // 6 * 6]) if row[0] < count]
    of_colour = {place: channel for channel, kind, place in rows if kind == _COLOUR}
    named = tuple(channel for _, channel in sorted(of_colour.items()))
    alphas = [row for row in rows if row[1] in (_ALPHA, _PREMULTIPLIED_ALPHA)]
    alpha, kind = (alphas[0][0], alphas[0][1]) if alphas else (None, _COLOUR)
    others = tuple(at for at in range(count) if at not in named and at != alpha)
    if not rows or not (named or others):
        with_alpha &= count in (2, 4)
        last = count - with_alpha
        return Order(tuple(range(last)), last if with_alpha else None, ())
    return Order(named, alpha, others, kind == _PREMULTIPLIED_ALPHA)


def stacked(
    channels: Sequence[Channel], order: Order, *, is_ycc: bool
) -> tuple[Pixels, int | None, tuple[str, ...]]:
    """Stack channels, scaled to 8 or 16 bits; if all are signed, their values stay."""
    chosen = [channels[at] for at in (*order.colours, *order.others)]
    if order.alpha is not None:
        chosen.append(channels[order.alpha])
    most = max(channel.bits for channel in chosen)
    dropped = ("bits of its values beyond 16",) if most > _DEEPEST else ()
    kind = np.dtype(np.uint8 if most <= 8 else np.uint16)
    if all(channel.is_signed for channel in chosen):
        kind = np.dtype(f"i{kind.itemsize}")
        planes = [_at_most_16_bits(channel).astype(kind) for channel in chosen]
        most = _DEEPEST
    else:
        planes = [_scaled(channel, kind) for channel in chosen]
    if is_ycc:
        planes[:3] = _rgb_of(planes[:3], chosen[1].bits)
    pixels = np.stack(planes, axis=-1) if len(planes) > 1 else planes[0]
    return pixels, most if 8 < most < _DEEPEST else None, dropped


def _at_most_16_bits(channel: Channel) -> Pixels:
    """Drop bits beyond 16."""
    values: Pixels = channel.values >> max(0, channel.bits - _DEEPEST)
    return values


def _scaled(channel: Channel, kind: np.dtype) -> Pixels:
    """Scale values to the full range of a type; signed ones have 0 in the middle."""
    bits = min(channel.bits, _DEEPEST)
    values = _at_most_16_bits(channel)
    if channel.is_signed:
        values = values.astype(np.int64) + (1 << (bits - 1))
    full = np.iinfo(kind).max
    if kind.itemsize == 1 or bits > 8:
        return to_full_range(values, (1 << bits) - 1)
    table = np.rint(np.arange(1 << bits) * (full / ((1 << bits) - 1))).astype(kind)
    scaled: Pixels = table[values]
    return scaled


def _rgb_of(planes: Sequence[Pixels], bits: int) -> list[Pixels]:
    """Convert luminance and chroma, scaled from a number of bits, to red, green and blue.

    References
    ----------
    IEC 61966-2-1, amendment 1 (sYCC); ITU-R BT.601-7, section 2.5.
    """
    kind = planes[0].dtype
    full = np.iinfo(kind).max
    middle = full * (1 << (bits - 1)) / ((1 << bits) - 1)
    luminance, blueness, redness = (plane.astype(np.float32) for plane in planes)
    blueness -= middle
    redness -= middle
    colours = (
        luminance + 1.402 * redness,
        luminance - (0.114 * 1.772 * blueness + 0.299 * 1.402 * redness) / 0.587,
        luminance + 1.772 * blueness,
    )
    return [np.rint(colour).clip(0, full).astype(kind) for colour in colours]
