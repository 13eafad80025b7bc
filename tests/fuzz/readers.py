"""Fuzz the readers, guided by what the code does with each input.

    python tests/fuzz/readers.py                         a minute, as .ci/run does
    python tests/fuzz/readers.py -max_total_time=36000   ten hours

Whatever the bytes are, reading gives images or an `ImageError`, in less than ten seconds, and what
was read can be written. An input that does otherwise is kept in the working directory; give its
name as the only argument to run it again. Options are those of libFuzzer.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pdefilter", "tifffile"]):
    from pdefilter.errors import ImageError
    from pdefilter.images.codecs import (  # noqa: F401 (imported to be instrumented)
        avif,
        bmp,
        exr,
        gif,
        heic,
        jpeg,
        jpeg2000,
        jpegxl,
        npy,
        png,
        pnm,
        tiff,
        webp,
    )  # fmt: skip
    from pdefilter.images.formats import FORMATS, recognised
    from pdefilter.images.reading import Reading

sys.path.append(str(Path(__file__).parent.parent))
from sample_files import sample_files

# Small, so that the time goes to many inputs; the limit itself is tried so more often.
MOST_PIXELS = 1 << 16
MOST_FRAMES = 4
DEFAULTS = {"-max_total_time": "60", "-timeout": "10", "-rss_limit_mb": "4096"}


def read_and_write(data: bytes) -> None:
    """Read some bytes, strictly or not, and write what was read in every format that holds it."""
    lenient = bool(data[-1:]) and data[-1] % 2 == 1
    try:
        frames = recognised(data).decode(data, Reading(MOST_PIXELS, lenient))
        images = [frames.read(number) for number in range(min(frames.count, MOST_FRAMES))]
    except ImageError:
        return
    for image in images[:1]:
        for format_ in FORMATS:
            # AVIF and HEIC take a hundred times as long as the others.
            if format_.types and format_.name not in ("AVIF", "HEIC"):
                try:
                    format_.encode(type(frames)(1, lambda _, one=image: one))
                except ImageError:
                    continue


def main() -> None:
    """Start from a sample of every kind."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as corpus:
        for name, data in sample_files().items():
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
