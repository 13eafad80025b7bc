"""The display of a terminal: bars, messages and completion."""

import os
import re
import select
import shlex
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from support import SAMPLES

import pdefilter

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import fcntl
import pty
import termios

COINS = str(SAMPLES / "coins.png")
# It would take minutes.
LONG = ["anisotropic", COINS, "--iterations", "500000"]
# Enough images for a bar to be shown.
MANY = ["anisotropic", "in", "-o", "out/", "--time", "100", "--kappa", "p90"]
COLOUR = rb"\x1b\[[0-9;]*[1-9]\d*m"
ERASED = b"\x1b[2K"
PATIENCE = 60


class Terminal:
    """A process in a terminal of its own, whose standard output may go elsewhere."""

    def __init__(self, call, folder, stdout=None, **environment):
        self.shown = b""
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 120))
        self.process = subprocess.Popen(
            [str(word) for word in call],
            cwd=folder,
            env={**os.environ, "TERM": "xterm", **environment},
            stdin=theirs,
            stdout=stdout or theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that keys are signals
        )
        os.close(theirs)

    def see(self, pattern):
        """Wait until it is shown."""
        last = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            assert time.monotonic() < last, self.shown
            assert self._read(), self.shown
        return self.shown

    def press(self, keys):
        os.write(self._ours, keys)

    def end(self):
        """Wait until nothing more is shown, and return the exit status."""
        while self._read():
            pass
        os.close(self._ours)
        return self.process.wait(PATIENCE)

    def _read(self):
        if not select.select([self._ours], [], [], PATIENCE)[0]:
            return b""
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:  # Linux: the other end is closed
            return b""
        self.shown += data
        return data


@pytest.fixture
def many(tmp_path):
    """A folder of images, one of them broken, their names like markup."""
    (tmp_path / "in").mkdir()
    for number in range(16):
        shutil.copy(SAMPLES / "portrait.png", tmp_path / "in" / f"[red]{number:02}.png")
    (tmp_path / "in" / "[red]07.png").write_bytes(b"no image")
    return tmp_path / "in"


@pytest.mark.usefixtures("many")
def test_a_folder_has_a_bar_that_goes_away(executable, tmp_path):
    terminal = Terminal([executable, *MANY], tmp_path)
    terminal.see(rb"\d+ of 16 images, [\d.]+ a second, 0:\d\d:\d\d left")
    assert terminal.end() == 1
    assert re.search(COLOUR, terminal.shown)
    # Its line is erased, and what follows is what went wrong.
    (*_, last) = terminal.shown.split(ERASED)
    assert last.count(b"\n") == last.count(b"error:") == 2
    assert b"[red]07.png: is not an image" in last
    assert len(list((tmp_path / "out").iterdir())) == 15


