"""Tables of linear networks: loss, influence, spectra, the Ising model and the Taylor expansion."""

import math
from itertools import product

MODELS = [("ae", 0, None), ("dae", None, 0.1), ("dae", None, 0.3)]
MODELS += [("mae", ratio, None) for ratio in (0.25, 0.5, 0.75)]


def images(dataset="leaves", n=400, colour="luma"):
    return {"dataset": dataset, "colour": colour, "n": "all", "n_images": n, "pixels": "lossless"}


def solution(patch=4, centring="raw", ridge=0, **kw):
    return images(**kw) | {"patch": patch, "centring": centring, "ridge": ridge, "flip": "no"}


def autocorrelation():
    shifts = list(product(range(-6, 7), repeat=2))
    choices = product(("leaves", "photos"), ("valid", "zero"), ("none", "dataset"), shifts)
    return [_shift(*choice) for choice in choices]


def _shift(dataset, border, removal, shift):
    distance = math.hypot(*shift)
    value = math.exp(-distance / (4 if dataset == "leaves" else 8))
    value *= 0.9 if border == "zero" and distance else 1
    place = {"dx": shift[0], "dy": shift[1], "distance": distance}
    rule = {"border": border, "mean_removal": removal}
    return images(dataset) | rule | place | {"correlation": value, "covariance": 0.1 * value}


def losses():
    rows = []
    models = product((2, 4), MODELS, ("bernoulli", "exact"), range(1, 65))
    for patch, (model, ratio, _), sampling, k in models:
        if model == "dae" or (model == "ae" and sampling == "exact"):
            continue
        loss = 0.05 + 0.5 * ratio * patch / 4 + 0.9 / k + 0.01 * (sampling == "exact")
        row = {"model": model, "mask_ratio": ratio, "n_latents": k, "sampling": sampling}
        rows.append(solution(patch) | row | {"loss": loss, "eigenvalue": 1 / k})
    return rows


def _influence(patch, model, k, spread, **kw):
    name, ratio, noise = model
    row = {"model": name, "mask_ratio": ratio, "noise_deviation": noise, "n_latents": k}
    distance = 1 + spread * ((ratio or 0) + (noise or 0)) * patch
    metrics = {"mean_distance": distance, "intra_patch_share": 1 / distance, "entropy": distance}
    squares = {f"{metric}_square": value / 2 for metric, value in metrics.items()}
    return solution(patch, **kw) | row | {"sampling": "bernoulli"} | metrics | squares


def influence():
    rows = [_influence(p, m, k, 1) for p, m, k in product((2, 4), MODELS, (64, 16))]
    rows += [_influence(2, m, 64, 1.3, centring="centred") for m in MODELS]
    rows += [_influence(2, m, 64, 1.5, colour="gray") for m in MODELS]
    return rows + [_influence(2, m, 64, 2, n=n) for m, n in product(MODELS, (50, 100, 200))]


def influence_subsets():
    rows = []
    sizes = ((400, 1), (200, 2), (100, 4), (50, 8))
    models = product(MODELS, ("corrected", "plain"), sizes)
    for model, estimate, (n, count) in models:
        for subset in range(count):
            row = _influence(4, model, 16, 1 + 20 / n * (1 + (estimate == "plain")), n=n)
            row |= {"estimate": estimate, "full_rank": "no", "subset": subset}
            row = {key: value for key, value in row.items() if key not in ("ridge", "n")}
            rows.append(row | {"mean_distance": row["mean_distance"] + 0.01 * (subset % 3)})
    return rows


def influence_limit():
    rows = []
    for patch, model, k, against in product((2, 4), MODELS, (16, 64), (None, "AE")):
        row = _influence(patch, model, k, 1)
        for measure in [name for name in row if name.startswith(("mean_", "intra_", "entropy"))]:
            value = row[measure] * (0.1 if against else 1)
            found = {"measure": measure, "against": against, "value": value}
            found |= {"interval_low": 0.9 * value, "interval_high": 1.1 * value}
            kept = {key: row[key] for key in list(row)[: list(row).index("mean_distance")]}
            rows.append(kept | found | {"at_largest_n": 1.3 * value})
    return rows


