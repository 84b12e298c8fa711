"""A rung of a search for a recipe, from tables of scores."""

import made_search
import pytest

from spatial_mae.files import read_rows
from spatial_mae.study import tuning
from spatial_mae.study.candidates import BASE, candidates


def test_a_rung_keeps_the_best_and_the_base_and_names_what_diverged(tmp_path):
    config = made_search.config()
    made_search.write_search(tmp_path, config)
    known, found = candidates(config), made_search.rank_rung(tmp_path, config, "epoch-1")
    kept = [entry["candidate"] for entry in found["kept"]]
    lost = [name for name, values in known.items() if made_search.truth(values, 1, 0) is None]
    best = sorted(set(known) - set(lost), key=lambda n: -made_search.truth(known[n], 1, 0))
    assert set(kept) == {*best[:3], BASE} and kept[0] == best[0]
    dropped = {entry["candidate"]: entry["why"] for entry in found["dropped"]}
    assert lost and all(dropped[name] == "training diverged" for name in lost)
    assert sorted([*kept, *dropped]) == sorted(known)
    assert {row["rung"] for row in read_rows(tmp_path / "epoch-1.csv")} == {"epoch-1"}
    last = made_search.rank_rung(tmp_path, config, "epoch-3", found)
    assert tuning.winner(config, last) == best[0]


def test_a_search_in_which_all_diverge_says_what_to_do(tmp_path):
    config = made_search.config()
    made_search.write_search(tmp_path, config, lambda *_: None)
    with pytest.raises(ValueError, match="all diverged.*lower base_learning_rate"):
        made_search.rank_rung(tmp_path, config, "epoch-1")
