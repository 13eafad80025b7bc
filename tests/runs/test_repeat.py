"""Runs that are repeated from their reports, to the same bytes."""

import hashlib
import json

import numpy as np
import pytest
from calls import run_calls
from hypothesis import given, settings
from hypothesis import strategies as st

import pdefilter
from pdefilter.errors import CallError
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of
from pdefilter.filters.resolved import resolved
from pdefilter.runs.reports.repeat import read_report

SECONDS = 120

# Filters with random options; those that see no effect in small images are as good as others.
STAGES = st.one_of(
    st.builds("edge --sigma={:.3f} --operator={}".format,
              st.floats(0, 2), st.sampled_from(["sobel", "scharr", "laplacian"])),
    st.builds("smooth --sigma={}".format, st.floats(0.1, 3)),
    st.sampled_from(["smooth --method=median", "smooth --method=huber", "anisotropic",
                     "smooth --method=tv --weight=auto", "heat-diffuse", "sharpen",
                     "smooth --method=tv --weight-map=map.png", "shock --iterations=2",
                     "anisotropic --kappa-map=map.png --time=1", "heat-diffuse --time=25",
                     "convolve --kernel='1 2 1; 2 -9 2; 1 2 1'", "wave --diffusivity=weickert",
                     "anisotropic --model=coherence-enhancing --time=2 --color=lab"]),
    st.builds("heat-diffuse --time={!r} --tolerance=0.5".format, st.floats(0.1, 5)),
    st.builds("anisotropic --noise={!r} --coupling={}".format,
              st.floats(0.01, 0.3), st.sampled_from(["shared", "noise", "none"])),
)  # fmt: skip
OPTIONS = st.lists(
    st.sampled_from(
        ["--depth=8", "--depth=16", "--depth=float", "--strip", "--mask=mask.png",
         "--nodata=0", "--nodata=nan", "--full-scale=range", "--full-scale=200.5", "--frame=0",
         "--lenient", "--max-pixels=5000"]
    ),
    max_size=3,
    unique_by=lambda word: word.split("=")[0],
)  # fmt: skip


def write_files(folder):
    rng = np.random.default_rng(8)
    shape = (9, 8)
    pdefilter.write(rng.integers(0, 256, shape, np.uint8), folder / "grey.png")
    pdefilter.write(rng.integers(0, 256, (*shape, 3), np.uint8), folder / "colour.jpg")
    pdefilter.write(rng.integers(0, 1 << 16, (*shape, 3), np.uint16), folder / "deep.tif")
    np.save(folder / "floats.npy", rng.standard_normal(shape).astype(np.float32))
    pdefilter.write(rng.integers(60, 256, shape, np.uint8), folder / "map.png")
    mask = np.full(shape, 255, np.uint8)
    mask[3:5, 2:6] = 0
    pdefilter.write(mask, folder / "mask.png")


@pytest.mark.long
def test_a_report_repeats_a_run_to_the_same_bytes(tmp_path):
    write_files(tmp_path)
    runs = []

    @settings(max_examples=24)
    @given(
        st.sampled_from(["grey.png", "colour.jpg", "deep.tif", "floats.npy"]),
        st.lists(STAGES, min_size=1, max_size=3),
        OPTIONS,
        st.sampled_from(["png", "tif", "npy", "webp"]),
    )
    def collect(source, stages, options, ending):
        runs.append((source, stages, options, ending))

    collect()
    calls = []
    for at, (source, stages, options, ending) in enumerate(runs):
        words = ["chain", source, *stages, *options, f"--report={at}.jsonl"]
        calls.append(([*words, "-o", f"{at}.{ending}"], "native"))
        calls.append(
            (["chain", f"--from-report={at}.jsonl", "-o", f"again-{at}.{ending}"], "native")
        )
    done = run_calls(calls, tmp_path, SECONDS)
    repeated = 0
    for at, (first, second) in enumerate(zip(done[::2], done[1::2], strict=True)):
        assert first.is_answer, first
        if first.status:
            continue
        assert (second.status, "differs" in second.said) == (0, False), (first, second)
        outputs = [tmp_path / f"{name}{at}.{runs[at][3]}" for name in ("", "again-")]
        assert outputs[0].read_bytes() == outputs[1].read_bytes(), first
        repeated += 1
    assert repeated > len(runs) / 4


