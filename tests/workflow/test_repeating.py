"""The commands that docs/results.md gives plan the studies of the overlays kept with its tables."""

import re
from pathlib import Path

import pytest
import yaml
from planning import planned, snakemake_in

ROOT = Path(__file__).resolve().parents[2]


def _page(path: Path) -> str:
    """A page on which each command is one line."""
    return re.sub(r"\\\n *", "", path.read_text(encoding="utf-8"))


PAGE = _page(ROOT / "docs/results.md").partition("## To repeat")[2]
COMMANDS = re.findall(r"^(snakemake report .+? (docs/archives/\w+/overlay.yaml))", PAGE, re.M)
OF_DATA = [pair for pair in COMMANDS if "workflow/studies" in pair[0]]


def test_the_page_gives_a_command_for_each_kept_overlay():
    kept = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/archives/*/overlay.yaml")}
    assert {path for _, path in COMMANDS} == kept
    for _, path in COMMANDS:
        assert yaml.safe_load((ROOT / path).read_text())["study"] == Path(path).parent.name


@pytest.mark.parametrize(("command", "kept"), OF_DATA)
def test_a_repeated_study_reads_the_data_of_its_overlay(command, kept, tmp_path):
    overlay = yaml.safe_load((ROOT / kept).read_text())
    for name, dataset in overlay["datasets"].items():
        source = dataset.get("source", "cityscapes")
        dataset["root"] = str(_stand_in(tmp_path / name, source))
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay))
    words = [str(path) if word == kept else word for word in command.split()[1:]]
    words[words.index("all")] = "1"
    # where the command is typed, in the project; what is planned is written nowhere
    done = snakemake_in(ROOT)("-n", "--directory", tmp_path, *_from(ROOT, words))
    jobs = planned(done)
    assert "download_archive" not in jobs
    assert jobs["prepare_dataset"] >= 1
    assert jobs["write_report"] == 1
    for name in overlay["datasets"]:
        assert f"results/data/{name}/manifest.json" in done.stdout
    assert f"results/{overlay['study']}/" in done.stdout


def _from(root, words):
    return [str(root / word) if word.startswith("workflow/") else word for word in words]


def _stand_in(folder, source):
    if source == "array_file":
        folder.mkdir()
        (folder / "images.npz").touch()
        return folder / "images.npz"
    places = {"cityscapes": ("leftImg8bit", "disparity")}.get(source, ("train/one", "test/one"))
    for place in places:
        (folder / place).mkdir(parents=True)
        (folder / place / "1.png").touch()
    return folder


def _documented() -> list[str]:
    """Commands of README and docs that plan in an empty folder as they are printed.

    Not those with a file that only a user has, after a run, for a cluster, or with conda. Generated
    figure commands of docs/measurements.md are all of one form; two of them are among these.
    """
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(map(_page, pages))
    found = re.findall(r"(?:^|`)snakemake (--cores all[^`\n#]*)", text, re.M)
    known = {" ".join(command.split()) for command in found}
    others = ("mine.yaml", "results/quick/config.yaml", "own_images", "cityscapes", "kong", "-n ")
    others += ("results/plans/", " conda", "advise_validation")
    plain = [c for c in known if not any(word in c for word in others)]
    figures = sorted(c for c in plain if "/figures/" in c)
    return sorted(set(plain) - set(figures)) + figures[:2]


DOCUMENTED = _documented()


@pytest.mark.parametrize("command", DOCUMENTED)
def test_a_documented_command_plans_what_it_names(command, tmp_path):
    words = command.split()
    words[words.index("all")] = "1"
    done = snakemake_in(ROOT)("-n", "--directory", tmp_path, *_from(ROOT, words))
    jobs = planned(done)
    assert sum(jobs.values()) >= 1
    for target in _targets(words):
        assert target in jobs or target in done.stdout, target


def _targets(words):
    """The words between the number of cores and the next flag."""
    rest = words[words.index("1") + 1 :]
    flags = [place for place, word in enumerate(rest) if word.startswith("--")]
    return rest[: min(flags, default=len(rest))]
