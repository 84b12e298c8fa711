"""The tool that says whether two studies have the same results."""

import json

import pytest
from compare_studies import differences, main

TABLES = {
    "results/tiny/tables/losses.csv": "patch,loss,train_seconds\n2,0.25,1.5\n4,0.5,2\n",
    "results/tiny/figures/losses.csv": "patch,loss,hours\n2,0.25,0.1\n",
    "results/tiny/figures/partial.csv": "value,measure\n0.5,accuracy\n7.5,seconds\n",
}
CLAIMS = [{"id": "a", "values": [1.0]}, {"id": "b", "quote": "takes less time", "values": [3]}]


@pytest.fixture
def studies(tmp_path):
    folders = [tmp_path / name for name in ("before", "after")]
    for folder in folders:
        texts = {**TABLES, "results/tiny/claims.json": json.dumps(CLAIMS)}
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    return folders


def edit(folder, name, old, new):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def test_the_same_results_are_the_same(studies, capsys):
    assert main(list(map(str, studies))) == 0
    assert capsys.readouterr().out == "0 of 4 files differ\n"


def test_measured_time_does_not_count(studies):
    edit(studies[1], "results/tiny/tables/losses.csv", ",1.5", ",9.5")
    edit(studies[1], "results/tiny/figures/losses.csv", ",0.1", ",0.9")
    edit(studies[1], "results/tiny/claims.json", "[3]", "[4]")
    edit(studies[1], "results/tiny/figures/partial.csv", "7.5", "8")
    assert list(differences(*studies)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("tables/losses.csv", "0.25", "0.250", "row 1: ['2', '0.25'] and ['2', '0.250']"),
        ("tables/losses.csv", "patch", "p", "row 0"),
        ("tables/losses.csv", "4,0.5,2\n", "", "3 and 2 rows"),
        ("figures/losses.csv", "0.25", "0.26", "row 1"),
        ("figures/partial.csv", "0.5", "0.6", "row 1"),
        ("claims.json", "1.0", "1.1", "row 0"),
    ],
)
def test_every_other_change_is_named(studies, name, old, new, where):
    edit(studies[1], f"results/tiny/{name}", old, new)
    (line,) = differences(*studies)
    assert line.startswith(f"results/tiny/{name}: ") and where in line


def test_a_missing_table_is_named(studies):
    (studies[1] / "results/tiny/tables/losses.csv").unlink()
    (line,) = differences(*studies)
    assert line == f"results/tiny/tables/losses.csv: only in {studies[0]}"


def test_two_empty_folders_are_a_mistake(tmp_path):
    with pytest.raises(SystemExit):
        main([str(tmp_path), str(tmp_path)])
