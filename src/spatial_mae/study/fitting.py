"""Choices that do not fit together, found before anything runs. Standard library only."""

import math
from collections.abc import Iterable, Iterator, Mapping

from spatial_mae.hierarchy.limits import MOST_UNITS
from spatial_mae.inspection.recipe import LEAST_SSIM_SIDE
from spatial_mae.masks.laws import LAWS
from spatial_mae.models.architecture import Architecture, Backbone, check_masks
from spatial_mae.study import grid, relations, sources
from spatial_mae.study.measurements import KINDS

CLOSED_FORMS = ("measure_jacobian", "track_basis", "compare_linear", "relate_papers")
"""Rules that compare a network with what is known in closed form for the laws of `LAWS` alone."""
CLASS_TOKEN = "class_token"
OF_TOKENS = ("representations", "tokens", "pooling")
"""Keys of recipes that say which of a network's tokens are read."""


def misfits(config: Mapping) -> Iterator[str]:
    """Patches that do not tile the image, more latents than dimensions, impossible networks, ..."""
    seen = set()
    for entry in config["experiments"]:
        family = KINDS[entry["kind"]].recipe
        recipe = config["recipes"].get(family, {}).get(entry["recipe"], {})
        for run in _but_for_seeds(grid.expand(entry)):
            seen.update(_misfit(config, entry["name"], run, recipe))
            size, rule = _size(config, run), KINDS[entry["kind"]].rule
            if size and rule == "measure_psd":
                seen.update(_not_square(entry["name"], run, size))
            if size and rule == "predict_gains":
                seen.update(_no_gains(entry["name"], run, recipe, size))
            seen.update(_no_sweeps(config, entry, run, recipe))
            seen.update(_impossible_network(config, entry["name"], run))
            seen.update(_impossible_reference(config, entry, run))
            seen.update(_too_many_blocks(entry["name"], run))
            seen.update(_no_class_token(config, entry, run))
            if rule in CLOSED_FORMS:
                seen.update(_no_closed_form(config, entry, run))
            if entry["kind"] == "robustness":
                seen.update(_other_shape(config, entry, run))
            if entry["kind"] == "both_papers":
                seen.update(_no_tree(config, entry["name"], run, recipe))
            if rule in ("recover_latents", "recover_levels"):
                seen.update(_not_the_leaves(config, entry["name"], run))
    yield from sorted(seen)


def _but_for_seeds(runs: Iterable[Mapping]) -> list[Mapping]:
    """The first of the runs that differ in their seeds alone: what fits one fits all."""
    found: dict[tuple, Mapping] = {}
    for run in runs:
        found.setdefault(tuple(value for key, value in run.items() if key != "seed"), run)
    return list(found.values())


def _size(config: Mapping, run: Mapping) -> tuple[int, int] | None:
    """Height and width of a run's images; None if it has none, or only files show them."""
    return sources.image_size(config["datasets"][run["dataset"]]) if "dataset" in run else None


def _misfit(config: Mapping, name: str, run: Mapping, recipe: Mapping) -> Iterator[str]:
    if (size := _size(config, run)) is None:
        return
    height, width = size
    # Signals of height or width 1 have patches of one dimension, but for networks.
    sides = [side for side in size if side > 1 or "model" in run] or [1]
    for patch in [run["patch"]] if "patch" in run else recipe.get("patches", []):
        if any(side % patch for side in sides):
            allowed = [p for p in range(1, max(sides) + 1) if not any(s % p for s in sides)]
            yield (
                f"experiment {name!r}: patch size {patch} does not divide the {height} x {width} "
                f"images of {run['dataset']!r}; use one of {allowed}"
            )
    for row, column in [*recipe.get("pixels", ()), *filter(None, [recipe.get("pixel")])]:
        if row >= height or column >= width:
            yield (
                f"experiment {name!r}: pixel [{row}, {column}] is outside the {height} x "
                f"{width} images of {run['dataset']!r}; rows go from 0 to {height - 1}, columns "
                f"from 0 to {width - 1}"
            )
    if (reach := recipe.get("max_displacement", 0)) >= min(size):
        allowed = f"use 1 to {min(size) - 1}" if min(size) > 1 else "leave the experiment out"
        yield (
            f"experiment {name!r}: max_displacement {reach} does not fit into the {height} x "
            f"{width} images of {run['dataset']!r}; {allowed}"
        )
    if "ssim" in recipe.get("metrics", ()) and min(size) < LEAST_SSIM_SIDE:
        yield (
            f"experiment {name!r}: SSIM needs images of {LEAST_SSIM_SIDE} pixels per side or more, "
            f"those of {run['dataset']!r} have {height} x {width}; leave ssim out of the recipe's "
            "`metrics`"
        )
    colours = {run.get("colour"), recipe.get("control_colour")}
    if "rgb" in colours and sources.channels(config["datasets"][run["dataset"]]) == 1:
        yield (
            f"experiment {name!r}: the images of {run['dataset']!r} have one channel, not those of "
            "'rgb'; set `colour` (`control_colour` in the recipe) to luma"
        )
    dimensions = height * width * (3 if run.get("colour") == "rgb" else 1)
    for n_latents in recipe.get("n_latents", ()) if "colour" in run else ():
        if isinstance(n_latents, int) and n_latents > dimensions:
            yield (
                f"experiment {name!r}: {n_latents} latents exceed the {dimensions} dimensions of "
                f"{run['dataset']!r} ({run['colour']}); use at most {dimensions}"
            )


