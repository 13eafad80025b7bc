"""Files by URL: in memory, on a disk that fsspec knows by another name, and over HTTP."""

import importlib
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SAMPLES

import pdefilter
from pdefilter.errors import CallError, FileError
from pdefilter.filters import FILTERS
from pdefilter.images import remote
from pdefilter.images.files import read_bytes, read_frames, write_whole
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.images.urls import folder_of, is_url, last_name, local_name, require_no_secrets
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.inputs import Search, files_in
from pdefilter.runs.large.job import make
from pdefilter.runs.plan import Job, plan
from pdefilter.runs.work import ReadWriteOptions, store, work

fsspec = pytest.importorskip("fsspec")

COINS = (SAMPLES / "coins.png").read_bytes()


@pytest.fixture
def memory():
    """An object storage with images in folders."""
    system = fsspec.filesystem("memory")
    for name in ("b.png", "a.png", "deep/c.tif", "deep/er/d.png", "notes.txt", ".hidden.png"):
        system.pipe_file(f"/scans/{name}", COINS)
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def pairs(inputs, output, **options):
    return [(job.source, job.target) for job in plan(inputs, output, **options).jobs]


@pytest.mark.parametrize(
    ("name", "remote_", "last", "folder"),
    [
        ("s3://bucket/a/b.png", True, "b.png", "bucket/a"),
        ("s3://bucket/what?.png", True, "what?.png", "bucket"),
        ("https://host/a.png?width=3&x=a/b", True, "a.png", "host"),
        ("memory://a.png", True, "a.png", ""),
        (r"C:\a.png", False, None, None),
        ("a://b.png", False, None, None),
        ("folder/a.png", False, None, None),
    ],
)
def test_what_is_a_url(name, remote_, last, folder):
    assert is_url(name) == remote_
    if remote_:
        assert (last_name(name), folder_of(name)) == (last, folder)


@given(st.text())
def test_any_text_is_a_url_or_not(text):
    if is_url(text):
        assert last_name(text) in text
    else:
        assert local_name(text) in text


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), ["a.png", "b.png"]),
        (Search(recursive=True), ["a.png", "b.png", "deep/c.tif", "deep/er/d.png"]),
        (Search(True, include=["*.txt", "deep/*.tif"]), ["notes.txt", "deep/c.tif"]),
        (Search(True, exclude=["er"]), ["a.png", "b.png", "deep/c.tif"]),
    ],
)
def test_folders_are_searched_as_those_of_a_disk(search, found):
    expected = [(f"memory://scans/{name}", f"memory://out/{name}") for name in found]
    assert pairs(["memory://scans/"], "memory://out/", search=search) == expected
    assert pairs(["memory://scans/"], "out", search=search) == [
        (source, target.removeprefix("memory://")) for source, target in expected
    ]


@pytest.mark.usefixtures("memory")
def test_patterns_and_templates():
    assert pairs(["memory://scans/*.png"], "memory://o/{parent}/{stem}.e{suffix}") == [
        ("memory://scans/.hidden.png", "memory://o/scans/.hidden.e.png"),
        ("memory://scans/a.png", "memory://o/scans/a.e.png"),
        ("memory://scans/b.png", "memory://o/scans/b.e.png"),
    ]
    assert pairs(["memory://scans/*/c.*"], "out/{index:03}.png") == [
        ("memory://scans/deep/c.tif", "out/000.png")
    ]
    assert pairs(["memory://scans/a.png"], "memory://out.tif") == [
        ("memory://scans/a.png", "memory://out.tif")
    ]
    assert files_in(["memory://scans/"]) == ["memory://scans/a.png", "memory://scans/b.png"]


@pytest.mark.usefixtures("memory")
def test_outputs_inside_the_inputs_are_not_inputs():
    write_whole(COINS, "memory://scans/out/x.png")
    found = pairs(["memory://scans/"], "memory://scans/out/", search=Search(recursive=True))
    assert all("/out/" not in source for source, _ in found)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("inputs", "output", "said"),
    [
        (["memory://scans/*.gif"], "out/", "matches no file; give another pattern"),
        (["memory://none/"], "out/", "memory://none/: cannot be listed|holds no images"),
        (["memory://scans/"], "memory://out.png", "several inputs need a folder"),
        (["memory://scans/a.png"], "memory://scans/", "is the input itself; give --overwrite"),
        (["memory://scans/a.png"], "memory://scans/b.png", "exists already; give --overwrite"),
        (["memory://scans/"], None, "need a folder to go to"),
        (["nix://scans/"], "out/", "nix://scans/: the protocol nix:// is unknown; take one that"),
        (["a.png"], "nix://{stem}.png", "-o nix://: the protocol nix:// is unknown"),
        (["memory://scans/a.png"], "https://host/a.png", "can only be read; write to a folder"),
        (["https://user:pass@host/a.png"], "out/", "^https://host/a.png: holds a password"),
        (["memory://scans/a.png"], "s3://k:pass@b/", "^-o s3://b/: holds a password"),
        (["https://host/a.png?X-Amz-Signature=pass"], "out/", "^https://host/a.png: is signed"),
        (["https://host/a.png?sig=pass&x=1"], "out/", "^https://host/a.png: is signed"),
    ],
)
def test_a_wrong_plan_is_one_sentence_without_secrets(inputs, output, said):
    with pytest.raises(CallError, match=said) as raised:
        plan(inputs, output)
    assert "pass@" not in str(raised.value)
    assert "=pass" not in str(raised.value)


