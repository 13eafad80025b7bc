import pytest

from pdefilter.errors import CallError
from pdefilter.images.formats import named
from pdefilter.runs.plan import plan


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two folders with an image each of one name, and a third kind of file."""
    for name in ("a/x.png", "a/y.jpg", "a/notes.txt", "a/.hidden.png", "b/x.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"never opened by a plan")
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pairs(inputs, output, **options):
    options = {"overwrite": False, "format_": None, "depth": None, **options}
    return [(str(job.source), str(job.target)) for job in plan(inputs, output, **options)]


def test_a_file_goes_to_a_file_or_into_a_folder(folder):
    assert pairs(["a/x.png"], "out.tif") == [("a/x.png", "out.tif")]
    assert pairs(["a/x.png"], "new/") == [("a/x.png", "new/x.png")]
    assert pairs(["a/x.png"], "nothing") == [("a/x.png", "nothing/x.png")]
    assert not (folder / "new").exists()


@pytest.mark.usefixtures("folder")
def test_a_folder_gives_the_images_right_inside_it_in_order():
    assert pairs(["a"], "new") == [("a/x.png", "new/x.png"), ("a/y.jpg", "new/y.jpg")]


@pytest.mark.usefixtures("folder")
def test_a_format_names_the_outputs():
    assert pairs(["a"], "new", format_=named("tif")) == [
        ("a/x.png", "new/x.tif"),
        ("a/y.jpg", "new/y.tif"),
    ]
    assert pairs(["a/y.jpg"], "new/", format_=named("jpeg")) == [("a/y.jpg", "new/y.jpg")]


@pytest.mark.parametrize(
    ("inputs", "output", "options", "said"),
    [
        (["none.png"], "out.png", {}, "none.png: no such file"),
        (["a/x.png", "out.png"], None, {}, "if it is to be written, give -o out.png"),
        (["nothing"], "out/", {}, "nothing: this folder holds no images"),
        (["a/x.png", "b/x.png"], "out/", {}, "a/x.png and b/x.png would both become out/x.png"),
        (["a/x.png", "a/y.jpg"], "out.png", {}, "-o out.png: several inputs need a folder"),
        (["a"], "out.png", {}, "-o out.png: several inputs need a folder"),
        (["a/x.png", "a/y.jpg"], None, {}, "2 inputs need a folder"),
        (["a/x.png"], "out.xyz", {}, "stands for no format; take one of .png"),
        (["a/x.png"], "out", {}, "or give --format"),
        (["a/x.png"], "b/x.png", {}, "exists already; give --overwrite"),
        (["a/x.png"], "a/x.png", {}, "is the input itself; give --overwrite"),
        (["a/x.png"], "a", {}, "is the input itself; give --overwrite"),
        (["a/x.png"], "none/x.png", {}, "there is no folder none; make it first"),
        (["a/x.png"], "none/none/", {}, "there is no folder none; make it first"),
        (["a"], "b/x.png/", {}, "b/x.png: is a file where a folder is needed"),
        (["a/x.png"], "/dev/full", {}, "no ordinary file|stands for no format"),
        (
            ["a/x.png"],
            "out.jpg",
            {"depth": "uint16"},
            "--depth: JPEG cannot hold 16 bits; take the depth 8",
        ),
        (["a/x.png"], "out.pbm", {}, "PBM holds no grey"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_touched(
    folder, inputs, output, options, said
):
    before = sorted(folder.rglob("*"))
    with pytest.raises(CallError, match=said):
        pairs(inputs, output, **options)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("output", ["b/x.png", "a/x.png"])
@pytest.mark.usefixtures("folder")
def test_overwrite_allows_what_exists(output):
    assert pairs(["a/x.png"], output, overwrite=True) == [("a/x.png", output)]


def test_an_unknown_format_is_answered_with_the_known_ones():
    with pytest.raises(CallError, match=r"--format: 'heic' is unknown; take one of png, jpeg"):
        named("heic")
