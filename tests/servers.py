"""Servers on loopback that tests start, and end by their ids."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support import ROOT
from waiting import until

SCRIPTS = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextmanager
def server(*command: object) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server, in a group of its own, until the block ends."""
    process = subprocess.Popen(
        [*map(str, command)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


@contextmanager
def listening(port: int, *command: object) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server that listens on a port, until the block ends."""
    with server(*command) as process:
        until(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None
        yield process


class Proxy(ThreadingHTTPServer):
    """Stands between a client and a server, and breaks what it is told to break.

    Attributes
    ----------
    requests : list of (str, str)
        The method and the path of each request.
    fault : callable
        Takes both, and returns a word of `Through`, or None to pass the request on.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Through)
        self.behind = port
        self.requests: list[tuple[str, str]] = []
        self.fault: Callable[[str, str], str | None] = lambda *_: None

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that have given up close connections."""

    @contextmanager
    def breaking(self, what: str, *, method: str = "", times: int = 1_000_000) -> Iterator[None]:
        """Break the next requests of a method in this way."""
        left = [times]

        def fault(of: str, _: str) -> str | None:
            if not left[0] or (method and of != method):
                return None
            left[0] -= 1
            return what

        self.fault = fault
        try:
            yield
        finally:
            self.fault = lambda *_: None


class Through(BaseHTTPRequestHandler):
    """Passes a request on, or breaks it.

    ``slow`` waits before; ``500`` and ``403`` answer so; ``cut`` closes the connection in the
    middle of an upload; ``lost`` passes it on and closes the connection before the answer;
    ``half`` closes it in the middle of the answer.
    """

    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        """Do what is described above."""
        self.server.requests.append((self.command, self.path))
        fault = self.server.fault(self.command, self.path)
        size = int(self.headers.get("Content-Length") or 0)
        if fault == "cut":
            self.rfile.read(size // 2)
            self.close()
            return
        body = self.rfile.read(size)
        if fault in ("500", "403"):
            code = "InternalError" if fault == "500" else "AccessDenied"
            self.answer(int(fault), [], f"<Error><Code>{code}</Code></Error>".encode())
            return
        if fault == "slow":
            time.sleep(1)
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind)
        behind.request(self.command, self.path, body, dict(self.headers))
        response = behind.getresponse()
        data = response.read()
        if fault == "lost":
            self.close()
            return
        self.answer(response.status, response.getheaders(), data, half=fault == "half")

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815

    def answer(
        self, status: int, headers: list[tuple[str, str]], data: bytes, *, half: bool = False
    ) -> None:
        """Send an answer, or half of one."""
        self.send_response_only(status)
        lengths = ("content-length", "transfer-encoding", "connection")
        for name, value in headers:
            if name.lower() not in lengths or (self.command == "HEAD" and name != "Connection"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if half else data)
        if half:
            self.wfile.flush()
            self.close()

    def close(self) -> None:
        """Close the connection at once."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """Run a proxy before a port in threads of this process, until the block ends."""
    proxy = Proxy(port)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
