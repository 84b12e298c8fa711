"""Tables of Jacobians of networks: kernels, entropy, profiles, second order."""

import math
from itertools import product

from samples.columns import filled
from samples.linear import taylor
from samples.trained import trained


def _track(run, n_images=3):
    """A run's columns on every row of a measurement of its kernels."""
    counts = {"n_images": n_images, "n_masks": 1, "pretrain_n_train": 300, "split": "test"}
    return run | counts | {"epochs": 4, "model_width": 96, "status": "completed"}


FIRST = {"power": 1, "channels": "sum", "base": "e", "normalised": "no"}
OTHER = {"power": 2, "channels": "separate", "base": 2, "normalised": "all"}
OUTPUTS = {0: {"output_row": 1, "output_column": 2}, 1: {"output_row": 5, "output_column": 4}}


def basis():
    rows = []
    measures = product(range(2), (None, 0, 1, 2, 4), OUTPUTS, ("spread", "entropy", "adaptivity"))
    for (seed, epoch, output, measure), choice in product(measures, (FIRST, OTHER)):
        used = {"spread": 2, "entropy": 4, "adaptivity": 0}[measure]
        if measure == "adaptivity" and choice is OTHER:
            continue
        value = 2 + output + 0.1 * seed + 0.2 * (epoch or 0) + choice["power"]
        value = (0.0 if epoch is None else value / 10) if measure == "adaptivity" else value
        error = None if epoch is None or measure == "adaptivity" else 0.1 * (1 + seed)
        row = {"source": "linear" if epoch is None else "network", "epoch": epoch}
        row |= {"output": output} | OUTPUTS[output] | {"measure": measure}
        row |= {key: choice[key] if key in list(choice)[:used] else None for key in choice}
        rows.append(_track(trained(seed=seed)) | row | {"value": value, "standard_error": error})
    return rows


