"""What the template says about kept studies, on a small one."""

import json
import re
import shutil
from unittest.mock import Mock

import numpy as np
import pytest
import yaml
from benchmarks import made_tables

from spatial_mae.files import write_rows
from spatial_mae.report.kept import Kept
from spatial_mae.report.kept_pictures import redraw
from spatial_mae.tables.rows import pick

HEAD = "dataset,n_images,patch,model,mask_ratio,n_latents,mean_distance"
ROWS = ["d,1500,2,ae,0.0,64,1.004", "d,1500,4,ae,0.0,64,1.001", "d,1500,2,mae,0.5,64,2.346"]
ACROSS = {"AE": {"model": "ae"}, "m = 0.5": {"model": "mae", "mask_ratio": 0.5}}


def claim(statement: str, verdict: str, scale: str = "", role: str = "finding") -> dict:
    words = {"quote": f"a | {statement}", "sentence": f"found {statement}"}
    return {"id": statement, "verdict": verdict, "scale": scale, "role": role, **words}


@pytest.fixture
def kept(tmp_path):
    folder = tmp_path / "small"
    (folder / "tables").mkdir(parents=True)
    config = {"study": "small", "experiments": [{"name": "reach", "kind": "influence"}]}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "tables/reach.csv").write_text("\n".join([HEAD, *ROWS, "d,1500,4,mae,0.5,64,3"]))
    claims = [
        claim("a", "holds"),
        claim("b", "fails"),
        claim("c", "not-run"),
        claim("d", "inconclusive", "3 epochs"),
        claim("e", "holds", role="setting"),
    ]
    (folder / "claims.json").write_text(json.dumps(claims))
    return Kept(tmp_path)


def test_a_pivot_has_a_row_per_value_and_a_column_per_head(kept):
    table = kept.pivot("small", "reach", "mean_distance", ["patch", "p"], ACROSS, n_latents=64)
    assert table.splitlines() == [
        "| p | AE | m = 0.5 |",
        "|---|---|---|",
        "| 2 | 1.00 | 2.35 |",
        "| 4 | 1.00 | 3.00 |",
    ]


def test_a_cell_of_several_numbers_or_none_is_an_error(kept):
    with pytest.raises(ValueError, match="2 values of mean_distance where .*'model': 'mae'"):
        kept.pivot("small", "reach", "mean_distance", ["n_images", "n"], ACROSS)
    with pytest.raises(ValueError, match="0 values of mean_distance"):
        kept.value("small", "reach", "mean_distance", patch=8)
    assert kept.value("small", "reach", "mean_distance", digits=3, patch=4, model="ae") == "1.001"


def test_a_number_that_a_figure_works_out_is_quoted_from_it(kept, monkeypatch):
    taus = {"ae": None, "mae": 0.25}
    select = lambda rows: [row | {"tau": taus[row["model"]]} for row in rows]  # noqa: E731
    monkeypatch.setattr("spatial_mae.report.kept.load_figure", {"f": Mock(select=select)}.get)
    quoted = [kept.drawn("f", "small", "reach", "tau", 2, model=model) for model in taus]
    assert quoted == ["none", "0.25"]
    with pytest.raises(ValueError, match="0 values of tau"):
        kept.drawn("f", "small", "reach", "tau", 2, model="dae")


def test_verdicts_are_those_without_a_trained_network(kept):
    assert kept.verdicts({"small": "a study"}).splitlines()[2:] == [
        "| a | a \\| a | holds |",
        "| b | a \\| b | **fails** |",
        "| e (setting) | a \\| e | holds |",
    ]
    assert "| b |" not in kept.verdicts({"small": "a study"}, leave=["b"])


def test_what_was_found_is_said_where_a_statement_does_not_hold(kept):
    lines = kept.found({"small": "a study"}).splitlines()[2:]
    assert lines == ["| b | a study | fails | found b |"]
    assert kept.claim("small", "b")["sentence"] == "found b"


