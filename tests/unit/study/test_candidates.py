"""Candidates of a search: reproducible, ordinary recipes; what is wrong is named before work."""

import made_search
import pytest

from spatial_mae.study import configuration, tuning
from spatial_mae.study.candidates import BASE, candidates, expanded, validated
from spatial_mae.study.schema import completed


def test_candidates_are_the_base_and_others_drawn_once_each():
    config = made_search.config()
    found = candidates(config)
    assert found == candidates(made_search.config())
    assert found != candidates(made_search.config(seed=1))
    assert found[BASE] == {"base_learning_rate": 0.012, "ema_decay": None, "unit": 1}
    distinct = {tuple(values.items()) for values in found.values()}
    assert [*found] == [f"tune_{n:02d}" for n in range(6)] and len(distinct) == 6


def test_the_order_of_the_factors_in_a_file_changes_nothing():
    config = made_search.config()
    turned = dict(reversed(config["tune"]["factors"].items()))
    assert candidates({**config, "tune": {**config["tune"], "factors": turned}}) == candidates(
        config
    )


def test_candidates_are_recipes_and_a_written_config_makes_the_same():
    config = made_search.config()
    recipes = config["recipes"]["pretraining"]
    base = recipes["epochs_3"]
    assert recipes[BASE] == {**base, "checkpoints": [1]}
    for name, values in candidates(config).items():
        assert recipes[name]["ema_decay"] == values["ema_decay"] and "unit" not in recipes[name]
        assert recipes[validated(name)]["epochs"] == 10
    assert expanded(config) == config == configuration.checked(config)


@pytest.mark.parametrize(
    ("validation", "expected"),
    [
        ({"warmup_epochs": 1}, {0.5: 1.0, 0.1: 0.2}),  # its ratio to the base's
        ({}, {0.5: 1.666667, 0.1: 0.333333}),  # its share of the schedule
    ],
)
def test_warm_up_grows_with_the_schedule(validation, expected):
    config = made_search.merged()
    config["tune"]["validation"] = {"epochs": 10, **validation}
    config["tune"] |= {"factors": {"warmup_epochs": [0.5, 0.1]}, "n": 2}
    config = configuration.checked(config)
    recipes = config["recipes"]["pretraining"]
    found = {v["warmup_epochs"]: recipes[validated(n)] for n, v in candidates(config).items()}
    assert {short: long["warmup_epochs"] for short, long in found.items()} == expected


def refused(config):
    with pytest.raises(ValueError, match="the config cannot be run") as raised:
        configuration.checked(config)
    return str(raised.value)


def test_every_wrong_key_is_named_at_once():
    config = made_search.merged(dataset="cifar11", model="large")
    config["tune"]["factors"] = {
        "learning_rate": [0.1],
        "held_out": [0.1, 0.2],
        "ema_decay": [1.5],
        "flip": True,
        "unit": [1, 1],
    }
    config["tune"]["validation"] = {"epochs": 0, "unit": 2, "ema_decay": 0.9}
    del config["recipes"]["evaluation"]["tune_test"]
    text = refused(config)
    for part in (
        "tune.dataset: 'cifar11' is not there; did you mean 'cifar10'?",
        "tune.model: 'large' is not there",
        "tune.factors.learning_rate: no factor; did you mean 'base_learning_rate'?",
        "tune.factors.held_out: no factor",
        "tune.factors.ema_decay[0]: 1.5 is not allowed; expected a number, above 0",
        "tune.factors.flip: True: expected a list",
        "tune.factors.unit: [1, 1] names a value twice",
        "tune.validation.epochs: 0 is not allowed",
        "tune.validation.unit: no key of a recipe of pretraining",
        "tune.validation.ema_decay: is a factor",
        "recipes.evaluation.tune_test: missing; copy it from workflow/studies/recipes.yaml",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"rungs": [2, 1]}, r"tune.rungs: \[2, 1\] must increase and end before epoch 3"),
        ({"rungs": [1, 3]}, "end before epoch 3"),
        ({"n": 9}, "tune.n: 9 candidates, but the factors make 8; use at most that"),
        ({"patch": 5}, "patch size 5 does not divide"),
        ({"factors": {"batch_size": [64, 99999]}}, "batch_size: 99999 of 45000 training images"),
        ({"factors": {"warmup_epochs": [0.5, 3]}}, "tune.factors: warmup_epochs 3.0"),
        ({"factors": {"unit": [1, 16]}}, "unit"),
        ({"base": "tune_03"}, "names that start with tune_ are made by the block"),
        ({"keep": 0}, "tune.keep: 0 is not allowed"),
    ],
)
def test_what_does_not_fit_is_refused(block, message):
    config = made_search.merged()
    if "factors" in block:
        config["tune"]["n"] = 2
    config["tune"] |= block
    with pytest.raises(ValueError, match=message):
        configuration.checked(config)


