"""The training runs of a study: what each trains, on how many images, and whether it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.advise import planning
from spatial_mae.estimate.sizes import parameters, training_flops
from spatial_mae.files import read_json
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.study import candidates, grid, jobs, sources, tuning
from spatial_mae.study.counts import left
from spatial_mae.study.measurements import RULES

SPLITS = ("train", "test")
TRAINING = tuple(rule for rule, card in RULES.items() if card.trains)


@dataclass(frozen=True)
class Network:
    """What one training step costs: sizes, share of mask units hidden, blocks trained (None: all).

    `label` names the run without its seed.
    """

    rule: str
    label: str
    architecture: Architecture
    mask_ratio: float = 0.0
    blocks: int | None = None

    @property
    def flops(self) -> float:
        """Of a training step, per image."""
        return training_flops(self.architecture, self.mask_ratio, self.blocks)


@dataclass(frozen=True)
class Training:
    """A training run. `images` pass in all its epochs (None: the data set's size is not known).

    `copies`: files of weights it leaves, checkpoints included. `recipe`: as in the config.
    """

    network: Network
    recipe: Mapping
    images: int | None
    copies: int
    done: bool

    @property
    def weight_bytes(self) -> int:
        """Of one copy of the weights, float32."""
        return 4 * parameters(self.network.architecture)


def trainings(config: Mapping, folder: Path) -> list[Training]:
    """All training runs of the study, those with a run record below `folder` marked as done.

    Raises ValueError if the images' height and width can only be read from a data set that has not
    been prepared.
    """
    wanted = sorted(job for job in jobs.study_jobs(config) if job.rule in TRAINING)
    return [_training(config, folder, job) for job in wanted]


def search(config: Mapping, folder: Path) -> Training | None:
    """All that the search of the block `tune` and its validation train at most, as one run.

    None without the block. Raises ValueError as `trainings`. It is the target `tune`, which the
    report does not need. The base's batch size counts for all.
    """
    if not config.get("tune"):
        return None
    block, base = config["tune"], candidates.base_values(config)
    name = block["dataset"]
    longer = candidates.longer(config, base)
    runs = [
        (tuning.most_epochs(config), candidates.recipe(config, base)),
        (min(2, block["n"]) * len(block["validation_seeds"]) * longer["epochs"], longer),
    ]
    images = [_passing(config, name, folder, recipe, epochs) for epochs, recipe in runs]
    run = {key: block[key] for key in ("patch", "mask", "enc", "dec", "unit")}
    backbone = Backbone(**config["models"][block["model"]])
    network = network_of("pretrain_mae", run, None, _shape(config, name, folder), backbone)
    whole = None if None in images else sum(images)
    return Training(network, longer, whole, copies=1, done=False)


def advice(config: Mapping, folder: Path) -> Training | None:
    """All that the search of the block `advise` trains at most, as one run.

    None without the block, or if no patch size tiles the images. Raises ValueError as `trainings`.
    The rungs' files decide what is trained, so that no job of it can be counted before. The
    dearest network, of the smallest patch and mask ratio, counts for all.
    """
    block = config.get("advise")
    if not block:
        return None
    name, recipe = block["dataset"], config["recipes"]["pretraining"][block["training"]]
    shape = _shape(config, name, folder)
    patches = [p for p in block["patches"] if not (shape[0] % p or shape[1] % p)]
    if not patches:
        return None
    last = {"patches": block["rungs"][-1], "masks": block["rungs"][0], "final": recipe["epochs"]}
    epochs = sum(last[step] * n for step, n in planning.most_runs(block).items())
    run = {"patch": min(patches), "mask": min(block["masks"]), "unit": 1}
    run |= {key: block[key] for key in ("enc", "dec")}
    backbone = Backbone(**config["models"][block["model"]])
    network = network_of("pretrain_mae", run, None, shape, backbone)
    images = _passing(config, name, folder, recipe, epochs)
    return Training(network, recipe, images, copies=1, done=False)


def image_counts(config: Mapping, name: str, folder: Path) -> tuple[int, int] | None:
    """Training and test images of a data set: its manifest's, or what its config or source says."""
    manifest = _manifest(name, folder)
    if manifest:
        return manifest["n_train"], manifest["n_test"]
    return sources.image_counts(config["datasets"][name])


def _counts_left(
    config: Mapping, name: str, folder: Path, recipe: Mapping
) -> tuple[int, int] | None:
    """The same where the recipe may hold out training images in place of test images."""
    counts = image_counts(config, name, folder)
    if counts is None:
        return None
    n_images = left(dict(zip(SPLITS, counts, strict=True)), recipe.get("held_out") or 0)
    return n_images["train"], n_images["test"]


def image_shape(config: Mapping, name: str, folder: Path) -> tuple[int, int, int] | None:
    """Height, width and channels of a data set's images; None before they can be known."""
    manifest = _manifest(name, folder)
    if manifest:
        return manifest["height"], manifest["width"], manifest["channels"]
    size = sources.image_size(config["datasets"][name])
    return (*size, sources.channels(config["datasets"][name])) if size else None


def _manifest(name: str, folder: Path) -> dict | None:
    path = folder / f"results/data/{name}/manifest.json"
    return read_json(path) if path.is_file() else None


def _training(config: Mapping, folder: Path, job: jobs.Job) -> Training:
    rule, named = job.rule, job.wildcards
    recipe = config["recipes"][RULES[rule].recipe][job.recipe]
    shape = _shape(config, named["dataset"], folder)
    run = grid.parse(named["run"])
    tuning = grid.parse(named["tuning"])["blocks"] if "tuning" in named else None
    network = network_of(rule, run, tuning, shape, Backbone(**config["models"][named["model"]]))
    return Training(
        network,
        recipe,
        _passing(config, named["dataset"], folder, recipe, recipe["epochs"]),
        1 + len(_kept(recipe)) if rule == "pretrain_mae" else 1,
        (folder / jobs.record_file(job)).is_file(),
    )


def _shape(config: Mapping, name: str, folder: Path) -> tuple[int, int, int]:
    shape = image_shape(config, name, folder)
    if shape is None:
        raise ValueError(
            f"the size of the images of {name!r} is not known before they are prepared; run "
            "`snakemake --cores all data` with this config first"
        )
    return shape


def _passing(config: Mapping, name: str, folder: Path, recipe: Mapping, epochs: int) -> int | None:
    """Images that pass in so many epochs; None if the data set's size is not known."""
    counts = _counts_left(config, name, folder, recipe)
    if counts is None:
        return None
    n = min(counts[0], recipe.get("n_train") or counts[0])
    return epochs * _whole_batches(n, recipe["batch_size"])


def network_of(
    rule: str, run: Mapping, tuning: object, shape: tuple[int, int, int], backbone: Backbone
) -> Network:
    """The network that a run (its parsed slug) of a rule trains."""
    classifies = rule != "pretrain_mae"
    depth = 0 if classifies else run["dec"]
    sizes = Architecture(*shape, run["patch"], run.get("unit", 1), run["enc"], depth, backbone)
    label = grid.slug(run, [key for key in run if key != "seed"])
    if tuning is not None:
        label += f"_blocks-{tuning}"
    blocks = tuning if isinstance(tuning, int) else None
    return Network(rule, label, sizes, 0.0 if classifies else run["mask"], blocks)


def evaluated_images(config: Mapping, folder: Path, job: jobs.Job) -> int | None:
    """Images that pass in a job of `evaluate_mae`; None if the data set's size is not known.

    Each network evaluated, the untrained one among them, reads the images of the probes once and
    the images it reconstructs once per mask.
    """
    named = job.wildcards
    recipe = config["recipes"]["evaluation"][job.recipe]
    counts = _counts_left(config, named["dataset"], folder, recipe)
    if counts is None:
        return None
    wanted = recipe["n_train"], recipe["n_test"]
    read = [min(n, limit or n) for n, limit in zip(counts, wanted, strict=True)]
    probed = sum(read) if recipe["representations"] else 0
    networks = 2
    if recipe["checkpoints"] == "all":
        networks = len(_kept(config["recipes"]["pretraining"][named["training"]]))
    return networks * (probed + recipe["n_masks"] * min(recipe["n_reconstructed"], counts[1]))


def _kept(recipe: Mapping) -> set[int]:
    """Epochs whose weights a pretraining run keeps."""
    return {0, *recipe["checkpoints"], recipe["epochs"]}


def _whole_batches(n: int, batch_size: int) -> int:
    """Images that pass in an epoch: whole batches, at least one."""
    return max(1, n // batch_size) * min(batch_size, n)
