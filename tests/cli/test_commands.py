"""Every command, end to end, through the executable that pip installed."""

import io
import os
import re
import shlex
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from support import SAMPLES, SELF_SUFFICIENT

import pdefilter
from pdefilter.cli.guide import GUIDES
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of
from pdefilter.kernels import engine

# Sharpening and waves leave the range of integers, which the clipping warns of.
CLIPPED = "lie outside the range"
pytestmark = pytest.mark.filterwarnings(f"ignore:.*{CLIPPED}")

every_command = pytest.mark.parametrize("command", SELF_SUFFICIENT)


def function(command):
    """The function that does what a command does by itself."""
    of_name = getattr(pdefilter, command.replace("-", "_"))
    return partial(of_name, stretch=None) if command in ("edge", "ridge") else of_name


def complaints(done):
    usual = (CLIPPED, "nothing to remove")
    return [
        line
        for line in done.stderr.decode().splitlines()
        if not any(words in line for words in usual)
    ]


@every_command
def test_a_command_writes_the_result_of_the_function(pdefilter_command, tmp_path, samples, command):
    done = pdefilter_command(command, *samples, "-o", "out/")
    assert (done.returncode, done.stdout, complaints(done)) == (0, b"", [])
    for sample in samples:
        ours, source = pdefilter.read(tmp_path / "out" / sample.name), pdefilter.read(sample)
        assert (ours.format, ours.has_alpha) == (source.format, source.has_alpha)
        if sample.suffix != ".jpg":
            assert np.array_equal(ours.pixels, function(command)(source).pixels)


COINS = str(SAMPLES / "coins.png")

OPTIONS = {
    "edge": [
        *(["--operator", name] for name in ("sobel", "scharr", "prewitt", "roberts", "laplacian")),
        *(["--component", name] for name in ("magnitude", "rows", "columns", "direction")),
        ["--sigma", "1.5", "--threshold", "0.1"],
        ["--method", "canny"],
        ["--method", "contours", "--thin"],
        ["--thin", "--hysteresis", "80%,95%"],
        ["--zero-crossings", "--hysteresis", "auto"],
        ["--stretch"],
        ["--color", "lab"],
    ],
    "ridge": [
        *(["--kind", name] for name in ("bright", "dark", "both")),
        *(["--measure", name, "--scales", "1,2"] for name in ("lindeberg", "sato", "frangi")),
        *(["--component", name] for name in ("magnitude", "width", "direction")),
        ["--threshold", "0.1", "--thin"],
        ["--thin", "--hysteresis", "auto"],
        ["--stretch"],
        ["--color", "lab"],
    ],
    "smooth": [
        *(["--method", name, "--sigma", "1.2"] for name in ("gaussian", "box", "binomial")),
        *(["--method", name, "--size", "5"] for name in ("gaussian", "box", "binomial", "median")),
        ["--method", "tv", "--weight", "10", "--tolerance", "1"],
        ["--method", "huber", "--kappa", "0.1", "--optimizer", "nesterov"],
        ["--method", "curvature", "--time", "1"],
        ["--method", "tv", "--weight", "auto", "--noise", "0.05", "--coupling", "none"],
        ["--method", "tv", "--weight", "auto", "--noise-model", "auto"],
        ["--method", "tv", "--weight-map", COINS, "--tolerance", "2"],
        ["--method", "tikhonov", "--weight", "auto", "--noise-map", COINS],
        ["--method", "box", "--border", "wrap-columns"],
        ["--color", "luminance"],
    ],
    "convolve": [
        ["--kernel", "0,-1,0;-1,5.5,-1;0,-1,0", "--normalize"],
        ["--kernel", "emboss", "--correlate"],
        *(
            ["--kernel", "emboss", "--border", name]
            for name in ("reflect", "constant", "nearest", "wrap", "wrap-rows")
        ),
        ["--kernel", "binomial", "--normalize", "--color", "linear"],
    ],
    "sharpen": [
        *(["--method", name, "--amount", "0.5"] for name in ("unsharp", "laplacian")),
        ["--method", "inverse-heat", "--sigma", "0.8"],
        ["--threshold", "0.02"],
        ["--threshold", "auto"],
        ["--color", "luminance"],
    ],
    "heat-diffuse": [
        ["--time", "3"],
        ["--sigma", "1"],
        ["--iterations", "4", "--step", "0.25"],
        ["--scheme", "exact", "--time", "3"],
        ["--border", "wrap"],
        ["--scheme", "fed", "--time", "30", "--tolerance", "1"],
        ["--time", "0"],
        ["--color", "linear"],
    ],
    "anisotropic": [
        ["--kappa", "0.1", "--time", "3"],
        ["--noise", "0.03"],
        ["--noise-model", "poisson", "--noise", "0.02"],
        ["--model", "regularized", "--presmooth", "1", "--noise", "auto", "--time", "auto"],
        ["--kappa", "p75", "--iterations", "5"],
        ["--diffusivity", "rational", "--time", "2", "--step", "0.1"],
        ["--scheme", "aos", "--time", "5", "--tolerance", "2"],
        ["--model", "edge-enhancing", "--presmooth", "0.8", "--iterations", "3"],
        ["--model", "coherence-enhancing", "--integration-scale", "2", "--iterations", "3"],
        ["--kappa-map", COINS, "--time", "1", "--coupling", "noise"],
        ["--noise-map", COINS, "--time", "1"],
        ["--guide", COINS, "--time", "1"],
        ["--time", "0"],
        ["--color", "luminance"],
    ],
    "shock": [
        ["--model", "osher-rudin", "--iterations", "3"],
        ["--model", "alvarez-mazorra", "--sigma", "2", "--step", "0.7"],
        ["--model", "coherence", "--rho", "3", "--time", "2", "--coupling", "shared"],
        ["--time", "0"],
        ["--color", "lab"],
    ],
    "wave": [
        ["--damping", "0.5", "--time", "6"],
        ["--diffusivity", "rational", "--kappa", "0.1", "--iterations", "5", "--step", "0.7"],
        ["--diffusivity", "rational", "--kappa-map", COINS, "--coupling", "none"],
        ["--time", "0"],
        ["--color", "luminance"],
    ],
}