def _not_square(name: str, run: Mapping, size: tuple[int, int]) -> Iterator[str]:
    height, width = size
    if height != width:
        yield (
            f"experiment {name!r}: power spectra are of square images, those of "
            f"{run['dataset']!r} have {height} x {width}; leave the experiment out, or set a "
            "square `size`"
        )


def _no_sweeps(config: Mapping, entry: Mapping, run: Mapping, recipe: Mapping) -> Iterator[str]:
    """Ising tori that would be read as independent spins, or nearly so."""
    drawn = config["datasets"][run["dataset"]] if "dataset" in run else {}
    where = f"data set {run.get('dataset')!r}"
    if run.get("moment") == "sampled":
        drawn, where = {**recipe, "lattice": run["lattice"]}, f"recipe {entry['recipe']!r} of ising"
    if drawn.get("lattice") == "torus" and not drawn.get("n_sweeps"):
        yield (
            f"experiment {entry['name']!r}, {where}: a torus needs heat-bath sweeps before it is "
            "read; set `n_sweeps`, 300 at side 32 and coupling 0.4, more nearer to 0.4407"
        )


def whole_image(patch: int, size: Iterable[int]) -> bool:
    """Whether one patch is the image; along a row of pixels, whether it is the row."""
    return all(side in (1, patch) for side in size)


def _no_gains(name: str, run: Mapping, recipe: Mapping, size: tuple[int, int]) -> Iterator[str]:
    """Cosines finer than the pixels, one patch alone, features that leave no direction out."""
    height, width = size
    images = f"the {height} x {width} images of {run['dataset']!r}"
    if (largest := max(recipe["orders"], default=0)) >= min(size):
        kept = [order for order in recipe["orders"] if order < min(size)]
        yield (
            f"experiment {name!r}, recipe of gains: {images} have cosines of order 0 to "
            f"{min(size) - 1}, not {largest}; set `orders: {kept}` in the recipe"
        )
    if whole_image(run["patch"], size):
        smaller = [patch for patch in range(1, run["patch"]) if run["patch"] % patch == 0]
        yield (
            f"experiment {name!r}: one patch of {run['patch']} holds each of {images} whole, so "
            f"that masking hides all or nothing; use one of {smaller}"
        )
    dimensions = height * width * (3 if run["colour"] == "rgb" else 1)
    if dimensions in recipe["n_latents"]:
        yield (
            f"experiment {name!r}: with {dimensions} latents, as many as {images} have dimensions "
            f"({run['colour']}), masking changes nothing; use at most {dimensions - 1}"
        )


def _impossible_network(config: Mapping, name: str, run: Mapping) -> Iterator[str]:
    """Heads that do not divide a width, mask units that do not fit, masks of all or nothing."""
    size = sources.image_size(config["datasets"][run["dataset"]]) if "model" in run else None
    if size is None:
        return
    try:
        backbone = Backbone(**config["models"][run["model"]])
        unit, decoder_depth = run.get("unit", 1), run.get("dec", 0)
        channels = sources.channels(config["datasets"][run["dataset"]])
        sizes = (*size, channels, run["patch"], unit, run["enc"], decoder_depth)
        architecture = Architecture(*sizes, backbone)
        if "mask" in run:
            recipe = config["recipes"]["pretraining"][run["training"]]
            check_masks(architecture, run["mask"], recipe)
    except ValueError as problem:
        yield f"experiment {name!r}, model {run['model']!r}: {problem}"


def _impossible_reference(config: Mapping, entry: Mapping, run: Mapping) -> Iterator[str]:
    """The same of the network whose layers a run is compared with."""
    if entry["kind"] != "similarity":
        return
    recipe, own = entry["recipe"], {*_impossible_network(config, entry["name"], run)}
    reference = relations.reference(config, recipe, run)
    for problem in _impossible_network(config, entry["name"], reference):
        if problem not in own:
            yield f"{problem} (the `reference` of recipe {recipe!r} of similarity)"


