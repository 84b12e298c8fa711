"""Images a second of training: as recorded in finished runs, or as given; and of others from them.

A run that is not known itself passes images at the speed of the nearest known one, times the ratio
of their FLOPs per image.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.estimate.inputs import positive
from spatial_mae.estimate.workload import TRAINING, Network, network_of
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.architecture import Backbone
from spatial_mae.study import grid
from spatial_mae.study.measurements import RULES

ALL = "all"


@dataclass(frozen=True)
class Speed:
    """What a network is trained at. `origin`: recorded, measured or given. `device`: its name."""

    network: Network
    images_per_second: float
    origin: str
    device: str | None = None


def recorded_speeds(folder: Path, device: str | None = None) -> list[Speed]:
    """The mean speed of each finished training run below `folder`/results, whatever its study.

    `device`: only runs on devices whose name contains this text.
    Raises ValueError if the runs left were recorded on different devices, or none is left.
    """
    speeds = [speed for rule in TRAINING for speed in _recorded(folder, rule)]
    devices = sorted({speed.device for speed in speeds})
    if device is not None:
        speeds = [speed for speed in speeds if device.lower() in speed.device.lower()]
        if not speeds:
            found = ", ".join(devices) or "none"
            raise ValueError(f"no finished training on {device!r}; recorded devices: {found}")
    elif len(devices) > 1:
        raise ValueError(f"training was recorded on {', '.join(devices)}: choose with --device")
    return speeds


def _recorded(folder: Path, rule: str) -> Iterator[Speed]:
    anywhere = re.sub(r"\{\w+\}", "*", RULES[rule].folder)
    for place in sorted(folder.glob(anywhere)):
        history, record = place / "history.csv", place / "record.json"
        if history.is_file() and record.is_file():
            content, rows = read_json(record), read_rows(history)
            network = _network(folder, place, rule, content["command"])
            if rows and network is not None and content.get("status") == "completed":
                device = str(content["device"])
                yield Speed(network, _mean_speed(rows), "recorded", device)


def _mean_speed(rows: Sequence[Mapping]) -> float:
    """Images a second over all epochs. rows: images_per_second of each, seconds up to its end."""
    ends = [row["seconds"] for row in rows]
    seconds = [end - start for start, end in zip([0.0, *ends], ends, strict=False)]
    images = sum(r["images_per_second"] * s for r, s in zip(rows, seconds, strict=True))
    return images / ends[-1]


def _network(folder: Path, place: Path, rule: str, command: Sequence[str]) -> Network | None:
    """The network of a finished run, from its folder's name and its command's flags.

    None if what it was made from (its pretraining, the data set's manifest) has gone.
    """
    named = RULES[rule].read_folder(place.relative_to(folder))
    if rule == "fine_tune_mae":
        trained = folder / RULES["pretrain_mae"].record.format(**named)
        command = read_json(trained)["command"] if trained.is_file() else []
    manifest = folder / f"results/data/{named['dataset']}/manifest.json"
    if "--model" not in command or not manifest.is_file():
        return None
    sizes = read_json(manifest)
    backbone = Backbone(**json.loads(command[command.index("--model") + 1]))
    tuning = grid.parse(named["tuning"])["blocks"] if "tuning" in named else None
    shape = sizes["height"], sizes["width"], sizes["channels"]
    return network_of(rule, grid.parse(named["run"]), tuning, shape, backbone)


def given_speeds(texts: Sequence[str], networks: Sequence[Network]) -> list[Speed]:
    """Speeds from texts such as `patch-4_enc-12=5000`, for the pretraining runs they fit.

    A text fits the runs whose label holds all its key-value parts; `all` fits every one.
    Raises ValueError for a text of another form, a rate that is not positive, or one that fits no
    run.
    """
    pretraining = [n for n in networks if n.rule == "pretrain_mae"]
    speeds = {}
    for text in texts:
        pattern, _, number = text.rpartition("=")
        rate = positive(number, f"--images-per-second {text}")
        wanted = set() if pattern == ALL else set(pattern.split("_"))
        fitting = [n for n in pretraining if wanted <= set(n.label.split("_"))]
        if not fitting:
            example = f", such as {pretraining[0].label}" if pretraining else ""
            raise ValueError(
                f"--images-per-second {text}: {pattern!r} fits none of {len(pretraining)} "
                f"pretraining runs{example}; give some of a run's parts, or {ALL}=RATE"
            )
        speeds |= {network: Speed(network, rate, "given") for network in fitting}
    return list(speeds.values())


@dataclass(frozen=True)
class Expected:
    """Images a second that a run is expected to pass: those of `known` times `factor`."""

    images_per_second: float
    known: Speed
    factor: float


def expect(network: Network, speeds: Sequence[Speed]) -> Expected | None:
    """The speed expected of a network, from the nearest known ones; None if none is known.

    Nearest: of the same rule if any, then of the same patch size, then of the nearest FLOPs.
    Among equally near ones (other seeds) the mean of their seconds per image counts.
    """
    if not speeds:
        return None
    nearest = min(_distance(network, speed.network) for speed in speeds)
    near = [speed for speed in speeds if _distance(network, speed.network) == nearest]
    seconds = sum(1 / speed.images_per_second for speed in near) / len(near)
    factor = near[0].network.flops / network.flops
    return Expected(factor / seconds, near[0], factor)


def _distance(network: Network, other: Network) -> tuple:
    patches = other.architecture.patch_size != network.architecture.patch_size
    return other.rule != network.rule, patches, abs(math.log(other.flops / network.flops))
