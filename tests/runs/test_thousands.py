"""Ten thousand small images, one in a hundred of them broken, in ten ways."""

import json
import re
import zlib

import numpy as np
import pytest

import pdefilter

pytestmark = pytest.mark.long

COUNT = 10_000
DIFFERENT = 20


def repaired(data):
    """Give a PNG's first chunk, which was tampered with, its right checksum."""
    return data[:29] + zlib.crc32(data[12:29]).to_bytes(4, "big") + data[33:]


BREAK = {
    "empty": lambda _: b"",
    "no image": lambda _: b"this is no image\n" * 9,
    "a signature alone": lambda data: data[:8],
    "a header alone": lambda data: data[:33],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "a wrong checksum": lambda data: data[:29] + b"\0\0\0\0" + data[33:],
    "no rows": lambda data: repaired(data[:20] + bytes(4) + data[24:]),
    "too many rows": lambda data: repaired(data[:20] + b"\x7f\xff\xff\xff" + data[24:]),
    "a type that there is not": lambda data: repaired(data[:25] + b"\x07" + data[26:]),
    "other data": lambda data: data[:41] + bytes(len(data) - 57) + data[-16:],
}


@pytest.fixture
def thousands(tmp_path):
    """Hard links to a few files, as a name costs more time than a pixel; where each leads."""
    kinds = tmp_path / "kinds"
    kinds.mkdir()
    (tmp_path / "in").mkdir()
    random = np.random.default_rng(5)
    whole = [kinds / f"{number}.png" for number in range(DIFFERENT)]
    for number, path in enumerate(whole):
        pdefilter.write(random.integers(0, 256, (7, 8 + number), np.uint8), path)
    broken = [kinds / f"{way}.png" for way in BREAK]
    for path in broken:
        path.write_bytes(BREAK[path.stem](whole[0].read_bytes()))
    sources = {}
    for number in range(COUNT):
        bad = number % 100 == 37
        source = broken[number // 100 % len(BREAK)] if bad else whole[number % DIFFERENT]
        sources[f"{number:05}.png"] = source
        (tmp_path / "in" / f"{number:05}.png").hardlink_to(source)
    return sources


def test_ten_thousand_images_of_which_one_percent_is_broken(pdefilter_command, tmp_path, thousands):
    broken = [name for name, source in thousands.items() if source.stem in BREAK]
    assert len(broken) == COUNT // 100
    done = pdefilter_command("edge", "in", "-o", "out", "--report", "run.jsonl")
    assert done.returncode == 1
    *failures, summary = done.stderr.decode().splitlines()
    assert summary == f"error: {len(broken)} of {COUNT} images failed, the others are done"
    named = [re.fullmatch(r"error: in/(\d+\.png): \S.+; .+", line) for line in failures]
    assert all(named), failures
    assert [match[1] for match in named] == broken
    made = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert set(made) == set(thousands) - set(broken)
    for source in set(thousands.values()):
        if source.stem not in BREAK:
            alike = {data for name, data in made.items() if thousands[name] == source}
            assert len(alike) == 1
            (tmp_path / "o.png").write_bytes(alike.pop())
            expected = pdefilter.edge(pdefilter.read(source), stretch=None).pixels
            assert np.array_equal(pdefilter.read(tmp_path / "o.png").pixels, expected)
    report = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    status = {line["input"].removeprefix("in/"): line["status"] for line in report}
    assert len(report) == COUNT
    assert status == {name: "failed" if name in broken else "done" for name in thousands}
