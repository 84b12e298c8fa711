"""Small tables of every kind, with the columns and the shapes of real ones."""

import math
from itertools import product

import pytest

from spatial_mae.study.measurements import KINDS
from spatial_mae.study.schema import schema
from spatial_mae.tables.column import NUMBER, PLACE, REPEAT, SETTING, TEXT, WHOLE
from spatial_mae.tables.kinds import columns_of

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


def spectrum():
    rows = []
    for dimensions, patch, sampling in product((1, 2), (2, 4), ("bernoulli", "exact")):
        ys = [k / 16 for k in range(-8, 8)] if dimensions == 2 else [None]
        for k, y in product(range(-8, 8), ys):
            zero = k and (k * patch) % 16 == 0
            power = 0.0 if zero else 0.2 * patch / (1 + k * k)
            row = {"dimensions": dimensions, "patch": patch, "sampling": sampling}
            row |= {"frequency_x": k / 16, "frequency_y": y, "expected": power}
            measured = {"averaged": power * 1.02, "standard_error": power / 30, "n_masks": 1000}
            rows.append(row | measured)
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


SCALE = {"model_width": 96, "status": "completed", "precision": "bfloat16", "device": "cpu"}


def trained(patch=4, mask=0.75, enc=2, dec=1, seed=0, **kw):
    run = images() | {"model": "small", "training": "short"}
    for name in ("colour", "n"):
        run.pop(name)
    return (
        run | {"patch": patch, "unit": 1, "mask": mask, "enc": enc, "dec": dec, "seed": seed} | kw
    )


def _runs():
    """Seeds 0, 1 and 2 of a grid of masks and of a grid of depths, each run once."""
    grids = [product((2, 4, 8), (0.25, 0.5, 0.75), (2,), (1,), range(3))]
    grids += [product((4,), (0.75,), (1, 2, 4), (1, 2), range(3))]
    return [trained(*choice) for choice in dict.fromkeys(c for grid in grids for c in grid)]


def quality(row, epoch=4):
    """A score in [0, 1] that rises with the mask ratio and the depth of the encoder, and noise."""
    noise = 0.01 * math.sin(
        13 * row["seed"] + row["enc"] + 7 * row["mask"] + 5 * row.get("boundary_width", 0)
    )
    gain = 0.1 * row["mask"] * epoch / (epoch + 1) + 0.03 * math.log2(row["enc"])
    return 0.4 + gain - 0.01 * row["patch"] - 0.01 * row["dec"] + noise


def evaluation():
    wider = [{"boundary_width": w, "training": f"edge{w}"} for w in (1, 2)]
    runs = [run | {"boundary_width": 0} for run in _runs()]
    runs += [trained(4, 0.75, seed=seed) | width for width in wider for seed in range(3)]
    return [score for run in runs for score in _scores(run)]


def _scores(run):
    seconds = 3000 * (1 + run["enc"] * (1 - run["mask"]) + run["dec"]) / run["patch"]
    seconds *= 1 + 0.02 * run["seed"]
    cost = {"pretrain_seconds": seconds, "pretrain_peak_memory_bytes": 1e6 * seconds}
    run = run | SCALE | {"epochs": 4} | cost
    probe = {"protocol": "linear_probe", "metric": "accuracy", "n_train": 4000, "n_test": 1000}
    rows = []
    for epoch in (0, 1, 2, 4):
        value = quality(run, epoch)
        for name, better in (("class_token", 0), ("mean", 0.05), ("block", 0.02)):
            read = {"representation": name, "block": 1 if name == "block" else None}
            read |= {name: amount * epoch / 4 for name, amount in cost.items()}
            rows.append(run | probe | read | {"epoch": epoch, "value": value + better})
        error = {"protocol": "reconstruction", "metric": "hidden_error", "n_test": 500}
        error |= {"representation": None, "n_train": None}
        error |= {name: amount * epoch / 4 for name, amount in cost.items()}
        rows.append(run | error | {"epoch": epoch, "value": 1.2 - value - 0.2 * run["enc"] / 4})
    none = dict.fromkeys(("epoch", "epochs", *cost))
    linear = 0.33 + 0.04 * run["mask"] - 0.005 * run["patch"]
    for name, value in (("raw_pixels", 0.31), ("pca", 0.34), ("linear_mae", linear)):
        control = {"representation": name, "control_colour": "luma", "value": value}
        rows.append(run | probe | none | control)
    return rows


