"""Entry points from flags declared in a line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from spatial_mae import entry_point as entry
from spatial_mae.files import sha256, write_rows
from spatial_mae.study.keys import Images


@dataclass(frozen=True)
class Recipe:
    n_images: int = 1


def test_flags_recipes_and_the_record_of_a_run(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")

    @entry.entry_point(
        entry.reads(one_file="read"),
        entry.flag("more", is_input=True, type=Path, nargs="*", default=[]),
        entry.flag("absent", is_input=True, type=Path),
        entry.values(int, patch_size="in pixels"),
        entry.recipe(Recipe),
        entry.paths(table="to write"),
    )
    def main(given):
        assert (given.patch_size, given.recipe, given.seed) == (4, Recipe(2), 3)
        given.table.write_text("done")
        given.notes["measured"] = 5

    one, more = str(tmp_path / "a.txt"), str(tmp_path / "b.txt")
    record, table = tmp_path / "record.json", tmp_path / "table.csv"
    sizes = ["--patch-size", "4", "--recipe", '{"n_images": 2}', "--seed", "3"]
    files = ["--one-file", one, "--more", more, "--table", str(table), "--record", str(record)]
    main([*sizes, *files])
    assert table.read_text() == "done"
    written = json.loads(record.read_text())
    assert written["inputs"] == {one: sha256(Path(one)), more: sha256(Path(more))}
    assert written["measured"] == 5


def test_a_wrong_recipe_ends_before_the_work_and_the_record(tmp_path):
    @entry.entry_point(entry.recipe(Recipe), record=str(tmp_path / "record.json"))
    def main(given):
        raise AssertionError("not reached")

    with pytest.raises(ValueError, match="unknown key 'n_image'; did you mean 'n_images'"):
        main(["--recipe", '{"n_image": 2}'])
    assert not (tmp_path / "record.json").exists()


def test_required_flags_and_inputs_that_are_computed(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("a")
    record = tmp_path / "record.json"

    @entry.entry_point(
        entry.paths(folder="of files"), inputs=lambda given: list(given.folder.glob("*.txt"))
    )
    def main(given):
        assert given.folder == tmp_path

    with pytest.raises(SystemExit):
        main(["--record", str(record)])
    assert "--folder" in capsys.readouterr().err
    main(["--folder", str(tmp_path), "--record", str(record)])
    assert list(json.loads(record.read_text())["inputs"]) == [str(tmp_path / "a.txt")]


def test_a_recipe_is_fitted_to_the_data_set_of_the_manifest(tmp_path, capsys):
    @dataclass(frozen=True)
    class Counted:
        n_images: Annotated[int, Images("test")] = 500

    seen = []

    @entry.entry_point(
        entry.reads(manifest="of the data"), entry.recipe(Counted), record=str(tmp_path / "r.json")
    )
    def main(given):
        seen.append(given.recipe.n_images)

    (tmp_path / "manifest.json").write_text('{"n_train": 40, "n_test": 10}')
    main(["--manifest", str(tmp_path / "manifest.json"), "--recipe", "{}"])
    assert seen == [10]
    (remark,) = json.loads((tmp_path / "r.json").read_text())["fitted"]
    assert remark == "n_images: 500 asked for, the data set has 10 test images: 10 taken"
    assert f"warning: {remark}" in capsys.readouterr().err


def test_a_damaged_input_is_named_before_any_work(tmp_path):
    @entry.entry_point(entry.reads(table="read"))
    def main(given):
        raise AssertionError("it worked on a damaged file")

    write_rows(tmp_path / "t.csv", [{"a": 1}])
    (tmp_path / "t.csv").write_text("a\n2\n")
    with pytest.raises(ValueError, match="t.csv is not what was written there"):
        main(["--table", str(tmp_path / "t.csv"), "--record", str(tmp_path / "record.json")])
    assert not (tmp_path / "record.json").exists()
