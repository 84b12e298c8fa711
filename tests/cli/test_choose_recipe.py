"""The verdict on the recipe of a search, from made tables whose answer is known."""

import made_search
import yaml

from spatial_mae.files import read_rows
from spatial_mae.study.candidates import BASE, candidates
from spatial_mae.tuning.verdict import judge
from spatial_mae.tuning.writing import read_search


def search(folder, truth=made_search.truth, again=None):
    """All steps of a search on made tables: its config, tune.json."""
    config, before = made_search.config(), None
    made_search.write_search(folder, config, truth, again)
    for rung in ("epoch-1", "epoch-3"):
        before = made_search.rank_rung(folder, config, rung, before)
    return config, made_search.choose(folder, config)


def test_a_better_recipe_is_found_and_written_to_be_pasted(tmp_path):
    config, found = search(tmp_path)
    assert found["verdict"] == "better than the base" and found["edited"] == []
    assert found["values"]["ema_decay"] == 0.9 and found["base_values"]["ema_decay"] is None
    again = found["validation"]
    assert (again["epochs"], again["winner_seeds"]) == (10, 2)
    assert 0 < again["low"] < again["difference"] < again["high"]
    assert found["raw_pixels"] == 0.28 and found["untrained"] < again["base"]
    page = (tmp_path / "tune.md").read_text()
    assert found["sentence"] in page and all(name in page for name in found["diverged"])
    pasted = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    assert set(pasted) == {"tuned_3", "tuned_10"}
    assert pasted["tuned_10"]["ema_decay"] == 0.9 and "held_out" not in pasted["tuned_10"]
    rows = read_rows(tmp_path / "tune.csv")
    assert {row["rung"] for row in rows} == {"epoch-1", "epoch-3", "validation"}
    assert {row["candidate"] for row in rows} == set(candidates(config))
    assert judge(read_search(tmp_path)) == found  # from its two files alone
    assert all((tmp_path / f"tune.{suffix}").stat().st_size > 1000 for suffix in ("pdf", "png"))


def test_a_search_whose_base_is_best_finds_nothing_better(tmp_path):
    def base_is_best(values, share, seed):
        changed = sum(made_search.OVERLAY["tune"]["factors"][k].index(v) for k, v in values.items())
        return 0.3 + 0.1 * share - 0.02 * share * changed

    found = search(tmp_path, base_is_best)[1]
    assert found["winner"] == BASE and found["verdict"] == "not shown"
    assert "no better recipe was found" in found["sentence"]


def test_a_winner_that_diverges_when_it_trains_longer_is_worse_and_named(tmp_path):
    def diverges(values, share, seed):
        return None if values["ema_decay"] and seed == 1 else made_search.truth(values, share, seed)

    found = search(tmp_path, again=diverges)[1]
    assert found["verdict"] == "worse than the base" and found["winner"] in found["diverged"]
    assert f"training of {found['winner']} diverged" in found["sentence"]
