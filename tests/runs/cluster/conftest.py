"""A real cluster of a scheduler and two workers, started by Dask's own commands on loopback."""

import os
from contextlib import ExitStack

import pytest
from servers import SCRIPTS, free_port, listening, server

pytest.importorskip("distributed")


class Dask:
    """A scheduler and its workers.

    Attributes
    ----------
    address : str
        The address of the scheduler.
    """

    def __init__(self, stack: ExitStack, folder) -> None:
        self._stack, port = stack, free_port()
        self.address, self.file = f"tcp://127.0.0.1:{port}", folder / "scheduler.json"
        where = ("--host", "127.0.0.1", "--port", port, "--scheduler-file", self.file)
        command = (SCRIPTS / "dask", "scheduler", *where, "--no-dashboard", "--no-show")
        self.scheduler = stack.enter_context(listening(port, *command))
        self.folder = folder

    def add_worker(self, *options):
        """Start a worker process, which a nanny starts again if it dies."""
        where = ("--host", "127.0.0.1", "--local-directory", self.folder, "--no-dashboard")
        command = (SCRIPTS / "dask", "worker", self.address, *where, "--nthreads", "1", *options)
        return self._stack.enter_context(server(*command))

    def client(self):
        """Connect to it, past the program."""
        from distributed import Client

        return Client(self.address, set_as_default=False)

    def pids(self):
        """List the processes of the workers, without their nannies."""
        with self.client() as client:
            return list(client.run(os.getpid).values())


@pytest.fixture(scope="module")
def new_cluster(tmp_path_factory):
    """Start clusters that live as long as the module's tests."""
    with ExitStack() as stack:
        yield lambda: Dask(stack, tmp_path_factory.mktemp("dask"))


@pytest.fixture(scope="module")
def dask(new_cluster):
    """A cluster with two workers."""
    cluster = new_cluster()
    for _ in range(2):
        cluster.add_worker()
    with cluster.client() as client:
        client.wait_for_workers(2)
    return cluster
