"""Plan a search for patch size and mask ratio: what it will cost, and the overlay that runs it.

The last line printed is the overlay's path. The same request finds the plan it made before, so that
an interrupted search is resumed. Without images: generated ones.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from spatial_mae.advise import plan_file, planning
from spatial_mae.advise.candidates import feasible
from spatial_mae.estimate.inputs import ROOT, checked_config
from spatial_mae.estimate.speeds import Speed, expect
from spatial_mae.estimate.workload import Network, Training
from spatial_mae.models.architecture import Architecture, Backbone

STUDY = ROOT / "workflow/studies/advise.yaml"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--images", type=Path, help="folder of images, or .npz file of arrays")
    add("--size", default="32", help="pixels, such as 32 or 24x36 (height x width)")
    add("--budget", help="time on a clock, such as 30min or 2h; default: the study's")
    add("--config", type=Path, default=ROOT / "config.yaml", help="the config")
    add("--configfile", type=Path, default=STUDY, help="the study that advises")
    add("--folder", type=Path, default=Path(), help="folder that holds results/")
    add("--seconds", type=float, default=1.0, help="to measure each network for")
    arguments = parser.parse_args(argv)
    try:
        print(make(arguments))
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))


def make(arguments: argparse.Namespace) -> Path:
    """Write the overlay, or find it; return its path.

    Raises ValueError as `plan_file.is_plan_of`, and for what cannot be planned.
    """
    config = checked_config(arguments.config, [arguments.configfile])
    study, found = _images(arguments, config)
    path = arguments.folder / f"results/plans/{study}.yaml"
    images = str(arguments.images.resolve()) if arguments.images else None
    request = plan_file.Request(images, arguments.size, arguments.budget)
    known = plan_file.read(path)
    if known and plan_file.is_plan_of(known, request, path):
        _say(f"{path}: the plan of the same request is used; delete it to plan again")
        edited = "its cost is not estimated: it was edited since (or planned by an earlier version)"
        _say(*([edited] if known.is_edited else known.cost))
        return path
    overlay, cost = _overlay(arguments, config, study, found)
    _say(*cost)
    plan_file.write(path, request, overlay, cost)
    return path


def _images(arguments: argparse.Namespace, config: Mapping) -> tuple[str, planning.Found]:
    """The name of the study, and the images: the user's, or the study's own."""
    size = planning.image_size(arguments.size)
    if arguments.images:
        found = planning.find_images(arguments.images, size)
        sides = found.height, found.width
        return f"advise_{planning.name_of(arguments.images, sides)}", found
    dataset = config["datasets"][config["advise"]["dataset"]]
    if "n_train" not in dataset:
        raise ValueError(f"{arguments.configfile}: its data set is no generated one; give --images")
    dataset = {**dataset, "size": list(size)}
    return f"advise_{size[0]}x{size[1]}", planning.Found(dataset["n_train"], *size, 3, dataset)


def _overlay(
    arguments: argparse.Namespace, config: Mapping, study: str, found: planning.Found
) -> tuple[dict, Sequence[str]]:
    """The overlay, and what to say of its cost."""
    block = {**config["advise"], "dataset": study.removeprefix("advise_") + "_images"}
    block["patches"] = planning.candidates(found.height, found.width, block["common_mask"])
    if not block["patches"]:
        feasible(found.height, found.width, [2], block["masks"], block["common_mask"])
    recipe = config["recipes"]["pretraining"][block["training"]]
    used = planning.used(found.n_train, recipe["n_train"], recipe["held_out"])
    seconds, at_once = _speeds(config, block, found, recipe, used, arguments.seconds)
    budget = planning.budget_seconds(arguments.budget or block["budget"])
    plan = planning.plan(block, seconds, at_once, budget)
    if arguments.budget:
        planning.refuse_above(budget, plan)
    steps = planning.rungs(plan.epochs)
    overlay = {
        "study": study,
        "datasets": {block["dataset"]: dict(found.dataset)},
        "advise": {
            "dataset": block["dataset"],
            "patches": block["patches"],
            "default": [block["patches"][0], block["default"][1]],
            "rungs": steps,
        },
        "recipes": {
            "pretraining": {
                name: {"epochs": plan.epochs, "checkpoints": [*steps]}
                for name in planning.recipes(block)
            },
            "autocorrelation": {
                "default": {"max_displacement": planning.reach(found.height, found.width)}
            },
        },
        "experiments": planning.experiments(config["experiments"], block),
    }
    return overlay, planning.lines(plan, found.n_train, used, at_once)


def _speeds(
    config: Mapping,
    block: Mapping,
    found: planning.Found,
    recipe: Mapping,
    used: int,
    measured: float,
) -> tuple[planning.Seconds, float]:
    """Seconds of an epoch of each setting, measured here, and how many runs train at once."""
    from spatial_mae.estimate.measuring import measured_speeds
    from spatial_mae.training.devices import set_threads, visible_gpus

    backbone = Backbone(**config["models"][block["model"]])

    def network(patch: int, mask: float) -> Network:
        sizes = found.height, found.width, found.channels, patch, 1, block["enc"], block["dec"]
        return Network("pretrain_mae", f"patch-{patch}", Architecture(*sizes, backbone), mask)

    set_threads(1)  # as each of the runs has
    gpus = len(visible_gpus())
    known = [
        Training(network(patch, block["common_mask"]), recipe, None, 1, False)
        for patch in block["patches"]
    ]
    speeds: list[Speed] = measured_speeds(known, measured)

    def seconds(patch: int, mask: float) -> float:
        return used / expect(network(patch, mask), speeds).images_per_second

    at_once = gpus * config["devices"]["runs_per_gpu"] or len(os.sched_getaffinity(0))
    return seconds, at_once * (1.0 if gpus else planning.BUSY)


def _say(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
