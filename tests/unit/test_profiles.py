"""The profiles name rules that are there, and ask for what those rules ask for."""

import re

import pytest
import yaml


@pytest.fixture(scope="module")
def rules(project) -> dict[str, str]:
    """Text of each rule by its name."""
    found = {}
    for path in project.glob("workflow/rules/*.smk"):
        text = path.read_text()
        blocks = re.split(r"^(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)[1:]
        found |= dict(zip(blocks[::2], blocks[1::2], strict=True))
    return found


@pytest.fixture(scope="module")
def slurm(project) -> dict:
    return yaml.safe_load((project / "workflow/profiles/slurm/config.yaml").read_text())


def test_the_example_of_a_site_sends_every_rule_with_a_gpu_to_its_partition(project, rules):
    site = yaml.safe_load((project / "workflow/profiles/slurm/site.example.yaml").read_text())
    asking = {name for name, text in rules.items() if re.search(r"^ +gpu=", text, re.MULTILINE)}
    assert set(site["set-resources"]) == asking


def test_packed_rules_exist_ask_for_no_gpu_and_have_a_size(rules, slurm):
    assert set(slurm["groups"]) <= set(rules)
    assert not any("gpu=" in rules[name] for name in slurm["groups"])
    assert set(slurm["groups"].values()) == set(slurm["group-components"])


def test_a_site_can_name_partitions_without_losing_a_key_of_the_profile(slurm):
    assert not {"default-resources", "set-resources"} & set(slurm)


def test_every_rule_with_a_command_says_what_it_needs_or_runs_on_the_login_node(rules):
    for name, text in rules.items():
        if "shell:" in text:
            submitted = "mem_mb=" in text and "runtime=" in text
            assert submitted != ("localrule: True" in text), name


def test_runs_that_save_on_a_signal_get_it_themselves_and_in_time(rules):
    saving = {name for name, text in rules.items() if "--state" in text}
    assert saving == {"pretrain_mae", "fine_tune_mae", "train_supervised", "fine_tune_detector"}
    for name in saving:
        assert "exec python" in rules[name] and "--requeue" in rules[name]
        assert "slurm_extra=WARNING" in rules[name]
