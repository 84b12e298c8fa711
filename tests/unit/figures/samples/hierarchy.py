"""Tables of hierarchies of latents: levels over masks, recovery, the Gaussian tree."""

from itertools import product

from samples.trained import SCALE, trained


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
