"""A Jupyter notebook run from top to bottom by this Python, with its outputs kept in the file.

    python -m spatial_mae.report.notebook docs/tutorial.ipynb

Jupyter is not needed. Cells are plain Python, without its magic commands. Kept of a cell are what
it prints, the value of its last line, and the figures of pyplot that it leaves open.
"""

import argparse
import ast
import base64
import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from pprint import pformat
from unittest.mock import patch

import matplotlib.pyplot as plt

from spatial_mae.files import write_text

DPI = 100


def run(notebook: dict) -> dict:
    """The notebook, as its JSON says, with new outputs. Raises what a cell raises."""
    names: dict[str, object] = {"__name__": "__main__"}
    cells, count = [], 0
    with plt.rc_context(), patch.object(plt, "show", lambda: None):
        plt.switch_backend("agg")
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                found = _outputs("".join(cell["source"]), names, count)
                cell = cell | {"execution_count": count, "outputs": found}
            cells.append(cell)
    return notebook | {"cells": cells}


def _outputs(source: str, names: dict[str, object], count: int) -> list[dict]:
    """Run a cell's `source` in `names`: what Jupyter would show below it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        value = _run(source, names)
    outputs = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue()})
    if value is not None:
        shown = {
            "data": {"text/plain": pformat(value, width=100, sort_dicts=False)},
            "metadata": {},
        }
        outputs.append({"output_type": "execute_result", "execution_count": count, **shown})
    return outputs + [_picture(number) for number in plt.get_fignums()]


def _run(source: str, names: dict[str, object]) -> object:
    """Run it, and return the value of its last line if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def _picture(number: int) -> dict:
    """A figure of pyplot as an output, and closed."""
    png = io.BytesIO()
    plt.figure(number).savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    plt.close(number)
    data = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": "<Figure>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebook", type=Path, help="file to run and write back (.ipynb)")
    path = parser.parse_args(argv).notebook
    notebook = run(json.loads(path.read_text()))
    write_text(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
