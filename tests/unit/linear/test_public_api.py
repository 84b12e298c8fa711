import subprocess
import sys

import numpy as np

from spatial_mae import linear


def test_the_api_is_whole_and_works_together():
    images = np.random.default_rng(0).integers(0, 256, (90, 4, 4, 3), dtype=np.uint8)
    S = linear.second_moment(images, "rgb", "centred")
    index = linear.patch_index(4, 4, 2, channels=3)
    solution = linear.solve_mae(S, index, mask_ratio=0.5, n_latents=5)
    assert (solution.encoder.shape, solution.decoder.shape) == ((48, 5), (5, 48))
    assert solution.influence.shape == (48, 48)
    assert solution.eigenvalues.shape == (48,)
    gap = linear.mae_losses(S, index, [0.5])[0, 4] - solution.loss
    assert abs(gap) < 1e-12 * np.trace(S)
    chain = linear.ising_chain_moment(8, 0.5)
    assert linear.solve_ae(chain, 2).loss < linear.solve_dae(chain, 2, 0.1, 1).loss
    assert all(hasattr(linear, name) for name in linear.__all__)


def test_importing_it_needs_no_torch():
    code = "import sys, spatial_mae.linear; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