def _too_many_blocks(name: str, run: Mapping) -> Iterator[str]:
    """More blocks to fine-tune than the encoder has."""
    blocks, depth = run.get("blocks", "all"), run.get("enc")
    if blocks != "all" and blocks > depth:
        yield (
            f"experiment {name!r}: blocks {blocks} of an encoder of enc {depth}; use 0 to {depth} "
            "or all (depths with other `blocks` need a grid of their own)"
        )


def _no_class_token(config: Mapping, entry: Mapping, run: Mapping) -> Iterator[str]:
    """Recipes that read the class token of a network without one, also those that others name."""
    if "model" not in run:
        return
    for one in (entry, *relations.stood_on(config, entry)):
        family, recipe = KINDS[one["kind"]].recipe, one["recipe"]
        for problem in without_class_token(config, family, recipe, run["model"]):
            yield f"experiment {entry['name']!r}, {problem}"


def without_class_token(config: Mapping, family: str, name: str, model: str) -> Iterator[str]:
    """What a recipe reads of a model's networks that they do not have."""
    recipe = config["recipes"].get(family, {}).get(name, {})
    if config["models"][model].get(CLASS_TOKEN, True):
        return
    for key in OF_TOKENS:
        wanted = recipe.get(key, ())
        if CLASS_TOKEN not in ([wanted] if isinstance(wanted, str) else wanted):
            continue
        rest = [token for token in wanted if token != CLASS_TOKEN] or ["mean"]
        other = "mean" if isinstance(wanted, str) else f"[{', '.join(rest)}]"
        yield (
            f"recipe {name!r} of {family}: {key} names {CLASS_TOKEN}, which networks of model "
            f"{model!r} do not have; set `{key}: {other}` in the recipe, or `class_token: true` of "
            "that model"
        )


def _other_shape(config: Mapping, entry: Mapping, run: Mapping) -> Iterator[str]:
    """Shifted images of another height, width or number of channels than a network reads."""
    own = _shape(config["datasets"][run["dataset"]])
    for name in relations.shifted(config, entry["recipe"]):
        shape = _shape(config["datasets"][name]) if name in config["datasets"] else None
        if None not in (own, shape) and own != shape:
            yield (
                f"experiment {entry['name']!r}, recipe {entry['recipe']!r} of robustness: prepared "
                f"{name!r} has images of {shape} and {run['dataset']!r}, whose networks read them, "
                f"of {own} (height x width x channels); give both the same `size` and channels, or "
                "take it out of `prepared`"
            )


def _shape(dataset: Mapping) -> str | None:
    """Height x width x channels of a data set's images; None if only files show them."""
    size = sources.image_size(dataset)
    return size and " x ".join(map(str, (*size, sources.channels(dataset))))


def _no_closed_form(config: Mapping, entry: Mapping, run: Mapping) -> Iterator[str]:
    """A law of masks under which the linear model, or the expected level, has no formula."""
    sampling = config["recipes"]["pretraining"][run["training"]]["sampling"]
    if sampling not in LAWS:
        yield (
            f"experiment {entry['name']!r}: training {run['training']!r} draws masks by the law "
            f"{sampling}; the kind {entry['kind']} has formulas for {' and '.join(LAWS)} only: use "
            "one of them, or leave the run out"
        )


def _not_the_leaves(config: Mapping, name: str, run: Mapping) -> Iterator[str]:
    """Latents that are not known, or patches that are not the leaves of their tree."""
    dataset = config["datasets"][run["dataset"]]
    if dataset["source"] != "hierarchical":
        yield (
            f"experiment {name!r}: the latents of {run['dataset']!r} ({dataset['source']}) are not "
            "known; use a data set of the source hierarchical"
        )
        return
    per_side = 2 ** (len(dataset["noise_sizes"]) - 1)
    if run["patch"] * per_side != dataset["size"][0]:
        yield (
            f"experiment {name!r}: patch size {run['patch']}, but the leaves of {run['dataset']!r} "
            f"have a side of {dataset['size'][0] // per_side} pixels; use that"
        )


def _no_tree(config: Mapping, name: str, run: Mapping, recipe: Mapping) -> Iterator[str]:
    """Arities of trees of latents that do not fit above the mask units, and too many units."""
    if (size := sources.image_size(config["datasets"][run["dataset"]])) is None:
        return
    n_units = math.prod(side // (run["patch"] * run["unit"]) for side in size)
    for arity in recipe["arities"]:
        if n_units < 2 or arity ** round(math.log(n_units, arity)) != n_units:
            yield (
                f"experiment {name!r}: the {n_units} mask units of patch {run['patch']}, unit "
                f"{run['unit']} are no power of {arity}; take it out of the recipe's `arities`"
            )
    if n_units > MOST_UNITS:
        yield (
            f"experiment {name!r}: {n_units} mask units of patch {run['patch']}, unit "
            f"{run['unit']}: expected levels have a formula for at most {MOST_UNITS}; set a larger "
            "`patch` or `unit`, or leave the run out"
        )
