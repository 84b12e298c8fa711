import pytest
import yaml

from spatial_mae.files import read_json, write_json
from spatial_mae.report.jobs import by_rule, provenance, read_records, rule_of

ADVISED = "results/evaluate/mae/leaves/advised/advise/patch-4_seed-0_until-2"
TRAINED = "results/pretrain/leaves/advised/advise/patch-4_seed-0_until-2"


@pytest.fixture
def write(study):
    """Writes the record of a job of a rule, next to `results`."""
    base = read_json(study / "data" / "leaves" / "record.json")

    def written(path, rule, inputs=()):
        changes = {"command": ["spatial_mae", f"/x/cli/{rule}.py"]}
        write_json(study.parent / path, base | changes | {"inputs": dict.fromkeys(inputs, "hash")})

    return written


@pytest.fixture
def rules(study):
    """The rules of the records of a study, by its name."""

    def read(name):
        config = yaml.safe_load((study / name / "config.yaml").read_text())
        return sorted(rule_of(found) for found in read_records(study, config))

    return read


@pytest.fixture
def records(study):
    return read_records(study, yaml.safe_load((study / "mini" / "config.yaml").read_text()))


def test_reads_records_of_this_study_and_of_shared_runs(rules):
    assert rules("mini") == ["compute_moments", "compute_moments", "prepare_dataset"]
    assert rules("other") == ["judge_claims"]


def test_runs_of_other_studies_in_shared_folders_do_not_count(write, rules):
    before = rules("mini")
    run = "patch-4_unit-1_mask-0.5_enc-1_dec-1_seed-0"
    write("results/linear/leaves/colour-rgb_n-all_split-train/moments.record.json", "solve_linear")
    write(f"results/pretrain/leaves/tiny/brief/{run}/record.json", "pretrain_mae")
    write("results/data/photos/record.json", "prepare_dataset")
    assert rules("mini") == before


def test_runs_that_only_the_inputs_of_records_name_count(write, rules):
    """What a rung tries is in files: here a network that advice compared at epoch 2."""
    scores, weights = f"{ADVISED}/scores_advise.csv", f"{TRAINED}/weights.safetensors"
    write("results/mini/advise/advice.record.json", "write_advice", [scores])
    write(f"{ADVISED}/scores_advise.record.json", "evaluate_mae", [weights])
    write(f"{ADVISED}/scores_other.record.json", "probe_linear")
    write(f"{TRAINED}/record.json", "pretrain_mae")
    own = {"compute_moments", "prepare_dataset"}
    assert [rule for rule in rules("mini") if rule not in own] == [
        "evaluate_mae",
        "pretrain_mae",
        "write_advice",
    ]


def test_a_json_file_that_is_no_record_is_passed_over(study, rules):
    (study / "mini" / "three.record.json").write_text("[1, 2]")
    assert len(rules("mini")) == 3


def test_sums_by_rule(records):
    row = {"rule": "compute_moments", "jobs": 2, "seconds": 3.0, "memory": 2**20}
    assert by_rule(records)[0] == row


def test_the_command_is_quoted_for_a_shell(records):
    own = records[0] | {"command": ["spatial_mae", "/my files/cli/write_report.py"]}
    assert provenance(records, own)["command"] == "spatial_mae '/my files/cli/write_report.py'"
