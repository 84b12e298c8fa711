"""What a ladder's networks cost to train: a known count, and which settings are best for theirs."""

import pytest

from spatial_mae.ladder import costs

MODELS = {"small": {"width": 8, "encoder_heads": 2, "decoder_width": 4, "decoder_heads": 1}}
DATASETS = {"photos": {"source": "cifar10"}}


def network(**own):
    row = {"dataset": "photos", "model": "small", "height": 8, "width": 8, "patch": 4, "unit": 1}
    row |= {"mask": 0.5, "enc": 1, "dec": 1, "seed": 0, "epochs": 3, "pretrain_n_train": 100}
    return row | {"measure": "probe", "state": "trained", "value": 0.4, "n_judged": 10000} | own


def cost(**own):
    (row,) = costs.with_costs([network(**own)], MODELS, DATASETS)
    return row["training_flops"]


def test_the_count_of_a_network_small_enough_to_count_by_hand():
    # 2 visible patches and the class token in width 8, 4 patches and the token in width 4.
    encoder = 2 * 2 * 48 * 8 + 2 * 3 * 8 * (4 * 8 + 2 * 32) + 4 * 3**2 * 8
    decoder = 2 * 3 * 8 * 4 + 2 * 5 * 4 * (4 * 4 + 2 * 16) + 4 * 5**2 * 4 + 2 * 4 * 4 * 48
    assert cost() == 3 * (encoder + decoder) * 100 * 3


def test_cost_grows_with_epochs_and_with_what_the_encoder_sees():
    assert cost(epochs=30) == 10 * cost()
    assert cost(mask=0.75) < cost() < cost(mask=0.25)


@pytest.mark.parametrize("own", [{"state": "untrained"}, {"model": "x"}, {"dataset": "x"}])
def test_what_is_not_trained_or_not_in_the_config_has_no_cost(own):
    assert cost(**own) is None


def seeds(values, **own):
    return [network(seed=seed, value=value, **own) for seed, value in enumerate(values)]


def test_the_front_is_the_cheapest_and_what_is_above_all_cheaper_ranges():
    rows = [
        *seeds([0.40, 0.42], epochs=3),
        *seeds([0.41, 0.44], epochs=10),  # its range meets the one before
        *seeds([0.45, 0.46], epochs=30),
        *seeds([0.60], epochs=30, state="untrained"),
    ]
    found = costs.frontier([*costs.with_costs(rows, MODELS, DATASETS)])
    assert [(row["epochs"], row["front"]) for row in found] == [(3, True), (10, False), (30, True)]
    assert found[2]["cost"] == pytest.approx(10 * cost() / 1e12)


def test_more_mask_ratios_than_markers_are_drawn():
    rows = [row for m in range(1, 10) for row in seeds([0.40, 0.42], mask=m / 10)]
    figure = costs.draw_costs([*costs.with_costs(rows, MODELS, DATASETS)])
    assert len(figure.axes[0].lines) >= 9


def test_one_seed_has_two_standard_errors_of_its_images():
    rows = [*seeds([0.40], epochs=3), *seeds([0.415], epochs=10)]
    found = costs.frontier([*costs.with_costs(rows, MODELS, DATASETS)])
    assert [row["front"] for row in found] == [True, False]  # 2 x 0.0049 each


def test_two_budgets_are_not_joined_and_three_are():
    for budgets, joined in (([3, 10], "None"), ([3, 10, 30], "-")):
        rows = [row for epochs in budgets for row in seeds([0.3, 0.31], epochs=epochs)]
        figure = costs.draw_costs([*costs.with_costs(rows, MODELS, DATASETS)])
        assert figure.axes[0].lines[0].get_linestyle() == joined
