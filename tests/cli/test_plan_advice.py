"""The plan of a search: its overlay, its cost, and budgets that are too small."""

import numpy as np
import pytest
import yaml
from PIL import Image

from spatial_mae.advise import planning
from spatial_mae.cli.plan_advice import main
from spatial_mae.study import advising, configuration

BLOCK = {
    "patches": [4, 8, 16],
    "masks": [0.25, 0.5, 0.75],
    "drawn": [0.25, 0.9],
    "common_mask": 0.75,
    "seeds": [0, 1],
    "final_seeds": [0, 1, 2],
}


def run(capsys, folder, *flags):
    """The overlay, and what was printed on stderr."""
    main(["--folder", str(folder), "--seconds", "0.001", *map(str, flags)])
    shown = capsys.readouterr()
    return yaml.safe_load((folder / shown.out.strip()).read_text()), shown.err


def checked(project, overlay):
    paths = (project / "config.yaml", project / "workflow/studies/advise.yaml")
    texts = [yaml.safe_load(path.read_text()) for path in paths]
    return configuration.checked(configuration.merged(*texts, overlay))


def photos(folder, n=30, classes=("a", "b")):
    rng = np.random.default_rng(0)
    for number in range(n):
        path = folder / classes[number % len(classes)] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(256, size=(20, 20, 3), dtype=np.uint8)).save(path)
    return folder


def test_a_folder_becomes_a_study_that_can_be_planned(tmp_path, capsys, project):
    images = photos(tmp_path / "My Photos")
    overlay, said = run(capsys, tmp_path, "--images", images, "--size", "16")
    config = checked(project, overlay)
    assert overlay["study"] == "advise_my_photos_16"
    assert config["advise"]["patches"] == [2, 4, 8] and config["advise"]["default"] == [2, 0.75]
    assert config["datasets"]["my_photos_16_images"]["root"] == str(images)
    assert "27 training images, 22 of them in an epoch" in said and "in all at most" in said
    assert advising.manifest(config) == "results/data/my_photos_16_images/manifest.json"


@pytest.mark.parametrize("channels", [1, 3])
def test_an_array_file_keeps_its_size(tmp_path, capsys, project, channels):
    rng = np.random.default_rng(0)
    draw = {s: rng.integers(256, size=(20, 12, 18, channels), dtype=np.uint8) for s in "ab"}
    np.savez(tmp_path / "x.npz", train_images=draw["a"], test_images=draw["b"])
    overlay, _ = run(capsys, tmp_path, "--images", tmp_path / "x.npz")
    assert overlay["study"] == "advise_x_12x18" and overlay["advise"]["patches"] == [3, 6]
    dataset = checked(project, overlay)["datasets"]["x_12x18_images"]
    assert (dataset["source"], dataset["channels"]) == ("array_file", channels)


def test_without_images_generated_ones_within_a_budget(tmp_path, capsys, project):
    overlay, said = run(capsys, tmp_path, "--size", "8", "--budget", "3h")
    epochs = checked(project, overlay)["recipes"]["pretraining"]["advise"]["epochs"]
    assert epochs > 10 and f"{epochs} epochs" in said
    assert overlay["advise"]["rungs"] == planning.rungs(epochs)


def test_the_same_request_finds_its_plan(tmp_path, capsys, monkeypatch):
    first, _ = run(capsys, tmp_path, "--size", "8", "--budget", "2h")
    monkeypatch.setattr(planning, "plan", None)  # would fail
    again, said = run(capsys, tmp_path, "--size", "8", "--budget", "2h")
    assert again == first and "plan of the same request" in said and "in all at most" in said


def edit(path):
    path.write_text(path.read_text().replace("default:\n  - 2", "default:\n  - 4"))


def test_an_edited_plan_is_used_without_the_cost_of_the_one_before(tmp_path, capsys):
    first, _ = run(capsys, tmp_path, "--size", "8", "--budget", "2h")
    edit(tmp_path / "results/plans/advise_8x8.yaml")
    again, said = run(capsys, tmp_path, "--size", "8x8", "--budget", "120")
    assert again["advise"]["default"] == [4, 0.75] != first["advise"]["default"]
    assert "cost is not estimated" in said and "in all at most" not in said


