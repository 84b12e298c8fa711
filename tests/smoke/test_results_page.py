"""Pages with measured numbers, and the pictures of docs, are what the kept tables give."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from spatial_mae.files import read_rows
from spatial_mae.report.kept_pictures import read_list, redraw
from spatial_mae.report.results_page import pages
from spatial_mae.sharing.keeping import Archive, refuse_other_runs

LARGEST = 20e6  # bytes of all archives
ALIKE = 1.5  # of 255: the mean difference of pixels
PLACES = re.compile(rb"(?<![\w./])/(?:work|tmp|home|root|Users)/")


def kept(project):
    return [path.parent.name for path in sorted(project.glob("docs/archives/*/config.yaml"))]


def pytest_generate_tests(metafunc):
    if "archive" in metafunc.fixturenames:
        studies = kept(metafunc.config.rootpath)
        metafunc.parametrize("archive", studies, indirect=True, scope="module")


@pytest.fixture(scope="module")
def archive(project, request):
    """A kept study; its tables are read once for all tests."""
    return Archive(project / "docs/archives" / request.param)


@pytest.fixture(scope="module")
def written(project):
    """Name of each page -> its text, from the kept tables."""
    return pages(project / "docs/archives")


@pytest.mark.parametrize("name", ["hierarchy", "quad-tree", "results"])
def test_a_page_is_what_the_kept_tables_give(project, written, name):
    page = (project / f"docs/{name}.md").read_text(encoding="utf-8")
    assert page == written[name], "run make results-page"


def test_another_number_in_a_table_is_another_page(project, written, tmp_path):
    archives = shutil.copytree(project / "docs/archives", tmp_path / "archives")
    for template in archives.glob("*.md.j2"):
        if template.name != "quad-tree.md.j2":
            template.unlink()
    table = archives / "quad_tree/tables/gaussian_tree.csv"
    assert table.read_text().count(",2.07992,") == 1
    table.write_text(table.read_text().replace(",2.07992,", ",2.6,"))
    (page,) = pages(archives).values()
    assert page == written["quad-tree"].replace("| 2.08 |", "| 2.60 |", 1) != written["quad-tree"]


def test_kept_verdicts_are_those_of_the_kept_tables(archive):
    assert archive.judged() == list(archive.claims.values()), f"keep {archive.folder.name} again"


def test_kept_tables_are_of_the_runs_that_the_config_asks_for(archive):
    refuse_other_runs(archive)


@pytest.mark.parametrize("name", ["cifar10_lossless_influence_models", "depth_pairs_depth"])
def test_a_picture_is_redrawn_from_kept_tables(project, tmp_path, name):
    (path,) = redraw(project / "docs/archives", tmp_path, [name])
    drawn, shown = (pixels(p) for p in (path, project / f"docs/images/{name}.png"))
    assert drawn.shape == shown.shape
    assert np.abs(drawn - shown).mean() < ALIKE, "run make results-page"


def pixels(path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"), dtype=float)


def test_the_networks_that_the_page_calls_equal_have_equal_checksums(project):
    rows = read_rows(project / "docs/archives/ladder_3/repeated.csv")
    assert len({row["run"] for row in rows}) == len(rows)
    assert all(row["first"] == row["second"] for row in rows)
    page = (project / "docs/results.md").read_text(encoding="utf-8")
    assert f"All {len(rows)} networks of `ladder_3` were trained a second time" in page


def test_every_picture_of_the_docs_is_listed(project):
    pages = [project / "README.md", *(project / "docs").glob("*.md")]
    text = "\n".join(page.read_text() for page in pages)
    shown = set(re.findall(r"images/(\w+)\.png", text))
    listed = set(read_list(project / "docs/archives"))
    there = {path.stem for path in (project / "docs/images").glob("*.png")}
    assert shown <= listed
    assert listed == there


def test_archives_are_small_and_name_no_folder_of_a_machine(project):
    files = [path for path in (project / "docs/archives").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert [p for p in files if p.suffix != ".gz" and PLACES.search(p.read_bytes())] == []
