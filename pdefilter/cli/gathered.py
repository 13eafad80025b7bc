"""Warnings about many images, each said once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Sentences about two images may differ in what they count.
_NUMBER = re.compile(r"\d+(?:[.]\d+)?(?:e[+-]?\d+)?")


@dataclass
class _Kind:
    """A kind of warning: the first image that it was about, its sentence, and how many followed."""

    image: str
    sentence: str
    images: int = 0


class GatheredWarnings:
    """Gathers the warnings about the images of a call, so that each kind is one line.

    Two sentences are of one kind if they differ in numbers alone.

    Parameters
    ----------
    images : int
        The number of images in the call.
    """

    def __init__(self, images: int) -> None:
        self._images = images
        self._kinds: dict[str, _Kind] = {}

    def add(self, image: str, sentences: Iterable[str]) -> None:
        """Add the warnings about an image."""
        first = {_NUMBER.sub("#", sentence): sentence for sentence in reversed(list(sentences))}
        for kind, sentence in reversed(first.items()):
            self._kinds.setdefault(kind, _Kind(image, sentence)).images += 1

    def lines(self) -> Iterator[str]:
        """Return a line for each kind, in the order in which they first came."""
        for kind in self._kinds.values():
            if kind.images == 1:
                yield f"{kind.image}: {kind.sentence}"
            else:
                share = f"{kind.images} of {self._images} images"
                share += f" ({kind.images / self._images:.0%})".replace("%", " %")
                if kind.images == self._images:
                    share = f"all {self._images} images"
                yield f"{share}, such as {kind.image}: {kind.sentence}"
