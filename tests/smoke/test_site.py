"""The site of the documentation: every page is in it, and leads somewhere. No builder is needed."""

import re

import pytest
import yaml

from spatial_mae.report.site import STYLE, rooms, write_pages


@pytest.fixture(scope="module")
def pages(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "pages"
    write_pages(project, folder)
    return folder


def entries(part) -> list[str]:
    if isinstance(part, dict):
        part = list(part.values())
    return [part] if isinstance(part, str) else [name for one in part for name in entries(one)]


def test_the_navigation_lists_every_page_once(project, pages):
    listed = entries(yaml.safe_load((project / "mkdocs.yml").read_text())["nav"])
    written = [path.relative_to(pages).as_posix() for path in pages.rglob("*.md")]
    assert sorted(listed) == sorted(written)
    sources = {path.stem for path in (project / "docs").glob("*.*")}
    assert sources <= {path.stem for path in pages.glob("*.md")}


def test_links_and_pictures_of_the_pages_are_there(pages):
    targets = {
        (page.name, target)
        for page in pages.rglob("*.md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    }
    assert {("index.md", "results.md"), ("tutorial.md", "images/tutorial-1.png")} <= targets
    assert [(page, t) for page, t in sorted(targets) if not (pages / t).is_file()] == []


def test_lists_in_lists_are_indented_as_the_builder_needs(pages):
    """By four spaces: with fewer it ends the list, though other readers of Markdown do not."""
    wrong = [
        (page.name, line)
        for page in pages.glob("*.md")
        for part in re.split(r"^ *```.*?^ *```", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for line in re.findall(r"^ {1,3}(?:[-*+]|\d+\.) .*", part, flags=re.MULTILINE)
    ]
    assert wrong == []


def test_the_library_s_rooms_have_pages_but_the_entry_points(pages):
    assert {"linear", "models", "jacobian", "hierarchy", "claims"} <= set(rooms())
    assert "cli" not in rooms()
    assert "::: spatial_mae.linear\n" in (pages / "api/linear.md").read_text()


def test_the_tutorial_s_code_and_outputs_are_shown(pages):
    text = (pages / "tutorial.md").read_text()
    assert "```python\nfrom spatial_mae.jacobian.inputs import open_network\n" in text
    assert "```text\nerror of the hidden pixels: 0." in text
    assert (pages / "images/tutorial-1.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_is_loaded_from_elsewhere(project):
    config = yaml.safe_load((project / "mkdocs.yml").read_text())
    assert config["theme"]["font"] is False
    assert "extra_javascript" not in config
    assert config["extra_css"] == ["site.css"]
    assert "url(" not in STYLE and "@import" not in STYLE
