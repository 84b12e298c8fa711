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

NAME = code.NAME
# Rules whose entry point imports a module by its name -> the room it comes from.
BY_NAME = {
    "draw_figure": "figures",
    "judge_claims": "claims",
    "prepare_dataset": "data",
    "write_report": "figures",
}
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


def imported_on_loading(module: str) -> set[str]:
    """What is not ours and not of the standard library among the imports outside functions."""
    seen, waiting, outside = set(), [f"{NAME}.{module}"], set()
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        top, *parts = name.split(".")
        if top != NAME:
            outside.add(top)
            continue
        for end in range(len(parts) + 1):
            place = code.PACKAGE.joinpath(*parts[:end])
            for path in (place.with_suffix(".py"), place / "__init__.py"):
                waiting += list(_imports(path)) if path.is_file() else []
    return outside - set(sys.stdlib_module_names)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("rule", "file"), list(rules()))
def test_an_environment_holds_what_its_rules_import(rule, file):
    chosen = provenance.modules_of(BY_NAME[rule]) if rule in BY_NAME else []
    names = set().union(*map(imported_on_loading, [f"cli.{rule}", *chosen]))
    packages = packages_distributions()
    wanted = {package.lower() for name in names for package in packages[name]}
    assert wanted <= set(environments()[file])


def test_environments_agree_with_the_lock():
    locked = f"\n{(ROOT / 'requirements.lock').read_text()}"
    for file, pins in environments().items():
        pins.pop("python")
        assert pins
        for name, version in pins.items():
            assert f"\n{name}=={version} " in locked, f"{file}: {name} {version} is not in the lock"