def profile():
    rows = []
    for patch, model, k, distance in product((2, 4), MODELS, (16, 64), range(8)):
        reach = 0.2 + (model[1] or 0) + (model[2] or 0) + 1 / k
        row = _influence(patch, model, k, 1)
        row = {key: row[key] for key in list(row)[: list(row).index("mean_distance")]}
        value = math.exp(-distance / reach) if distance or k == 16 else 1.0
        value = 0.0 if k == 64 and model[0] == "ae" and distance else value
        measures = {"mean_absolute": value, "mean_square": value**2, "n_pairs": 10 + distance}
        rows.append(row | {"distance": distance} | measures)
    return rows


def ising_weights():
    rows = []
    run = {"lattice": "chain", "coupling": 1, "patch": 4, "moment": "exact"}
    for model, ratio in (("ae", 0), ("mae", 0.25), ("mae", 0.5)):
        for quantity, columns in (("encoder", 3), ("influence", 16)):
            for i, j in product(range(16), range(columns)):
                value = math.cos(0.2 * (i + 1) * (j + 1)) * (1 + ratio)
                row = {"model": model, "mask_ratio": ratio, "quantity": quantity}
                rows.append(run | row | {"row": i, "column": j, "value": value})
    torus = run | {"lattice": "torus", "model": None, "mask_ratio": None}
    return rows + [torus | {"quantity": "site_energy", "row": 0, "column": 0, "value": -1.5}]


def ising_summary():
    rows = []
    grid = product(("chain", "torus"), (0.5, 1.0), ("exact", "sampled"), (0, 0.25, 0.5, 0.75))
    for lattice, coupling, moment, ratio in grid:
        if (lattice, moment) == ("torus", "exact"):
            continue
        boundary = 1 + ratio * coupling + 0.02 * (moment == "sampled")
        torus = lattice == "torus"
        rows.append(
            {"lattice": lattice, "coupling": coupling, "patch": 8, "moment": moment}
            | {"model": "mae" if ratio else "ae", "mask_ratio": ratio, "size": 32, "n_latents": 6}
            | {"n_samples": None if moment == "exact" else 1000, "boundary_energy": boundary}
            | {"boundary_energy_weights": boundary, "rank_influence": 6}
            | {"identity_error": 0.92 + 0.02 * ratio, "identity_floor": math.sqrt(1 - 6 / 32)}
            | {"sinusoid_r2": 0.9 - ratio / 2}
            | {"energy_per_site": -1.1 * coupling if torus else None}
            | {"energy_onsager": -1.09 * coupling if torus else None}
        )
    return rows


def spectrum():
    rows = []
    for dimensions, patch, sampling in product((1, 2), (2, 4), ("bernoulli", "exact")):
        ys = [k / 16 for k in range(-8, 8)] if dimensions == 2 else [None]
        for k, y in product(range(-8, 8), ys):
            zero = k and (k * patch) % 16 == 0
            power = 0.0 if zero else 0.2 * patch / (1 + k * k)
            row = {"dimensions": dimensions, "patch": patch, "sampling": sampling}
            row |= {"frequency_x": k / 16, "frequency_y": y, "expected": power}
            measured = {"averaged": power * 1.02, "standard_error": power / 30}
            rows.append(row | measured | {"mask_ratio": 0.25, "n_masks": 1000})
    return rows


def psd():
    rows = []
    for part, patch, fx, fy in product(
        ("image", "mask", "masked"), (2, 4), range(-4, 4), range(-4, 4)
    ):
        power = 0.0 if part == "mask" and patch == 4 and fx == 2 else 100 / (1 + fx**2 + fy**2)
        row = {"dataset": "leaves", "n_images": 50, "pixels": "lossless", "patch": patch}
        row |= {"sampling": "exact", "mask_ratio": 0.2, "part": part}
        rows.append(row | {"frequency_x": fx / 8, "frequency_y": fy / 8, "power": power})
    return rows


def taylor():
    rows = []
    for lemma, ratio, scale in product((4, 5), (0.05, 0.2, 0.5, 0.8), (0.1, 1.0)):
        measured = scale**2 * (0.1 + ratio)
        predicted = measured * (1 + (lemma - 4) * ratio * scale)
        row = {"lemma": lemma, "mask_ratio": ratio, "input_scale": scale, "predicted": predicted}
        rows.append(row | {"measured": measured, "standard_error": measured / 50, "n_masks": 500})
    return rows