def test_an_image_that_takes_long_has_a_bar_of_its_own(executable, tmp_path):
    terminal = Terminal([executable, *LONG, "-o", "o.png"], tmp_path)
    terminal.see(rb"coins\.png .* of 500000 steps, .* a second, \d+:\d\d:\d\d left")
    terminal.press(b"\x03")
    assert terminal.end() == 130
    assert terminal.shown.endswith(ERASED + b"pdefilter: interrupted\r\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
@pytest.mark.usefixtures("many")
def test_colours_can_be_switched_off(executable, tmp_path, name, value):
    terminal = Terminal([executable, *MANY], tmp_path, **{name: value})
    assert terminal.end() == 1
    assert (b" of 16 images, " in terminal.shown) == (name == "NO_COLOR")
    assert bool(re.search(rb"all +\[#*-*\]", terminal.shown)) == (name == "NO_COLOR")
    assert not re.search(COLOUR, terminal.shown)


@pytest.mark.usefixtures("many")
def test_messages_stand_above_the_bar(executable, tmp_path):
    terminal = Terminal([executable, *MANY, "-v"], tmp_path)
    assert terminal.end() == 1
    lines = [line.split(ERASED)[-1] for line in terminal.shown.split(b"\r\n")]
    for number in sorted({*range(16)} - {7}):
        name = b"in/[red]%02d.png" % number
        assert any(line.startswith(b"pdefilter: %s -> out/" % name) for line in lines)
        assert any(b"%s: kappa = 0." % name in line and b"steps = 500" in line for line in lines)


def test_the_bar_and_the_image_do_not_mix(executable, tmp_path):
    call = ["smooth", COINS, "--sigma", "2", "-v"]
    with (tmp_path / "o.png").open("wb") as target:
        terminal = Terminal([executable, *call], tmp_path, stdout=target)
        assert terminal.end() == 0
    expected = pdefilter.smooth(pdefilter.read(COINS), sigma=2)
    assert np.array_equal(pdefilter.read(tmp_path / "o.png").pixels, expected.pixels)
    assert b"coins.png -> standard output: " in terminal.shown


@pytest.mark.usefixtures("many")
def test_quiet_shows_errors_only(executable, tmp_path):
    terminal = Terminal([executable, *MANY, "-q"], tmp_path)
    assert terminal.end() == 1
    assert terminal.shown.count(b"\n") == terminal.shown.count(b"error:") == 2


def test_a_terminal_is_refused_with_the_line_to_type(executable, tmp_path):
    shutil.copy(COINS, tmp_path / "two words.png")
    terminal = Terminal([executable, "edge", "two words.png", "--sigma", "1"], tmp_path)
    assert terminal.end() == 2
    line = terminal.shown.decode().partition("type: pdefilter ")[2]
    subprocess.run([executable, *shlex.split(line)], cwd=tmp_path, check=True)
    assert pdefilter.read(tmp_path / "filtered.png").pixels.shape == (303, 384)
    terminal = Terminal([executable, "edge", "-", "-o", "o.png"], tmp_path)
    assert terminal.end() == 2
    assert b"standard input is a terminal; pipe an image into it" in terminal.shown


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pdefilter ani", {"anisotropic"}),
        ("pdefilter edge --op", {"--operator"}),
        ("pdefilter edge --operator s", {"sobel", "scharr"}),
        ("pdefilter info --f", {"--formats"}),
        ("pdefilter edge --format we", {"webp"}),
        ("pdefilter convolve --kernel em", {"emboss"}),
        ("pdefilter chain coins.png ed", {"edge"}),
        ("pdefilter chain coi", {"coins.png"}),
        ("pdefilter help den", {"denoise"}),
        ("pdefilter edge coi", {"coins.png"}),
        ("pdefilter edge coins.png -o ou", {"out/"}),
        ("pdefilter inpaint --mask coi", {"coins.png"}),
    ],
)
def test_a_shell_completes_words(executable, tmp_path, typed, offered):
    """Commands, options, choices and files, as bash completes them at the tab key."""
    if not shutil.which("bash"):
        pytest.skip("NO COMPLETION WAS TRIED: there is no bash")
    shutil.copy(COINS, tmp_path / "coins.png")
    (tmp_path / "out").mkdir()
    path = f"{executable.parent}{os.pathsep}{os.environ['PATH']}"
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], tmp_path, PATH=path, PS1="$ ")
    terminal.press(b'bind "set show-all-if-ambiguous on"; bind "set enable-bracketed-paste off"\n')
    terminal.press(b'eval "$(_PDEFILTER_COMPLETE=source_bash pdefilter)"; echo rea""dy\n')
    terminal.see(rb"ready\r\n")
    before = len(terminal.shown)
    terminal.press(typed.encode() + b"\t")
    for word in offered:
        terminal.see(re.escape(word[-4:].encode()))
    terminal.press(b"\x15exit\n")
    terminal.end()
    shown = terminal.shown[before:].decode()
    line = shown.partition("\r\n")[0] if len(offered) == 1 else shown
    for word in offered:
        assert word in line
