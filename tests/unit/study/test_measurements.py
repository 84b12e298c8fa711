"""Each card says what its rule says."""

import re

import pytest

from spatial_mae.study.measurements import FIGURES, KINDS, RULES


@pytest.fixture(scope="module")
def rules(project) -> dict[str, str]:
    """Rule -> its text, with the stage (a rule without command) that collects its tables."""
    found = {}
    for path in sorted((project / "workflow/rules").glob("*.smk")):
        parts = re.split(r"^(?:rule|checkpoint) (\w+):\n", path.read_text(), flags=re.M)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def outputs(text: str) -> list[str]:
    """The paths of the outputs of a rule, as they are written."""
    block = re.search(r"^    output:\n(.*?)^    \w+:", text, re.M | re.S)[1]
    if stem := re.search(r'multiext\(\s*"([^"]+)"', block):
        return [stem[1] + ending for ending in re.findall(r'\w+="(\.[^"]+)"', block)]
    return re.findall(r'"(results/[^"]+)"', block)


def test_every_rule_that_runs_something_has_a_card(rules):
    assert set(RULES) == {name for name, text in rules.items() if "shell:" in text}


@pytest.mark.parametrize("rule", RULES)
def test_paths_are_the_rules_literal_ones(rules, rule):
    card, written = RULES[rule], outputs(rules[rule])
    tables = [f"{card.folder}/{table.file}" for table in card.tables.values()]
    tables += [card.scores_file] if card.scores else []
    assert [path for path in tables if path not in written] == []
    if rule == "download_archive":  # its record is no declared output
        assert "--record {output.archive:q}.record.json" in rules[rule]
        (archive,) = written
        assert card.record == archive + ".record.json"
    else:
        assert card.record in written


@pytest.mark.parametrize("rule", RULES)
def test_tables_and_history_are_all_there_is(rules, rule):
    """A csv that a rule writes is a kind of experiment, scores of a control or a history."""
    card = RULES[rule]
    known = {f"{card.folder}/{table.file}" for table in card.tables.values()}
    known |= {card.scores_file, f"{card.folder}/history.csv"}
    tables = {path for path in outputs(rules[rule]) if path.endswith(".csv")}
    assert rule in ("collect_table", "draw_figure") or tables <= known
    assert card.trains == ('/history.csv"' in rules[rule] and "--nproc" in rules[rule])


@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_reads_and_asks_for(rules, rule):
    card, text = RULES[rule], rules[rule]
    assert card.gpu == bool(re.search(r"\bgpu=", text))
    named = re.findall(r'recipe=recipe\("(\w+)"', text)
    assert named == [card.recipe] * ("recipe" in card.wildcards)
    for key in re.findall(r'run_value\("(\w+)"\)', text):
        assert key in card.slugs["run"]
    for key in re.findall(r'moment_value\("(\w+)"\)', text):
        assert key in card.slugs["moment"]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_gets_a_seed_if_its_entry_point_draws(rules, project, rule):
    entry_point = (project / f"src/spatial_mae/cli/{rule}.py").read_text()
    assert ("--seed {params.seed:q}" in rules[rule]) == ("given.seed" in entry_point)


def test_a_stage_is_a_target_next_to_its_rules(rules, project):
    stages = {card.stage for card in RULES.values() if card.tables}
    for stage in stages:
        assert f'grid.stage_tables(config, "{stage}")' in rules[stage]


def test_a_folder_reads_back(rules):
    card = RULES["fine_tune_mae"]
    values = {name: f"{name}-1" for name in card.wildcards}
    assert card.read_folder(card.folder.format(**values)) == values
    assert card.read_folder("results/other/a") == {}


def test_no_figure_belongs_to_two_kinds():
    drawn = [f for kind in KINDS.values() for f in (*kind.figures, *kind.also)]
    assert sorted(drawn) == sorted(FIGURES)