def test_a_statement_is_judged_on_the_rows_that_are_picked_alone(kept, tmp_path):
    """Levels that do not change with m on one set of images, and by 0.5 on the other."""
    run = {"source": "trained", "readout": "linear", "metric": "mean_level", "status": "completed"}
    run |= {"representation": "mean", "epochs": 8, "model_width": 48, "patch": 4, "n_images": 100}
    run |= {"pretrain_n_train": 100, "pixels": "lossless"}
    write_rows(
        tmp_path / "levels/tables/levels.csv",
        [
            run | {"dataset": data, "mask": m, "seed": seed, "value": 1 + rise * m + 0.001 * seed}
            for data, rise in (("flat", 0), ("steep", 1))
            for m in (0.25, 0.75)
            for seed in range(3)
        ],
    )
    config = {"study": "levels", "experiments": [{"name": "levels", "kind": "level_recovery"}]}
    (tmp_path / "levels/config.yaml").write_text(yaml.safe_dump(config))
    found = [kept.claim_at("levels", "quadtree.mean", dataset=name) for name in ("flat", "steep")]
    assert [one["verdict"] for one in found] == ["holds", "fails"]
    assert "between mask ratios 0.50" in found[1]["sentence"]


def test_ranks_give_the_median_the_lowest_and_the_signs(kept, tmp_path):
    folder = tmp_path / "gains"
    (folder / "tables").mkdir(parents=True)
    config = {"experiments": [{"name": "target_ranks", "kind": "target_ranks"}]}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    head = "dataset,n_images,target,predictor,rank_correlation,standard_error"
    head += ",sign_agreement,majority,n_sure"
    rows = ["d,5000,gabor,turn,0.9,0.30,1,0.5,30", "d,5000,gabor,turn,0.5,0.10,0.5,0.5,10"]
    (folder / "tables/target_ranks.csv").write_text("\n".join([head, *rows]))
    line = kept.ranks([["some", "gains", "d", "gabor"]], ["turn"]).splitlines()[-1]
    assert line == "| some | 5,000 | 0.70, 0.50 ± 0.10 | 88% of 40 | 50% |"


def test_a_mean_is_over_seeds_and_refuses_two_rows_of_one(kept):
    rows = ["seed,blocks,accuracy", "0,1,0.5", "1,1,0.6", "0,all,0.71", "0,2,0.1", "0,2,0.2"]
    (kept.archives / "small/tables/reach.csv").write_text("\n".join(rows))
    args = ("small", "reach", "accuracy")
    assert kept.mean(*args, digits=2, blocks=1) == "0.55 ± 0.05"
    assert kept.mean(*args, factor=100, blocks="all") == "71.0"
    assert kept.mean(*args, blocks=3) == ""
    with pytest.raises(ValueError, match="several values of accuracy of a seed"):
        kept.mean(*args, blocks=2)


def test_means_and_totals_go_over_the_seeds_of_several_parts(kept):
    part = shutil.copytree(kept.archives / "small", kept.archives / "second")
    for folder, rows in (("small", ["0,0.5", "1,0.6"]), ("second", ["2,0.7"])):
        table = kept.archives / folder / "tables/reach.csv"
        table.write_text("\n".join(["seed,accuracy", *rows]))
    args = (["small", part.name], "reach", "accuracy")
    assert kept.mean(*args, digits=3) == "0.600 ± 0.058"
    assert kept.total(*args) == pytest.approx(1.8)
    with pytest.raises(ValueError, match="several values of accuracy of a seed"):
        kept.mean(["small", "small"], "reach", "accuracy")


def test_a_difference_is_paired_by_seed_and_refuses_other_seeds(kept):
    """Differences 1, 2, 3: Student's interval is 2 ± 4.303 / sqrt(3)."""
    folder = kept.archives / "pairs"
    (folder / "tables").mkdir(parents=True)
    entries = [{"name": name, "kind": "detection"} for name in ("ours", "theirs", "other")]
    (folder / "config.yaml").write_text(yaml.safe_dump({"experiments": entries}))
    values = {"ours": (5, 9, 14), "theirs": (4, 7, 11), "other": (4, 7)}
    for name, own in values.items():
        write_rows(
            folder / f"tables/{name}.csv",
            [{"seed": seed, "metric": "box_ap", "value": v / 100} for seed, v in enumerate(own)],
        )
    args = {"column": "value", "factor": 100, "metric": "box_ap"}
    assert kept.difference("pairs", ["ours", "theirs"], **args) == "2.0 (-0.5 to 4.5)"
    with pytest.raises(ValueError, match="have other seeds"):
        kept.difference("pairs", ["ours", "other"], **args)