def fine_tuning():
    rows = []
    for run in _runs():
        for blocks in (0, 1, 2, "all"):
            if blocks != 2 or run["enc"] > 2:
                share = (run["enc"] if blocks == "all" else blocks) / run["enc"]
                accuracy = quality(run) + 0.2 * (1 - math.exp(-4 * share))
                row = {"blocks": blocks, "epochs": 2, "pretrain_epochs": 4, "accuracy": accuracy}
                row |= {"train_accuracy": accuracy + 0.1, "n_train": 2000, "n_test": 1000}
                row |= {"seconds": 60 * run["enc"] * (0.4 + 0.6 * share)}
                row |= {"peak_memory_bytes": 1e8 * (0.2 + run["enc"] * share)}
                rows.append(run | SCALE | {"pretrain_status": "completed"} | row)
    return rows


def supervised():
    rows = []
    for patch, enc, seed in product((4, 8), (1, 2, 4), range(3)):
        run = trained(patch, 0.75, enc, 1, seed)
        accuracy = quality(run)
        row = {key: run[key] for key in run if key not in ("training", "unit", "mask", "dec")}
        scale = {"epochs": 20, "n_train": 2000, "n_test": 1000}
        rows.append(row | SCALE | scale | {"accuracy": accuracy, "train_accuracy": accuracy + 0.2})
    return rows


def similarity():
    rows = []
    for enc, seed in product((1, 2, 4), range(2)):
        for layer, other in product(range(1, enc + 1), range(1, 5)):
            cka = math.exp(-abs(layer / enc - other / 4)) - 0.01 * seed
            pair = {"layer": layer, "reference_layer": other, "reference_enc": 4, "cka": cka}
            run = trained(enc=enc, seed=seed) | {"status": "completed", "n_images": 100}
            rows.append(run | {"model_width": 96, "tokens": "mean", "split": "test"} | pair)
    return rows


