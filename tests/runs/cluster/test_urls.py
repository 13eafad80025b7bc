"""Workers of a cluster read and write object storage by themselves."""

import pytest
from servers import SCRIPTS, free_port, listening, proxied
from support import SAMPLES

pytest.importorskip("moto")
pytest.importorskip("s3fs")
boto3 = pytest.importorskip("boto3")

NAMES = ["coins.png", "coffee.jpg", "brain.tif"]


@pytest.fixture
def storage(monkeypatch):
    """A server of S3 with a bucket, named by the environment, behind a proxy."""
    port = free_port()
    with (
        listening(port, SCRIPTS / "moto_server", "-H", "127.0.0.1", "-p", port),
        proxied(port) as proxy,
    ):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
        client.create_bucket(Bucket="scans")
        yield proxy, client


def test_urls_on_a_cluster(new_cluster, storage, pdefilter_command, tmp_path):
    proxy, client = storage
    for name in NAMES:
        client.upload_file(str(SAMPLES / name), "scans", f"in/{name}")
    own = new_cluster()
    own.add_worker()
    files = [SAMPLES / name for name in NAMES]
    assert pdefilter_command("edge", *files, "-o", "local").returncode == 0
    call = ["edge", "s3://scans/in/", "-o", "s3://scans/out/", "--cluster", own.address]
    with proxy.breaking("cut", method="PUT", times=1):
        done = pdefilter_command(*call)
    assert (done.returncode, done.stderr) == (0, b"")
    for name in NAMES:
        found = client.get_object(Bucket="scans", Key=f"out/{name}")["Body"].read()
        assert found == (tmp_path / "local" / name).read_bytes()
    done = pdefilter_command(*call, "--skip-existing", "-v")
    assert (done.returncode, done.stderr) == (0, b"")