@pytest.fixture
def run(tmp_path):
    """Run calls in a folder with small images; return what they said."""
    write_files(tmp_path)

    def calls(*lines):
        return run_calls([([*line], "native") for line in lines], tmp_path, SECONDS)

    return calls


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_report_has_all_on_which_the_bytes_depend(run, tmp_path):
    (done,) = run(
        ["smooth", "grey.png", "--depth", "16", "-o", "o.png", "--report", "r.jsonl", "--strip"]
    )
    assert (done.status, done.said) == (0, "")
    (line,) = lines_of(tmp_path / "r.jsonl")
    (stage,) = line["filters"]
    assert stage["parameters"]["sigma"] == 2.0
    assert stage["given"] == []
    assert (line["options"]["depth"], line["options"]["strip"]) == ("16", True)
    assert "jobs" not in line["options"]
    assert line["version"] == pdefilter.__version__
    assert set(line["sha256"]) == {"input", "output"}
    known = {p.name: p.default for p in parameters_of(FILTERS["smooth"])}
    assert stage["parameters"] == resolved("smooth", known)


def test_a_folder_is_repeated_to_the_same_names(run, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("grey.png", "deep/colour.jpg"):
        (tmp_path / "in" / name).write_bytes((tmp_path / name.split("/")[-1]).read_bytes())
    first, refused, again, over = run(
        ["edge", "in", "-r", "-o", "out/", "--report", "r.jsonl"],
        ["chain", "--from-report", "r.jsonl"],
        ["chain", "--from-report", "r.jsonl", "-o", "again"],
        ["chain", "--from-report", "r.jsonl", "--overwrite", "--report", "s.jsonl"],
    )
    assert (first.status, first.said) == (0, "")
    assert refused.status == 2
    assert "-o out/grey.png: exists already; give --overwrite" in refused.said
    assert (again.status, again.said) == (over.status, over.said) == (0, "")
    for name in ("grey.png", "deep/colour.jpg"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    first, over = (
        {line["index"]: line["sha256"] for line in lines_of(tmp_path / f"{r}.jsonl")} for r in "rs"
    )
    assert first == over


def test_contours_are_repeated_to_their_names_or_to_others(run, tmp_path):
    first, refused, moved, over = run(
        ["edge", "grey.png", "--threshold", "0", "--depth", "16", "-o", "o.png",
         "--contours", "lines/{stem}.csv", "--report", "r.jsonl"],
        ["chain", "--from-report", "r.jsonl", "-o", "p.png"],
        ["chain", "--from-report", "r.jsonl", "-o", "p.png", "--contours", "again.csv"],
        ["chain", "--from-report", "r.jsonl", "--contours", "again.csv", "--overwrite"],
    )  # fmt: skip
    assert (first.status, first.said) == (0, "")
    assert refused.status == 2
    assert "--contours lines/grey.csv: exists already; give --overwrite" in refused.said
    assert (moved.status, moved.said) == (over.status, over.said) == (0, "")
    written = (tmp_path / "lines" / "grey.csv").read_bytes()
    assert (tmp_path / "again.csv").read_bytes() == written
    (line,) = lines_of(tmp_path / "r.jsonl")
    assert line["contours"] == "lines/grey.csv"
    assert line["sha256"]["contours"] == hashlib.sha256(written).hexdigest()


def test_what_differs_is_named(run, tmp_path):
    first, _ = run(
        ["edge", "grey.png", "-o", "o.png", "--report", "r.jsonl"],
        ["edge", "map.png", "-o", "p.png", "--report", "s.jsonl"],
    )
    assert first.status == 0
    report = tmp_path / "s.jsonl"
    report.write_text(report.read_text().replace('"version": "', '"version": "0.0.'))
    (tmp_path / "grey.png").write_bytes((tmp_path / "mask.png").read_bytes())
    (line,) = lines_of(report)
    report.write_text(report.read_text().replace(line["sha256"]["output"], "0" * 64))
    changed, other = run(
        ["chain", "--from-report", "r.jsonl", "-o", "q.png"],
        ["chain", "--from-report", "s.jsonl", "-o", "r.png"],
    )
    assert changed.said == "warning: grey.png: the input has changed since the report was written\n"
    assert "was made by pdefilter 0.0." in other.said
    assert "map.png: the output differs from that of the report" in other.said
    assert changed.status == other.status == 0


GOOD = {
    "index": 0, "input": "grey.png", "output": "o.png", "version": pdefilter.__version__,
    "filters": [{"filter": "edge", "parameters": {"sigma": 1.0}}], "options": {}, "sha256": {},
}  # fmt: skip


def with_stage(**stage):
    return GOOD | {"filters": [GOOD["filters"][0] | stage]}


DAMAGED = [
    ("", "is empty"),
    ("{", "line 1 is not JSON"),
    ("[" * 100000, "line 1 is not JSON"),
    ("\0\xff", "line 1 is not JSON"),
    ([], "line 1 is not an image of a report"),
    ({}, "line 1 has no index; make the report again"),
    (GOOD | {"index": "0"}, "index is '0'"),
    (GOOD | {"index": True}, "index is True"),
    (GOOD | {"input": ""}, "input is '', not the name of a file"),
    (GOOD | {"input": "a\0b"}, "not the name of a file"),
    (GOOD | {"output": "\ud800"}, "not the name of a file"),
    (GOOD | {"input": "none.png"}, "none.png: no such file; repeat the report in the folder"),
    (GOOD | {"contours": None}, "contours is None, not the name of a file"),
    (GOOD | {"contours": "o.png"}, "--contours o.png: the ending .png stands for no format"),
    (GOOD | {"filters": []}, "has no filters"),
    (GOOD | {"filters": ["edge"]}, "'edge' is not a filter with its parameters"),
    (GOOD | {"sha256": {"input": 3}}, "sha256 is"),
    (with_stage(filter="edg"), "there is no filter edg; did you mean edge?"),
    (with_stage(parameters={"sigm": 1}), "edge: --sigm: unknown option; did you mean --sigma?"),
    (with_stage(parameters={"sigma": "big"}), "--sigma: 'big' is not a number"),
    (with_stage(parameters={"sigma": [1]}), "--sigma: [1] is not a value"),
    (with_stage(parameters={"sigma": True}), "--sigma"),
    (with_stage(parameters={"sigma": -1}), "--sigma: -1 is not in the range"),
    (with_stage(parameters={"stretch": 5}), "stretch"),
    (with_stage(parameters={"operator": "x\0"}), "is not a value"),
    (GOOD | {"options": {"depth": 7}}, "--depth: '7' is not one of"),
    (GOOD | {"options": {"dept": 8}}, "--dept: unknown option; did you mean --depth?"),
    (GOOD | {"options": {"overwrite": True}}, "--overwrite: unknown option"),
    (GOOD | {"options": {"format": "word"}}, "word"),
    (GOOD | {"options": {"mask": "none.png"}}, "--mask none.png"),
    ([GOOD, with_stage(parameters={"sigma": 2.0}) | {"output": "p.png"}], "line 2 has other"),
]


def test_every_damaged_report_gets_one_sentence(run, tmp_path):
    for at, (content, _) in enumerate(DAMAGED):
        lines = content if isinstance(content, list) and content else [content]
        text = "".join(
            f"{json.dumps(line) if not isinstance(line, str) else line}\n" for line in lines
        )
        (tmp_path / f"{at}.jsonl").write_text("" if content == "" else text)
    done = run(*(["chain", "--from-report", f"{at}.jsonl"] for at in range(len(DAMAGED))))
    for (_, expected), answer in zip(DAMAGED, done, strict=True):
        assert (answer.status, len(answer.said.splitlines())) == (2, 1), answer
        assert answer.said.startswith("error: ")
        assert expected in answer.said
    assert not (tmp_path / "o.png").exists()


def test_options_that_the_report_decides(run, tmp_path):
    (tmp_path / "r.jsonl").write_text(json.dumps(GOOD) + "\n")
    done = run(
        ["chain", "grey.png", "--from-report", "r.jsonl"],
        ["chain", "--from-report", "r.jsonl", "--depth", "8"],
        ["chain", "--from-report", "r.jsonl", "--recipe", "r.toml"],
        ["chain", "--from-report", "none.jsonl"],
    )
    for answer, word in zip(
        done, ("grey.png:", "--depth:", "--recipe:", "--from-report none.jsonl:"), strict=True
    ):
        assert answer.status == 2
        assert answer.said.startswith(f"error: {word}")


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "r.jsonl"
    path.write_bytes(data)
    with pytest.raises(CallError):
        read_report(str(path))
