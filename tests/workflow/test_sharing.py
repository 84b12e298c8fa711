"""Results packed, unpacked in a fresh checkout, and drawn again there without the networks."""

import subprocess

import pytest
import yaml
from planning import TINY, planned, redraw_flags, snakemake_in

from spatial_mae.sharing.packing import pack
from spatial_mae.sharing.unpacking import unpack

DRAWN = {"draw_figure", "judge_claims", "write_report", "report"}
RETRAINED = {"recipes": {"pretraining": {"tiny": {"epochs": 3}}}}


@pytest.fixture(scope="module")
def unpacked(finished, copy_project, tmp_path_factory):
    """A fresh checkout with the tiny study's results from an archive."""
    archive = tmp_path_factory.mktemp("archive") / "tiny.tar.gz"
    pack("tiny", finished, archive)
    folder = copy_project()
    unpack(archive, folder, "tiny")
    return folder


def plan(folder, *flags) -> dict[str, int]:
    return planned(snakemake_in(folder)("-n", "report", "--configfile", *flags))


def test_an_archive_has_no_networks_and_no_arrays(unpacked):
    suffixes = {path.suffix for path in unpacked.rglob("results/**/*") if path.is_file()}
    assert suffixes == {".csv", ".json", ".md", ".html", ".yaml", ".pdf", ".png", ".sha256"}


def test_nothing_is_computed_again(unpacked):
    assert set(plan(unpacked, TINY)) <= DRAWN - {"draw_figure"}


def test_an_edited_recipe_is_noticed(unpacked, tmp_path):
    overlay = tmp_path / "edited.yaml"
    overlay.write_text(yaml.safe_dump(RETRAINED))
    jobs = plan(unpacked, TINY, overlay)
    assert jobs["pretrain_mae"] == 5 and jobs["prepare_dataset"] == 2  # and shifted ones


@pytest.mark.parametrize(
    ("experiment", "family", "edited", "prepared"),
    [
        ("supervised", "classification", {"epochs": 2}, 1),  # from scratch: on no network
        ("robustness", "robustness", {"n_test": 40}, 2),  # the network's own images, shifted ones
    ],
)
def test_images_that_an_edited_job_reads_are_prepared(
    unpacked, tmp_path, experiment, family, edited, prepared
):
    overlay = tmp_path / "edited.yaml"
    overlay.write_text(yaml.safe_dump({"recipes": {family: {"tiny": edited}}}))
    target = f"results/tiny/tables/{experiment}.csv"
    jobs = planned(snakemake_in(unpacked)("-n", target, "--configfile", TINY, overlay))
    assert jobs["collect_table"] == 1 and jobs["prepare_dataset"] == prepared


def test_redrawing_gives_the_same_numbers_and_verdicts(unpacked, finished, project):
    flags = redraw_flags(project, "tiny")
    names = sorted(p.stem for p in finished.glob("results/tiny/figures/*.pdf"))
    plan = planned(snakemake_in(unpacked)("-n", *[f for f in flags if f not in QUIET]))
    assert plan == {"draw_figure": len(names), "judge_claims": 1, "write_report": 1, "report": 1}
    flags.remove("draw_figure")
    # A figure is drawn from its table alone: one figure in four, and all tables, show the same.
    results = [path for n in names[::4] for path in unpacked.glob(f"results/tiny/figures/{n}.*")]
    results += [unpacked / "results/tiny/claims.json", unpacked / "results/tiny/claims.md"]
    for path in results:
        path.unlink()
    snakemake_in(unpacked)(*flags)
    assert all(path.exists() for path in results)
    numbers = [path for path in results if path.suffix == ".csv" or path.stem == "claims"]
    for path in [*numbers, *unpacked.glob("results/tiny/tables/*.csv")]:
        assert path.read_bytes() == (finished / path.relative_to(unpacked)).read_bytes(), path.name
    assert not list(unpacked.rglob("*.safetensors"))


QUIET = ("--quiet", "rules")


def test_newer_training_code_is_noticed_but_does_not_stop_redrawing(unpacked, project):
    loop = unpacked / "src/spatial_mae/training/loop.py"
    loop.write_text(loop.read_text() + "\n\nEDITED = 1\n")
    assert "pretrain_mae" in plan(unpacked, TINY)
    flags = [flag for flag in redraw_flags(project, "tiny") if flag not in QUIET]
    assert set(planned(snakemake_in(unpacked)("-n", *flags))) == DRAWN


def test_the_make_targets_name_the_entry_points(project):
    make = ["make", "--no-print-directory", "--dry-run", "STUDY=tiny", "-o", ".venv/.ready"]
    done = subprocess.run(
        [*make, "pack-results", "unpack-results"], cwd=project, capture_output=True, text=True
    )
    assert "cli.pack_results --study tiny --archive results/tiny.tar.gz" in done.stdout
    assert "cli.unpack_results --archive results/tiny.tar.gz" in done.stdout
