"""The pages of the documentation's site, from docs/, the top folder's pages and the library.

    python -m spatial_mae.report.site build/pages

Links between pages stay as a code host needs them; they are turned here into those of the site,
which mkdocs.yml describes. Standard library only.
"""

import argparse
import base64
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from spatial_mae.code import PACKAGE

TOP = {
    "config/README.md": "importing.md",  # before the README whose name its own ends with
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "CITATION.cff",
}
"""Files of the top folder -> where they are in the site."""
STYLE = """/* Tables of numbers fit the page: the theme makes every column at least 5 rem wide. */
.md-typeset table:not([class]) th { min-width: 0; }
.md-typeset table:not([class]) :is(td, th):first-child { min-width: 7em; }
.md-typeset table:not([class]) :is(td, th) { padding: 0.5em 0.6em; }
.md-typeset table code { word-break: normal; }
"""
NOT_SHOWN = ("cli",)  # every entry point explains itself with --help


def write_pages(project: Path, folder: Path) -> None:
    """Write all pages and pictures into `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project / "docs/images", folder / "images")
    for page in (project / "docs").glob("*.md"):
        (folder / page.name).write_text(linked(page.read_text()))
    for source, target in TOP.items():
        (folder / target).write_text(linked((project / source).read_text()))
    for notebook in (project / "docs").glob("*.ipynb"):
        parts = _parts(json.loads(notebook.read_text()), folder / "images", notebook.stem)
        (folder / f"{notebook.stem}.md").write_text(linked("\n\n".join(parts) + "\n"))
    (folder / "api").mkdir()
    (folder / "site.css").write_text(STYLE)
    for room in rooms():
        text = f"# spatial_mae.{room}\n\n::: spatial_mae.{room}\n"
        (folder / f"api/{room}.md").write_text(text)


def rooms() -> list[str]:
    """The rooms of the library that have a page."""
    return sorted({path.parent.name for path in PACKAGE.glob("*/__init__.py")} - set(NOT_SHOWN))


def linked(text: str) -> str:
    """A page's Markdown with links between docs/ and the top folder as the site has them."""
    text = re.sub(r"\]\((?:\.\./)?docs/", "](", text)
    for source, target in TOP.items():
        text = re.sub(rf"\]\((?:\.\./)?{re.escape(source)}", f"]({target}", text)
    return re.sub(r"\]\(([\w-]+)\.ipynb", r"](\1.md", text)


def _parts(notebook: dict, images: Path, name: str) -> Iterator[str]:
    """A notebook's cells and outputs as Markdown; pictures are written into `images`."""
    count = 0
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
            continue
        yield f"```python\n{source}\n```"
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                count += 1
                (images / f"{name}-{count}.png").write_bytes(base64.b64decode(data["image/png"]))
                yield f"![What the code above draws](images/{name}-{count}.png)"
            else:
                yield f"```text\n{output.get('text') or data['text/plain']}\n```"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to write the pages")
    write_pages(Path.cwd(), parser.parse_args(argv).folder)


if __name__ == "__main__":
    main()
