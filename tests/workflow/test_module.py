"""Another workflow imports this one from its own folder; the catalogue's Snakefile is the same."""

import json
import re

import pytest
import yaml
from planning import TINY, planned, snakemake_in

IMPORT = """\
configfile: "config.yaml"


module spatial:
    snakefile:
        "{snakefile}"
    config:
        config{block}


use rule * from spatial{alias}
"""
OWN = """

rule mine:
    output:
        "mine.txt",
    shell:
        "touch {output}"
"""
BOTH = """

rule everything:
    input:
        rules.mine.output,
        rules.%sall.input,
"""


def importing(folder, project, prefix="", block="", snakefile="Snakefile"):
    """A workflow in `folder` that imports the project's; `block`: the key with our config."""
    imported = IMPORT.format(
        snakefile=project / snakefile,
        block=f"['{block}']" if block else "",
        alias=f" as {prefix}*" if prefix else "",
    )
    (folder / "Snakefile").write_text(imported + OWN + BOTH % prefix)
    ours = yaml.safe_load(TINY.read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({block: ours, "own": 1} if block else ours))
    return snakemake_in(folder)


@pytest.fixture
def plan(project, tmp_path) -> dict[str, int]:
    """The tiny study's jobs by rule, planned from the checkout's Snakefile."""
    folder = tmp_path / "direct"
    folder.mkdir()
    run = snakemake_in(folder)
    return planned(run("-s", project / "Snakefile", "-n", "report", "--configfile", TINY))


@pytest.mark.parametrize(("prefix", "block"), [("", ""), ("spatial_", "spatial")])
@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_an_importing_workflow_plans_all_that_we_plan(
    project, plan, tmp_path, prefix, block, snakefile
):
    run = importing(tmp_path, project, prefix, block, snakefile)
    done = run("-n", "everything")
    assert planned(done) == {
        **{f"{prefix}{rule}": count for rule, count in plan.items() if rule != "report"},
        "everything": 1,
        "mine": 1,
    }
    assert "warning" not in (done.stdout + done.stderr).lower()


def test_rules_run_in_the_importing_workflow_s_folder(project, tmp_path):
    run = importing(tmp_path, project, "spatial_", "spatial")
    target = "results/theory/lemmas_tiny.csv"
    run(target)
    assert (tmp_path / target).is_file()
    record = json.loads((tmp_path / target).with_suffix(".record.json").read_text())
    assert record["command"][0] == "spatial_mae"
    again = run("-n", target)
    assert planned(again) == {}


def test_its_own_default_target_stays_and_its_handlers_may_call_ours(project, tmp_path):
    run = importing(tmp_path, project, "spatial_", "spatial")
    imported = (tmp_path / "Snakefile").read_text().partition(OWN)[0]
    handler = '\n\nonstart:\n    spatial.onstart()\n    print("checked")\n'
    (tmp_path / "Snakefile").write_text(OWN + imported + handler)
    done = run()
    assert re.search(r"^checked$", done.stdout + done.stderr, re.M)
    assert (tmp_path / "mine.txt").is_file() and not list(tmp_path.rglob("results/**/*"))


def test_an_empty_block_is_the_default_study_and_a_mistake_is_named(project, tmp_path):
    run = importing(tmp_path, project, "spatial_", "spatial")
    (tmp_path / "config.yaml").write_text("spatial: {}\n")
    assert "results/quick/report.html" in run("-n", "spatial_all").stdout
    (tmp_path / "config.yaml").write_text("spatial: {sed: 1}\n")
    done = run("-n", check=False)
    assert done.returncode != 0
    assert "unknown key 'sed'; did you mean 'seed'" in done.stdout + done.stderr


def test_the_snakefile_of_the_catalogue_plans_the_same(project, plan, tmp_path):
    run = snakemake_in(tmp_path)
    flags = ("-s", project / "workflow/Snakefile", "-n", "--configfile", TINY)
    found = planned(run(*flags))
    assert found.pop("all") == 1
    assert found == {rule: count for rule, count in plan.items() if rule != "report"}
    assert planned(run(*flags[:3], "report", *flags[3:])) == plan


def test_the_catalogue_s_files_are_there(project):
    usage = yaml.safe_load((project / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    page = (project / "config/README.md").read_text()
    for link in re.findall(r"\]\((\.\./[^)]+)\)", page):
        assert (project / "config" / link).is_file(), link
