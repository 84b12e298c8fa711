"""What an archive holds, and that equal results give equal archives."""

import os
import shutil
import tarfile

import pytest
import yaml
from toy_study import CONFIG, RECORDS, RESULTS, metadata_file

from spatial_mae.files import write_seal
from spatial_mae.sharing.packing import MANIFEST, pack


def test_it_holds_the_results_and_nothing_else(study, tmp_path):
    manifest = pack("small", study, tmp_path / "small.tar.gz")
    remembered = [
        "results/linear/leaves/psd_one.csv",
        "results/data/leaves/manifest.json",
        "results/data/leaves/train.npy",  # of the same job as the manifest
    ]
    expected = {*RESULTS, *RECORDS, *map(metadata_file, remembered)}
    assert set(manifest["files"]) == expected
    with tarfile.open(tmp_path / "small.tar.gz") as tar:
        assert tar.getnames()[0] == MANIFEST
        assert set(tar.getnames()) == expected | {MANIFEST}
    assert manifest["commits"] == ["abc, with changes"]
    assert manifest["versions"] == {"numpy": ["2.0"]}


def test_the_advice_that_a_study_asks_for_is_in_it(study, tmp_path):
    config = CONFIG | {"advise": {"dataset": "leaves"}}
    (study / "results/small/config.yaml").write_text(yaml.safe_dump(config))
    names = ["look.json", "look.npz", "patches.json", "patches.csv", "masks.json", "masks.csv"]
    names += ["advice.html", "advice.json", "advice.csv", "next_study.yaml"]
    (study / "results/small/advise").mkdir()
    for name in names:
        (study / "results/small/advise" / name).write_text(name)
    manifest = pack("small", study, tmp_path / "small.tar.gz")
    assert {f"results/small/advise/{name}" for name in names} < set(manifest["files"])
    (study / "results/small/advise/advice.html").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 24 files are missing, .*advice.html"):
        pack("small", study, tmp_path / "small.tar.gz")


def test_times_and_places_do_not_enter(study, tmp_path):
    pack("small", study, tmp_path / "small.tar.gz")
    again = shutil.copytree(study, tmp_path / "elsewhere")
    os.utime(again / RESULTS[0], (1, 1))
    pack("small", again, tmp_path / "again.tar.gz")
    assert (tmp_path / "small.tar.gz").read_bytes() == (tmp_path / "again.tar.gz").read_bytes()


def test_an_unfinished_study_is_named_with_what_it_lacks(study, tmp_path):
    (study / "results/small/tables/psd.csv").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 14 files are missing, .*tables/psd.csv"):
        pack("small", study, tmp_path / "small.tar.gz")
    assert not (tmp_path / "small.tar.gz").exists()


def test_an_unknown_study_is_answered_with_the_known_ones(study, tmp_path):
    with pytest.raises(FileNotFoundError, match="'smal' has not been run; .*other, small"):
        pack("smal", study, tmp_path / "small.tar.gz")


def test_a_damaged_file_is_not_packed(study, tmp_path):
    write_seal(study / RESULTS[0], "0" * 64)
    with pytest.raises(ValueError, match="is not what was written there"):
        pack("small", study, tmp_path / "small.tar.gz")
    assert not (tmp_path / "small.tar.gz").exists()
