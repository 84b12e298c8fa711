"""The report in a real browser, and Snakemake's own."""

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
    page = (finished / "results/tiny/report.html").as_uri()
    dom = chromium("--dump-dom", page)
    assert dom.count("<img") >= len(list((finished / "results/tiny/figures").glob("*.png")))
    assert "ising.boundary" in dom and "kong.ssim" in dom


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_fits_its_window(finished, chromium, tmp_path, width):
    """Nothing sticks out sideways: in a frame of that width the page is no wider than the frame."""
    page = (finished / "results/tiny/report.html").as_uri()
    probe = tmp_path / "probe.html"
    probe.write_text(
        f"<iframe id=f style='width:{width}px;height:900px;border:0' src='{page}'></iframe>"
        "<p id=out></p><script>document.getElementById('f').onload = e => {"
        "const d = e.target.contentDocument.documentElement;"
        "document.getElementById('out').textContent = 'wide ' + d.scrollWidth + ' end';}</script>"
    )
    dom = chromium("--allow-file-access-from-files", "--dump-dom", probe.as_uri())
    measured = int(dom.partition("wide ")[2].partition(" end")[0])
    assert measured <= width


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