def basis_kernels():
    run, rows = _track(trained()), []
    pixels = [{"row": y, "column": x} for y, x in product(range(8), repeat=2)]
    for image, pixel in product(range(3), pixels):
        row = {"source": "image", "image": image, **pixel}
        row |= {"hidden": int((pixel["row"] // 4 + pixel["column"] // 4) % 2 == 0)}
        colours = (0.5 + 0.5 * math.sin(image + 0.3 * (c + 1) * pixel["row"]) for c in range(3))
        rows.append(row | {f"original_{c}": value for c, value in enumerate(colours)})
    for epoch, image, output in product((0, 1, 2, 4), range(3), OUTPUTS):
        place = {"source": "network", "epoch": epoch, "image": image, "output": output}
        rows += [place | row for row in _kernel(OUTPUTS[output], pixels, 1 + epoch, 0.1 * epoch)]
    for output, place in OUTPUTS.items():
        kernel = _kernel(place, pixels, 2, 0.0)
        rows += [{"source": "linear", "output": output} | row for row in kernel]
    return filled([run | row for row in rows])


def _kernel(place, pixels, reach, adaptivity):
    measured = {"spread": reach / 2, "entropy": math.log(1 + reach), "adaptivity": adaptivity}
    for pixel in pixels:
        shown = (pixel["row"] // 4 + pixel["column"] // 4) % 2
        far = math.dist(pixel.values(), place.values())
        yield place | pixel | {"weight": shown * math.exp(-far / reach)} | measured


def mean_kernels():
    rows = []
    runs = product((2, 4), (0.5, 0.75), range(2), ("network", "linear"), OUTPUTS.items())
    for patch, mask, seed, source, (output, place) in runs:
        run = _track(trained(patch, mask, seed=seed)) | {"n_masks": 50, "source": source}
        network = source == "network"
        repeated = {"similarity": 0.9 - mask / 10 - 0.01 * seed, "spread": patch * (1 + network)}
        for y, x in product(range(8), repeat=2):
            far = math.dist((y, x), place.values())
            value = math.cos(far) * math.exp(-far / patch) * (1 + 0.1 * seed * network)
            hidden = [y // patch, x // patch] == [at // patch for at in place.values()]
            row = {"output": output} | place | {"row": y, "column": x}
            row |= {"value": None if hidden else value}
            row |= {"standard_error": 0.01 if network and not hidden else None}
            rows.append(run | row | repeated)
    return rows


def masked_loss():
    rows = []
    for seed, lemma, row in product(range(2), (4, 5, 6), taylor()):
        if row["lemma"] == 4:
            loss = row["measured"] / (2 if lemma == 6 else 1) * (1 + 0.1 * seed)
            wrong = 1 + (lemma - 3) * row["mask_ratio"] * row["input_scale"] / 2
            row = row | {"lemma": lemma, "measured": loss, "predicted": loss * wrong}
            rows.append(_track(trained(seed=seed)) | row)
    return rows


def _jacobian_runs():
    """Rows of every source, for a grid in which patch 8 has two mask ratios and a single seed."""
    for patch, mask, seed in product((2, 4, 8), (0.25, 0.5, 0.75), range(2)):
        if patch < 8 or (mask > 0.25 and seed == 0):
            run = _track(trained(patch, mask, seed=seed)) | {"n_masks": 2, "outputs": "hidden"}
            for source, reach in REACHES.items():
                yield run | {"source": source}, reach + 0.3 * patch + mask + 0.05 * seed


REACHES = {"network": 3.0, "untrained": 1.0, "linear": 2.0, "uniform": 5.0}


def jacobian():
    rows = []
    for (run, reach), choice in product(_jacobian_runs(), (FIRST, OTHER)):
        epoch = {"network": 4, "untrained": 0}.get(run["source"])
        for measure, used in (("entropy", 4), ("spread", 2)):
            value = (reach if measure == "spread" else math.log(reach)) / choice["power"]
            row = {"epoch": epoch, "measure": measure, "value": value, "standard_error": 0.1}
            row |= {key: choice[key] if key in list(choice)[:used] else None for key in choice}
            rows.append(run | row | {"n_outputs": 400})
    return rows


def jacobian_profile():
    rows = []
    choices = product(_jacobian_runs(), (1, 2), ("normalised", "plain"), range(12))
    for (run, reach), power, weighting, distance in choices:
        mean = math.exp(-power * distance / reach) * (2 if weighting == "plain" else 1)
        mean = 0.0 if distance == 11 else mean
        error = None if run["source"] == "linear" else 0.05 * mean
        row = {"power": power, "weighting": weighting, "distance": distance, "mean": mean}
        rows.append(run | row | {"standard_error": error, "n_pairs": 100 + distance})
    return rows


def entropy_histogram():
    rows = []
    for (run, reach), choice in product(_jacobian_runs(), (FIRST, OTHER)):
        width = 0.25 * choice["power"]
        near = [math.exp(-((0.25 * (bin + 0.5) - math.log(reach)) ** 2)) for bin in range(12)]
        near = [share if share > 0.1 else 0.0 for share in near]
        for bin, share in enumerate(near):
            row = choice | {"low": bin * width, "high": (bin + 1) * width}
            rows.append(run | row | {"share": share / sum(near), "n_outputs": 400})
    return rows


def second_order():
    rows = []
    for run, reach in _jacobian_runs():
        if run["source"] == "network":
            run = {key: value for key, value in run.items() if key not in ("source", "outputs")}
            for place, measure in enumerate(("explained_one_mask", "explained_all_masks")):
                fit = {"n_train": 250, "n_inputs": 64 * (1 + place), "penalty": 0.01}
                fit["split"] = "train"
                rows.append(run | {"measure": measure, "value": 0.9 - reach / 10 - place / 5} | fit)
            for measure, factor in (("network_error", 1), ("linear_error", 1.5)):
                rows.append(run | {"measure": measure, "value": factor * reach / 9})
    return filled(rows)
