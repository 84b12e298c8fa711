"""What closed forms ask of a data set: enough images, of few enough values. Standard library only.

Closed forms are measured themselves, or are controls of probes, or are compared with networks.
"""

import json
import math
from collections.abc import Iterator, Mapping

from spatial_mae.study import relations
from spatial_mae.study.counts import number_of
from spatial_mae.study.describing import declaration
from spatial_mae.study.fitting import whole_image
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.recipes import load
from spatial_mae.study.sizes import MOST_DECOMPOSED
from spatial_mae.study.spanning import images_needed

# Rules that read features of all latents, which large images do not have.
OF_FEATURES = ("predict_gabor", "predict_gains", "predict_depth")


def closed_form_misfits(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """Moments that cannot be solved, features that are not known, limits without images.

    runs: those of the experiment `entry` on the data set of `manifest`.
    """
    yield from _singular(entry, runs, manifest)
    yield from _singular_in_units(config, entry, runs, manifest)
    yield from _too_large(config, entry, runs, manifest)
    yield from _too_few_to_extrapolate(config, entry, runs, manifest)


def control_misfits(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """The same of the linear MAE behind an evaluation's controls, if it has any."""
    if not relations.controlled(config, entry):
        return
    name = entry["recipe"]
    where = f"experiment {entry['name']!r}, recipe {name!r} of evaluation, controls"
    for run in runs:
        side = run["patch"] * run["unit"]
        solved = relations.control_solution(config, name, run["dataset"], side)
        if (values := _values(solved, manifest)) > MOST_DECOMPOSED:
            yield (
                f"{where}: images of {manifest['dataset']!r} have {values:,} values "
                f"({solved['colour']}), and features of all latents are known for at most "
                f"{MOST_DECOMPOSED:,}; set `control_colour: null`, or a smaller `size`"
            )
        elif solved["ridge"] == 0:
            image = _shape(solved, manifest)
            yield from _too_few(where, solved, manifest, image, "control_ridge: 0.001")


def _singular(entry: Mapping, runs: list[Mapping], manifest: Mapping) -> Iterator[str]:
    """Closed forms without a ridge, of fewer images than they need.

    Where moments are decomposed an image has no more values than images span; above, a patch.
    """
    for run in runs:
        if run.get("ridge") == 0 and "patch" in run:
            decomposed = _values(run, manifest) <= MOST_DECOMPOSED
            shape = _shape(run, manifest) if decomposed else _patch_shape(run, manifest)
            where = f"experiment {entry['name']!r}"
            yield from _too_few(where, run, manifest, shape, "ridge: [0.001]")


def _singular_in_units(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """The linear MAE next to a network, which is solved inside mask units alone."""
    family, name = KINDS[entry["kind"]].recipe, entry["recipe"]
    recipe = config["recipes"].get(family, {}).get(name, {})
    if recipe.get("linear_ridge") != 0:
        return
    choice = {key: recipe[f"linear_{key}"] for key in ("centring", "flip")}
    where = f"experiment {entry['name']!r}, recipe {name!r} of {family}"
    for run in runs:
        own = {**relations.own_moment(config, run["dataset"]), **choice}
        own["patch"] = run["patch"] * run["unit"]
        unit = _patch_shape(own, manifest)
        yield from _too_few(where, own, manifest, unit, "linear_ridge: 0.001")


def _too_few(
    where: str, run: Mapping, manifest: Mapping, shape: tuple[int, int, int], ridge: str
) -> Iterator[str]:
    """Fewer images than a patch of this shape, or the whole image, needs. ridge: the key to set."""
    n, values = number_of(run["n"], manifest["n_train"]), math.prod(shape)
    middle = manifest["width"] // shape[1] % 2 == 1  # a patch that is its own mirror image
    least = images_needed(shape, run["centring"] != "raw", run["flip"], middle)
    if n >= least:
        return
    what = "an image" if values == _values(run, manifest) else f"a patch of {run['patch']}"
    yield (
        f"{where}: without a ridge the moments of {n} images of {manifest['dataset']!r} are "
        f"singular: {what} has {values} values ({run['colour']}), which takes {least} images or "
        f"more; set `{ridge}`, bring more images, or make them smaller (`size`)"
    )


def _patch_shape(run: Mapping, manifest: Mapping) -> tuple[int, int, int]:
    """Of a patch in the run's colour; one of a row of pixels is a run of them."""
    height, width = (min(run["patch"], manifest[side]) for side in ("height", "width"))
    return _shape(run, {**manifest, "height": height, "width": width})


def _shape(run: Mapping, manifest: Mapping) -> tuple[int, int, int]:
    """Height, width and channels of an image in the run's colour."""
    channels = manifest["channels"] if run.get("colour") == "rgb" else 1
    return manifest["height"], manifest["width"], channels


def _values(run: Mapping, manifest: Mapping) -> int:
    """Of an image in the run's colour."""
    return math.prod(_shape(run, manifest))


def _too_large(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """What is only known where second moments are decomposed into eigenvectors."""
    rule, family = KINDS[entry["kind"]].rule, KINDS[entry["kind"]].recipe
    for run in (run for run in runs if "patch" in run and "colour" in run):
        values = _values(run, manifest)
        if values <= MOST_DECOMPOSED:
            continue
        where = f"experiment {entry['name']!r}"
        large = f"images of {manifest['dataset']!r} have {values:,} values ({run['colour']})"
        if rule in OF_FEATURES:
            yield (
                f"{where}: {large}, and features of all latents are known for at most "
                f"{MOST_DECOMPOSED:,}; set a smaller `size`, or leave the experiment out"
            )
        elif "ridge" in run and whole_image(run["patch"], (manifest["height"], manifest["width"])):
            yield (
                f"{where}: {large}, of which one patch of {run['patch']} holds all; at that size "
                "they are solved for two patches or more: set a smaller `patch`"
            )
        recipe = config["recipes"].get(family, {}).get(entry["recipe"], {})
        hidden = family == "linear" and "hidden" in recipe.get("samplings", ())
        if hidden and list(recipe["n_latents"]) != ["all"]:
            yield (
                f"{where}, recipe {entry['recipe']!r} of linear: {large}, and the loss on hidden "
                "patches is known for all latents only; set `n_latents: [all]`"
            )


def _too_few_to_extrapolate(
    config: Mapping, entry: Mapping, runs: list[Mapping], manifest: Mapping
) -> Iterator[str]:
    """Limits of influence whose smallest subsets have no more images than an image has values."""
    family, name = KINDS[entry["kind"]].recipe, entry["recipe"]
    if family != "influence_limit":
        return
    recipe = load(declaration(family), json.dumps(config["recipes"][family][name]))
    for run in runs:
        n = number_of(run["n"], manifest["n_train"])
        each = int(n * (1 - recipe.held_out)) // 2**recipe.halvings
        values = _values(run, manifest)
        if each <= values:
            yield (
                f"experiment {entry['name']!r}, recipe {name!r} of {family}: {n} images of "
                f"{manifest['dataset']!r} make subsets of {each}, but more than the {values} "
                "values of an image are needed; bring more images, make them smaller (`size`), "
                "set fewer `halvings` (3 at least), or leave the experiment out"
            )