@pytest.mark.parametrize(
    ("command", "options"), [(name, o) for name, choices in OPTIONS.items() for o in choices]
)
def test_options_mean_the_parameters(pdefilter_command, tmp_path, command, options):
    done = pdefilter_command(command, SAMPLES / "coins.png", *options, "-o", "out.png")
    assert (done.returncode, complaints(done)) == (0, [])
    pairs = [option.split() for option in " ".join(options).split("--") if option]
    parameters = {pair[0].replace("-", "_"): pair[1] if pair[1:] else True for pair in pairs}
    for name in [name for name in parameters if name.endswith("_map") or name == "guide"]:
        parameters[name] = pdefilter.read(parameters[name])
    numbers = re.compile(r"[\d.]+")
    typed = {
        name: float(value) if isinstance(value, str) and numbers.fullmatch(value) else value
        for name, value in parameters.items()
    }
    source = pdefilter.read(SAMPLES / "coins.png")
    ours = pdefilter.read(tmp_path / "out.png")
    assert np.array_equal(ours.pixels, function(command)(source, **typed).pixels)
    if typed == {"time": 0.0}:
        assert np.array_equal(ours.pixels, source.pixels)


def test_edges_are_stretched_unless_raw_or_floats_are_wanted(pdefilter_command, tmp_path):
    source = pdefilter.read(SAMPLES / "coins.png")
    for options, stretch in (
        (["--raw"], False),
        (["--stretch"], True),
        (["--depth", "float"], False),
        (["--depth", "float", "--stretch"], True),
    ):
        done = pdefilter_command("edge", SAMPLES / "coins.png", *options, "-o", "out.tif")
        assert (done.returncode, done.stderr) == (0, b"")
        ours = pdefilter.read(tmp_path / "out.tif").pixels
        (tmp_path / "out.tif").unlink()
        pixels = source.pixels / np.float32(255) if ours.dtype == np.float32 else source.pixels
        assert np.array_equal(ours, pdefilter.edge(pixels, stretch=stretch))


# They need a network, and are tried where there is one: tests/filters/test_learned_edges.py.
OF_NETWORKS = {"edge": {"model", "average"}}


