"""From images of many values to tables, without d x d matrices."""

import json

import numpy as np
import pytest

from spatial_mae.cli import (
    compute_moments,
    measure_autocorrelation,
    measure_influence,
    measure_losses,
    solve_linear,
)
from spatial_mae.files import read_rows, sha256
from spatial_mae.linear.autocorrelation import AutocorrelationRecipe, autocorrelation_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.linear.store import read_run

SIDE = 16
RECIPE = {
    "mask_ratios": [0.5, 0.75],
    "noise_deviations": [0.2],
    "n_latents": [4, "all"],
    "samplings": ["bernoulli"],
    "n_outputs": 8,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data set of smooth images, its moments and its solution, where 200 values are many."""
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((24, SIDE, SIDE, 1)).cumsum(1).cumsum(2)
    span = noise.max((1, 2), keepdims=True) - noise.min((1, 2), keepdims=True)
    images = ((noise - noise.min((1, 2), keepdims=True)) * 255 / span).astype(np.uint8)
    np.save(folder / "train.npy", images)
    entry = {"shape": list(images.shape), "dtype": "uint8", "sha256": sha256(folder / "train.npy")}
    manifest = {"dataset": "large", "source": "test", "files": {"train.npy": entry}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    given = {"manifest": folder / "manifest.json", "split": "train", "colour": "luma", "n": "all"}
    settings = {"patch-size": 4, "centring": "centred", "ridge": 0.001, "flip": "no"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spatial_mae.linear.sizes.MOST_DENSE", 200)
        run(compute_moments, folder, given, moments="moments.npz")
        given = {"moments": folder / "moments.npz", **settings}
        run(solve_linear, folder, given, solution="solution.npz")
    return folder


def run(module, folder, given: dict, **written: str) -> dict:
    """Run an entry point; the record it leaves."""
    flags = given | {name: folder / file for name, file in written.items()}
    flags["record"] = folder / f"{module.__name__.rpartition('.')[2]}.record.json"
    module.main([text for flag, value in flags.items() for text in (f"--{flag}", str(value))])
    return json.loads(flags["record"].read_text())


def solved(folder) -> dict:
    return {"moments": folder / "moments.npz", "solution": folder / "solution.npz"}


def test_records_say_which_form_was_chosen(folder):
    assert json.loads((folder / "compute_moments.record.json").read_text())["form"] == "images"
    record = json.loads((folder / "solve_linear.record.json").read_text())
    assert record["form"] == "matrix-free"
    losses = record["held_out_losses"]
    assert record["stationary_weight"] == float(min(losses, key=losses.get))


def test_influence_and_profiles_have_standard_errors(folder):
    given = {**solved(folder), "recipe": json.dumps(RECIPE)}
    run(measure_influence, folder, given, influence="influence.csv", profile="profile.csv")
    rows = read_rows(folder / "influence.csv")
    models = [(row["model"], row["n_latents"]) for row in rows]
    size = SIDE * SIDE
    spectral = [(model, k) for k in (4, size) for model in ("ae", "dae")]
    assert models == [*spectral, *(("mae", k) for _ in range(2) for k in (4, size))]
    assert all(row["n_outputs"] == 8 for row in rows)
    maes = [row for row in rows if row["model"] == "mae"]
    assert all(row["mean_distance_se"] > 0 for row in maes)
    known = [row["mean_distance_halves"] is not None for row in maes]
    assert known == [row["n_latents"] == size for row in maes]
    profile = read_rows(folder / "profile.csv")
    near = [row for row in profile if row["model"] == "mae" and row["distance"] < SIDE // 2]
    assert all(row["mean_absolute_se"] > 0 for row in near)


def test_losses_fall_with_latents(folder):
    given = {**solved(folder), "recipe": json.dumps(RECIPE)}
    run(measure_losses, folder, given, losses="losses.csv")
    rows = [row for row in read_rows(folder / "losses.csv") if row["mask_ratio"] == 0.75]
    losses = {row["n_latents"]: row["loss"] for row in rows}
    assert list(losses) == [1, 2, 3, 4, SIDE * SIDE]
    assert list(losses.values()) == sorted(losses.values(), reverse=True)


def test_autocorrelation_needs_no_matrix(folder):
    recipe = {"max_displacement": 5}
    given = {"moments": folder / "moments.npz", "recipe": json.dumps(recipe)}
    run(measure_autocorrelation, folder, given, autocorrelation="autocorrelation.csv")
    rows = read_rows(folder / "autocorrelation.csv")
    recipe = AutocorrelationRecipe(**recipe)
    expected = autocorrelation_rows(load_moments(folder / "moments.npz"), recipe)
    assert [row["correlation"] for row in rows] == pytest.approx(
        [row["correlation"] for row in expected], abs=1e-9
    )


def test_what_needs_all_features_says_so(folder):
    with pytest.raises(ValueError, match=r"images of 256 values .* at most 4,096 values"):
        read_run(folder / "moments.npz", folder / "solution.npz")
