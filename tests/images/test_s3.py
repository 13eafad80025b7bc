"""Object storage: moto's server behind a proxy that is slow, fails, and cuts connections."""

import os
import threading

import pytest
from servers import SCRIPTS, free_port, listening, proxied
from support import SAMPLES

from pdefilter.errors import CallError, FileError, MissingFileError
from pdefilter.images import remote
from pdefilter.images.files import read_bytes, write_whole
from pdefilter.runs.inputs import Search
from pdefilter.runs.plan import plan

pytest.importorskip("moto")
pytest.importorskip("s3fs")
boto3 = pytest.importorskip("boto3")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "very-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
COINS = (SAMPLES / "coins.png").read_bytes()


@pytest.fixture(scope="module")
def storage():
    """The proxy before a server with a bucket, and a client that goes past the proxy."""
    port = free_port()
    with (
        pytest.MonkeyPatch.context() as patch,
        listening(port, SCRIPTS / "moto_server", "-H", "127.0.0.1", "-p", port),
        proxied(port) as proxy,
    ):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
        client.create_bucket(Bucket="scans")
        yield proxy, client


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Try again at once."""
    monkeypatch.setattr(remote, "WAITS", (0.05, 0.05))
    monkeypatch.setitem(
        remote._S3["config_kwargs"], "retries", {"mode": "standard", "total_max_attempts": 1}
    )


def keys(client, prefix):
    listed = client.list_objects_v2(Bucket="scans", Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def content(client, key):
    return client.get_object(Bucket="scans", Key=key)["Body"].read()


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        ("slow", ""),
        ("500", ""),
        ("half", "GET"),
        ("cut", "PUT"),
        ("lost", "PUT"),
    ],
)
@pytest.mark.parametrize("replace", [False, True])
def test_faults_that_pass_are_not_seen(storage, fault, method, replace):
    proxy, client = storage
    url = f"s3://scans/pass/{fault}{replace}.png"
    with proxy.breaking(fault, method=method, times=2):
        write_whole(COINS, url, replace=replace)
    assert content(client, url.removeprefix("s3://scans/")) == COINS
    with proxy.breaking(fault, method=method, times=2):
        assert read_bytes(url) == COINS


@pytest.mark.parametrize("fault", ["500", "cut", "403"])
@pytest.mark.parametrize("size", [1, 11 << 20])
def test_faults_that_stay_are_one_sentence_and_leave_nothing(storage, monkeypatch, fault, size):
    """The larger one goes in parts, of which the first comes through."""
    proxy, client = storage
    monkeypatch.setattr(remote, "PART_BYTES", 5 << 20)
    key, parts = f"stay/{fault}{size}.png", []

    def break_later(method, path):
        if method != "PUT":
            return None
        parts.append(path)
        return fault if size == 1 or "partNumber=1" not in path else None

    proxy.fault = break_later
    said = "the permission is missing" if fault == "403" else "try again later"
    try:
        with pytest.raises(FileError, match=f"^cannot be written .*{said}"):
            write_whole(bytes(size), f"s3://scans/{key}")
    finally:
        proxy.fault = lambda *_: None
    assert parts
    assert keys(client, "stay/") == []
    assert client.list_multipart_uploads(Bucket="scans").get("Uploads", []) == []


def test_parts_that_were_cut_are_sent_again(storage, monkeypatch):
    proxy, client = storage
    monkeypatch.setattr(remote, "PART_BYTES", 5 << 20)
    data = os.urandom(11 << 20)
    with proxy.breaking("cut", method="PUT", times=1):
        write_whole(data, "s3://scans/parts/a.bin", replace=False)
    assert content(client, "parts/a.bin") == data


def test_nobody_sees_half_of_an_object(storage, monkeypatch):
    """While it is written in parts its name does not exist."""
    proxy, client = storage
    monkeypatch.setattr(remote, "PART_BYTES", 5 << 20)
    seen = []
    proxy.fault = lambda *_: seen.append(keys(client, "whole/"))
    try:
        write_whole(bytes(11 << 20), "s3://scans/whole/a.bin")
    finally:
        proxy.fault = lambda *_: None
    assert len(seen) >= 5
    assert not any(seen)
    assert keys(client, "whole/") == ["whole/a.bin"]


def test_what_exists_is_not_replaced(storage):
    _, client = storage
    write_whole(b"first", "s3://scans/kept/a.png")
    with pytest.raises(FileError, match="exists already; give --overwrite"):
        write_whole(b"second", "s3://scans/kept/a.png", replace=False)
    assert content(client, "kept/a.png") == b"first"


def test_what_a_server_refuses_is_one_sentence(storage, monkeypatch):
    proxy, _ = storage
    with pytest.raises(FileError, match=r"there is no such bucket\); check its name"):
        read_bytes("s3://none/a.png")
    with pytest.raises(FileError, match=r"cannot be written \(there is no such bucket"):
        write_whole(b"", "s3://none/a.png")
    with pytest.raises(MissingFileError, match=r"there is no such file\); check the URL"):
        read_bytes("s3://scans/none.png")
    with proxy.breaking("403"), pytest.raises(FileError, match="the permission is missing"):
        read_bytes("s3://scans/kept/a.png")
    with pytest.raises(
        CallError, match=r"^s3://none/in/: cannot be listed \(there is no such buck"
    ):
        plan(["s3://none/in/"], "out/")
    with pytest.raises(CallError, match=r"^s3://none/out/: cannot be listed \(there is no such bu"):
        plan(["s3://scans/kept/a.png"], "s3://none/out/")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(FileError, match="there are no credentials"):
        read_bytes("s3://scans/kept/a.png")
    s3fs.S3FileSystem.clear_instance_cache()


def test_an_image_takes_one_request_to_read_and_one_to_write(storage):
    proxy, _ = storage
    write_whole(COINS, "s3://scans/count/a.png")
    before = len(proxy.requests)
    write_whole(read_bytes("s3://scans/count/a.png"), "s3://scans/count/b.png", replace=False)
    methods = [method for method, _ in proxy.requests[before:]]
    assert methods == ["GET", "PUT"]


def test_folders_of_a_bucket(storage, pdefilter_command, tmp_path):
    """The real command, with real processes; nothing that it prints or writes is a secret."""
    _, client = storage
    for name in ("b.png", "a.png", "deep/c.png", "notes.txt", "deep/"):
        client.put_object(Bucket="scans", Key=f"in/{name}", Body=COINS * (not name.endswith("/")))
    jobs = plan(["s3://scans/in/"], "s3://scans/out/", search=Search(recursive=True)).jobs
    assert [(job.source, job.target) for job in jobs] == [
        ("s3://scans/in/a.png", "s3://scans/out/a.png"),
        ("s3://scans/in/b.png", "s3://scans/out/b.png"),
        ("s3://scans/in/deep/c.png", "s3://scans/out/deep/c.png"),
    ]
    (tmp_path / "list").write_text("s3://scans/in/b.png\ns3://scans/in/none.png\n")
    call = ["edge", "s3://scans/in/a*.png", "--files-from", "list", "-o", "s3://scans/out/"]
    done = pdefilter_command(*call, "--report", "run.jsonl")
    assert done.stderr.decode().splitlines() == [
        "error: s3://scans/in/none.png: cannot be read (there is no such file); check the URL",
        "error: 1 of 3 images failed, the others are done",
    ]
    assert keys(client, "out/") == ["out/a.png", "out/b.png"]
    assert pdefilter_command("edge", SAMPLES / "coins.png", "-o", "local.png").returncode == 0
    assert content(client, "out/a.png") == (tmp_path / "local.png").read_bytes()
    assert b"very-secret" not in (tmp_path / "run.jsonl").read_bytes()
    with pytest.raises(CallError, match=r"-o s3://scans/out/a.png: exists already"):
        plan(["s3://scans/in/a.png"], "s3://scans/out/")
    left = plan(["s3://scans/in/"], "s3://scans/out/", search=Search(True), skip_existing=True)
    assert [job.target for job in left.jobs] == ["s3://scans/out/deep/c.png"]
    assert left.skipped == 2


@pytest.mark.usefixtures("storage")
def test_threads_share_a_connection():
    """As those of a worker of a cluster do."""
    write_whole(COINS, "s3://scans/threads/a.png")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(read_bytes("s3://scans/threads/a.png")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [COINS] * 8
