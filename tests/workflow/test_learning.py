"""In the default study networks learn: they beat every control, and patch size shows in a probe."""

from math import sqrt
from statistics import fmean, stdev

import pytest
import yaml
from planning import snakemake_in

from spatial_mae.tables.reading import read_table
from spatial_mae.tables.rows import Row, pick

LABELS = ("texture", "layout")
TABLE = "results/quick/tables/learning.csv"
ERRORS = 3
"""Standard errors that an effect must be from zero."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def probes(copy_project) -> list[Row]:
    """The linear probes of the mean token, and of the controls, of the experiment `learning`."""
    folder = copy_project()
    snakemake_in(folder)(TABLE)
    rows = pick(read_table(folder / TABLE, "evaluation"), protocol="linear_probe")
    return [row for row in rows if row["representation"] != "class_token"]


def surely_above(differences: list[float], rows: list[Row]) -> bool:
    """Whether a mean over seeds is above zero by so many errors, of seeds and of the test set."""
    share, n_test = fmean(row["value"] for row in rows), rows[0]["n_test"]
    error = sqrt(stdev(differences) ** 2 / len(differences) + 2 * share * (1 - share) / n_test)
    return fmean(differences) >= ERRORS * error


def gains(probes: list[Row], setting: dict) -> list[float]:
    """Of each seed the accuracy above the best of chance, pixels, and the untrained network."""
    found = []
    for row in pick(probes, representation="mean", epoch=6, **setting):
        own = pick(probes, seed=row["seed"], **setting)
        controls = [r["value"] for r in own if r["epoch"] in (None, 0)]
        assert len(controls) == 4  # raw pixels, PCA, the linear MAE, the untrained encoder
        found.append(row["value"] - max(*controls, 1 / row["n_classes"]))
    return found


@pytest.mark.parametrize(
    ("label", "patch", "mask"), [("layout", 4, 0.5), ("texture", 8, 0.5), ("texture", 8, 0.75)]
)
def test_networks_beat_every_control(probes, label, patch, mask):
    setting = {"label": label, "patch": patch, "mask": mask}
    trained = pick(probes, representation="mean", epoch=6, **setting)
    assert surely_above(gains(probes, setting), trained)


def test_patch_size_decides_what_is_known(probes):
    small, large = (
        pick(probes, representation="mean", epoch=6, label="layout", patch=patch, mask=0.5)
        for patch in (4, 8)
    )
    pairs = zip(small, large, strict=True)
    assert surely_above([one["value"] - other["value"] for one, other in pairs], small + large)


def test_the_experiment_is_one_of_the_default_study(project):
    config = yaml.safe_load((project / "config.yaml").read_text())
    (learning,) = [e for e in config["experiments"] if e.get("name") == "learning"]
    assert config["recipes"]["evaluation"][learning["recipe"]]["labels"] == list(LABELS)
