"""Clusters and object storage: ``python tests/benchmarks/cluster.py [IMAGES]``.

Prints how much faster two workers are than one, whether their results equal those of this machine,
what an image costs the client, the scheduler and a worker, how many requests and bytes it takes,
and the memory of a plan of a million URLs. Costs are seconds of a processor, which other programs
on the machine hardly change.
"""

import filecmp
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from measure import TOOL, photograph, seconds, show

sys.path.append(str(Path(__file__).parent.parent))
from servers import SCRIPTS, free_port, listening, proxied, server
from waiting import until

import pdefilter
from pdefilter.images.files import read_bytes, write_whole
from pdefilter.runs.plan import plan

LARGE, SMALL, ROUNDS, URLS = 1024, 256, 3, 1_000_000
TICKS = os.sysconf("SC_CLK_TCK")


def measure(count: int) -> None:
    """Print all figures; of the large images, so many are filtered."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _images(folder / "small", 10 * count, SMALL)
        _images(folder / "large", count, LARGE)
        _images(folder / "one", 1, LARGE)
        print(f"\n{10 * count} grey PNGs of {SMALL}² by anisotropic, and {count} of {LARGE}²:")
        times: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(ROUNDS):
            for workers, found in times.items():
                with _cluster(folder, workers) as (address, _):
                    found.append(_run("anisotropic", folder / "small", folder, address))
        pairs = zip(times[1], times[2], strict=True)
        show("two workers", {"times as fast": statistics.median(one / two for one, two in pairs)})
        print(
            "they equal the local results:", _equal_local("anisotropic", folder / "small", folder)
        )
        for command in ("edge", "anisotropic"):
            _costs(command, folder, count)
        _requests(folder)
    _million()


def _images(folder: Path, count: int, side: int) -> None:
    folder.mkdir()
    u = (photograph(1, side + 64, side + 64)[0] * 255).astype(np.uint8)
    noisy = np.random.default_rng(0).normal(u, 8).clip(0, 255).astype(np.uint8)
    for number in range(count):
        row, column = divmod(number % 4096, 64)
        pdefilter.write(noisy[row:][:side, column:][:, :side], folder / f"{number:05}.png")


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
    """Start a cluster; return its address, and the processes of scheduler and workers."""
    port = free_port()
    where = ("--host", "127.0.0.1", "--no-dashboard")
    address = f"tcp://127.0.0.1:{port}"
    from distributed import Client

    with ExitStack() as stack:
        line = (SCRIPTS / "dask", "scheduler", *where, "--port", port, "--no-show")
        scheduler = stack.enter_context(listening(port, *line))
        for _ in range(workers):
            line = (SCRIPTS / "dask", "worker", address, *where, "--nthreads", "1")
            stack.enter_context(server(*line, "--local-directory", folder))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers)
            found = list(client.run(os.getpid).values())
        yield address, [scheduler.pid, *found]


def _run(command: str, source: Path, folder: Path, address: str) -> float:
    call = [TOOL, command, source, "-o", folder / "out", "--overwrite", "--cluster", address]

    def run() -> None:
        process = os.spawnv(os.P_NOWAIT, TOOL, [*map(str, call)])
        assert os.waitpid(process, 0)[1] == 0

    return seconds(run)


def _equal_local(command: str, source: Path, folder: Path) -> bool:
    """Filter the images of a folder on this machine too; compare the files of results."""
    local = folder / "local"
    subprocess.run([TOOL, command, source, "-o", local], check=True)
    names = sorted(path.name for path in source.iterdir())
    _, different, lost = filecmp.cmpfiles(local, folder / "out", names, shallow=False)
    return not different and not lost


def _costs(command: str, folder: Path, count: int) -> None:
    """Print what a further image of a megapixel costs each process, and how large it is."""
    costs = []
    with _cluster(folder, 1) as (address, pids):
        for of in ("one", "one", "large"):  # the first run imports
            before, mine = [_used(pid) for pid in pids], _used_by_children()
            shutil.rmtree(folder / "out", ignore_errors=True)
            _run(command, folder / of, folder, address)
            used = [_used(pid) - once for pid, once in zip(pids, before, strict=True)]
            costs.append([*used, _used_by_children() - mine])
        sizes = [sum(p.stat().st_size for p in (folder / of).iterdir()) for of in ("large", "out")]
    further = [(of - one) / (count - 1) for one, of in zip(*costs[1:], strict=True)]
    scheduler, worker, client = further
    show(
        f"{command}, 1 megapixel",
        {
            "client ms": 1000 * client,
            "scheduler ms": 1000 * scheduler,
            "worker ms": 1000 * worker,
            "MB in": sizes[0] / count / 1e6,
            "MB out": sizes[1] / count / 1e6,
        },
        ".3g",
    )


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _requests(folder: Path) -> None:
    """Count the requests of S3 that reading and writing an image takes."""
    import boto3

    port = free_port()
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    os.environ |= {**keys, "AWS_DEFAULT_REGION": "us-east-1"}
    with (
        listening(port, SCRIPTS / "moto_server", "-H", "127.0.0.1", "-p", port),
        proxied(port) as proxy,
    ):
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.server_port}"
        boto3.client("s3").create_bucket(Bucket="scans")
        data = next((folder / "large").iterdir()).read_bytes()
        write_whole(data, "s3://scans/in.png")
        until(lambda: read_bytes("s3://scans/in.png") == data)
        before, used = len(proxy.requests), os.times()
        for number in range(100):
            write_whole(read_bytes("s3://scans/in.png"), f"s3://scans/{number}.png", replace=False)
        print("requests of an image:", (len(proxy.requests) - before) / 100)
        print(f"processor of an image, proxy included: {(os.times()[0] - used[0]) * 10:.3g} ms")


def _million() -> None:
    names = [f"s3://scans/of/a/long/survey/{number:07}.tif" for number in range(URLS)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = seconds(lambda: plan(names, "s3://results/{stem}.png", overwrite=True))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"a plan of a million URLs: {grown / 1e6:.2g} GB more, {taken:.0f} s")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
