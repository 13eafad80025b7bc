"""Fuzz the readers, guided by coverage.

    python tests/fuzz/readers.py                         a minute, as .ci/run does
    python tests/fuzz/readers.py -max_total_time=36000   ten hours

Reading any bytes gives images or an `ImageError`, within ten seconds, with messages that are our
own. The images can be written, and read again as they were. An input that fails is saved in the
working directory; give its name as the only argument to run it again. Options are those of
libFuzzer.
"""

import pkgutil
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pdefilter", "tifffile"]):
    import pdefilter.images.codecs
    from pdefilter.errors import ImageError
    from pdefilter.images.formats import FORMATS, Format, detect_format
    from pdefilter.images.image import Image
    from pdefilter.images.reading import Reading

    for module in pkgutil.iter_modules(pdefilter.images.codecs.__path__):
        import_module(f"pdefilter.images.codecs.{module.name}")

sys.path.append(str(Path(__file__).parent.parent))
from passes import LOSSY, kept, read, same_pixels, written
from sample_files import sample_files
from sentences import is_ours
from unusual import unusual_files

# Small, so that many inputs can be tried, and more of them meet the limit.
MOST_PIXELS = 1 << 16
MOST_FRAMES = 4
# Writing these takes a hundred times as long as the others.
SLOW = ("AVIF", "HEIC")
DEFAULTS = {"-max_total_time": "60", "-timeout": "10", "-rss_limit_mb": "4096"}


class Unfaithful(Exception):  # noqa: N818 (the fuzzer looks for it)
    """A pass changed something that it should keep, or a sentence is not ours."""


def read_and_write(data: bytes) -> None:
    """Read some bytes, strictly or leniently, and write the images in every format that can."""
    lenient = bool(data[-1:]) and data[-1] % 2 == 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            frames = detect_format(data).decode(data, Reading(MOST_PIXELS, lenient))
            images = [frames.read(number) for number in range(min(frames.count, MOST_FRAMES))]
        except ImageError as error:
            images = []
            require_ours(str(error))
    for warning in caught:
        require_ours(str(warning.message))
    if images and detect_format(data).types and detect_format(data).name not in SLOW:
        require_same(images, detect_format(data))
    for image in images[:1]:
        for format_ in FORMATS:
            if format_.types and format_.name not in SLOW:
                try:
                    written([image], format_)
                except ImageError as error:
                    require_ours(str(error))


def require_ours(sentence: str) -> None:
    """Raise an error if a sentence is not ours."""
    if not is_ours(sentence):
        raise Unfaithful(sentence)


def require_same(images: list[Image], own: Format) -> None:
    """Raise an error if a pass in the own format changes pixels, or a second pass changes tags."""
    try:
        first = read(written(images, own))
        second = read(written(first, own))
    except ImageError as error:
        require_ours(str(error))
        return
    for image, one, other in zip(images, first, second, strict=True):
        before, after = kept(one), kept(other)
        for name in before:
            if before[name] != after[name]:
                change = f"{str(before[name])[:300]} became {str(after[name])[:300]}"
                raise Unfaithful(f"{own.name}, {name}: {change}")
        if own.name not in LOSSY and not (same_pixels(image, one) and same_pixels(one, other)):
            raise Unfaithful(f"{own.name}: other pixels")


def main() -> None:
    """Fuzz, starting from a sample of every kind."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as corpus:
        for name, data in (sample_files() | unusual_files()).items():
            Path(corpus, name).write_bytes(data)
        given = sys.argv[1:]
        options = [
            f"{name}={value}"
            for name, value in DEFAULTS.items()
            if not any(argument.startswith(f"{name}=") for argument in given)
        ]
        inputs = [] if any(not argument.startswith("-") for argument in given) else [corpus]
        atheris.Setup([sys.argv[0], *options, *given, *inputs], read_and_write)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
