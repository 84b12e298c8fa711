"""The engine against what is known: t tests, no effect, real effects, and tables that are wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from spatial_mae.claims.conclusion import conclude, holm
from spatial_mae.claims.engine import Combined, Contrast, Evidence
from spatial_mae.claims.nearness import Alike
from spatial_mae.claims.noise import accuracy_error, own_error
from spatial_mae.claims.shapes import Above, Lead, Mean, Rise, named
from spatial_mae.claims.verdict import Undecidable
from spatial_mae.tables.runs import completed

MORE = Contrast(Above(named(0.75), named(0.5)), ("mask",), "gain", least=0.01, why="a point")
NEAR = replace(MORE, shape=Above(named(0.75), named(0.5), margin=0.02), least=0)
RISE = replace(MORE, shape=Rise())


@pytest.fixture
def table(probe):
    """Rows of mask ratios and seeds with Gaussian noise; effects: mask ratio -> mean."""

    def rows(effects, seeds=3, noise=0.01, start=0, **others):
        random = np.random.default_rng(start)
        shift = random.standard_normal(seeds)  # of a seed, common to its networks
        return completed(
            [
                probe(
                    0.4 + mean + 0.05 * shift[s] + noise * random.standard_normal(),
                    mask=mask,
                    seed=s,
                    **others,
                )
                for mask, mean in effects.items()
                for s in range(seeds)
            ]  # fmt: skip
        )

    return rows


@pytest.mark.parametrize("effect", [0.0, 0.02])
def test_two_cells_with_repeats_are_a_paired_t_test(table, effect):
    rows = table({0.5: 0, 0.75: effect}, seeds=5)
    by_mask = {m: [r["value"] for r in rows if r["mask"] == m] for m in (0.5, 0.75)}
    exact = stats.ttest_rel(by_mask[0.75], by_mask[0.5], alternative="greater")
    weight = Evidence(rows, MORE).weigh([0], interval=True)
    assert weight.estimate == pytest.approx(np.mean(by_mask[0.75]) - np.mean(by_mask[0.5]))
    assert weight.affirm == pytest.approx(exact.pvalue, abs=0.015)
    interval = stats.ttest_rel(by_mask[0.75], by_mask[0.5]).confidence_interval(0.95)
    assert (weight.low, weight.high) == pytest.approx(tuple(interval), abs=0.002)


def test_the_test_set_s_error_is_added(table):
    rows = table({0.5: 0, 0.75: 0.05}, n_test=100)
    assert Evidence(rows, MORE).weigh([0]).affirm < 0.025
    wide = Evidence(rows, replace(MORE, error=accuracy_error)).weigh([0], interval=True)
    assert wide.affirm > 0.1
    assert wide.high - wide.low > 0.2


def word(rows, contrast, **options):
    return conclude(Evidence(rows, contrast).seen(), **options).word


@pytest.mark.parametrize(
    ("effects", "contrast", "expected"),
    [
        ({0.5: 0, 0.75: 0.05}, MORE, "holds"),
        ({0.5: 0, 0.75: -0.05}, MORE, "fails"),
        ({0.5: 0, 0.75: 0.001}, NEAR, "holds"),
        ({0.5: 0, 0.75: -0.06}, NEAR, "fails"),
        ({0.25: 0, 0.5: 0.03, 0.75: 0.06}, RISE, "holds"),
        ({0.25: 0, 0.5: 0.09, 0.75: 0.01}, RISE, "fails"),
        ({0.25: 0, 0.5: 0.0, 0.75: -0.05}, replace(RISE, shape=Rise(sign=-1)), "holds"),
        ({0.25: 0, 0.5: 0.05, 0.75: 0.0}, replace(RISE, shape=Lead(named(0.5))), "holds"),
        ({0.25: 0, 0.5: 0.002, 0.75: 0.001}, replace(RISE, shape=Alike(0.03), least=0), "holds"),
        ({0.25: 0, 0.5: 0.08, 0.75: 0.001}, replace(RISE, shape=Alike(0.03), least=0), "fails"),
    ],
)
def test_clear_effects_are_decided(table, effects, contrast, expected):
    assert word(table(effects, seeds=5, noise=0.004), contrast) == expected


def test_an_effect_too_small_to_matter_fails_however_certain(table):
    rows = table({0.5: 0, 0.75: 0.004}, seeds=5, noise=0.0005)
    assert Evidence(rows, MORE).weigh([0]).affirm < 0.001
    found = conclude(Evidence(rows, MORE))
    assert found.word == "fails"
    assert "less than the 1.0 points that matter" in found.sentence


def test_noise_alone_is_seldom_affirmed(table):
    designs = [MORE, RISE, replace(RISE, shape=Lead(named(0.5, 0.75)))]
    words = [
        word(table(dict.fromkeys((0.25, 0.5, 0.75, 0.9), 0), start=start), contrast)
        for start in range(100)
        for contrast in designs
    ]
    assert words.count("holds") + words.count("holds-under-conditions") <= 15  # of 300


def test_one_seed_borrows_the_noise_of_settings_with_several(table):
    many = table({0.5: 0, 0.75: 0.05}, seeds=4, noise=0.004, enc=2)
    one = table({0.5: 0, 0.75: 0.05}, seeds=1, noise=0.004, start=1)
    assert Evidence(one, MORE).blind
    evidence = Evidence([*many, *one], MORE)
    assert not evidence.blind
    assert conclude(evidence.seen()).word == "holds"
    other = [{**row, "metric": "silhouette"} for row in one]  # another measure has another noise
    assert len(Evidence([*many, *other], MORE).seen().layouts) == 1


def test_a_condition_is_named_where_both_sides_are_resolved(table):
    rows = []
    for patch, effect in ((2, 0.06), (4, 0.05), (8, -0.05)):
        rows += table({0.5: 0, 0.75: effect}, seeds=5, noise=0.004, patch=patch, start=patch)
    found = conclude(Evidence(rows, MORE))
    assert found.word == "holds-under-conditions"
    assert found.condition.axes == ("patch",)
    assert set(found.condition.affirmed) == {(2,), (4,)}
    assert set(found.condition.denied) == {(8,)}
    assert found.sentence.startswith("patch size 2, 4: gain ")
    assert word(rows, MORE, universal=True) == "fails"


def test_settings_that_disagree_by_noise_are_no_condition(table):
    rows = table({0.5: 0, 0.75: 0.05}, seeds=5, noise=0.004)
    rows += table({0.5: 0, 0.75: 0.0}, seeds=5, noise=0.05, patch=8, start=1)
    assert word(rows, MORE) != "holds-under-conditions"


def test_exact_numbers_are_compared_with_what_matters():
    contrast = Contrast(Mean(), (), "rise", least=0.1, why="seen in a figure", repeat=None)
    assert word([{"patch": 4, "value": 0.2}], contrast) == "holds"
    assert word([{"patch": 4, "value": 0.05}], contrast) == "fails"
    mixed = [{"patch": p, "value": v} for p, v in ((2, 0.2), (4, 0.3), (8, -0.1))]
    assert word(mixed, contrast) == "holds-under-conditions"
    assert word(mixed, contrast, universal=True) == "fails"


def test_an_exact_setting_adds_no_noise_to_one_with_an_error(table):
    exact = table({0.5: 0, 0.75: 0.04}, seeds=1, noise=0)
    other = [row | {"patch": 16, "standard_error": 0.01} for row in exact]
    evidence = Evidence([*exact, *other], replace(MORE, repeat=None, error=own_error))
    sure, unsure, both = (evidence.weigh(places, interval=True) for places in ([0], [1], [0, 1]))
    assert sure.low == sure.high == sure.estimate == pytest.approx(0.04)
    assert unsure.high - unsure.low == pytest.approx(2 * 1.96 * 2**0.5 * 0.01, rel=0.05)
    assert both.high - both.low == pytest.approx((unsure.high - unsure.low) / 2)


def test_both_of_two_claims_are_wanted(table):
    good = Evidence(table({0.5: 0, 0.75: 0.05}, seeds=5, noise=0.004), MORE)
    bad = Evidence(table({0.5: 0, 0.75: -0.05}, seeds=5, noise=0.004), MORE)
    assert conclude(Combined([good, good])).word == "holds"
    assert conclude(Combined([good, bad])).word == "fails"
    assert conclude(Combined([good, bad], every=False)).word == "holds"
    assert Combined([good, bad]).weigh([0]).deny == pytest.approx(2 * bad.weigh([0]).deny)


def test_holm_is_scipy_s_friend():
    values = [0.01, 0.04, 0.03, 0.005]
    assert holm(values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.5, 0.9]) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": float("nan")}, "value is nan in 1 of 6 rows"),
        ({"value": float("inf")}, "value is inf in 1"),
        ({"value": None}, "value is None in 1"),
        ({"seed": 1}, "seed 1 is there twice, with different numbers"),
        ({"pretrain_n_train": 4000}, "two scales in one comparison: images of pretraining"),
    ],
)
def test_tables_that_decide_nothing(table, change, message):
    rows = [{**row, "pretrain_n_train": 800} for row in table({0.5: 0, 0.75: 0.05})]
    rows[0] |= change
    with pytest.raises(Undecidable, match=message):
        Evidence(rows, MORE)


def test_copies_are_no_repeats(table):
    rows = table({0.5: 0, 0.75: 0.05}, seeds=1)
    with pytest.raises(Undecidable, match=r"all 2 repeats \(seed\) are copies of one"):
        Evidence([*rows, *({**row, "seed": 1} for row in rows)], MORE)


def test_a_seed_without_all_cells_is_left_out(table):
    rows = table({0.5: 0, 0.75: 0.05}, seeds=3)
    evidence = Evidence([r for r in rows if (r["seed"], r["mask"]) != (2, 0.5)], MORE)
    assert evidence.layouts[0].repeats == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"least": 0}, "name the smallest effect that matters"),
        ({"why": ""}, "say why 0.01 is the smallest effect"),
        ({"free": ("colour_of_the_sky",)}, "reads 'colour_of_the_sky', which no card declares"),
        ({"column": "happiness"}, "reads 'happiness', which no card declares"),
        ({"repeat": "try"}, "reads 'try'"),
        ({"says": "so many words " * 6}, "too many words for a sentence with its numbers"),
    ],
)
def test_a_contrast_declares_what_it_reads_and_what_matters(change, message):
    with pytest.raises(ValueError, match=message):
        replace(MORE, **change)


def test_what_a_seed_does_to_all_networks_is_seen_once_however_many_settings(probe):
    """A single cell against a fixed number: 20 settings of the same two seeds are two numbers."""
    over = Contrast(Mean(), (), "gain", least=0.01, why="a point")
    rows = completed(
        [
            probe(0.02 + shift + 0.0001 * patch, patch=patch, seed=seed)
            for seed, shift in enumerate((-0.015, 0.015))
            for patch in range(1, 21)
        ]
    )
    weight = Evidence(rows, over).weigh(range(20), interval=True)
    assert weight.affirm > 0.1
    assert weight.low < -0.1  # of a t distribution with one degree of freedom
