"""Many images: side by side, interrupted, crashed, and reported."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from support import ROOT, SAMPLES
from waiting import children, until

import pdefilter

COINS = SAMPLES / "coins.png"
LONG = ["anisotropic", "--iterations", "1000000"]


@pytest.fixture
def many(tmp_path):
    """Twelve images, of three sizes and formats, the fourth and the ninth broken."""
    folder = tmp_path / "in"
    folder.mkdir()
    samples = [COINS, SAMPLES / "coffee.jpg", SAMPLES / "brain.tif"]
    for number in range(12):
        sample = samples[number % 3]
        data = sample.read_bytes()
        broken = number in (3, 8)
        (folder / f"{number:02}{sample.suffix}").write_bytes(
            data[: len(data) // 2] if broken else data
        )
    return folder


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_number_of_jobs_changes_no_byte_and_no_word(pdefilter_command, tmp_path, many):
    said = set()
    for jobs in (1, 2, 5):
        out = tmp_path / f"out{jobs}"
        done = pdefilter_command(
            "edge", many, "-o", out, "--jobs", jobs, "--report", f"{jobs}.jsonl"
        )
        assert done.returncode == 1
        said.add(done.stderr)
        assert contents(out) == contents(tmp_path / "out1")
    assert len(said) == 1
    first, second, summary = said.pop().decode().splitlines()
    assert "03.png: is truncated" in first
    assert "08.tif: is truncated" in second
    assert summary == "error: 2 of 12 images failed, the others are done"
    assert len(list(out.iterdir())) == 10


def test_a_report_has_a_line_for_each_image(pdefilter_command, tmp_path, many):
    done = pdefilter_command(
        "anisotropic", many, "-o", "out", "--report", "run.jsonl", "--time", "1"
    )
    assert done.returncode == 1
    found = {line["index"]: line for line in lines(tmp_path / "run.jsonl")}
    assert sorted(found) == list(range(12))
    coins, broken = found[0], found[3]
    assert (coins["input"], coins["output"]) == (str(many / "00.png"), "out/00.png")
    assert (coins["rows"], coins["columns"], coins["channels"], coins["depth"]) == (
        303,
        384,
        1,
        "uint8",
    )
    assert (coins["status"], coins["error"], coins["warnings"]) == ("done", None, [])
    (filter_,) = coins["filters"]
    assert filter_["filter"] == "anisotropic"
    assert list(filter_["parameters"])[:3] == ["model", "noise", "noise_model"]
    assert (filter_["parameters"]["time"], filter_["parameters"]["kappa"]) == (1.0, "auto")
    (chosen,) = filter_["chosen"]
    assert (chosen["scheme"], chosen["steps"], chosen["time"]) == ("explicit", 5, 1.0)
    assert 0 < chosen["kappa"] < 1
    assert list(coins["seconds"]) == ["read", "decode", "filter", "encode", "write"]
    assert all(taken > 0 for taken in coins["seconds"].values())
    assert coins["engine"].split()[0] in ("native", "reference")
    assert (broken["status"], broken["output"]) == ("failed", "out/03.png")
    assert "is truncated" in broken["error"]


def test_where_a_report_may_go(pdefilter_command, tmp_path):
    done = pdefilter_command("edge", COINS, "--report", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--report -: standard output takes the image" in done.stderr
    done = pdefilter_command("edge", COINS, "-o", "o.png", "--report", "-")
    assert json.loads(done.stdout)["status"] == "done"
    (tmp_path / "run.jsonl").write_text("{}\n")
    again = ["edge", COINS, "-o", "o.png", "--report", "run.jsonl"]
    assert b"exists already" in pdefilter_command(*again).stderr
    done = pdefilter_command("edge", COINS, "-o", "n.png", "--report", "run.jsonl")
    assert b"--report run.jsonl: exists already; give --overwrite" in done.stderr
    assert not (tmp_path / "n.png").exists()
    assert pdefilter_command(*again, "--skip-existing").returncode == 0
    assert (tmp_path / "run.jsonl").read_text() == "{}\n"
    assert pdefilter_command(*again, "--overwrite").returncode == 0
    assert len(lines(tmp_path / "run.jsonl")) == 1
    done = pdefilter_command("edge", "o.png", "-o", "p.png", "--report", "o.png", "--overwrite")
    assert b"--report o.png: is an input or an output" in done.stderr
    done = pdefilter_command("edge", COINS, "-o", "p.png", "--report", "/dev/full", "--overwrite")
    assert (done.returncode, b"--report /dev/full: cannot be written" in done.stderr) == (1, True)
    assert (tmp_path / "p.png").exists()


def test_fail_fast_begins_nothing_more(pdefilter_command, tmp_path, many):
    done = pdefilter_command("edge", many, "-o", "out", "--fail-fast", "--jobs", 1)
    assert done.returncode == 1
    first, summary = done.stderr.decode().splitlines()
    assert "03.png: is truncated" in first
    assert summary == "error: 1 of 12 images failed, 3 are done, 8 were not started"
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_quiet_and_verbose(pdefilter_command, tmp_path):
    np.save(tmp_path / "bright.npy", np.full((4, 5), 3.0, np.float32))
    call = ["smooth", "bright.npy", "--depth", "8", "-o", "o.png", "--overwrite"]
    assert b"lie outside" in pdefilter_command(*call).stderr
    assert pdefilter_command(*call, "-q").stderr == b""
    _, line = pdefilter_command(*call, "-v").stderr.decode().splitlines()
    assert line.startswith("pdefilter: bright.npy -> o.png: ")


def test_a_dry_run_touches_nothing(pdefilter_command, tmp_path, many):
    done = pdefilter_command("edge", many, "-o", "out", "--dry-run", "--format", "png")
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode().splitlines()
    assert shown[1] == f"{many}/01.jpg -> out/01.png"
    assert len(shown) == 12
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_existing_outputs_are_skipped(pdefilter_command, tmp_path, many):
    pdefilter_command("edge", many, "-o", "out")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "00.png").unlink()
    newer = tmp_path / "out" / "01.jpg"
    later = kept[newer] + 1_000_000_000
    os.utime(many / "01.jpg", ns=(later, later))
    done = pdefilter_command("edge", many, "-o", "out", "--skip-existing", "-v")
    named = [line.split(" -> ")[1].split(":")[0] for line in done.stderr.decode().splitlines()[:-3]]
    assert named == ["out/00.png", "out/01.jpg"]
    untouched = set(kept) - {newer, tmp_path / "out" / "00.png"}
    assert all(path.stat().st_mtime_ns == kept[path] for path in untouched)


def started(executable, folder, *arguments, **options):
    return subprocess.Popen(
        [executable, *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,
    )


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("to_all", [True, False])
def test_an_interrupted_run_ends_soon(executable, tmp_path, kind, to_all):
    """The last image takes hours, in a function that no signal interrupts."""
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.png").write_bytes(COINS.read_bytes())
    pdefilter.write(np.zeros((2000, 2000), np.uint8), tmp_path / "in" / "d.png")
    call = ["anisotropic", "in", "--kappa", "0.1", "--time", "1e5", "-o", "out", "-j", "1"]
    (tmp_path / "out").mkdir()
    for name in "abc":
        shutil.copy(COINS, tmp_path / "out" / f"{name}.png")
    process = started(executable, tmp_path, *call, "--skip-existing")
    until(lambda: children(process))
    time.sleep(0.5)
    (os.killpg if to_all else os.kill)(process.pid, kind)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    text = error.decode()
    assert text == "pdefilter: interrupted\n"
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_signals_that_were_ignored_when_it_began_stay_so(executable, tmp_path, kind):
    """As behind nohup, or in the background of a script."""
    before = signal.signal(kind, signal.SIG_IGN)
    try:
        call = ["anisotropic", COINS, "--iterations", "3000", "-o", "out.png"]
        process = started(executable, tmp_path, *call)
    finally:
        signal.signal(kind, before)
    until(lambda: children(process))
    time.sleep(0.2)
    os.killpg(process.pid, kind)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, b"")


def test_interruption_is_tried_where_signals_are_ignored(executable):
    """As behind nohup, where the whole suite is to pass too."""
    test = "tests/cli/test_errors.py::test_ctrl_c_says_so_and_leaves_nothing"
    call = [executable.parent / "pytest", "-q", "-p", "no:cacheprovider", test]
    before = {kind: signal.signal(kind, signal.SIG_IGN) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        done = subprocess.run(call, cwd=ROOT, capture_output=True, check=False, timeout=120)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
    assert b"1 passed" in done.stdout


def test_it_says_how_far_it_came(executable, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.png").write_bytes(COINS.read_bytes())
    call = ["anisotropic", "in", "--iterations", "20000", "-o", "out", "-j", "1"]
    process = started(executable, tmp_path, *call)
    until((tmp_path / "out" / "a.png").exists)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error == (
        b"pdefilter: interrupted; 1 of 3 images are done, --skip-existing continues from there\n"
    )


def test_a_crash_costs_one_image(executable, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.png").write_bytes(COINS.read_bytes())
    process = started(executable, tmp_path, *LONG[:2], "30000", "in", "-o", "out", "-j", "1")
    (worker,) = until(lambda: children(process))
    time.sleep(0.7)
    os.kill(worker, signal.SIGSEGV)
    (other,) = until(lambda: [child for child in children(process) if child != worker])
    time.sleep(0.2)
    os.kill(other, signal.SIGKILL)
    _, error = process.communicate(timeout=120)
    first, second, summary = error.decode().splitlines()
    assert first == (
        "error: in/a.png: crashed its decoder or encoder (SIGSEGV); get an intact copy"
    )
    assert second.startswith("error: in/b.png: was killed by the system")
    assert summary == "error: 2 of 3 images failed, the others are done"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c.png"]


def test_no_worker_survives_its_parent(executable, tmp_path):
    process = started(executable, tmp_path, *LONG, COINS, "-o", "o.png")
    (worker,) = until(lambda: children(process))
    time.sleep(0.5)
    process.kill()
    process.wait()
    until(lambda: not Path(f"/proc/{worker}").exists() or "Z" in state(worker))
    process.stderr.close()


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_two_runs_on_one_folder(executable, pdefilter_command, tmp_path, many):
    """With --skip-existing they share the work; without it neither replaces the other's outputs."""
    for name in ("03.png", "08.tif"):
        (many / name).unlink()
    pdefilter_command("edge", many, "-o", "alone")
    both = [
        started(executable, tmp_path, "edge", "in", "-o", "out", "--skip-existing")
        for _ in range(2)
    ]
    for process in both:
        _, error = process.communicate(timeout=60)
        assert (process.returncode, error) == (0, b"")
    assert contents(tmp_path / "out") == contents(tmp_path / "alone")
    both = [started(executable, tmp_path, "edge", "in", "-o", "other") for _ in range(2)]
    for process in both:
        _, error = process.communicate(timeout=60)
        assert process.returncode in (0, 1, 2)
        assert all(
            "exists already" in line or "failed" in line for line in error.decode().splitlines()
        )
    assert contents(tmp_path / "other") == contents(tmp_path / "alone")
