"""Tables of tasks read out of linear networks: Gabor filters and depth."""

from itertools import product

from samples.linear import solution


def gabor():
    choices = product(
        ("wavelet", "window"), ("free", "ridge"), ("whole", "masked"), (0, 0.5, 0.9), (1, 2, 4, 8)
    )
    rows = []
    for reading, readout, seen, ratio, scale in choices:
        for frequency, orientation in product((0.5, 1.0), (0.0, 1.57)):
            error = 1 / (1 + scale) + 0.1 * ratio * (1 - scale / 4) + 0.01 * frequency
            row = {"reading": reading, "readout": readout, "input": seen, "mask_ratio": ratio}
            row |= {"model": "mae" if ratio else "ae", "n_latents": 64, "scale": scale}
            row |= {"frequency": frequency, "orientation": orientation, "error": error}
            rows.append(solution() | row)
    return rows


def gabor_map():
    rows = []
    cells = product(
        ("wavelet", "window"), ("whole", "masked"), (0.5, 1.0, 2.0), (1, 4, 16), (0, 90)
    )
    for reading, seen, frequency, scale, angle in cells:
        for against, ratio in (("AE", 0.25), ("AE", 0.75), ("low m", None)):
            gain = 0.01 * scale * (frequency - 0.8) + (ratio or 0.001) + 0.001 * angle
            row = {"reading": reading, "readout": "free", "input": seen, "model": "mae"}
            row |= {"mask_ratio": ratio, "n_latents": 64, "scale": scale, "frequency": frequency}
            row |= {"orientation": angle, "error": 0.4, "against": against, "gain": gain}
            row |= {"standard_error": 0.02, "interval_low": gain - 0.04}
            rows.append(solution() | row | {"interval_high": gain + 0.04, "n_test": 100})
    return rows


def depth():
    rows = []
    choices = product((4, 8), ("free", "ridge"), ("whole", "masked"), (0, 0.5, 0.75), (4, 16, 64))
    for patch, readout, seen, ratio, k in choices:
        error = 0.3 + 1 / k + (0.02 * ratio * (8 - patch) if ratio else 0.05)
        row = {"target": "depth", "readout": readout, "input": seen, "mask_ratio": ratio}
        row |= {"model": "mae" if ratio else "ae", "n_latents": k, "ridge_chosen": None}
        row |= {"error": error, "rmse": error, "n_train": 200, "n_test": 60}
        gain = 0.35 + 1 / k - error if ratio else None
        row |= {"gain": gain, "standard_error": 0.01 if ratio else None}
        rows.append(solution(patch) | row)
    return rows
