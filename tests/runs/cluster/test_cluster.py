"""The jobs of a plan on a cluster: as on this machine, whatever dies."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from servers import free_port
from support import SAMPLES
from waiting import until

import pdefilter
from pdefilter.errors import CallError
from pdefilter.filters import FILTERS
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.cluster import cluster
from pdefilter.runs.cluster.cluster import Cluster, require_files
from pdefilter.runs.cluster.connection import _require_same_versions
from pdefilter.runs.cluster.tasks import VersionError, do_jobs
from pdefilter.runs.plan import Job
from pdefilter.runs.work import Outcome, ReadWriteOptions
from pdefilter.runs.worker import Task

IMAGES = 60
SLOW = ["--time", "40", "--kappa", "0.02", "--scheme", "explicit"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def images(tmp_path):
    """Sixty small images in three formats; the fifth is broken, and all of one format warn."""
    (tmp_path / "in").mkdir()
    pixels = pdefilter.read(SAMPLES / "coins.png").pixels
    for number in range(IMAGES):
        ending = ("png", "tif", "npy")[number % 3]
        part = pixels[number : number + 64, :80]
        part = part if ending != "npy" else part.astype(np.float32) / 100
        pdefilter.write(part, tmp_path / "in" / f"{number:02}.{ending}")
    broken = tmp_path / "in" / "04.tif"
    broken.write_bytes(broken.read_bytes()[:900])
    return tmp_path / "in"


def connected(address):
    return Cluster(address, workers=1, threads=1, memory=1 << 30)


@pytest.mark.usefixtures("images")
def test_a_cluster_does_what_this_machine_does(dask, pdefilter_command, tmp_path):
    call = ["smooth", "in", "--depth", "8", "--format", "png", "--report"]
    local = pdefilter_command(*call, "local.jsonl", "-o", "local")
    spread = pdefilter_command(*call, "spread.jsonl", "-o", "spread", "--cluster", dask.address)
    assert contents(tmp_path / "spread") == contents(tmp_path / "local")
    assert len(contents(tmp_path / "spread")) == IMAGES - 1
    assert (spread.returncode, local.returncode) == (1, 1)
    assert spread.stderr == local.stderr
    assert b"20 of 60 images (33 %), such as in/02.npy:" in spread.stderr
    lines = [
        sorted((json.loads(line) for line in (tmp_path / name).read_text().splitlines()),
               key=lambda line: line["index"])
        for name in ("local.jsonl", "spread.jsonl")
    ]  # fmt: skip
    for here, there in zip(*lines, strict=True):
        there["output"] = there["output"].replace("spread", "local")
        assert there["threads"] == (0 if there["error"] else 1) or here["threads"]
        for line in (here, there):
            del line["seconds"], line["threads"]
        assert here == there


@pytest.mark.usefixtures("images")
def test_contours_alone_are_those_of_this_machine(dask, pdefilter_command, tmp_path):
    call = ["edge", "in/00.png", "in/01.tif", "--method", "canny", "--contours"]
    local = pdefilter_command(*call, "here/{stem}.csv")
    spread = pdefilter_command(*call, "there/{stem}.csv", "--cluster", dask.address)
    assert (spread.returncode, spread.stderr) == (local.returncode, local.stderr) == (0, b"")
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert len(contents(tmp_path / "there")) == 2


@pytest.mark.usefixtures("images")
def test_a_scheduler_file_resume_and_fail_fast(dask, pdefilter_command, tmp_path):
    call = ["edge", "in", "-o", "out", "--cluster", dask.file]
    done = pdefilter_command(*call, "--fail-fast")
    first, summary = done.stderr.decode().splitlines()
    assert first.startswith("error: in/04.tif: is ")
    assert "were not started" in summary
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert 0 < len(made) < IMAGES / 2
    done = pdefilter_command(*call, "--skip-existing")
    assert done.stderr.decode().splitlines() == [
        first,
        f"error: 1 of {IMAGES - len(made)} images failed, the others are done",
    ]
    assert len(list((tmp_path / "out").iterdir())) == IMAGES - 1
    assert all(path.stat().st_mtime_ns == changed for path, changed in made.items())
    done = pdefilter_command(*call)
    assert (done.returncode, b"exists already" in done.stderr) == (2, True)


@pytest.mark.usefixtures("images")
def test_a_worker_that_dies_costs_a_retry(dask, executable, pdefilter_command, tmp_path):
    (tmp_path / "in" / "04.tif").unlink()
    assert pdefilter_command("anisotropic", "in", *SLOW, "-o", "whole").returncode == 0
    call = ["anisotropic", "in", *SLOW, "-o", "out", "--cluster", dask.address]
    process = subprocess.Popen([executable, *call], cwd=tmp_path, stderr=subprocess.PIPE)
    until(lambda: (tmp_path / "out").exists() and any((tmp_path / "out").glob("[!.]*")))
    os.kill(dask.pids()[0], signal.SIGKILL)
    _, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (0, b"")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.usefixtures("images")
def test_a_client_that_is_stopped_goes_on_later(
    dask, executable, pdefilter_command, tmp_path, kind
):
    (tmp_path / "in" / "04.tif").unlink()
    call = ["anisotropic", "in", *SLOW, "-o", "out", "--cluster", dask.address]
    process = subprocess.Popen([executable, *call], cwd=tmp_path, stderr=subprocess.PIPE)
    until(lambda: (tmp_path / "out").exists() and any((tmp_path / "out").glob("[!.]*")))
    process.send_signal(kind)
    _, error = process.communicate(timeout=60)
    if kind == signal.SIGINT:
        assert process.returncode == 130
        assert error.endswith(b"images are done, --skip-existing continues from there\n")
        assert error.count(b"\n") == 1
    until(lambda: not list((tmp_path / "out").glob(".*")))
    assert len(list((tmp_path / "out").iterdir())) < IMAGES - 1
    done = pdefilter_command(*call, "--skip-existing")
    assert (done.returncode, done.stderr) == (0, b"")
    assert pdefilter_command("anisotropic", "in", *SLOW, "-o", "whole").returncode == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.long
def test_an_image_that_kills_its_workers_is_named(dask, monkeypatch):
    """It is tried alone at the end, and so are those that died with it."""

    def die_of_the_first(jobs, *_):
        import os

        from pdefilter.runs.work import Outcome

        if not jobs[0][0].index:
            os._exit(1)
        return [(Outcome(job, error="done"), 0) for job, _ in jobs]

    monkeypatch.setattr(cluster, "do_jobs", die_of_the_first)
    monkeypatch.setattr(cluster, "TASKS_PER_THREAD", 1)
    jobs = [Job(number, f"{number}.png", f"{number}.jpg", None) for number in range(3)]
    found = {job.index: error for job, error in ends(dask.address, jobs, None)}
    assert found[0].startswith("0.png: the workers that had it died, as happens when memory")
    assert (found[1], found[2]) == ("done", "done")


def ends(address, jobs, task):
    with connected(address) as spread:
        events = list(spread.run(jobs, task))
    return [(event.job, event.error) for event in events if isinstance(event, Outcome)]


def test_an_output_of_a_worker_that_died_is_not_in_the_way(dask, tmp_path):
    """It was written, but the worker could not say so; what another run wrote stays."""
    chain = Chain((Stage("edge", FILTERS["edge"], {}),))
    task = Task(chain, ReadWriteOptions(Reading(MOST_PIXELS)), 1, 1, 1 << 30)
    target = tmp_path / "o.png"
    job = Job(0, str(SAMPLES / "coins.png"), str(target), None)
    for _ in range(2):
        assert ends(dask.address, [job], task) == [(job, None)]
    target.write_bytes(b"of another run")
    ((_, error),) = ends(dask.address, [job], task)
    assert error == f"{target}: exists already; give --overwrite to replace it"
    assert target.read_bytes() == b"of another run"


def test_wrong_versions_are_refused(dask, monkeypatch):
    found = {"python": "3.12.1", "numpy": "2.1", "pdefilter": "1.0"}
    for package, version, shown in (
        ("pdefilter", "1.1", "pdefilter 1.1, and this machine has 1.0; install the same version"),
        ("python", "3.13.0", "Python 3.13, and this machine has 3.12; install"),
        ("numpy", "1.26", "NumPy 1, and this machine has 2; install"),
        ("pdefilter", None, "pdefilter from a folder, and this machine has 1.0"),
    ):
        other = {"packages": {**found, package: version}}
        answer = {"client": {"packages": found}, "workers": {"tcp://w": other}}
        with pytest.raises(CallError, match=f"the worker tcp://w has {shown}"):
            _require_same_versions("tcp://s", answer)
    monkeypatch.setattr(cluster, "__version__", "another")
    job = Job(0, "a.png", "o.png", None)
    with (
        connected(dask.address) as spread,
        pytest.raises(CallError, match=r"a worker has pdefilter .*, and this machine has another"),
    ):
        list(spread.run([job], None))


def test_patches_and_minor_versions_do_not_matter():
    found = {"python": "3.12.1", "numpy": "2.1", "pdefilter": "1.0"}
    other = {"packages": {**found, "python": "3.12.9", "numpy": "2.3"}}
    answer = {"client": {"packages": found}, "workers": {"tcp://w": other}}
    _require_same_versions("tcp://s", answer)


def test_what_cannot_be_reached_is_one_sentence(pdefilter_command, tmp_path):
    text = tmp_path / "text.json"
    text.write_text("{}")
    address = f"tcp://127.0.0.1:{free_port()}"
    for where, said in (
        (address, "no scheduler answers there within 5 s; check the address"),
        ("none", "is neither an address such as tcp://host:8786, nor a scheduler file"),
        (str(text), "is not a scheduler file; dask scheduler --scheduler-file"),
    ):
        since = time.monotonic()
        with pytest.raises(CallError, match=f"^--cluster {where}: {said}"):
            connected(where).__enter__()
        assert time.monotonic() - since < 10
    done = pdefilter_command("edge", SAMPLES / "coins.png", "-o", "o.png", "--cluster", address)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"error: --cluster {address}: no scheduler answers")
    assert done.stderr.count(b"\n") == 1


def test_streams_stay_on_this_machine():
    with pytest.raises(CallError, match="cannot read standard input"):
        require_files([Job(0, None, "o.png", None)])
    with pytest.raises(CallError, match="cannot write standard output"):
        require_files([Job(0, "a.png", None, None)])
    require_files([Job(0, "a.png", None, None, contours="a.svg", writes_image=False)])


def test_a_scheduler_that_dies_ends_the_run(new_cluster, tmp_path, executable, images):
    own = new_cluster()
    own.add_worker()
    call = ["anisotropic", images, *SLOW, "-o", "out", "--cluster", own.address]
    process = subprocess.Popen([executable, *call], cwd=tmp_path, stderr=subprocess.PIPE)
    until(lambda: (tmp_path / "out").exists() and any((tmp_path / "out").glob("[!.]*")))
    own.scheduler.kill()
    _, error = process.communicate(timeout=60)
    *failures, summary = error.decode().splitlines()
    assert process.returncode == 1
    assert all("the scheduler is gone; start it again" in line for line in failures)
    assert "were not started" in summary


@pytest.mark.parametrize("kill", [False, True])
def test_an_image_in_boxes_is_as_on_this_machine(
    dask, executable, pdefilter_command, tmp_path, kill
):
    """Box by box, beside small images; a worker that is killed costs a few boxes."""
    (tmp_path / "in").mkdir()
    rows, columns = np.mgrid[:900, :1100]
    pixels = (120 + 80 * np.sin(rows / 40) * np.cos(columns / 60)).astype(np.uint8)
    for name, part in (("large.tif", pixels), ("small.png", pixels[:50, :60])):
        pdefilter.write(part, tmp_path / "in" / name)
    call = ["anisotropic", "in", *SLOW, "--time", "8", "-v", "-o"]
    assert pdefilter_command(*call, "whole").returncode == 0
    limits = ["--memory", "20MB", "--box", "128x160", "--cluster", dask.address]
    process = subprocess.Popen(
        [executable, *call, "out", *limits], cwd=tmp_path, stderr=subprocess.PIPE
    )
    if kill:
        until(lambda: (tmp_path / "out").exists() and any((tmp_path / "out").glob(".*")))
        os.kill(dask.pids()[0], signal.SIGKILL)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert b"large.tif: " in error
    assert b"in 6 boxes of 512" in error
    for name in ("large.tif", "small.png"):
        found, expected = (pdefilter.read(tmp_path / of / name) for of in ("out", "whole"))
        assert np.array_equal(found.pixels, expected.pixels)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["large.tif", "small.png"]


def test_the_workers_are_a_pool(dask):
    with connected(dask.address) as spread:
        futures = [spread.submit(np.sum, np.full(10, number)) for number in range(4)]
        assert [future.result(timeout=30) for future in futures] == [0, 10, 20, 30]


@pytest.mark.long
def test_a_local_cluster_listens_on_loopback_alone_and_leaves_nothing(executable, tmp_path, images):
    call = ["anisotropic", images, *SLOW, "-o", "out", "--cluster", "local", "-j", "2"]
    process = subprocess.Popen([executable, *call], cwd=tmp_path, stderr=subprocess.PIPE)
    until(lambda: (tmp_path / "out").exists() and any((tmp_path / "out").glob("[!.]*")))
    family = [process.pid, *descendants(process.pid)]
    found = {address for pid in family for address in listening_addresses(pid)}
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert error.decode().splitlines()[-1] == "error: 1 of 60 images failed, the others are done"
    assert found == {"0100007F"}
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family[1:]))


def descendants(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [of for child in text.split() for of in (int(child), *descendants(int(child)))]


def listening_addresses(pid):
    """List the addresses that a process listens at, in hexadecimal, as the kernel names them."""
    opened = [path for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()]
    links = [str(path.readlink()) for path in opened]
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in links:
                yield local.partition(":")[0]


def test_a_worker_takes_no_jobs_of_another_version():
    with pytest.raises(VersionError):
        do_jobs([], None, "another")


def test_small_images_go_together():
    """A task takes five seconds, and the last images are for all workers."""
    spread = connected("tcp://none")
    spread._connection.threads = 2
    assert spread._together(1000) == 1  # nothing is known yet
    spread._seconds = 0.1
    assert spread._together(1_000_000) == 50
    assert spread._together(60) == 5
    assert spread._together(3) == 1
    spread._seconds = 1e-9
    assert spread._together(1_000_000) == cluster.MOST_TOGETHER
    spread._seconds = 70.0
    assert spread._together(1_000_000) == 1
