"""Lengths on the command line: a resolution makes them pixels, alone, chained and swept."""

import json

import pdefilter


def test_a_resolution_says_how_long_pixels_are(pdefilter_command, tmp_path, photograph):
    from PIL import Image

    Image.fromarray(photograph).save(tmp_path / "in.png", dpi=(254, 254))  # 0.1 mm
    done = pdefilter_command(
        "smooth", "in.png", "--sigma", "0.3mm", "-o", "mm.png", "--strip", "-v"
    )
    assert b"sigma = 3\n" in done.stderr
    pdefilter_command("smooth", "in.png", "--sigma", "3", "-o", "px.png", "--strip")
    assert (tmp_path / "mm.png").read_bytes() == (tmp_path / "px.png").read_bytes()
    assert pdefilter.read(tmp_path / "mm.png").metadata.resolution is None

    stages = "heat-diffuse --sigma 1,0.5", "heat-diffuse --time 0.02mm²"
    chained = pdefilter_command("chain", "in.png", *stages, "-o", "c.png", "--report", "r.jsonl")
    assert (chained.returncode, chained.stderr) == (0, b"")
    line = json.loads((tmp_path / "r.jsonl").read_text())
    assert [stage["parameters"]["sigma"] for stage in line["filters"]] == ["1,0.5", None]
    assert line["filters"][1]["parameters"]["time"] == "0.02mm²"
    assert line["filters"][1]["chosen"][0]["time"] == 2
    again = pdefilter_command("chain", "--from-report", "r.jsonl", "-o", "d.png")
    assert (again.returncode, again.stderr) == (0, b"")
    assert (tmp_path / "d.png").read_bytes() == (tmp_path / "c.png").read_bytes()

    swept = pdefilter_command("sweep", "smooth", "in.png", "--sigma", "0.1mm,2", "--json")
    values = [json.loads(line)["values"] for line in swept.stdout.splitlines()]
    assert values == [{"sigma": "0.1mm"}, {"sigma": 2.0}]


def test_what_is_not_a_length_is_a_wrong_call(pdefilter_command, samples):
    for word, sentence in (
        ("2kg", "'kg' is not a unit of length; take one of nm, µm, mm, cm, m, inch"),
        ("1,x", "'1,x' is not several numbers, one for every axis"),
    ):
        done = pdefilter_command("smooth", samples[0], "--sigma", word, "-o", "o.png")
        assert done.returncode == 2
        assert done.stderr.decode() == f"error: --sigma: {sentence}\n"
