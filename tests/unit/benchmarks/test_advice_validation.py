"""Searches replayed on made grids, where what each rule loses is known."""

import hashlib
import io
import json
import re
import tarfile

import numpy as np
import pytest
from benchmarks.advice_validation import emoji, grids, report
from benchmarks.advice_validation.page import page
from benchmarks.advice_validation.rank_me import rank_me
from benchmarks.advice_validation.transfer import transfers
from benchmarks.advice_validation.trials import LABELLED, UNLABELLED, Grid, interval, trials
from PIL import Image
from simulated_advice import EPOCHS, LAST, MASKS, PATCHES, SECONDS, look

from spatial_mae.files import write_json, write_rows

SEEDS = (0, 1, 2)


def truth(patch, mask):
    return 0.4 + 0.1 * (patch == 8) + 0.01 * (mask == 0.5)


def rows(deviation=0.001):
    rng = np.random.default_rng(0)
    found = []
    for patch in PATCHES:
        for mask in MASKS:
            for seed in SEEDS:
                for epoch in (0, *EPOCHS, LAST):
                    value = 0.2 if epoch == 0 else truth(patch, mask)
                    value += deviation * rng.standard_normal()
                    row = {"rung": "grid", "patch": patch, "mask": mask, "seed": seed}
                    row |= {"epoch": epoch, "epochs": LAST, "status": "completed"}
                    row |= {"probe": value, "n_labelled": 1200, "error": 1 - value + mask / 100}
                    row |= {"agreement": value, "seconds": SECONDS[patch] * epoch}
                    last = epoch == LAST
                    row |= {"test_probe": value if last else None}
                    found.append(row | {"rank_me": float(patch) if last else None})
    return found


@pytest.fixture
def grid():
    seen = look(mean_image_share=1.0)
    linear = [
        {"patch": p, "mask": m, "error": 0.6 + 0.01 * p + 0.1 * m} for p in PATCHES for m in MASKS
    ]
    seen |= {"linear_errors": linear}
    return Grid("made-advised-budget_1", rows(), seen, {"PCA": 0.3})


def test_regrets_of_all_rules(grid):
    found = trials(grid, (4, 0.5))
    losses = {rule: np.mean([trial.regret for trial in t]) for rule, t in found.items()}
    assert losses[LABELLED] == pytest.approx(0, abs=0.011)
    assert losses[UNLABELLED] == pytest.approx(0.01, abs=0.005)  # patch 8, but mask ratio 0.75
    assert losses["default"] == pytest.approx(0.11, abs=0.005)
    assert losses["best on CIFAR-10"] == pytest.approx(0.1, abs=0.005)
    assert losses["RankMe"] == pytest.approx(0.11, abs=0.011)  # patch 16
    assert losses["closed form alone"] == pytest.approx(0.11, abs=0.005)
    assert losses["lowest error of the grid"] == pytest.approx(0, abs=0.005)
    mean = np.mean([truth(p, m) for p in PATCHES for m in MASKS])
    assert losses["random"] == pytest.approx(0.51 - mean, abs=0.005)
    assert all(len(t) == len(SEEDS) for t in found.values())


def test_the_searches_cost_and_ties(grid):
    (first, *_) = trials(grid, None)[LABELLED]
    assert first.verdict == "advice" and first.tie_holds_best
    assert 0 < first.cost_share < 0.5 and first.search_runs > 1
    assert first.chosen[0] == 8


def test_the_seed_that_judges_is_not_among_those_that_choose(grid):
    """The best setting and the choice are picked on the other seeds: regret can be below 0."""
    noisy = Grid("noise", rows(0.05), grid.look, {})
    losses = [t.regret for found in trials(noisy, None).values() for t in found]
    assert min(losses) < 0


def test_an_interval_grows_with_the_deviation_between_seeds(grid):
    found = trials(grid, None)[LABELLED]
    small = interval(grid, found)
    assert small == pytest.approx(2.04 * 0.001 * np.sqrt(2 / 3), rel=0.35)
    assert interval(Grid("n", rows(0.01), grid.look, {}), found) > 5 * small


def test_the_report_reads_what_was_archived(grid, tmp_path):
    about = {"look": grid.look, "baselines": grid.baselines}
    write_rows(tmp_path / f"{grid.name}.csv", grid.rows)
    write_json(tmp_path / f"{grid.name}.json", about, sealed=False)
    write_rows(tmp_path / "part-advised-budget_1.csv", grid.rows[1:-4])
    write_json(tmp_path / "part-advised-budget_1.json", about, sealed=False)
    text = report.report(tmp_path)
    (shown,) = [line for line in text.splitlines() if line.startswith("| made | 8 |")]
    numbers = [float(cell) for cell in shown.strip("| ").split(" | ")[2:]]
    assert numbers == pytest.approx([50, 51, 50, 50], abs=0.2)
    assert "| part |" not in text  # a grid is judged when all of it was trained
    assert "| **advice with labels** | 0." in text or "| **advice with labels** | -0." in text


