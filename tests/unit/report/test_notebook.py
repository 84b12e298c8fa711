"""Notebooks: what is kept of a cell, and that an error is not."""

import base64

import matplotlib.pyplot as plt
import pytest

from spatial_mae.report.notebook import main, run


def notebook(*sources: str) -> dict:
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    words = {"cell_type": "markdown", "metadata": {}, "source": ["1 / 0"]}
    return {"cells": [words, *(code | {"source": s.splitlines(True)} for s in sources)]}


def test_what_is_printed_the_last_value_and_figures_are_kept():
    drawn = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    found = run(notebook("x = 2\nprint('two')\nx + 1", "x", "y = x", drawn))
    words, first, second, third, fourth = found["cells"]
    assert words == notebook()["cells"][0]
    printed, value = first["outputs"]
    assert printed == {"output_type": "stream", "name": "stdout", "text": "two\n"}
    assert (value["output_type"], value["data"]) == ("execute_result", {"text/plain": "3"})
    assert second["outputs"][0]["data"] == {"text/plain": "2"}
    assert third["outputs"] == []
    (picture,) = fourth["outputs"]
    assert base64.b64decode(picture["data"]["image/png"]).startswith(b"\x89PNG")
    assert [cell["execution_count"] for cell in found["cells"][1:]] == [1, 2, 3, 4]
    assert plt.get_fignums() == []


def test_progress_is_not_kept_and_errors_are_raised():
    quiet = notebook("import sys\nprint('9 images/s', file=sys.stderr)")
    assert run(quiet)["cells"][1]["outputs"] == []
    with pytest.raises(ZeroDivisionError):
        run(notebook("1 / 0"))


def test_a_notebook_that_fails_is_left_as_it_was(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": ["1 / 0"]}]}')
    before = path.read_text()
    with pytest.raises(ZeroDivisionError):
        main([str(path)])
    assert path.read_text() == before
