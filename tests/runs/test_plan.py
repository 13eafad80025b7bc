import os
import tracemalloc

import pytest

from pdefilter.errors import CallError
from pdefilter.images.formats import named
from pdefilter.runs.inputs import Search, read_list
from pdefilter.runs.plan import MOST_PROBLEMS, plan


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
    return [(job.source, job.target) for job in plan(inputs, output, **options).jobs]


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
        (["a"], "b/x.png/", {}, "b/x.png: is a file where a folder is needed"),
        (["a/x.png"], "/dev/full", {}, "not an ordinary file|stands for no format"),
        (
            ["a/x.png"],
            "out.jpg",
            {"depth": "uint16"},
            "--depth: JPEG cannot hold 16 bits; take the depth 8",
        ),
        (["a/x.png"], "out.pbm", {}, "PBM cannot hold grey"),
        (["a/x.png"], "out/{name}.png", {}, r"there is no {name}; take {stem}, {suffix}, {parent}"),
        (["a/x.png"], "out/{index:q}.png", {}, "-o out/{index:q}.png: Unknown format code"),
        (["a", "b"], "out/{stem}.png", {}, "a/x.png and b/x.png would both become out/x.png"),
        (["a/x.png"], "b/x.png", {"overwrite": True, "skip_existing": True}, "give one of them"),
        (["a", "b/x.png"], "b", {"overwrite": True}, "b/x.png: is an input too, the output of a/x"),
        (["a"], "a", {"skip_existing": True}, "a/x.png: is the input itself"),
        (
            ["a"],
            "out",
            {"search": Search(include=["*.gif"])},
            "in this folder matches --include",
        ),
        (["none.png", "a", "gone.png"], "out", {}, r"none.png: no such file.*\ngone.png: no such"),
    ],
)
def test_a_wrong_plan_is_refused_before_any_file_is_touched(folder, inputs, output, options, said):
    before = sorted(folder.rglob("*"))
    with pytest.raises(CallError, match=said):
        pairs(inputs, output, **options)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("output", ["b/x.png", "a/x.png"])
@pytest.mark.usefixtures("folder")
def test_overwrite_allows_existing_outputs(output):
    assert pairs(["a/x.png"], output, overwrite=True) == [("a/x.png", output)]


def test_an_unknown_format_is_answered_with_the_known_ones():
    with pytest.raises(CallError, match=r"--format: 'psd' is unknown; take one of png, jpeg"):
        named("psd")


@pytest.fixture
def tree(folder):
    """Images in folders within folders."""
    for name in ("in/1.png", "in/2/3.png", "in/2/4/5.tif", "in/.cache/6.png", "in/2/raw.dat"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (folder / "in" / "loop").symlink_to(folder / "in")
    return folder


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), ["1.png"]),
        (Search(recursive=True), ["1.png", "2/3.png", "2/4/5.tif"]),
        (Search(True, include=["*.png"]), ["1.png", "2/3.png"]),
        (Search(True, include=["raw*", "2/*.tif"]), ["2/raw.dat", "2/4/5.tif"]),
        (Search(True, exclude=["3.*"]), ["1.png", "2/4/5.tif"]),
        (Search(True, exclude=["4"]), ["1.png", "2/3.png"]),
        (Search(True, exclude=["2/4"]), ["1.png", "2/3.png"]),
    ],
)
def test_a_tree_is_kept_and_patterns_choose(search, found):
    assert pairs(["in"], "out", search=search) == [(f"in/{name}", f"out/{name}") for name in found]


def test_outputs_inside_the_inputs_are_not_inputs(tree):
    (tree / "in" / "out").mkdir()
    (tree / "in" / "out" / "1.png").write_bytes(b"")
    for output in ("in/out", "in/out/{index}{suffix}"):
        found = pairs(["in"], output, search=Search(True), overwrite=True)
        assert [source for source, _ in found] == ["in/1.png", "in/2/3.png", "in/2/4/5.tif"]


@pytest.mark.usefixtures("folder")
def test_names_by_template():
    assert pairs(["a", "b"], "out/{parent}/{stem}.edges{suffix}") == [
        ("a/x.png", "out/a/x.edges.png"),
        ("a/y.jpg", "out/a/y.edges.jpg"),
        ("b/x.png", "out/b/x.edges.png"),
    ]
    assert pairs(["b/x.png"], "{parent}/{index:03}.tif") == [("b/x.png", "b/000.tif")]
    assert pairs(["b/x.png"], "{{{stem}}}.png") == [("b/x.png", "{x}.png")]
    assert pairs(["b/x.png"], "a{brace.png") == [("b/x.png", "a{brace.png")]