def test_searches_are_replayed_on_what_the_advisor_offers(grid):
    """At most 8 patches along a side: of images of 64 pixels, patches of 8 and more."""
    large = Grid(grid.name, grid.rows, grid.look | {"height": 64, "width": 64}, {})
    assert {patch for patch, _ in large.settings} == set(PATCHES)
    found = report.offered(large)
    assert {patch for patch, _ in found.settings} == {p for p in PATCHES if p >= 8}
    assert {entry["patch"] for entry in found.look["linear_errors"]} == {8, 16}
    assert {*found.look["masks"]} == {"8", "16"}


def test_the_page_is_what_the_kept_grids_give(project):
    written = (project / "docs/advise-validation.md").read_text(encoding="utf-8")
    assert written == page(project / "docs/archives/advise"), "run make docs"


def test_the_short_page_says_the_same(project):
    long, short = (
        " ".join((project / f"docs/{name}.md").read_text().split())
        for name in ("advise-validation", "advise")
    )
    losses = [
        re.search(rf"{words} (-?[\d.]+) (?:points )?in the mean and (-?[\d.]+) at worst", long)
        for words in ("advice loses", "it loses", "mask ratio 0.75, loses")
    ]
    means, worst = zip(*(match.groups() for match in losses), strict=True)
    found = re.search(r"labels, (\S+) points .* and (\S+) without; .*, is (\S+) below", short)
    assert found.groups() == means
    assert "At worst they are {}, {} and {} below".format(*worst) in short
    advised = re.search(r"- (\d+ of \d+) searches with labels advise", long)[1]
    assert f"{advised} with labels advise a setting" in short


def scaled(grid, name, factor):
    moved = [row | {"patch": factor * row["patch"]} for row in grid.rows]
    return Grid(name, moved, grid.look, {})


def test_what_carries_over_to_images_of_twice_the_size(grid):
    """Where patches must grow with the images, pixels mislead and shares do not."""
    known = {
        "emoji-advised-budget_1": grid,
        "emoji-advised-budget_4": grid,
        "emoji_64-advised-budget_1": scaled(grid, "emoji_64", 2),
    }
    found = {row["change"]: row for row in transfers(known)}
    assert found["budget x 4"]["rank correlation"] == "1.00"
    share, pixels = (found[f"twice the size, patch {word}"] for word in ("as a share", "in pixels"))
    assert share["points lost"] == "0.0" and share["settings in both"] == 16
    assert float(pixels["points lost"]) > 8 and pixels["best before"].startswith("8,")
    assert share["best before"].startswith("16,")


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_rank_me_of_features_of_known_rank(rank):
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.standard_normal((200, rank)))
    directions, _ = np.linalg.qr(rng.standard_normal((8, rank)))
    assert rank_me(basis @ directions.T) == pytest.approx(rank, rel=1e-4)


def test_names_of_grids():
    assert grids.Grid("digits", "", "advised", "budget_1").name == "digits-advised-budget_1"
    both = grids.Grid("layouts", "layout", "advised", "budget_4")
    assert both.name == "layouts-layout-advised-budget_4" and both.recipe("test") == "test_both"


def test_a_patch_size_is_collected_when_all_its_runs_are_evaluated(tmp_path):
    plan = grids.planned()
    assert {g.label for g in plan if g.dataset == "layouts"} == {"texture", "layout"}
    digits = grids.Grid("digits", "", "advised", "budget_1")
    assert {p: len(runs) for p, runs in plan[digits].items()} == {2: 12, 4: 12, 8: 12, 16: 9}
    folder = tmp_path / "evaluate/mae/digits/advised/budget_1/patch-16_mask-0.5_seed-0"
    for name in ("scores_search.csv", "scores_test.csv"):
        assert grids.evaluated(tmp_path, digits) == []
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert grids.evaluated(tmp_path, digits) == [folder / "scores_search.csv"]
    grids.collect(tmp_path, tmp_path / "out")  # one run of nine: nothing to write
    assert not (tmp_path / "out").exists()


