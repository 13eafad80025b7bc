"""An image that is read box by box, and what is known of the whole of it."""

from dataclasses import dataclass

from pdefilter.grid import Box
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Store
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Raster
from pdefilter.sampling import Each
from pdefilter.scale import Scale


@dataclass(frozen=True)
class Survey:
    """What must be known of a whole image before boxes of it become numbers.

    It can be pickled.

    Attributes
    ----------
    store : Store
        The image. Its outline and its boxes have the same `nodata` and `full_scale`;
        where boxes have masks, the outline has one.
    scale : Scale
        The scale of its numbers.
    holes : int
        The number of masks: 0 without holes, 1 if all channels have the same holes, else
        one for each.
    """

    store: Store
    scale: Scale
    holes: int


def survey(store: Store, each: Each = map) -> Survey:
    """Find what must be known of an image; read it only if its type does not tell.

    Integers of 8 bits without holes and with the full scale of their type need no
    reading. Others are read once.

    Parameters
    ----------
    store : Store
        The image.
    each : callable
        The built-in `map`, or a function like it that computes several results at a
        time, in any order. What it calls can be pickled.

    Raises
    ------
    ImageError
        If the image cannot be read, or its values span more than float64 holds.
    """
    raise NotImplementedError


def measured(operation: Operation, survey: Survey, each: Each = map) -> Numbers:
    """Find the numbers that an operation takes from the whole of an image.

    They are, to the bit, those of `pdefilter.runs.apply.measure` for the image in
    memory. A sample is read, and the whole image only if the operation needs exact
    facts about it: ranges of values, means around holes. Then each of these takes a pass
    over the image.

    Parameters
    ----------
    operation : Operation
        The operation.
    survey : Survey
        What is known of the image.
    each : callable
        As for `survey`.

    Raises
    ------
    PdefilterError
        If the image cannot be filtered so.
    """
    raise NotImplementedError


def raster_of_box(survey: Survey, image: Image, box: Box) -> Raster:
    """Bring a box to numbers: the same bits as in the whole.

    Parameters
    ----------
    survey : Survey
        What is known of the whole image.
    image : Image
        The box, as `survey.store.read` returns it.
    box : Box
        Its place.
    """
    raise NotImplementedError
