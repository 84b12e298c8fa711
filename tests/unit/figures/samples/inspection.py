"""Tables of trained networks on whole images: attention, embedding, robustness, detection."""

import math
from itertools import product

from samples.columns import filled
from samples.trained import SCALE, trained


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
    return filled(rows)


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
