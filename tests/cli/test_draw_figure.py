import pytest

from spatial_mae.cli.draw_figure import main
from spatial_mae.files import read_json, read_rows, write_rows


def draw(folder, figure="taylor"):
    files = [f"--{suffix}={folder / figure}.{suffix}" for suffix in ("pdf", "png", "csv")]
    record = f"--record={folder / figure}.json"
    main([f"--figure={figure}", f"--table={folder / 'table.csv'}", *files, record])


@pytest.fixture
def folder(tmp_path):
    rows = [
        {"lemma": lemma, "mask_ratio": m, "input_scale": 1, "predicted": m, "measured": 1.01 * m}
        | {"standard_error": 0.01, "n_masks": 10}
        for lemma in (4, 5)
        for m in (0.1, 0.5, 0.9)
    ]
    write_rows(tmp_path / "table.csv", rows)
    return tmp_path


def test_writes_pdf_png_csv_and_record_and_the_same_again(folder):
    draw(folder)
    names = ["taylor.pdf", "taylor.png", "taylor.csv"]
    before = {name: (folder / name).read_bytes() for name in names}
    assert before["taylor.pdf"].startswith(b"%PDF")
    assert before["taylor.png"].startswith(b"\x89PNG")
    assert len(read_rows(folder / "taylor.csv")) == 6
    assert list(read_json(folder / "taylor.json")["inputs"]) == [str(folder / "table.csv")]
    draw(folder)
    assert {name: (folder / name).read_bytes() for name in names} == before


def test_an_unknown_figure_names_the_nearest(folder):
    with pytest.raises(ValueError, match="did you mean 'taylor'"):
        draw(folder, "tailor")
    assert sorted(path.name for path in folder.iterdir()) == [".table.csv.sha256", "table.csv"]


def test_a_table_of_another_kind_is_an_error_and_leaves_nothing(folder):
    with pytest.raises(ValueError, match="kind 'gabor'"):
        draw(folder, "gabor")
    assert sorted(path.name for path in folder.iterdir()) == [".table.csv.sha256", "table.csv"]
