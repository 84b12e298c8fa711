"""The arrows of the house, read from the imports; and one word for a rule everywhere."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from spatial_mae import code, provenance

SOURCE = code.PACKAGE
LIGHT = ("study", "provenance", "slurm")  # what .smk files import
FOR_PEOPLE = (
    "show_status",
    "pack_results",
    "unpack_results",
    "keep_results",
    "estimate_cost",
    "plan_advice",
    "upgrade_config",
    "describe_config",
    "commands",
    "export_network",
)  # entry points that no rule runs
WITH_TORCH = (
    "detection",
    "estimate",
    "evaluation",
    "identifiability",
    "inspection",
    "jacobian",
    "models",
    "training",
)  # every other room needs none
FASTER_WITH_TORCH = ("linear.gram",)  # uses it inside a function, where it is installed
LISTERS = ("data.listing", "data.npy", "data.folders", "evaluation.origin")  # npy, origin: ours
ALONE = ("files", "provenance", "code", "choices", "entry_point")  # in no room
CONFIG_LIBRARY = "yaml"  # Snakemake has loaded it already


def imports(path: Path) -> set[str]:
    """Top-level and dotted names of everything a file imports, at any depth of its text."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules(room: str = "") -> list[Path]:
    path = SOURCE / room
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def file_of(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def rules(project: Path) -> list[str]:
    """Rules that run something: those with a shell command."""
    text = "\n".join(path.read_text() for path in sorted((project / "workflow/rules").iterdir()))
    blocks = re.split(r"^(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)[1:]
    return [n for n, body in zip(blocks[::2], blocks[1::2], strict=True) if "shell:" in body]


def test_nothing_imports_the_entry_points():
    assert [p for p in modules() if any(n.startswith("spatial_mae.cli") for n in imports(p))] == []


def test_nothing_in_the_package_imports_snakemake():
    assert [p for p in modules() if any(n.split(".")[0] == "snakemake" for n in imports(p))] == []


def rooms() -> list[str]:
    return sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


@pytest.mark.parametrize("room", sorted({*rooms(), *ALONE} - set(WITH_TORCH)))
def test_rooms_without_torch(room):
    faster = {file_of(module) for module in FASTER_WITH_TORCH}
    torchless = [path for path in modules(room) if path not in faster]
    assert torchless
    assert [p for p in torchless if any(n.startswith("torch") for n in imports(p))] == []


def test_every_other_module_is_in_a_room():
    assert {path.stem for path in SOURCE.glob("*.py")} == {"__init__", *ALONE}


def test_tables_need_numpy_and_the_standard_library_alone():
    allowed = sys.stdlib_module_names | {"spatial_mae", "numpy"}
    names = {n.split(".")[0] for path in modules("tables") for n in imports(path)}
    assert names <= allowed
    closure = provenance.import_closure([f"tables.{path.stem}" for path in modules("tables")[1:]])
    assert not {m for m in closure if m.startswith(("figures", "claims"))}


def test_what_the_workflow_imports_is_standard_library_and_the_config_library_only():
    paths = [p.relative_to(SOURCE).with_suffix("") for p in modules("study")]
    whole = {".".join(path.parts) for path in paths if path.name != "__init__"}
    closure = provenance.import_closure([*LIGHT, *whole, "code"]) | set(LIGHT)
    outside = {
        name
        for module in closure
        for name in imports(file_of(module))
        if name.split(".")[0] not in sys.stdlib_module_names | {"spatial_mae"}
    }
    assert outside == {CONFIG_LIBRARY}


def test_the_workflow_imports_only_the_light_modules(project):
    texts = [p.read_text() for p in [project / "Snakefile", *project.glob("workflow/rules/*.smk")]]
    found = [re.findall(r"^from spatial_mae(?:\.(\w+))? import (.*)$", t, re.M) for t in texts]
    names = {room or name for pairs in found for room, name in pairs}
    assert names == set(LIGHT)


@pytest.mark.parametrize("module", ["linear", "cli.draw_figure", "cli.judge_claims"])
def test_importing_does_not_load_torch(module):
    code = f"import sys, spatial_mae.{module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_one_module_decodes_image_files_and_one_lists_the_files_of_users():
    pillow = [p for p in modules() if any(n.split(".")[0] == "PIL" for n in imports(p))]
    assert pillow == [file_of("data.pixels"), file_of("report.pictures")]  # ours: drawn figures
    for room in ("data", "detection", "evaluation", "jacobian"):
        names = {p: p.read_text() for p in modules(room)}
        listing = [
            p
            for p, t in names.items()
            if re.search(r"\b(r?glob|iterdir|walk|scandir|listdir)\(", t)
        ]
        allowed = {file_of(m) for m in LISTERS}
        assert set(listing) <= allowed, room


def test_package_inits_only_re_export():
    for path in SOURCE.rglob("__init__.py"):
        kinds = {type(node) for node in ast.parse(path.read_text()).body}
        assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.Assign}, path


def test_one_word_for_a_rule_its_entry_point_and_its_test(project):
    names = sorted(rules(project))
    entry_points = sorted(p.stem for p in (SOURCE / "cli").glob("*.py") if p.stem != "__init__")
    tests = sorted(p.stem.removeprefix("test_") for p in (project / "tests/cli").glob("test_*.py"))
    assert sorted([*names, *FOR_PEOPLE]) == entry_points == tests


def test_every_rule_has_a_log_a_benchmark_an_environment_and_a_fingerprint(project):
    for path in (project / "workflow/rules").glob("*.smk"):
        text = path.read_text()
        for rule in [
            name
            for name in rules(project)
            if re.search(rf"^(?:rule|checkpoint) {name}:", text, re.M)
        ]:
            body = re.search(
                rf"^(?:rule|checkpoint) {rule}:\n(.*?)(?=^rule |^checkpoint |\Z)", text, re.M | re.S
            )[1]
            assert f"python -m spatial_mae.cli.{rule} " in body
            assert f'"results/logs/{rule}/' in body
            # Snakemake lets a rule be cached between workflows or benchmarked, not both.
            assert ("cache:" in body) != (f'"results/benchmarks/{rule}/' in body)
            assert (
                "conda:" in body
                and f'fingerprint("{rule}"' in body.replace("\n", "")
                or (re.search(rf'fingerprint\(\s*"{rule}"', body))
            )


def test_the_snakefile_is_a_table_of_contents(project):
    lines = (project / "Snakefile").read_text().splitlines()
    assert len(lines) <= 60
    assert not any(line.lstrip().startswith("def ") for line in lines)


def test_files_stay_readable(project):
    others = [
        path for folder in ("tests", "benchmarks") for path in (project / folder).rglob("*.py")
    ]
    files = [*modules(), *others]
    long = {str(p): n for p in files if (n := len(p.read_text().splitlines())) > 300}
    assert long == {}
