"""Results that another study has replaced are not shared as this study's."""

import json

import pytest
import yaml
from toy_study import CONFIG, RECORDS

from spatial_mae.files import sha256
from spatial_mae.sharing.agreement import refuse_mixed
from spatial_mae.sharing.packing import pack

MANIFEST, RUN = "results/data/leaves/manifest.json", "results/linear/leaves/psd_one.csv"
TABLE = "results/small/tables/psd.record.json"
NETWORK = {"dataset": ["leaves"], "model": ["tiny"], "training": ["one"], "patch": [4], "unit": [1]}
NETWORK |= {"mask": [0.5], "enc": [1], "dec": [1], "seed": [0]}
TRAINED = "results/pretrain/leaves/tiny/one/patch-4_unit-1_mask-0.5_enc-1_dec-1_seed-0/record.json"


@pytest.fixture
def recorded(study):
    """The toy study, whose records say what the table and the run behind it were made from."""
    write_record(study, RECORDS[0], [MANIFEST])
    write_record(study, TABLE, [RUN, "results/linear/photos/psd_one.csv"])
    return study


def write_record(folder, name, inputs):
    record = {"commit": "abc", "inputs": {path: sha256(folder / path) for path in inputs}}
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(record))


@pytest.mark.parametrize(("replaced", "record"), [(RUN, TABLE), (MANIFEST, RECORDS[0])])
def test_a_file_that_was_written_again_is_named_with_the_record(
    recorded, tmp_path, replaced, record
):
    pack("small", recorded, tmp_path / "small.tar.gz")
    (recorded / replaced).write_text("of another study\n")
    with pytest.raises(
        ValueError, match=f"^{replaced} is not the file that {record} names.*'small'"
    ):
        pack("small", recorded, tmp_path / "mixed.tar.gz")
    assert not (tmp_path / "mixed.tar.gz").exists()


def test_what_is_gone_or_no_result_is_passed_over(recorded):
    own = recorded / "annotations.json"
    own.write_text("mine\n")
    write_record(recorded, TABLE, [RUN, str(own)])
    own.write_text("mine, edited\n")
    (recorded / RUN).unlink()
    refuse_mixed(CONFIG, recorded)


def test_a_network_stays_the_same_when_words_of_its_manifest_are_corrected(recorded):
    evaluated = {"name": "scores", "kind": "evaluation", "recipe": "one", "grids": [NETWORK]}
    values = {"representations": [], "control_colour": None}
    config = CONFIG | {"experiments": [evaluated], "recipes": {"evaluation": {"one": values}}}
    (recorded / "results/small/config.yaml").write_text(yaml.safe_dump(config))
    write_record(recorded, TRAINED, [MANIFEST])
    (recorded / MANIFEST).write_text("with another licence\n")
    refuse_mixed(config, recorded)