def test_a_user_and_a_harmless_query_are_allowed():
    require_no_secrets("", "sftp://me@host/a.png")
    require_no_secrets("", "https://host/a.png?width=3")


def test_libraries_that_are_missing_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    registry = importlib.import_module("fsspec.registry")
    known = {name: of for name, of in registry.registry.items() if name != "s3"}
    monkeypatch.setattr(registry, "_registry", known)
    monkeypatch.setattr(registry, "registry", known)
    with pytest.raises(CallError, match=r"s3://b/a.png: s3:// needs s3fs; pip install s3fs"):
        plan(["s3://b/a.png"], "out/")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(CallError, match=r"fsspec; pip install 'pdefilter\[large\]'"):
        plan(["memory://a.png"], "out/")


def test_names_of_files_need_no_fsspec(tmp_path):
    (tmp_path / "a.png").write_bytes(COINS)
    code = (
        "import sys; from pdefilter.runs.plan import plan; from pdefilter.images.files import *;"
        f"plan(['{tmp_path}/a.png'], '{tmp_path}/b.png'); data = read_bytes('{tmp_path}/a.png');"
        f"write_whole(data, '{tmp_path}/b.png'); assert 'fsspec' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_urls_of_this_machine_are_paths(tmp_path):
    (tmp_path / "a.png").write_bytes(COINS)
    found = pairs([f"file://{tmp_path}/"], f"file://{tmp_path}/out/")
    assert found == [(f"{tmp_path}/a.png", f"{tmp_path}/out/a.png")]


def test_images_are_done_and_skipped(memory):
    chain = Chain((Stage("edge", FILTERS["edge"], {}),))
    options = ReadWriteOptions(Reading(MOST_PIXELS))
    planned = plan(["memory://scans/"], "memory://out/")
    for job in planned.jobs:
        outcome = work(job, chain, options)
        store(outcome, replace=False)
        assert outcome.error is None
    expected = pdefilter.edge(pdefilter.read(SAMPLES / "coins.png")).pixels
    found = read_frames("memory://out/a.png", Reading(MOST_PIXELS)).read(0).pixels
    assert np.array_equal(found, expected)
    again = plan(["memory://scans/"], "memory://out/", skip_existing=True)
    assert (again.jobs, again.skipped) == ([], 2)
    assert work(planned.jobs[0], chain, replace(options, skip_existing=True)).skipped
    outcome = work(planned.jobs[0], chain, options)
    store(outcome, replace=True)
    outcome = work(Job(0, "memory://none.png", "memory://out/n.png", None), chain, options)
    assert outcome.error == (
        "memory://none.png: cannot be read (there is no such file); check the URL"
    )
    memory.pipe_file("/scans/a.png", COINS)  # newer than its output
    assert pairs(["memory://scans/"], "memory://out/", skip_existing=True) == [
        ("memory://scans/a.png", "memory://out/a.png")
    ]


def test_boxes_do_not_go_to_urls(memory, tmp_path):
    np.save(tmp_path / "large.npy", np.zeros((700, 900), np.uint8))
    chain = Chain((Stage("edge", FILTERS["edge"], {}),))
    options = ReadWriteOptions(Reading(MOST_PIXELS), memory=20_000_000, memory_is_limit=True)
    job = Job(0, str(tmp_path / "large.npy"), "memory://out/large.npy", None)
    outcome = work(job, chain, options, make=make)
    assert outcome.error.endswith("boxes cannot go to a URL; give a file by -o, and copy it there")
    assert not any("out" in name for name in memory.store)


class OtherDisk(fsspec.get_filesystem_class("file")):
    """A file system that is no object storage: half-written files have names."""

    protocol = "otherdisk"

    def pipe_file(self, path, value, **_):
        with Path(path).open("wb") as file:
            file.write(value[:5])
            if value == b"full disk":
                raise OSError(28, "no space")
            file.write(value[5:])


def test_elsewhere_files_are_renamed_when_they_are_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "WAITS", (0.0,))
    fsspec.register_implementation("otherdisk", OtherDisk, clobber=True)
    url = f"otherdisk://{tmp_path}/new/a.png"
    write_whole(COINS, url, replace=False)
    assert read_bytes(url) == COINS
    with pytest.raises(FileError, match="exists already"):
        write_whole(b"other", url, replace=False)
    with pytest.raises(FileError, match=r"cannot be written .*try again later"):
        write_whole(b"full disk", url)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.png"]
    assert read_bytes(url) == COINS


def test_files_over_http(tmp_path, monkeypatch):
    pytest.importorskip("aiohttp")
    (tmp_path / "a.png").write_bytes(COINS)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Say nothing."""

    handler = partial(Quiet, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert read_bytes(f"{url}/a.png?version=2") == COINS
        with pytest.raises(FileError, match="there is no such file"):
            read_bytes(f"{url}/b.png")
        assert pairs([f"{url}/*.png"], "out/") == [(f"{url}/a.png", "out/a.png")]
        server.shutdown()
        thread.join()
    monkeypatch.setattr(remote, "WAITS", (0.0,))
    with pytest.raises(FileError, match=r"failed or was too slow, 2 times\); try again later"):
        read_bytes(f"{url}/a.png")


def test_a_hundred_thousand_urls_take_bounded_memory():
    """Measured: 620 bytes a URL at the most; a million take 0.6 GB."""
    count = 100_000
    names = [f"memory://scans/of/a/long/survey/{number:07}.tif" for number in range(count)]
    tracemalloc.start()
    planned = plan(names, "memory://results/of/it/{stem}.png", format_=None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(planned.jobs) == count
    assert peak < 1000 * count