def evaluate(results, name, probe):
    """What evaluation leaves of a run: its scores on held-out and on test images."""
    run = {"epoch": 10, "epochs": 10, "status": "completed", "pretrain_seconds": 5.0}
    score = {"representation": "mean", "n_test": 1200, "label": ""}
    rows = [
        run | score | {"protocol": "linear_probe", "metric": "accuracy", "value": probe},
        run | score | {"protocol": "halves", "metric": "agreement", "value": 0.9},
    ]
    for word in ("search", "test"):
        write_rows(results / f"evaluate/mae/digits/advised/budget_1/{name}/scores_{word}.csv", rows)


def test_a_grid_whose_parts_were_trained_in_two_places(tmp_path, monkeypatch):
    monkeypatch.setattr(grids.LabelFree, "rank", lambda self, path: 7.0)
    digits = grids.Grid("digits", "", "advised", "budget_1")
    here, there = tmp_path / "here", tmp_path / "there"
    for results, patch, probe in ((here, 8, 0.6), (here, 16, 0.8), (there, 16, 0.9)):
        evaluate(results, f"patch-{patch}_mask-0.5_seed-0", probe)
    settings = {(8, 0.5), (16, 0.5)}
    rows = grids.rows_of(here, digits, settings, {})
    assert [(row["patch"], row["probe"], row["rank_me"]) for row in rows] == [
        (8, 0.6, 7.0),
        (16, 0.8, 7.0),
    ]
    monkeypatch.setattr(grids.LabelFree, "rank", lambda self, path: 9.0)
    write_rows(tmp_path / "digits.csv", rows)
    known = grids.known_rows(tmp_path / "digits.csv")
    assert grids.rows_of(here, digits, settings, known) == rows  # not measured again
    joined = grids.rows_of(there, digits, settings, known)
    assert [(row["patch"], row["probe"], row["rank_me"]) for row in joined] == [
        (8, 0.6, 7.0),  # kept
        (16, 0.9, 9.0),  # another network in the place of the first
    ]
    assert grids.rows_of(there, digits, {(16, 0.5)}, known) == joined[1:]


def package(vendor, names):
    """A packed package with a picture of one colour for each (name, category)."""
    known = [
        {"image": n, "category": c, f"has_img_{vendor}": True, "name": n} for n, c in names.items()
    ]
    files = {"package/emoji.json": json.dumps(known).encode()}
    for i, name in enumerate(names):
        picture = io.BytesIO()
        Image.new("RGBA", (64, 64), (i, 0, 0, 255)).save(picture, "PNG")
        files[f"package/img/{vendor}/64/{name}"] = picture.getvalue()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_all_drawings_of_an_emoji_are_in_one_split(tmp_path, monkeypatch):
    names = {f"{i}.png": emoji.CLASSES[i % 9] for i in range(20)} | {"tone.png": "Component"}
    sums = {}
    for vendor in ("apple", "google"):
        content = package(vendor, names)
        (tmp_path / f"emoji-datasource-{vendor}-{emoji.VERSION}.tgz").write_bytes(content)
        sums[vendor] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(emoji, "SHA256", sums)
    found = emoji.make(tmp_path, 32)
    train, test = (set(found[f"{s}_images"][:, 0, 0, 0].tolist()) for s in ("train", "test"))
    assert len(found["test_images"]) == 8 and len(found["train_images"]) == 32
    assert not train & test and len(train | test) == 20
    label = dict(zip(found["test_images"][:, 0, 0, 0], found["test_labels"], strict=True))
    assert all(label[i] == i % 9 for i in test)


def test_a_package_of_other_content_is_refused(tmp_path):
    (tmp_path / f"emoji-datasource-apple-{emoji.VERSION}.tgz").write_bytes(b"other")
    with pytest.raises(ValueError, match="SHA-256 .* pack it again"):
        emoji.checked(tmp_path, "apple")


def test_settings_whose_runs_are_all_there():
    planned = {p: {(m, s) for m in (0.25, 0.75) for s in (0, 1)} for p in (4, 8)}
    planned[16] = {(0.25, 0), (0.25, 1)}
    runs = {(p, *run) for p, one in planned.items() for run in one}
    every = {(4, 0.25), (4, 0.75), (8, 0.25), (8, 0.75), (16, 0.25)}
    assert grids.whole_settings(planned, runs) == every
    assert grids.whole_settings(planned, runs - {(8, 0.75, 1)}) == every - {(8, 0.25), (8, 0.75)}
    lacking = {(4, 0.75, 0), (8, 0.75, 1), (16, 0.25, 0)}
    assert grids.whole_settings(planned, runs - lacking) == {(4, 0.25), (8, 0.25)}
    assert grids.whole_settings(planned, set()) == set()
