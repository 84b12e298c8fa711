"""Speeds as recorded or given, and what is expected of other runs."""

import pytest

from spatial_mae.estimate.speeds import Speed, expect, given_speeds, recorded_speeds
from spatial_mae.estimate.workload import trainings

RUNS = "results/pretrain/leaves/small/short"
ONE = f"{RUNS}/patch-4_unit-1_mask-0.75_enc-2_dec-1_seed-0"


@pytest.fixture
def networks(config, tmp_path):
    """The networks of the study by their rule and patch size."""
    found = {run.network for run in trainings(config, tmp_path)}
    return {(n.rule, n.architecture.patch_size): n for n in found}


def test_a_recorded_speed_is_that_of_all_epochs(networks, tmp_path, finish):
    finish(ONE, [2.0, 3.0], 100)
    assert recorded_speeds(tmp_path) == [
        Speed(networks["pretrain_mae", 4], 100.0, "recorded", "cpu")
    ]


def test_fine_tuning_is_known_by_its_pretraining(networks, tmp_path, finish):
    run = "patch-8_unit-1_mask-0.75_enc-2_dec-1_seed-0"
    finish(f"{RUNS}/{run}", [1.0], 50)
    finish(f"results/fine_tune/leaves/small/short/{run}/blocks-all/tuned", [1.0], 80)
    speeds = {speed.network.rule: speed for speed in recorded_speeds(tmp_path)}
    assert speeds["fine_tune_mae"].network == networks["fine_tune_mae", 8]
    assert speeds["fine_tune_mae"].images_per_second == 80


def test_diverged_runs_do_not_count(tmp_path, finish):
    finish(ONE, [1.0], 100, status="diverged")
    assert recorded_speeds(tmp_path) == []


def test_devices_are_not_mixed(tmp_path, finish):
    finish(ONE, [1.0], 100)
    finish(ONE.replace("seed-0", "seed-1"), [1.0], 9000, device="NVIDIA H100")
    with pytest.raises(ValueError, match="recorded on NVIDIA H100, cpu: choose with --device"):
        recorded_speeds(tmp_path)
    assert [s.images_per_second for s in recorded_speeds(tmp_path, "h100")] == [9000]
    with pytest.raises(ValueError, match="on 'A100'; recorded devices: NVIDIA H100, cpu"):
        recorded_speeds(tmp_path, "A100")


def test_seeds_count_by_their_mean_time(networks):
    network = networks["pretrain_mae", 4]
    known = [Speed(network, rate, "recorded") for rate in (50.0, 100.0)]
    expected = expect(network, known)
    assert expected.images_per_second == pytest.approx(2 / (1 / 50 + 1 / 100))
    assert expected.factor == 1


def test_other_networks_go_by_their_flops(networks):
    small, large = networks["pretrain_mae", 8], networks["pretrain_mae", 4]
    expected = expect(large, [Speed(small, 100.0, "recorded")])
    assert expected.images_per_second == pytest.approx(100 * small.flops / large.flops)
    assert expected.known.network == small


def test_the_same_rule_and_patch_size_are_nearest(networks):
    known = [Speed(network, 1.0, "recorded") for network in networks.values()]
    for network in networks.values():
        assert expect(network, known).known.network == network
    tuned = networks["fine_tune_mae", 8]
    others = [speed for speed in known if speed.network != tuned]
    assert expect(tuned, others).known.network == networks["pretrain_mae", 8]


def test_nothing_known_gives_nothing(networks):
    assert expect(networks["pretrain_mae", 4], []) is None


def test_given_speeds_fit_runs_by_their_parts(networks):
    every = list(networks.values())
    speeds = given_speeds(["all=10", "mask-0.75_patch-4=20"], every)
    assert {s.network.architecture.patch_size: s.images_per_second for s in speeds} == {
        4: 20,
        8: 10,
    }
    with pytest.raises(ValueError, match="'patch-3' fits none of 2 pretraining runs, such as pat"):
        given_speeds(["patch-3=10"], every)


@pytest.mark.parametrize("text", ["all=0", "all=-1", "all=nan", "all=inf", "all=fast", "100x"])
def test_rates_are_positive_numbers(networks, text):
    with pytest.raises(ValueError, match=f"--images-per-second {text}: expected a number above 0"):
        given_speeds([text], list(networks.values()))