def test_a_class_token_that_the_networks_do_not_have_is_refused():
    config = made_search.merged()
    config["models"][config["tune"]["model"]]["class_token"] = False
    config["recipes"]["evaluation"]["tune_test"]["representations"] = ["mean", "class_token"]
    assert "experiment 'tune', recipe 'tune_test' of evaluation: representations names" in refused(
        config
    )


@pytest.mark.parametrize("name", ["tune", "tune_test"])
@pytest.mark.parametrize(
    ("key", "value", "word"),
    [("representations", ["class_token"], "mean"), ("labels", ["texture"], "class")],
)
def test_scores_without_what_candidates_are_ranked_by_are_refused(name, key, value, word):
    config = made_search.merged()
    config["recipes"]["evaluation"][name][key] = value
    said = f"recipes.evaluation.{name}.{key}: the search needs `{word}`; add it"
    assert said in refused(config)


def test_a_base_that_holds_nothing_out_is_refused():
    config = made_search.merged()
    config["recipes"]["pretraining"]["epochs_3"]["held_out"] = 0
    text = refused(config)
    assert "tune.base: the recipe 'epochs_3' of pretraining holds no training images out" in text
    assert (
        "recipes.evaluation.tune.held_out: 0.1 must be 0, the share that the training holds out"
        in text
    )


def test_rungs_and_what_they_keep():
    config = made_search.config(keep=0.3)
    assert tuning.rungs(config) == {"epoch-1": 1, "epoch-3": 3}
    assert tuning.keep(config, "epoch-1", None) == 2  # of six, rounded up
    with pytest.raises(ValueError, match="epoch-2 is no rung of this study; there are epoch-1"):
        tuning.rung_before(config, "epoch-2")
    before = {"kept": [{"candidate": "tune_02"}]}
    paths = tuning.rung_scores(config, "epoch-3", before)
    assert len(paths) == 6  # with the base, three seeds
    assert {path.split("/")[5] for path in paths} == {BASE, "tune_02"}
    assert not any("until" in path for path in paths)
    assert all("_until-1/" in path for path in tuning.rung_scores(config, "epoch-1", None))


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ([], "`kept` is empty"),
        ([{"candidate": "tune_99"}], "names 'tune_99', which is no candidate; use tune_00"),
        ([{"candidate": BASE, "values": {"unit": 2}}], "the values of tune_00 are"),
        ([{"candidate": "tune_01"}, {"candidate": "tune_02"}], "keep one of them"),
    ],
)
def test_an_edited_file_that_cannot_be_used_is_refused(kept, message):
    with pytest.raises(ValueError, match=message):
        tuning.winner(made_search.config(), {"kept": kept})


def test_a_study_without_a_search_says_what_to_do(generated):
    config = completed(generated)
    assert expanded(config) == config
    with pytest.raises(ValueError, match="workflow/studies/recipes.yaml"):
        tuning.block(config)
