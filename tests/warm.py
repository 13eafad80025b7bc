"""The command line without its start: a process that copies itself for every call.

Run as a script, it has all libraries imported and listens. What a call does is done as by the
executable, in a process of its own with the caller's folder, environment and streams, but begins
twenty times as soon; more libraries than it needs are there.

A stand-in for the executable connects to it: a script that hands its words and streams over, and
ends as the copy does. A signal reaches the stand-in alone, and the limits of a process that
``subprocess`` can set are not handed over: who tests these takes the executable.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STAND_IN = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"\\0"], [0, 1, 2])
    server.sendall(json.dumps((sys.argv[1:], os.getcwd(), dict(os.environ))).encode())
    server.shutdown(socket.SHUT_WR)
    status = int(server.makefile().read())
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
"""


@contextmanager
def standing_in() -> Iterator[Path]:
    """Start the process, and yield the path of a stand-in named ``pdefilter``."""
    with tempfile.TemporaryDirectory() as folder:
        address, script = f"{folder}/socket", Path(folder) / "pdefilter"
        script.write_text(_STAND_IN.format(python=sys.executable, address=address))
        script.chmod(0o755)
        command = [sys.executable, __file__, address]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            server.stdout.readline()  # it listens
            yield script


def import_libraries() -> None:
    """Import what calls import, without starting threads, which a copy would lack."""
    from pdefilter.runs.resources import prevent_library_threads

    prevent_library_threads()
    import cv2  # noqa: F401
    import imagecodecs  # noqa: F401
    import OpenEXR  # noqa: F401
    import scipy.fft
    import scipy.ndimage  # noqa: F401
    import tifffile  # noqa: F401

    import pdefilter.api
    import pdefilter.cli.main
    import pdefilter.runs.batch  # noqa: F401


def become(words: list[str], streams: list[int]) -> None:
    """Turn this process into one that was started with words, and with three streams."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv = ["pdefilter", *words]


def _serve(address: str) -> None:
    """Answer calls until the end of standard input, which comes when the caller ends."""
    import_libraries()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("listening", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            caller, _ = listener.accept()
            with caller:
                if not os.fork():
                    listener.close()
                    _answer(caller)


def _answer(caller: socket.socket) -> None:
    """Run a call in a copy of this process, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(caller, 1, 3)
    words, folder, environment = json.load(caller.makefile())
    if pid := os.fork():
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(pid, 0)
        caller.sendall(b"%d" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    caller.close()
    become(words, streams)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    from pdefilter.__main__ import main

    main()


if __name__ == "__main__":
    _serve(sys.argv[1])
