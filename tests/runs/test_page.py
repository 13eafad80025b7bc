"""The page that a run leaves: one file, with every image before and after."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter.errors import CallError
from pdefilter.filters import FILTERS
from pdefilter.images.thumbnail import thumbnail
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.plan import Job
from pdefilter.runs.reports import page as page_module
from pdefilter.runs.reports.curves import curves_of
from pdefilter.runs.reports.page import PACKAGES, Page, side_of_previews
from pdefilter.runs.reports.record import Recording
from pdefilter.runs.reports.report import Report
from pdefilter.runs.work import ReadWriteOptions, work

pytest.importorskip("jinja2", reason="NO PAGE WAS TRIED: Jinja2 is not installed")

NAMES = [
    "plain.png",
    "<script>alert(1)<",
    "quote\"'&amp;.png",
    "</script><!--<script>.png",
    "é\n.png",
]
READING = pdefilter.images.reading.Reading(1 << 20, lenient=False)


def chain_of(name="smooth", **options):
    known = pdefilter.filters.options.option.parameters_of(FILTERS[name])
    return Chain((Stage(name, FILTERS[name], {p.name: p.default for p in known} | options),))


def write_page(folder, sources, chain=None, *, file="run.html", append=False, side=64):
    """Make the report of a run in this process."""
    chain = chain or chain_of()
    jobs = [
        Job(at, str(source), str(folder / f"out-{at}.png"), None)
        for at, source in enumerate(sources)
    ]
    layout = Page(Recording(chain, {}), "pdefilter smooth <b>", len(jobs))
    options = ReadWriteOptions(READING, digests=True, preview_side=side)
    with Report(str(folder / file), layout, jobs, overwrite=False, append=append) as report:
        for job in jobs:
            report.write(work(job, chain, options))
    return (folder / file).read_text()


@pytest.fixture
def pictures(tmp_path):
    """Images whose names are not easy."""
    rng = np.random.default_rng(2)
    for at, name in enumerate(NAMES):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        data = rng.integers(0, 256, (20 + at, 30, 3), np.uint8)
        pdefilter.write(data, tmp_path / "any.png")
        (tmp_path / "any.png").rename(tmp_path / name)
    return [tmp_path / name for name in NAMES]


def test_names_are_escaped(tmp_path, pictures):
    text = write_page(tmp_path, pictures)
    assert text.count("<script") == 2 + len(pictures)  # the program, the run, and the images
    assert "alert(1)<" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "pdefilter smooth &lt;b&gt;" in text


def test_a_page_needs_no_network(tmp_path, pictures):
    text = write_page(tmp_path, pictures, chain_of(method="tv"))
    for address in re.findall(r"(?:src|href)=\"([^\"]*)\"|url\(([^)]*)\)", text):
        assert "".join(address).startswith(("data:", "#")), address
    assert "default-src 'none'" in text
    assert "duality gap" in text


def test_a_run_adds_to_a_page(tmp_path, pictures):
    one = write_page(tmp_path, pictures[:1])
    two = write_page(tmp_path, pictures[:1], append=True)
    assert two.startswith(one)
    assert two.count("<!doctype") == 1
    assert two.count('class="run"') == 2


def test_what_a_killed_run_left_unfinished_is_cut_off(tmp_path, pictures):
    """Wherever it was killed, the report goes on as if that had not been written."""
    report, end = tmp_path / "run.html", b"</script>"
    whole = write_page(tmp_path, pictures[:1]).encode()
    for kept in range(len(whole) - 1, 0, -997):
        report.write_bytes(whole[:kept])
        text = write_page(tmp_path, pictures[:1], append=True).encode()
        parts = whole.count(end, 0, kept)
        assert text.count(b"<!doctype") == 1
        assert text.split(end)[:parts] == whole.split(end)[:parts]
        assert len(re.findall(b"<script[ >]", text)) == text.count(end) == max(parts, 1) + 2


def test_a_failed_image_has_its_error(tmp_path):
    (tmp_path / "broken.png").write_bytes(SAMPLES.joinpath("coins.png").read_bytes()[:900])
    text = write_page(tmp_path, [tmp_path / "broken.png"])
    assert 'data-status="failed"' in text
    assert "is truncated" in text


def test_parameters_say_where_they_are_from(tmp_path, pictures):
    text = write_page(tmp_path, pictures[:1], chain_of("anisotropic", time=1.0, kappa="p80"))
    rows = re.findall(
        r'<th scope="row">(.*?)</th><td>(.*?)(?: <span.*?>(.*?)</span>)?</td>.*?origin (\w+)', text
    )
    found = {(name, origin): (value, unit) for name, value, unit, origin in rows}
    assert found["time", "given"] == ("1", "px²")
    assert found["kappa", "given"] == ("p80", "")
    assert found["kappa", "chosen"][1].startswith("of full scale (")
    assert found["presmooth", "default"] == ("0.5", "px")
    assert ("time", "chosen") not in found


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(page_module, "find_spec", lambda _: None)
    with pytest.raises(CallError, match=r"needs jinja2 and matplotlib.*'pdefilter\[rep"):
        Page(Recording(chain_of(), {}), "", 1)
    assert PACKAGES == ("jinja2", "matplotlib")


def test_previews_are_smaller_where_there_are_many():
    assert side_of_previews(1) == 1024
    assert side_of_previews(1000) == 366
    assert side_of_previews(10**6) == 160


@pytest.mark.parametrize("shape", [(40, 90), (40, 90, 2), (40, 90, 3), (40, 90, 4)])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.float32, np.int32])
def test_previews_have_the_shape_of_the_image(shape, dtype):
    import imagecodecs

    image = pdefilter.Image.of(np.ones(shape, dtype))
    small = thumbnail(image, 30)
    drawn = imagecodecs.webp_decode(small.data)
    assert drawn.shape[:2] == (small.rows, small.columns) == (14, 30)
    assert thumbnail(image, 100).rows == 40


def test_bands_have_no_preview():
    assert thumbnail(pdefilter.Image(np.zeros((4, 4, 5), np.uint8)), 10).data is None


def test_no_curve_without_a_minimisation():
    assert curves_of([]) == curves_of([{"steps": 3}]) == ""


@pytest.fixture(scope="session")
def browser():
    """A browser without a window."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="NO BROWSER WAS TRIED: Playwright is not installed"
    )
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.skip("NO BROWSER WAS TRIED: Chromium is not installed")
    with playwright.sync_playwright() as programs:
        started = programs.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Open a page in the browser, which must write nothing to its console and ask for nothing."""
    said = []

    def opened(path, width=1600):
        page = browser.new_page(viewport={"width": width, "height": 900}, has_touch=True)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request", lambda asked: said.append(asked.url) if asked.url[:4] == "http" else None
        )
        page.set_default_timeout(300_000)  # machines are shared
        page.goto(Path(path).as_uri())
        return page

    yield opened
    assert said == []


@pytest.mark.parametrize("width", [400, 1600])
def test_the_slider_follows_keys_the_mouse_and_fingers(tmp_path, pictures, visit, width):
    write_page(tmp_path, pictures[:1])
    page = visit(tmp_path / "run.html", width)
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.input_value() == "49"
    assert slider.get_attribute("aria-valuetext") == "49 % before, 51 % after"
    page.keyboard.press("Home")
    assert (
        page.evaluate("document.querySelector('.compare').style.getPropertyValue('--at')") == "0%"
    )
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 20)
    assert abs(int(slider.input_value()) - 75) <= 1
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 20)
    assert abs(int(slider.input_value()) - 25) <= 1
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.images].every((image) => image.complete)")


def test_awkward_names_in_the_browser(tmp_path, pictures, visit):
    write_page(tmp_path, pictures)
    page = visit(tmp_path / "run.html", 400)
    shown = page.locator("#grid a")
    assert [shown.nth(at).get_attribute("title") for at in range(5)] == list(map(str, pictures))
    shown.nth(3).click()
    assert page.locator("h2").text_content() == str(pictures[3])
    page.get_by_role("button", name="Next").click()
    assert page.locator("h2").text_content() == str(pictures[4])
    page.get_by_role("link", name="All images").click()
    page.get_by_label("Search names").fill("QUOTE")
    assert shown.count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_thousands_are_paged(tmp_path, pictures, visit):
    text = write_page(tmp_path, pictures[:1])
    at = text.index('<script type="text/html" class="image"')
    many = [text[at:].replace('data-index="0"', f'data-index="{k}"') for k in range(5000)]
    (tmp_path / "many.html").write_text(text[:at] + "".join(many))
    page = visit(tmp_path / "many.html")
    assert page.locator("#grid a").count() == 48
    assert page.evaluate("document.images.length") == 96
    page.get_by_role("button", name="Next").click()
    assert "page 2 of 105" in page.locator("#pager").text_content()
    assert page.locator("#grid a").first.get_attribute("href") == "#49"
