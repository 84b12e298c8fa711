"""Files of the user that are replaced are noticed."""

import os

import pytest

from spatial_mae.study import file_states
from spatial_mae.study.file_states import dataset_state, recipe_state


@pytest.fixture(autouse=True)
def one_look_a_call(monkeypatch):
    monkeypatch.setattr(file_states, "state", file_states.state.__wrapped__)


@pytest.fixture
def folder(tmp_path):
    for name in ("cat/1.png", "cat/deep/2.png", ".hidden/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1234")
    return tmp_path


def own(root):
    config = {"datasets": {"a": {"source": "image_folder", "root": str(root)}}, "data": {}}
    return dataset_state(config, "a")


def replace(path, content=b"5678", seconds=10):
    path.write_bytes(content)
    os.utime(path, (0, path.stat().st_mtime + seconds))


def rewrite(folder):
    replace(folder / "cat/deep/2.png")


def resize(folder):
    replace(folder / "cat/deep/2.png", b"56789", 0)


def add(folder):
    (folder / "new.png").touch()


def remove(folder):
    (folder / "cat/1.png").unlink()


def rename(folder):
    (folder / "cat/1.png").rename(folder / "cat/9.png")


@pytest.mark.parametrize("edit", [rewrite, resize, add, remove, rename])
def test_whatever_is_done_to_the_files_changes_their_state(folder, edit):
    before = own(folder)
    assert before and own(folder) == before
    edit(folder)
    assert own(folder) != before


def test_content_counts_where_it_is_asked_for(folder):
    config = {"datasets": {"a": {"source": "image_folder", "root": str(folder)}}}
    path = folder / "cat/1.png"
    for hashed in (False, True):
        config["data"] = {"hash_files": hashed}
        path.write_bytes(b"1234")
        os.utime(path, (0, 0))
        before = dataset_state(config, "a")
        path.write_bytes(b"5678")
        os.utime(path, (0, 0))
        assert (dataset_state(config, "a") != before) is hashed


def test_files_that_no_reader_reads_do_not_count(folder):
    before = own(folder)
    replace(folder / ".hidden/3.png")
    (folder / "cat/Thumbs.db").touch()
    (folder / "cat/._1.png").touch()
    assert own(folder) == before


def test_links_are_followed_but_not_in_circles_and_not_to_nothing(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "4.png").write_bytes(b"1")
    (folder / "link").symlink_to(elsewhere)
    (folder / "cat/up").symlink_to(folder)
    (folder / "gone").symlink_to(folder / "nothing")
    before = own(folder)
    replace(elsewhere / "4.png")
    assert own(folder) != before


def test_a_single_file_counts(folder):
    before = own(folder / "cat/1.png")
    replace(folder / "cat/1.png")
    assert own(folder / "cat/1.png") != before


def test_no_copy_or_a_missing_one_has_no_state(folder):
    assert own(folder / "none") == ""
    config = {"datasets": {"a": {"source": "ising"}}, "data": {"root": str(folder)}}
    assert dataset_state(config, "a") == ""


def test_of_a_shared_folder_the_files_of_the_source_count(folder):
    config = {"datasets": {"a": {"source": "cifar10"}}, "data": {"root": str(folder)}}
    archive = folder / "copies/cifar-10-python.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(b"1")
    before = dataset_state(config, "a")
    replace(folder / "cat/1.png")
    assert before and dataset_state(config, "a") == before
    replace(archive)
    assert dataset_state(config, "a") != before


@pytest.mark.parametrize(
    ("source", "needed", "more"),
    [
        ("cityscapes", ["leftImg8bit/1.png", "disparity/1.png"], "camera/1.json"),
        ("imagenet64", ["train_data_batch_1", "val_data"], "train_data_batch_2"),
    ],
)
def test_of_a_shared_folder_also_what_may_be_missing_counts(tmp_path, source, needed, more):
    config = {"datasets": {"a": {"source": source}}, "data": {"root": str(tmp_path)}}
    states = []
    for name in [*needed, more]:
        path = tmp_path / "copy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
        states.append(dataset_state(config, "a"))
    replace(path)
    states.append(dataset_state(config, "a"))
    assert len(set(states)) == 4


@pytest.mark.parametrize(
    ("family", "key"), [("robustness", "cifar10_c"), ("detection", "test_annotations")]
)
def test_paths_that_recipes_name_have_a_state(folder, family, key):
    config = {"recipes": {family: {"default": {key: str(folder), "n_test": None}}}}
    before = recipe_state(config, family, "default")
    replace(folder / "cat/1.png")
    assert before and recipe_state(config, family, "default") != before
    config = {"recipes": {family: {"default": {key: None}}}}
    assert recipe_state(config, family, "default") == ""