def test_a_difference_within_an_experiment_is_of_what_either_holds(kept):
    rows = [{"seed": s, "unit": u, "accuracy": u + s * u / 10} for s in (0, 1) for u in (1, 2)]
    write_rows(kept.archives / "small/tables/reach.csv", rows)
    args = ("small", ["reach", "reach"], "accuracy")
    each = [{"unit": 2}, {"unit": 1}]
    assert kept.difference(*args, digits=2, each=each) == "1.05 (0.41 to 1.69)"
    with pytest.raises(ValueError, match="several values of accuracy of a seed"):
        kept.difference(*args)


def test_zero_has_no_sign(kept):
    write_rows(kept.archives / "small/tables/reach.csv", [{"seed": 0, "r_squared": -0.001}])
    args = ("small", "reach", "r_squared", 2)
    assert kept.value(*args) == kept.mean(*args) == "0.00"


def test_a_total_is_a_sum_of_counts(kept):
    rows = [{"graph": graph, "n_masks": n} for graph, n in (("a", 2), ("b", 3), ("b", 4))]
    write_rows(kept.archives / "small/tables/reach.csv", rows)
    assert kept.total("small", "reach", "n_masks") == 9
    assert kept.total("small", "reach", "n_masks", graph="b") == 7


def test_a_ladder_kept_in_parts_is_told_and_drawn_as_one(tmp_path):
    """From made tables of the study `ladder`: two rungs, each kept as a study of its own."""
    budgets = {"epochs_3": 3, "epochs_10": 10}
    config = made_tables.studies()["ladder"]
    made = made_tables.tables(config, 2, np.random.default_rng(0), {"jacobian"})["jacobian"]
    for rung in budgets:
        recipes = {name: {"epochs": epochs} for name, epochs in budgets.items()}
        entry = {"name": "influence", "kind": "jacobian"}
        part = {"study": rung, "ladder": [*budgets], "recipes": {"pretraining": recipes}}
        rows = [row for row in made if row["training"] == rung]
        write_rows(tmp_path / rung / "tables/influence.csv", rows)
        text = yaml.safe_dump(part | {"experiments": [entry]})
        (tmp_path / rung / "config.yaml").write_text(text)
    kept = Kept(tmp_path)
    lines = kept.ladder([*budgets]).splitlines()
    wanted = r"\| entropy\.mask \| [^|]+ \| all \| 3: .+; 10: .+ \|"
    assert any(re.match(wanted, line) for line in lines)
    said = kept.at_budgets([*budgets], "entropy.mask").splitlines()
    assert [line.split(", *")[0] for line in said] == ["    - 3 epochs", "    - 10 epochs"]
    assert all("change of reach" in line for line in said), said
    with pytest.raises(ValueError, match="no rung of epochs_3, epochs_10 decides 'depth.claim'"):
        kept.at_budgets([*budgets], "depth.claim")
    table = kept.over_budget([*budgets], "spread", digits=3).splitlines()
    assert table[0] == "| patch | m | seeds | untrained | 3 epochs | 10 epochs |"
    wanted = {"source": "network", "measure": "spread", "normalised": "no"}
    wanted |= {"power": 1, "channels": "sum"}
    rows = pick(made, **wanted, patch=4, mask=0.5, training="epochs_10", epoch=2000)
    first, second = (row["value"] for row in rows)
    cell = f"{(first + second) / 2:.3f} ± {abs(first - second) / 2:.3f}"
    (line,) = [line for line in table if line.startswith("| 4 | 0.5 |")]
    assert line.split(" | ")[2] == "2 / 2" and line.endswith(f"| {cell} |")
    shows = {name: {"ladder": [*budgets], "shows": name} for name in ("effects", "networks")}
    (tmp_path / "pictures.yaml").write_text(yaml.safe_dump(shows))
    drawn = redraw(tmp_path, tmp_path)
    assert [picture.stat().st_size > 5000 for picture in drawn] == [True, True]


def test_a_ladder_shows_nothing_that_is_unknown(tmp_path):
    listed = {"picture": {"ladder": ["a"], "shows": "effect"}}
    (tmp_path / "pictures.yaml").write_text(yaml.safe_dump(listed))
    with pytest.raises(ValueError, match="'effect' is unknown; allowed: effects, networks, costs"):
        redraw(tmp_path, tmp_path)