def test_another_budget_replaces_a_plan_but_not_an_edited_one(tmp_path, capsys):
    path = tmp_path / "results/plans/advise_8x8.yaml"
    _, said = run(capsys, tmp_path, "--size", "8", "--budget", "2h")
    assert "in all at most" in said
    _, said = run(capsys, tmp_path, "--size", "8", "--budget", "3h")
    assert "same request" not in said
    edit(path)
    before = path.read_text()
    with pytest.raises(SystemExit):
        run(capsys, tmp_path, "--size", "8", "--budget", "2h")
    assert "give BUDGET=3h again to use it, or delete it" in capsys.readouterr().err
    assert path.read_text() == before


def test_the_plan_of_another_folder_of_the_same_name_is_not_replaced(tmp_path, capsys):
    one, other = (photos(tmp_path / side / "photos") for side in "ab")
    run(capsys, tmp_path, "--images", one, "--size", "16")
    path = tmp_path / "results/plans/advise_photos_16.yaml"
    before = path.read_text()
    with pytest.raises(SystemExit):
        run(capsys, tmp_path, "--images", other, "--size", "16")
    said = capsys.readouterr().err
    assert str(path) in said and str(one) in said and "rename one of them" in said
    assert path.read_text() == before
    path.write_text(before.split("\n", 1)[1])
    with pytest.raises(SystemExit):
        run(capsys, tmp_path, "--images", one, "--size", "16")
    assert "does not say for which images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--budget", "1s"], "the least that works here is BUDGET="),
        (["--budget", "soon"], "expected a time above 0, such as 30min"),
        (["--size", "0"], "expected pixels"),
        (["--images", "no/such/folder"], "no images at no/such/folder"),
        (["--size", "7x11"], "only single pixels|no patch size"),
    ],
)
def test_what_cannot_be_planned_is_refused(tmp_path, capsys, flags, message):
    with pytest.raises(SystemExit):
        run(capsys, tmp_path, "--size", "8", *flags)
    assert any(part in capsys.readouterr().err for part in message.split("|"))


def test_the_least_budget_that_is_named_works():
    def planned(budget):
        return planning.plan(BLOCK, lambda patch, mask: 100 / patch, 2, budget)

    with pytest.raises(ValueError, match=r"BUDGET=(\d+)min") as refused:
        planning.refuse_above(60.0, planned(60.0))
    assert "smaller (SIZE; arrays of an" in str(refused.value)
    assert "patches" not in str(refused.value)  # a BUDGET sets them
    least = int(str(refused.value).split("BUDGET=")[1].split("min")[0])
    found = planned(60.0 * least)
    assert found.epochs == 10 and found.seconds <= 60 * least
    planning.refuse_above(60.0 * least, found)
    with pytest.raises(ValueError):
        planning.refuse_above(60.0 * (least - 1), planned(60.0 * (least - 1)))


def test_without_a_budget_the_study_s_decides_and_none_is_too_small(tmp_path, capsys, project):
    text = (project / "workflow/studies/advise.yaml").read_text()
    epochs = []
    for budget in ("1s", "3h"):
        study = tmp_path / f"{budget}.yaml"
        study.write_text(text.replace("budget: 30min", f"budget: {budget}"))
        overlay, _ = run(capsys, tmp_path / budget, "--size", "8", "--configfile", study)
        epochs.append(overlay["recipes"]["pretraining"]["advise"]["epochs"])
    assert epochs[0] == 10 < epochs[1]


@pytest.mark.parametrize(
    ("text", "seconds"), [("30min", 1800), ("2h", 7200), ("45", 2700), ("1.5 h", 5400), ("90s", 90)]
)
def test_budgets_as_people_write_them(text, seconds):
    assert planning.budget_seconds(text) == seconds


@pytest.mark.parametrize(
    ("sides", "patches"),
    [((32, 32), [4, 8, 16]), ((64, 64), [8, 16, 32]), ((24, 36), [6, 12]), ((28, 28), [4, 7, 14])],
)
def test_patches_worth_a_search(sides, patches):
    assert planning.candidates(*sides, 0.75) == patches


def test_rungs_of_short_schedules_differ():
    assert planning.rungs(10) == [1, 3] and planning.rungs(100) == [10, 30]
    assert planning.rungs(3) == [1, 2]
