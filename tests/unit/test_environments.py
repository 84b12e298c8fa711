"""The conda environments hold what the rules import, in the lock's versions."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from spatial_mae import code, provenance
from spatial_mae.inspection import quality
from spatial_mae.study.describing import RECIPES

NAME = code.NAME
# Rules whose entry point imports a module by its name -> the room it comes from.
BY_NAME = {
    "draw_figure": "figures",
    "judge_claims": "claims",
    "judge_ladder": "claims",
    "prepare_dataset": "data",
    "write_report": "figures",
}
# The declarations of recipes, which `check_dataset` imports by their names.
DECLARED = {path.rpartition(".")[0] for path in RECIPES.values()}
# Used inside a function where it is installed; another way gives the same numbers.
FASTER_WITH = {("linear.gram", "torch")}
ROOT = Path(__file__).resolve().parents[2]


def environments() -> dict[str, dict[str, str]]:
    """File -> package -> version."""
    found = {}
    for path in (ROOT / "envs").glob("*.yaml"):
        entries = yaml.safe_load(path.read_text())["dependencies"]
        pins = [e for e in entries if isinstance(e, str) and " =" in e]
        pins += [pin for entry in entries if isinstance(entry, dict) for pin in entry["pip"]]
        found[path.name] = dict(re.split(" =|==", pin) for pin in pins)
    return found


def rules() -> Iterator[tuple[str, str]]:
    """Each rule with an environment, and the environment's file."""
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        blocks = re.split(r"^(?:rule|checkpoint) (\w+):\n", path.read_text(), flags=re.MULTILINE)[
            1:
        ]
        for rule, body in zip(blocks[::2], blocks[1::2], strict=True):
            if "conda:" in body:
                yield rule, re.search(r"envs/(\w+\.yaml)", body)[1]


def imported_from_others(rule: str) -> set[tuple[str, str]]:
    """(Module of ours, what it imports of other projects), anywhere in a rule's code."""
    chosen = provenance.modules_of(BY_NAME[rule]) if rule in BY_NAME else []
    chosen = DECLARED if rule == "check_dataset" else chosen
    modules = provenance.import_closure([f"cli.{rule}", *chosen]) | {"provenance"}
    return {(module, name) for module in modules for name in _imports(module)}


def _imports(module: str) -> Iterator[str]:
    place = code.PACKAGE.joinpath(*module.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        yield from {n.partition(".")[0] for n in names} - sys.stdlib_module_names - {NAME}


@pytest.mark.parametrize(("rule", "file"), list(rules()))
def test_an_environment_holds_what_its_rules_import(rule, file):
    packages, held = packages_distributions(), set(environments()[file])
    found = imported_from_others(rule) - FASTER_WITH
    wanted = {(module, d.lower()) for module, name in found for d in packages[name]}
    assert {(module, package) for module, package in wanted if package not in held} == set()


def test_imports_inside_functions_count():
    assert ("detection.coco", "pycocotools") in imported_from_others("fine_tune_detector")
    assert ("inspection.embedding", "sklearn") in imported_from_others("inspect_mae")


def test_the_environment_holds_the_metrics_that_are_imported_by_their_names():
    packages = {name.partition(".")[0] for name in quality.MODULES.values()}
    assert packages <= set(environments()["torch.yaml"])


def test_environments_agree_with_the_lock():
    locked = f"\n{(ROOT / 'requirements.lock').read_text()}"
    for file, pins in environments().items():
        pins.pop("python")
        assert pins
        for name, version in pins.items():
            assert f"\n{name}=={version} " in locked, f"{file}: {name} {version} is not in the lock"