def test_every_option_of_every_filter_is_tried_above():
    for command, choices in OPTIONS.items():
        tried = {word[2:] for options in choices for word in options if word.startswith("--")}
        names = {parameter.name.replace("_", "-") for parameter in parameters_of(FILTERS[command])}
        assert tried == names - OF_NETWORKS.get(command, set())


@pytest.mark.parametrize("command", FILTERS)
def test_help_explains_every_option_and_its_examples_run(pdefilter_command, tmp_path, command):
    done = pdefilter_command(command, "--help-all", env={**os.environ, "COLUMNS": "90"})
    text = done.stdout.decode()
    assert done.returncode == 0
    for parameter in parameters_of(FILTERS[command]):
        assert f"--{parameter.name.replace('_', '-')}" in text
    (tmp_path / "sample_images").mkdir()
    for sample in (*SAMPLES.glob("*.png"), *SAMPLES.glob("*.jpg")):
        (tmp_path / "sample_images" / sample.name).symlink_to(sample)
    for example in GUIDES[command].examples:
        assert f"  {example}\n" in text
        _, *arguments = shlex.split(example)
        done = pdefilter_command(*arguments, "--overwrite")
        assert done.returncode == 0, (example, done.stderr)


def test_the_tool_introduces_itself(pdefilter_command):
    version = pdefilter_command("--version")
    assert version.stdout.decode() == f"pdefilter {pdefilter.__version__}\n"
    assert pdefilter_command("-V").stdout == version.stdout
    for arguments in ([], ["--help"], ["-h"], ["help"]):
        done = pdefilter_command(*arguments)
        assert done.returncode == 0
        assert all(command in done.stdout.decode() for command in FILTERS)
    module = subprocess.run(
        [sys.executable, "-m", "pdefilter", "--version"], capture_output=True, check=True
    )
    assert module.stdout == version.stdout


@pytest.mark.parametrize("choice", ["reference", "native"])
def test_info_tells_the_engine(pdefilter_command, choice):
    if choice == "native" and engine.native() is None:
        pytest.skip("the native engine was not built")
    done = pdefilter_command("info", env={**os.environ, "PDEFILTER_ENGINE": choice})
    version, text = done.stdout.decode().splitlines()
    assert version == f"pdefilter {pdefilter.__version__}"
    assert text.startswith(f"engine: {choice}")
    assert f", {engine.available()} thread" in text


@every_command
def test_the_number_of_threads_changes_no_byte(pdefilter_command, command):
    outputs = {
        pdefilter_command(
            command, SAMPLES / "coffee.jpg", "--threads", threads, "--format", "png"
        ).stdout
        for threads in (1, 2, 3)
    }
    assert len(outputs) == 1
    assert b"PNG" in outputs.pop()


def test_the_shell_completes_commands_options_and_choices(pdefilter_command):
    def completions(line):
        environment = {
            **os.environ,
            "_PDEFILTER_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
        }
        return pdefilter_command(env=environment).stdout.decode().split()

    assert "heat-diffuse" in completions("pdefilter h")
    assert "--operator" in completions("pdefilter edge --o")
    assert completions("pdefilter edge --operator s") == ["sobel", "scharr"]


@every_command
@pytest.mark.parametrize("depth", ["8", "16", "float"])
def test_depth_changes_the_depth_alone(pdefilter_command, tmp_path, command, depth):
    done = pdefilter_command(command, SAMPLES / "cat.png", "--depth", depth, "-o", "out.tif")
    assert done.returncode == 0, done.stderr
    ours = pdefilter.read(tmp_path / "out.tif")
    source = pdefilter.read(SAMPLES / "cat.png")
    assert ours.pixels.dtype == {"8": "uint8", "16": "uint16", "float": "float32"}[depth]
    assert (ours.pixels.shape, ours.has_alpha) == (source.pixels.shape, True)
    shown = {"stretch": depth != "float"} if command in ("edge", "ridge") else {}
    true = function(command)(source.pixels / np.float32(255), **shown)
    if depth != "float":
        true = true.clip(0, 1)
    full = {"8": 255, "16": 65535, "float": 1}[depth]
    assert np.abs(ours.pixels / full - true).max() <= 0.5 / full * (depth != "float") + 1e-6


