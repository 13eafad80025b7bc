"""How well edges agree with people: ``python tests/benchmarks/boundaries.py FOLDER --split test``.

FOLDER has images and groundTruth, as the Berkeley Segmentation Data Set has; with --split these
have a folder of that name. What people drew is a .mat file of that set, or a picture of boundaries,
NAME.png or several NAME/*.png. --method names what is measured, by default all of METHODS; --found
measures instead what another program has found: pictures, or .mat files of ucm2. The counts of
every image are kept in --cache, so that a measurement that was stopped goes on.

--every 10 takes every tenth image and --thresholds 20 so many thresholds, for a quick look.
--agreement prints, for strengths of contours, how many people drew them.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boundary_matching
import numpy as np
import scipy.io

import pdefilter
from pdefilter.learn.matching import Floats, Mask, shares_of_people


def _fractions(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def _edge(**options: Any) -> Callable[[np.ndarray], Floats]:
    def find(image: np.ndarray) -> Floats:
        strength = pdefilter.edge(_fractions(image), thin=True, stretch=False, **options)
        return strength[..., 0] if strength.ndim == 3 else strength

    return find


def _spread(find: Callable[[np.ndarray], Floats]) -> Callable[[np.ndarray], Floats]:
    """Take the root: the strengths of photographs then share the thresholds out more evenly."""
    return lambda image: np.sqrt(find(image))


METHODS: Mapping[str, Callable[[np.ndarray], Floats]] = {
    "gradient": _spread(_edge(sigma=2, color="luminance")),
    "lab": _spread(_edge(sigma=2, color="lab")),
    "contours": _edge(method="contours"),
}


def drawn_by_people(folder: Path, name: str) -> Mask:
    """Read the boundaries that people drew in an image; shape (P, M, N)."""
    file = folder / f"{name}.mat"
    if file.exists():
        people = scipy.io.loadmat(file)["groundTruth"][0]
        return np.stack([person["Boundaries"][0, 0] > 0 for person in people])
    pictures = sorted((folder / name).iterdir()) if (folder / name).is_dir() else []
    pictures = pictures or [folder / f"{name}.png"]
    drawn = [pdefilter.read(picture).pixels for picture in pictures]
    return np.stack([(d if d.ndim == 2 else d[..., 0]) > 0 for d in drawn])


def found_elsewhere(folder: Path, name: str) -> Floats:
    """Read what another program has found, from 0 to 1."""
    file = folder / f"{name}.mat"
    if file.exists():
        # Boundaries lie between pixels, at the even places of a map of twice the size.
        ucm: Floats = scipy.io.loadmat(file)["ucm2"][2::2, 2::2].astype(np.float64)
        return ucm
    picture = pdefilter.read(folder / f"{name}.png").pixels
    return (picture if picture.ndim == 2 else picture[..., 0]) / np.iinfo(picture.dtype).max


def counted(
    method: str,
    name: str,
    drawn: Mask,
    find: Callable[[], Floats],
    cuts: Floats,
    cache: Path | None,
) -> np.ndarray:
    """Count the matches of one image, or take what was counted before."""
    file = cache / f"{method}-{name}-{len(cuts)}.npy" if cache else None
    if file is not None and file.exists():
        return np.load(file)
    counts = boundary_matching.count_matches(find(), drawn, cuts)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, counts)
    return counts


def print_agreement(pairs: Iterator[tuple[Floats, Mask]]) -> None:
    """Print how many people drew contours of a strength."""
    values = []
    for strength, drawn in pairs:
        found, shares_of_image = shares_of_people(strength > 0, strength, drawn)
        values.append((strength[found], shares_of_image))
    strengths, shares = (np.concatenate(part) for part in zip(*values, strict=True))
    print("strength  mean    drawn by  pixels")
    for low in np.arange(10) / 10:
        here = (strengths > low) & (strengths <= low + 0.1)
        if here.any():
            mean, share = strengths[here].mean(), shares[here].mean()
            print(f"{low:.1f}–{low + 0.1:.1f}   {mean:.3f}   {share:.3f}     {here.sum()}")


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", default="")
    parser.add_argument("--method", nargs="*", default=list(METHODS))
    parser.add_argument("--found", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--thresholds", type=int, default=99)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--agreement", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Print the scores of every method."""
    options = parsed(arguments)
    images = sorted((options.folder / "images" / options.split).glob("*.[jp][pn]g"))
    images = images[:: options.every]
    truth = options.folder / "groundTruth" / options.split
    cuts = boundary_matching.thresholds(options.thresholds)
    found = options.found
    for method in [found.name] if found else options.method:

        def find(image: Path, method: str = method) -> Floats:
            if found:
                return found_elsewhere(found, image.stem)
            return METHODS[method](pdefilter.read(image).pixels)

        if options.agreement:
            print_agreement((find(i), drawn_by_people(truth, i.stem)) for i in images)
            continue
        counts = []
        for image in images:
            drawn = drawn_by_people(truth, image.stem)
            counts.append(
                counted(method, image.stem, drawn, lambda i=image: find(i), cuts, options.cache)
            )
        scores = boundary_matching.scores(np.array(counts), cuts)
        started = time.process_time()
        pixels = find(images[0]).size
        cost = (time.process_time() - started) / pixels * 1e6
        print(
            f"{method}: {len(images)} images, ODS {scores.ods:.4f} (recall {scores.recall:.3f}, "
            f"precision {scores.precision:.3f}, threshold {scores.threshold:.3f}), "
            f"OIS {scores.ois:.4f}, AP {scores.ap:.4f}, {cost:.2f} CPU-s a megapixel",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