def gallery():
    rows = []
    for mask, image, y, x in product((0.5, 0.75), range(3), range(8), range(8)):
        hidden = int((x // 4 + y // 4 + image) % 2)
        row = {"image": image, "row": y, "column": x, "hidden": hidden, "height": 8, "width": 8}
        for channel in range(3):
            value = 0.5 + 0.5 * math.sin(image + 0.3 * x * (channel + 1) + 0.2 * y)
            row |= {f"original_{channel}": value, f"predicted_{channel}": 0.9 * value + 0.1 * mask}
        rows.append(trained(mask=mask) | row)
    return rows


def unmasked():
    rows = []
    for unit, mask, seed, epoch in product((1, 2, 4), (0.25, 0.5, 0.75), range(2), (0, 4)):
        run = trained(4, mask, seed=seed, unit=unit) | SCALE | {"epoch": epoch, "epochs": 4}
        structure = 0.5 + 0.1 * mask + 0.02 * unit + 0.01 * seed + 0.01 * epoch
        error = 0.01 * (1 + mask) * unit + 0.001 * seed
        metrics = {"ssim": structure, "fsim": (1 + structure) / 2}
        metrics |= {"psnr": -10 * math.log10(error), "mse": error}
        for name, value in metrics.items():
            measured = {"metric": name, "value": value, "standard_error": 0.01 * value}
            rows.append(run | {"n_test": 500, "protocol": "unmasked_reconstruction"} | measured)
    return rows


def attention():
    rows = []
    runs = product((0.25, 0.5, 0.75), range(2), (0, 4), (1, 2, 3), (None, 1, 2))
    for mask, seed, epoch, block, head in runs:
        run = trained(4, mask, seed=seed) | SCALE | {"epoch": epoch, "epochs": 4, "n_test": 500}
        for query, metric in product(("class_token", "chosen", "patches"), ("entropy", "distance")):
            if (query, metric) != ("class_token", "distance"):
                most = math.log(64) if metric == "entropy" else 16.2
                value = most * (0.5 + 0.1 * mask * epoch + 0.01 * block + 0.01 * seed)
                value += 0.1 * (head or 0) + 0.01 * len(query)
                row = {"query": query, "metric": metric, "block": block, "head": head}
                row |= {"value": value, "uniform": most, "standard_error": None}
                rows.append(run | row)
    return rows


def attention_maps():
    rows = []
    for mask, image in product((0.25, 0.75), range(2)):
        run = trained(4, mask) | {"status": "completed", "epochs": 4, "image": image}
        for y, x in product(range(8), repeat=2):
            colours = {f"original_{c}": 0.5 + 0.4 * math.sin(x * (c + 1) + y) for c in range(3)}
            rows.append(run | {"source": "image", "head": None, "row": y, "column": x} | colours)
        places = product(("class_token", "chosen"), ("mean", "first"), (0, 4), (0, 4))
        for source, head, y, x in places:
            weight = (1 + x + 2 * y) / 28 * (0.9 + 0.1 * mask) + 0.01 * (head == "mean")
            row = {"source": source, "head": head, "row": y, "column": x, "weight": weight}
            rows.append(run | row | {"kept": int(y > 0), "chosen": int((y, x) == (4, 0))})
    return _filled(rows)


def embedding():
    rows = []
    runs = product((1, 2), (0.25, 0.5, 0.75), range(2), (0, 4), ("pca", "tsne"))
    for unit, mask, seed, epoch, space in runs:
        run = trained(4, mask, seed=seed, unit=unit) | SCALE | {"epoch": epoch, "epochs": 4}
        value = 0.1 + 0.1 * mask + 0.02 * unit + 0.01 * seed + 0.02 * epoch
        for metric, gain in (("silhouette", 0), ("knn_accuracy", 0.4)):
            row = {"space": space, "metric": metric, "value": value + gain, "n_test": 100}
            rows.append(run | row | {"standard_error": 0.01})
    return rows


def embedding_points():
    rows = []
    for mask, index in product((0.25, 0.75), range(30)):
        angle = index % 3 + 0.02 * index
        place = {"class": f"class {index % 3}", "x": math.cos(angle), "y": math.sin(angle)}
        scores = {"silhouette": 0.2 + mask / 2, "knn_accuracy": 0.5 + mask / 3, "n_test": 30}
        rows.append(trained(4, mask) | {"status": "completed", "epochs": 4} | place | scores)
    return rows


def robustness():
    rows = []
    sets = [("own", None, None), ("hazy", None, None)]
    sets += [("cifar10_c", c, s) for c in ("fog", "snow") for s in (1, 2)]
    runs = product((1, 2), (0.25, 0.5, 0.75), range(2), sets)
    for unit, mask, seed, (name, corruption, severity) in runs:
        value = 0.4 + 0.1 * mask + 0.02 * unit + 0.01 * seed - 0.02 * len(name)
        value += 0.1 * (corruption == "fog") - 0.05 * (severity or 0)
        row = {
            "shifted": name,
            "corruption": corruption,
            "severity": severity,
            "metric": "accuracy",
            "value": value,
        }
        run = trained(4, mask, seed=seed, unit=unit) | SCALE | {"height": 32}
        rows.append(run | row | {"epochs": 4, "standard_error": 0.01, "n_test": 100})
    for row in [row for row in rows if row["shifted"] == "own"]:
        for metric, part in (
            ("shape_bias", 0.5),
            ("shape_accuracy", 0.3),
            ("texture_accuracy", 0.6),
        ):
            cue = {"shifted": "cue_conflict", "metric": metric, "value": part * row["value"]}
            rows.append(row | cue)
    return rows


def detection():
    rows = []
    metrics = ("box_ap", "mask_ap", "box_ap50", "box_ap_large")
    runs = product((1, 2), (0.25, 0.5, 0.75), range(2), ("pretrained", "random"), metrics)
    for unit, mask, seed, start, metric in runs:
        value = 0.3 + 0.1 * mask + 0.02 * unit + 0.01 * seed - 0.05 * (metric == "mask_ap")
        value -= 0.2 * (start == "random")
        row = {"initialisation": start, "metric": metric, "epochs": 6, "pretrain_epochs": 4}
        row |= {"value": None if metric == "box_ap_large" else value, "n_test": 50}
        rows.append(trained(4, mask, seed=seed, unit=unit) | SCALE | row | {"height": 32})
    return rows


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
    return _filled([run | row for row in rows])


def _kernel(place, pixels, reach, adaptivity):
    measured = {"spread": reach / 2, "entropy": math.log(1 + reach), "adaptivity": adaptivity}
    for pixel in pixels:
        shown = (pixel["row"] // 4 + pixel["column"] // 4) % 2
        far = math.dist(pixel.values(), place.values())
        yield place | pixel | {"weight": shown * math.exp(-far / reach)} | measured


def _filled(rows):
    """Every row with the columns of all, as rows of a file have them."""
    columns = dict.fromkeys(key for row in rows for key in row)
    return [dict.fromkeys(columns) | row for row in rows]


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
    return _filled(rows)


def hierarchy_levels():
    rows = []
    trees = ({"dimensions": 1, "arity": 2, "depth": 3}, {"dimensions": 2, "arity": 4, "depth": 2})
    laws = ("bernoulli", "exact", "displaced", "contiguous", "block")
    readings = ("lowest", "mean", "weighted", "highest", "top_alone")
    for tree, law, unit, ratio in product(trees, laws, (0, 1), (0.25, 0.5, 0.75)):
        methods = {"bernoulli": ("formula", "sampling"), "exact": ("formula", "enumeration")}
        last = "sampling" if law in ("displaced", "block") else "enumeration"
        for place, method in product(range(5), methods.get(law, (last,))):
            setting = {"law": law, "unit_level": unit, "mask_ratio": ratio}
            value = 1 + unit + place / 10 + ratio * (1 - ratio) + 0.001 * (method == "sampling")
            row = {"definition": readings[place], "value": value, "method": method}
            row |= {"standard_error": 0.01 * (method == "sampling")}
            n_masks = None if method == "formula" else 50
            rows.append(tree | setting | row | {"n_masks": n_masks, "hidden_share": ratio})
    return rows


def hierarchy_cases():
    rows = []
    for case, hidden in (("conservative", 1), ("ideal", 2)):
        root = {"variable": "z1", "level": 1, "position": 1.5, "role": "shared", "parents": None}
        share = {"case": case, "hidden_share": hidden / 4}
        rows.append(share | root)
        for i in range(4):
            role = "hidden" if i < hidden else "visible"
            pixel = {"variable": f"x{i + 1}", "level": 0, "position": i, "role": role}
            rows.append(share | pixel | {"parents": "z1"})
    return rows


def both_papers():
    rows = []
    sources = {"spread": ("network", "untrained", "linear", "uniform"), "level_mean": ("arity 4",)}
    sources |= {"ssim": ("network", "untrained"), "probe": ("network",)}
    sources |= {"attention_distance": ("network", "untrained", "uniform")}
    for patch, mask, seed in product((4, 8), (0.25, 0.5, 0.75), range(2)):
        run = trained(patch, mask, seed=seed) | SCALE | {"epochs": 4}
        for measure, named in sources.items():
            for place, source in enumerate(named):
                sign = -1 if measure == "ssim" else 1
                value = sign * (mask + 0.01 * seed * place) + 0.1 * patch - 0.2 * place
                row = {"measure": measure, "source": source, "value": value, "paper": "kong"}
                rows.append(run | row | {"standard_error": None})
    return rows


def latent_recovery():
    rows = []
    encoded = product(("trained", "untrained"), ("tokens", "mean"))
    sources = [*encoded, ("pixels", "visible"), ("latents", "mixed"), ("shuffled", "mixed")]
    parts = [("shared", level) for level in ("all", 2, 1)]
    parts += [(role, level) for role in ("hidden", "visible") for level in ("all", 0)]
    run = {"dataset": "tree", "model": "tiny", "training": "short", "patch": 4, "unit": 1}
    run |= {"enc": 2, "dec": 1, "n_images": 400, "pixels": "lossless"}
    made = {"epochs": 3, "pretrain_n_train": 400, "model_width": 48, "status": "completed"}
    for ratio, seed, place in product((0.25, 0.5, 0.75), (0, 1), range(len(sources))):
        source, representation = sources[place]
        for readout, (role, level) in product(("linear", "kernel"), parts):
            value = (0.9 - 0.1 * place + 0.01 * seed) * (role == "shared") - 0.1 * ratio
            key = {"source": source, "representation": representation, "readout": readout}
            key |= {"role": role, "level": level, "r_squared": value, "standard_error": 0.02}
            key |= {"n_masks": 3, "n_fitted": 100, "n_test": 50}
            rows.append(run | {"mask": ratio, "seed": seed} | key | made)
    return rows


def gaussian_tree():
    rows = []
    tree = {"dimensions": 2, "arity": 4, "depth": 3, "law": "bernoulli"}
    sources = [("code", k, shown) for k in (4, 16) for shown in ("whole", "masked")]
    sources += [("shared", None, "whole"), ("conditional", None, "masked")]
    metrics = (("mean_level", "all"), ("mean_distance", "all"), ("r_squared", 0))
    for ratio, unit, mask in product((1, 2), (0, 1), (0.25, 0.5, 0.75)):
        setting = tree | {"variance_ratio": ratio, "unit_level": unit, "mask_ratio": mask}
        for (place, (source, k, shown)), (metric, level) in product(enumerate(sources), metrics):
            if metric == "mean_distance" and shown == "masked":
                continue
            row = {"source": source, "n_latents": k, "input": shown, "metric": metric}
            noisy = source == "conditional"
            row |= {"level": level, "value": 1 + unit + place / 10 + mask * (metric != "r_squared")}
            row |= {"standard_error": 0.1 * noisy, "n_masks": 5 if noisy else None}
            rows.append(setting | row)
    return rows


def level_recovery():
    rows = []
    sources = [(s, r) for s in ("trained", "untrained") for r in ("components", "mean")]
    run = {"dataset": "tree", "model": "tiny", "training": "short", "patch": 4, "enc": 2, "dec": 1}
    run |= {"n_images": 400, "pixels": "lossless", "epochs": 3, "pretrain_n_train": 400}
    run |= {"model_width": 48, "status": "completed", "n_fitted": 100, "n_test": 50}
    places = product((1, 2), (0.25, 0.5, 0.75), (0, 1), [*sources, ("pixels", "whole")])
    for unit, mask, seed, (source, name) in places:
        row = run | {"unit": unit, "mask": mask, "seed": seed, "source": source}
        row |= {"representation": name, "readout": "linear"}
        row["components"] = 4 if name == "components" else None
        for level in (2, 1, 0):
            value = level / 3 + 0.02 * seed - 0.1 * (source == "untrained") * mask
            rows.append(row | {"metric": "r_squared", "level": level, "value": value})
        rows.append(row | {"metric": "mean_level", "level": "all", "value": 1.2})
    return rows


FEW = {TEXT: ("first", "second"), WHOLE: (2, 4, 8), NUMBER: (0.25, 0.5, 0.75)}
ALIKE = ("dataset", "model", "training", "unit", "enc", "dec", "epochs")
MOST_ROWS = 1000
KNOWN = {"seed": 0, "n": "all", "pixels": "lossless", "status": "completed"}


def of_columns(kind):
    """A table of any kind from its declared columns: a few values of each setting and place.

    Three, but of a kind with many of them so many that the table stays small.
    """
    columns = columns_of(kind)
    varied = [c for c in columns.values() if c.role in (SETTING, PLACE) and not c.told_by]
    few = {column.name: _few(column, column.name in KINDS[kind].keys) for column in varied}
    for name in sorted(few, key=lambda name: -len(few[name])):
        if math.prod(map(len, few.values())) > MOST_ROWS:
            few[name] = few[name][:2]
    choices = enumerate(product(*few.values()))
    return [_row(columns, dict(zip(few, choice, strict=True)), n) for n, choice in choices]


def _few(column, is_key):
    """Values of a column: those that a grid allows, else any of its type."""
    experiment = schema()["properties"]["experiments"]["items"]["properties"]
    key = experiment["grids"]["items"]["properties"].get(column.name, {})
    values = key.get("items", {}).get("enum") or FEW.get(column.type, ("all",))
    return values[: 1 if column.name in ALIKE else 2 if is_key else 3]


def _row(columns, chosen, number):
    """The chosen values, and for every other column one that fits its type."""
    row = {}
    for name, column in columns.items():
        measured = 0.5 + 0.4 * math.sin(number + len(name))
        other = 100 if column.role in (SETTING, REPEAT) else measured
        other = "one" if column.type == TEXT else other
        row[name] = chosen.get(name, KNOWN.get(name, other))
    return row


@pytest.fixture(scope="session")
def sample():
    """A function from an experiment's kind to a small table of that kind.

    A function above with the kind's name makes it where the columns do not say enough: which texts
    they hold, which numbers depend on others.
    """
    made = globals()
    return lambda kind: made[kind]() if kind in made else of_columns(kind)


@pytest.fixture(scope="session")
def sample_of_columns():
    """The same from the declared columns alone, as kinds without a builder have it."""
    return of_columns