@pytest.mark.parametrize("format_", ["png", "jpeg", "tiff", "webp", "bmp", "ppm", "pnm", "npy"])
def test_format_converts(pdefilter_command, tmp_path, format_):
    done = pdefilter_command("smooth", SAMPLES / "portrait.png", "--format", format_, "-o", "out/")
    assert done.returncode == 0, done.stderr
    (written,) = (tmp_path / "out").iterdir()
    known = {"JPEG": "jpeg", "TIFF": "tiff", "WebP": "webp", "PPM": "ppm"}
    read = pdefilter.read(written)
    assert known.get(read.format, read.format.lower()) in (format_, "ppm")
    stdout = pdefilter_command("smooth", SAMPLES / "portrait.png", "--format", format_).stdout
    assert stdout == written.read_bytes()


def test_a_pipe_of_filters_does_the_same_as_the_functions(executable, tmp_path):
    line = f"cat a.png | {executable} heat-diffuse - --sigma 2 | {executable} edge - > b.png"
    (tmp_path / "a.png").write_bytes((SAMPLES / "coins.png").read_bytes())
    done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b""
    source = pdefilter.read(SAMPLES / "coins.png")
    true = pdefilter.edge(pdefilter.heat_diffuse(source, sigma=2), stretch=None)
    assert np.array_equal(pdefilter.read(tmp_path / "b.png").pixels, true.pixels)


def test_standard_output_is_the_image_and_nothing_else(pdefilter_command, tmp_path):
    pdefilter_command("edge", SAMPLES / "brain.tif", "-o", "out.tif")
    for arguments in (["-o", "-"], []):
        for source, stdin in (
            (SAMPLES / "brain.tif", b""),
            ("-", (SAMPLES / "brain.tif").read_bytes()),
        ):
            done = pdefilter_command("edge", source, *arguments, stdin=stdin)
            assert (done.returncode, done.stderr) == (0, b"")
            assert done.stdout == (tmp_path / "out.tif").read_bytes()


def test_float_pipes_lose_nothing(pdefilter_command):
    first = pdefilter_command(
        "heat-diffuse", SAMPLES / "coins.png", "--depth", "float", "--format", "npy"
    )
    second = pdefilter_command("edge", "-", stdin=first.stdout)
    source = pdefilter.read(SAMPLES / "coins.png").pixels / np.float32(255)
    true = pdefilter.edge(pdefilter.heat_diffuse(source), stretch=None)
    assert np.array_equal(np.load(io.BytesIO(second.stdout)), true)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_call_writes_the_same_bytes(executable, threads):
    cores = sorted(os.sched_getaffinity(0))[:threads]
    outputs = [
        subprocess.run(
            [executable, "anisotropic", SAMPLES / "coffee.jpg", "--format", "png"],
            capture_output=True,
            check=True,
            preexec_fn=lambda allowed=allowed: os.sched_setaffinity(0, allowed),
        ).stdout
        for allowed in (cores, cores[:1])
    ]
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("call", "spared"),
    [
        (["--help"], {"numpy", "pydantic", "rich"}),
        (["edge", "--help"], {"numpy", "pydantic", "rich"}),
        (["info"], {"pydantic", "rich"}),
        (["estimate", SAMPLES / "coins.png"], {"pydantic", "rich"}),
        (["edge", SAMPLES / "coins.png", "-o", "o.png"], {"pydantic", "rich", "scipy", "cv2"}),
        (["chain", SAMPLES / "coins.png", "edge", "-o", "o.png"], {"pydantic", "rich"}),
    ],
)
def test_unnecessary_packages_are_not_imported(executable, tmp_path, call, spared):
    """The time of a start is mostly that of its imports."""
    line = [sys.executable, "-X", "importtime", executable, *call]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = set(re.findall(r"import time:.*\| +(\w+)$", done.stderr, re.MULTILINE))
    assert "typer" in imported
    assert not imported & spared


def test_an_import_leaves_the_garbage_collector_as_it_was():
    code = (
        "import gc; before = gc.isenabled(), gc.get_freeze_count(); "
        "import pdefilter.api, pdefilter.cli.main, pdefilter.__main__; "
        "assert (gc.isenabled(), gc.get_freeze_count()) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
