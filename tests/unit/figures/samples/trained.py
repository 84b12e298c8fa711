"""Tables of trained networks: probes, fine-tuning, similarity of layers, reconstructions."""

import math
from itertools import product

from samples.linear import images

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
