"""Keys that a config file gives twice are refused, with their lines."""

import re

import pytest

from spatial_mae.study import config_files


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("seed: 1\nstudy: x\nseed: 2\n", ["'seed' in lines 1 and 3"]),
        ("datasets:\n  a: {x: 1}\n  b: {}\n  a: {x: 2}\n", ["'datasets.a' in lines 2 and 4"]),
        ("experiments:\n  - {kind: x, kind: y}\n", ["'experiments[0].kind' in lines 2 and 2"]),
        ('{"seed": 1,\n "seed": 2}', ["'seed' in lines 1 and 2"]),
        ("a: 1\na: 2\nb: 1\nb: 2\n", ["'a' in lines 1 and 2", "'b' in lines 3 and 4"]),
    ],
)
def test_a_key_given_twice_is_named_with_its_lines(tmp_path, text, faults):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    for check in (config_files.read, lambda path: config_files.refuse_repeated_keys([path])):
        with pytest.raises(ValueError, match="gives keys twice") as error:
            check(path)
        for fault in faults:
            assert f"{path}: {fault}; keep one" in str(error.value)


def test_what_is_said_twice_on_purpose_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}\nc: [*a, *a]\n")
    read = config_files.read(path)
    assert read["b"] == {"x": 2, "y": 1} and read["c"] == [read["a"]] * 2


@pytest.mark.parametrize("text", ["- a\n- b\n", "", "a"])
def test_a_file_without_a_mapping_is_refused(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    config_files.refuse_repeated_keys([path])
    with pytest.raises(ValueError, match=re.escape(f"{path} holds no config: expected a mapping")):
        config_files.read(path)


def test_what_is_no_yaml_is_left_to_the_loader(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: [1\n")
    config_files.refuse_repeated_keys([path])