@pytest.mark.usefixtures("folder")
def test_the_suffix_in_a_template_is_that_of_the_output():
    webp, jpeg = named("webp"), named("jpeg")
    assert pairs(["a"], "o/{stem}.e{suffix}", format_=webp) == [
        ("a/x.png", "o/x.e.webp"),
        ("a/y.jpg", "o/y.e.webp"),
    ]
    assert pairs(["a/y.jpg"], "o/{stem}{suffix}", format_=jpeg) == [("a/y.jpg", "o/y.jpg")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("output", ["none/none/", "none/none/none/{stem}{suffix}"])
def test_folders_of_outputs_are_made_at_any_depth(output):
    ((_, target),) = pairs(["b/x.png"], output)
    assert target == f"{output.partition('{')[0]}x.png"


def test_an_output_is_skipped_unless_its_input_is_newer(folder):
    (folder / "out").mkdir()
    for name in ("x.png", "y.jpg"):
        (folder / "out" / name).write_bytes(b"done")
    assert pairs(["a"], "out", skip_existing=True) == []
    assert plan(["a"], "out", skip_existing=True).skipped == 2
    made = (folder / "out" / "y.jpg").stat().st_mtime_ns
    os.utime(folder / "a" / "y.jpg", ns=(made, made))
    assert pairs(["a"], "out", skip_existing=True) == []
    os.utime(folder / "a" / "y.jpg", ns=(made + 1, made + 1))
    assert pairs(["a"], "out", skip_existing=True) == [("a/y.jpg", "out/y.jpg")]
    (job,) = plan(["a"], "out", skip_existing=True).jobs
    assert job.index == 1


@pytest.mark.usefixtures("folder")
def test_links_do_not_hide_that_an_output_is_an_input(folder):
    (folder / "c").symlink_to("b")
    (folder / "hard.png").hardlink_to(folder / "b" / "x.png")
    for output in ("c/x.png", "hard.png"):
        with pytest.raises(CallError, match=f"{output}: is the input itself"):
            pairs(["b/x.png"], output)
    with pytest.raises(CallError, match="would both become"):
        pairs(["a/x.png", "b/x.png", "c/x.png"], "out/{stem}.png")


def test_all_that_is_wrong_is_named_up_to_a_limit(folder):
    names = [f"{number}.png" for number in range(50)]
    with pytest.raises(CallError) as raised:
        pairs(names, "out/")
    assert len(raised.value.args) == MOST_PROBLEMS + 1
    assert raised.value.args[-1] == f"… and {50 - MOST_PROBLEMS} more like these"
    assert not (folder / "out").exists()


def test_lists_hold_any_name(folder):
    strange = [b"new\nline.png", b" two  spaces .png", b"\xff\xfe.png", b"-.png"]
    for name in strange:
        (folder / os.fsdecode(name)).write_bytes(b"")
    (folder / "list").write_bytes(b"\0".join(strange) + b"\0")
    names = read_list("list", b"\0")
    assert [os.fsencode(name) for name in names] == strange
    assert [os.fsencode(target) for _, target in pairs(names, "out")] == [
        b"out/" + name for name in strange
    ]
    (folder / "list").write_bytes(b"a/x.png\n\na/y.jpg")
    assert read_list("list", b"\n") == ["a/x.png", "a/y.jpg"]
    with pytest.raises(CallError, match="--files-from none: cannot be read"):
        read_list("none", b"\n")
    (folder / "list").write_bytes(b"\0\0")
    with pytest.raises(CallError, match="--files0-from list: is empty"):
        read_list("list", b"\0")


def test_a_hundred_thousand_names_take_bounded_memory(tmp_path, monkeypatch):
    """Measured: 860 bytes a name at the most, two thirds of them gone when all is checked."""
    count = 100_000
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0.png").write_bytes(b"")
    folder = os.open("in", os.O_RDONLY)
    for number in range(1, count):
        os.symlink("0.png", f"{number}.png", dir_fd=folder)
    os.close(folder)
    tracemalloc.start()
    planned = plan(["in"], "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(planned.jobs) == count
    assert peak < 1500 * count
