"""Standard output holds the image, or the text that was asked for, whatever a library prints."""

import os
import subprocess
import sys

# Prints as C libraries do, to the descriptor itself, while a file is decoded.
NOISY = (
    "import os, sys, pdefilter.images.formats as formats\n"
    "decode = formats.Format.decode\n"
    "def noisy(*arguments):\n"
    "    os.write(1, b'Warning: a library complains')\n"
    "    return decode(*arguments)\n"
    "formats.Format.decode = noisy\n"
    "sys.argv[1:] = ['heat-diffuse', 'in.png', '--time', '0', '-o', '-']\n"
    "from pdefilter.cli.main import main\n"
    "main()\n"
)


def test_messages_of_libraries_are_not_in_the_image(tmp_path, samples):
    data = next(path for path in samples if path.suffix == ".png").read_bytes()
    (tmp_path / "in.png").write_bytes(data)
    done = subprocess.run([sys.executable, "-c", NOISY], capture_output=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"\x89PNG")
    assert b"library" not in done.stdout + done.stderr


def test_standard_output_may_be_closed(executable):
    done = subprocess.run([executable, "info"], preexec_fn=lambda: os.close(1), stderr=-1)
    assert b"Traceback" not in done.stderr
