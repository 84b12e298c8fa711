"""Judges of separation on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import embedding
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, TOO_SMALL


@pytest.fixture
def table(probe, repeated):
    """Both scores in both spaces, `value(m, pixels, space)` after training."""

    def rows(value, masks=(0.1, 0.75, 0.9), units=(1,), patches=(4,), error=0.0, before=None):
        found = []
        for m, unit, patch in [(m, u, p) for m in masks for u in units for p in patches]:
            untrained = before(unit * patch) if before else -0.6
            for space in ("pca", "tsne"):
                for metric in ("silhouette", "knn_accuracy"):
                    for epoch, score in ((0, untrained), (4, value(m, unit * patch, space))):
                        row = {"protocol": "embedding", "space": space, "metric": metric}
                        row |= {"mask": m, "unit": unit, "patch": patch, "standard_error": error}
                        row |= {"epoch": epoch, "epochs": 4, "pretrain_n_train": 1000}
                        found.append(probe(score, **row))
        return {"embedding": repeated(found)}

    return rows


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (lambda m, p, s: m / 2, HOLDS),
        (lambda m, p, s: m - 0.5, HOLDS),  # silhouettes may be negative
        (lambda m, p, s: m / 2 if m < 0.9 else 0.0, HOLDS),  # beyond 0.75 it may fall
        (lambda m, p, s: 1 - m, FAILS),
        (lambda m, p, s: 0.5 + m / 100, FAILS),
        (lambda m, p, s: m if s == "pca" else 1 - m, CONDITIONAL),
        (lambda m, p, s: -0.6, TOO_SMALL),
    ],
)
def test_separation_rises_up_to_three_quarters(table, value, verdict):
    found = embedding.separation_rises_with_the_ratio(table(value))
    assert found.verdict == verdict
    assert verdict == TOO_SMALL or found.evidence["settings"] == 4
    assert verdict == TOO_SMALL or "the paper judges by eye" in found.conditions


def test_the_space_in_which_it_holds_is_named(table):
    tables = table(lambda m, p, s: m if s == "pca" else 1 - m)
    found = embedding.separation_rises_with_the_ratio(tables)
    assert found.sentence.startswith("measure pca: the classes' separation rises")


@pytest.mark.parametrize("grid", [{"units": (1, 2, 4)}, {"patches": (2, 4, 8)}])
@pytest.mark.parametrize(
    ("value", "verdict"), [(lambda m, p, s: p / 20, HOLDS), (lambda m, p, s: 1 / p, FAILS)]
)
def test_separation_rises_with_the_unit(table, grid, value, verdict):
    tables = table(value, masks=(0.75,), **grid)
    assert embedding.separation_rises_with_the_unit(tables).verdict == verdict


def test_a_rise_that_untrained_networks_have_too_is_no_effect_of_masks(table):
    tables = table(
        lambda m, p, s: p / 20, (0.75,), patches=(2, 4, 8), before=lambda p: p / 20 - 0.1
    )
    assert embedding.separation_rises_with_the_unit(tables).verdict == FAILS


def test_a_rise_within_the_error_of_the_images_is_inconclusive(table):
    tables = table(lambda m, p, s: 0.5 + m / 10, error=0.2)
    assert embedding.separation_rises_with_the_ratio(tables).verdict == INCONCLUSIVE


def test_without_untrained_networks_nothing_is_known(table):
    tables = table(lambda m, p, s: m / 2)
    rows = [row for row in tables["embedding"] if row["epoch"]]
    found = embedding.separation_rises_with_the_ratio({"embedding": rows})
    assert found.verdict == TOO_SMALL
    assert "no untrained networks" in found.sentence


def test_one_of_each_is_not_enough(table):
    tables = table(lambda m, p, s: 0.5, masks=(0.5,))
    assert embedding.separation_rises_with_the_ratio(tables).verdict == NOT_RUN
    assert embedding.separation_rises_with_the_unit(tables).verdict == NOT_RUN


@pytest.mark.parametrize("identity", ["kong.tsne.ratios", "kong.tsne.units"])
def test_a_missing_number_decides_nothing(table, identity):
    tables = table(lambda m, p, s: m / 2, units=(1, 2))
    for row in tables["embedding"]:
        row["value"] = float("nan")
    found = judge_statement({"id": identity}, tables)
    assert found.verdict == INCONCLUSIVE
    assert "value is nan" in found.sentence
