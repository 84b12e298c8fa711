"""The report in a real browser, and Snakemake's own."""

import json
import shutil
import subprocess

import pytest
from PIL import Image
from planning import TINY, snakemake_in

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


LARGEST = 4 * 2**20  # bytes


def ask(chromium, finished, folder, script: str, width: int = 1280) -> str:
    """What a script says of the report, its document `page` in a frame of that width."""
    report = (finished / "results/tiny/report.html").as_uri()
    probe = folder / "probe.html"
    probe.write_text(
        f"<iframe id=f style='width:{width}px;height:900px;border:0' src='{report}'></iframe>"
        "<p id=out></p><script>document.getElementById('f').onload = e => {"
        "const page = e.target.contentDocument;"
        f"document.getElementById('out').textContent = 'said ' + {script} + ' end';}}</script>"
    )
    dom = chromium("--allow-file-access-from-files", "--dump-dom", probe.as_uri())
    return dom.partition("said ")[2].partition(" end")[0]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """Run headless Chromium with some flags and return what it printed."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("no chromium on the PATH (apt-get install chromium)")

    def run(*flags: str) -> str:
        profile = f"--user-data-dir={tmp_path_factory.mktemp('profile')}"
        done = subprocess.run(
            [binary, *FLAGS, profile, *flags], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_report_renders_with_every_figure(finished, chromium):
    page = finished / "results/tiny/report.html"
    assert page.stat().st_size < LARGEST
    dom = chromium("--dump-dom", page.as_uri())
    assert dom.count("<img") >= len(list((finished / "results/tiny/figures").glob("*.png")))
    assert "ising.boundary" in dom and "kong.ssim" in dom


@pytest.mark.parametrize("width", [1920, 1280, 390])
def test_the_report_fits_its_window(finished, chromium, tmp_path, width):
    """Nothing sticks out sideways: in a frame of that width the page is no wider than the frame."""
    said = ask(chromium, finished, tmp_path, "page.documentElement.scrollWidth", width)
    assert int(said) <= width


def test_a_button_shows_as_many_statements_as_it_counts(finished, chromium, tmp_path):
    count = "[...page.querySelectorAll('tr[data-group]')].filter(row => row.offsetHeight).length"
    press = f"button => (button.click(), [parseInt(button.textContent), {count}])"
    buttons = "[...page.querySelectorAll('button[data-show]')]"
    said = json.loads(ask(chromium, finished, tmp_path, f"JSON.stringify({buttons}.map({press}))"))
    assert len(said) == 9 and said[0][0] > 100
    assert all(counted == shown for counted, shown in said)


def test_the_search_leaves_the_statements_with_that_text(finished, chromium, tmp_path):
    script = """(() => {
        const field = page.querySelector('input[type=search]');
        field.value = 'Algorithm 1';
        field.dispatchEvent(new Event('input', {bubbles: true}));
        return page.querySelector('[role=status]').textContent;
    })()"""
    shown = ask(chromium, finished, tmp_path, script).split()[0]
    assert 0 < int(shown) < 20


def test_the_report_is_not_blank(finished, chromium, tmp_path):
    shot = tmp_path / "report.png"
    page = (finished / "results/tiny/report.html").as_uri()
    chromium("--window-size=1280,3000", f"--screenshot={shot}", page)
    with Image.open(shot) as picture:
        assert picture.size == (1280, 3000)
        assert len(picture.convert("RGB").getcolors(1 << 22)) > 100


def test_snakemakes_own_report(finished):
    snakemake_in(finished)("report", "--configfile", TINY, "--report", "snakemake-report.html")
    text = (finished / "snakemake-report.html").read_text()
    assert "gabor.png" in text and "claims.json" in text
