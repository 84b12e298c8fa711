import subprocess
import sys

import torch

from spatial_mae.training.randomness import derived_seed, generator_for


def test_the_same_arguments_give_the_same_numbers_in_another_process():
    code = "from spatial_mae.training.randomness import derived_seed as d; print(d(3, 1, 4, 'm'))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert int(printed.stdout) == derived_seed(3, 1, 4, "m")


def test_every_argument_counts_and_they_do_not_run_together():
    seeds = {
        derived_seed(seed, epoch, step, purpose)
        for seed in (0, 1, 11)
        for epoch in (0, 1, 11)
        for step in (0, 1, 11)
        for purpose in ("masks", "crops")
    }
    assert len(seeds) == 3 * 3 * 3 * 2
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_neighbouring_steps_are_unrelated():
    draws = torch.stack(
        [torch.rand(1000, generator=generator_for(0, 0, step, "masks")) for step in range(5)]
    )
    assert torch.corrcoef(draws).fill_diagonal_(0).abs().max() < 0.15
    assert torch.equal(draws[2], torch.rand(1000, generator=generator_for(0, 0, 2, "masks")))
