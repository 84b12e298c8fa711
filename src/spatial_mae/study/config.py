"""The config: its blocks, what an experiment says, the keys of grids."""

from dataclasses import dataclass
from typing import Annotated, Literal

from spatial_mae.masks.laws import Law
from spatial_mae.study.keys import (
    Count,
    Factor,
    Length,
    Name,
    Natural,
    NotNegative,
    Part,
    Pattern,
    Percent,
    Positive,
    Two,
)

FigureName = Annotated[str, Pattern("^[a-z0-9_]+(-[a-z0-9_]+)?$", "losses")]


@dataclass(frozen=True)
class Data:
    """Where public data sets are found."""

    root: str | None = None
    """Folder with copies of public data sets, for machines without network; null downloads them."""
    hash_files: bool = False
    """Whether files that you bring are identified by their content too, not only by names, sizes
    and times of modification: every plan then reads all of them."""


@dataclass(frozen=True)
class Choices:
    """What each kind of machine measures once and remembers (docs/training.md); null: so it is."""

    gram: Literal["float32", "int8", "float64"] | None = None
    """Number type in which second moments are multiplied. All are exact."""
    precision: Literal["float32", "bfloat16"] | None = None
    """Number type of training by recipes that say `precision: auto`."""
    attention: (
        Literal["fused", "padded", "written_out", "tiled", "float32", "flash", "efficient", "cudnn"]
        | None
    ) = None
    """Way of attention in training. Changes rounding alone."""
    products: Literal["usual", "onednn"] | None = None
    """Library of linear layers in training with float32 on a CPU. Changes rounding alone."""
    bfloat16_products: Literal["usual", "float32"] | None = None
    """Products of linear layers in training with bfloat16 on a CPU: PyTorch's, or the same numbers
    multiplied in float32. Changes rounding alone."""
    mode: Literal["plain", "cast-once", "compiled", "graphs"] | None = None
    """How a training step is run. Changes rounding alone."""


@dataclass(frozen=True)
class Devices:
    """How training uses the machine. Changing it reruns nothing."""

    runs_per_gpu: Count = 1
    """Training runs that may share one GPU; small models leave most of one idle."""
    processes_per_run: Count = 1
    """Processes that share one training run, each on its own GPU and with a part of every batch;
    without a GPU, each on a core. Changes rounding alone."""
    choices: Choices = None
    """Answers that are fixed instead of measured; reruns nothing."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Values of the keys of an experiment's runs; it means all combinations of them.

    Which of these keys a grid has is a matter of the experiment's kind.
    """

    dataset: tuple[str, ...]
    """Names of data sets."""
    model: tuple[str, ...]
    """Names of models."""
    training: tuple[str, ...]
    """Names of recipes of pretraining."""
    colour: tuple[Literal["luma", "gray", "rgb"], ...] = ("luma",)
    """luma (BT.601, 8 bits), gray (mean of the channels) or rgb. [not stated]"""
    n: tuple[Two | Percent | Literal["all"], ...] = ("all",)
    """Numbers of training images behind the moments; `all` is every one, `25%` a quarter."""
    patch: tuple[Count, ...]
    """Patch sizes in pixels. [Bisulco varies it; Kong 8, 16, 32 of 224]"""
    centring: tuple[Literal["raw", "centred", "standardised"], ...] = ("centred",)
    """raw, centred (each pixel's mean removed) or standardised (also unit variance).
    [not stated]"""
    ridge: tuple[NotNegative, ...] = (0,)
    """Ridge added to the moments, as a share of their mean diagonal."""
    flip: tuple[bool, ...] = (False,)
    """Whether moments are averaged with those of the mirrored images."""
    lattice: tuple[Literal["chain", "torus"], ...]
    """Ising lattice. [Bisulco both]"""
    coupling: tuple[float, ...]
    """Ising coupling J (inverse temperature absorbed)."""
    moment: tuple[Literal["exact", "sampled"], ...]
    """Ising correlations in closed form (chain only) or from samples."""
    dimensions: tuple[Literal[1, 2], ...]
    """Of a mask's spectrum, or of what is below a tree of latents: 1 a row, 2 an image."""
    arity: tuple[Two, ...]
    """Children of a latent; 4 above an image."""
    depth: tuple[Count, ...]
    """Levels of a tree of latents above the observables."""
    sampling: tuple[Law, ...]
    """Law of the masks."""
    unit: tuple[Count, ...]
    """Side of a mask unit in patches; 1 masks patch by patch. [Kong 1, 2, 4, at patch size 8]"""
    mask: tuple[Part, ...]
    """Mask ratios of pretraining. [Bisulco varies it; Kong 0.1 to 0.9]"""
    enc: tuple[Count, ...]
    """Encoder depths in blocks. [Bisulco varies it; Kong 12, ViT-B]"""
    dec: tuple[Count, ...]
    """Decoder depths in blocks. [Bisulco varies it]"""
    seed: tuple[Natural, ...] = (0,)
    """Seeds of initialisation, order of the images, augmentation and masks of a training run, and
    of what is measured on it alone. The study's `seed` decides the data and what all runs share."""
    blocks: tuple[Natural | Literal["all"], ...]
    """Encoder blocks that are fine-tuned, from the last, up to `enc`; 0: the linear head alone."""


@dataclass(frozen=True, kw_only=True)
class Advise:
    """Which patch size and mask ratio suit a data set: what is tried, and by which rule."""

    dataset: Name
    """The data set that advice is asked for."""
    model: Name
    """The model of every setting."""
    training: Name
    """The recipe of pretraining of every setting; its `checkpoints` name the rungs."""
    patches: Annotated[tuple[Count, ...], Length(1)] = (2, 4, 8, 16)
    """Patch sizes to try, in pixels; those that do not tile the images are left out."""
    masks: Annotated[tuple[Part, ...], Length(1)] = (0.25, 0.5, 0.75, 0.9)
    """Mask ratios to try; those that hide no patch or all are left out."""
    drawn: Annotated[tuple[Part, ...], Length(2, 2)] | None = None
    """One more candidate: the mask ratio of each batch drawn uniformly between these two."""
    drawn_training: Name | None = None
    """Its recipe of pretraining: `training` with `mask_half_width`, half of that range."""
    common_mask: Part = 0.75
    """The mask ratio at which patch sizes are compared. [He et al. 0.75]"""
    default: Annotated[tuple[Positive, ...], Length(2, 2)] = (4, 0.75)
    """Patch size and mask ratio that the advice is compared with."""
    rungs: Annotated[tuple[Count, ...], Length(1)]
    """Epochs of the schedule at which settings are compared; at the last one some are dropped."""
    seeds: Annotated[tuple[Natural, ...], Length(2)] = (0, 1)
    """Seeds of each setting on the rungs; at least two, for a standard error."""
    final_seeds: Annotated[tuple[Natural, ...], Length(2)] = (0, 1, 2)
    """Seeds of each setting that is trained to the end."""
    budget: Annotated[str, Pattern("^[0-9.]+ *(s|min|h)$", "30min")] = "30min"
    """Time on a clock that `make advise` sets the epochs by; 10 epochs where it allows fewer. Given
    as BUDGET, one that allows fewer is refused."""
    enc: Count = 4
    """Encoder depth in blocks."""
    dec: Count = 1
    """Decoder depth in blocks."""
    objective: Literal["auto", "labels", "agreement", "error"] = "auto"
    """What ranks settings: the probe on held-out training images (labels); at the common mask ratio
    the agreement of two halves of an image (agreement), or the error on hidden patches (error).
    auto: the probe where there are 1,000 labels, else agreement where patches tile the halves."""


@dataclass(frozen=True, kw_only=True)
class Tune:
    """A recipe of pretraining searched by successive halving, and tried again at more epochs."""

    dataset: Name
    """The data set to search on; its images need classes."""
    model: Name
    """The model of every candidate."""
    patch: Count = 4
    """Patch size in pixels."""
    unit: Count = 1
    """Side of a mask unit in patches, of the base and wherever it is no factor."""
    mask: Part = 0.75
    """Mask ratio."""
    enc: Count = 4
    """Encoder depth in blocks."""
    dec: Count = 1
    """Decoder depth in blocks."""
    base: Name
    """The recipe of pretraining to improve on; its `held_out` images choose."""
    factors: dict
    """Key of a recipe of pretraining, or `unit`, -> the list of values to try."""
    n: Two
    """Candidates: the base, and others drawn from all combinations of the factors' values."""
    seed: Natural = 0
    """Of this draw."""
    keep: Factor
    """Share of the candidates that a rung keeps, rounded up; the base is always trained on."""
    rungs: Annotated[tuple[Count, ...], Length(1)]
    """Epochs of the base's schedule at which candidates are dropped."""
    seeds: Annotated[tuple[Natural, ...], Length(1)] = (0,)
    """Seeds of each candidate on the rungs."""
    final_seeds: Annotated[tuple[Natural, ...], Length(2)] = (0, 1, 2)
    """Seeds of those that are trained to the end of the base's schedule; the best of them wins."""
    validation: dict
    """Keys of a recipe of pretraining and their values, under which the winner and the base are
    trained again, such as more `epochs`. Warm-up keeps its ratio to the base's, which becomes the
    `warmup_epochs` given here (else: the same share of the schedule)."""
    validation_seeds: Annotated[tuple[Natural, ...], Length(2)] = (0, 1, 2)
    """Seeds of these runs, which alone are scored on test images."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What to measure. It makes the table results/{study}/tables/{name}.csv."""

    name: Name
    """Name of the table; by default that of the kind."""
    kind: str
    """What is measured."""
    recipe: Name = "default"
    """A recipe of the kind's family."""
    figures: tuple[FigureName, ...] | None = None
    """Figures drawn from its table, modules of spatial_mae.figures; null: its kind's usual ones;
    []: none. For a second drawing of one figure put a hyphen and a word behind its name, as in
    `separability-coupled`."""
    grids: tuple[Grid, ...] = ()
    """Each is expanded to all combinations of its values; runs in two of them count once."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The merged config of a study."""

    study: Name
    """Tables, figures, claims and report of the study go to results/{study}/."""
    seed: Natural = 0
    """Seed of everything random but the training runs: generated data, order of images, held-out
    splits, samples, masks that all runs share. Runs have their own, a key of grids. Same seeds,
    same machine, same numbers."""
    data: Data = None
    """Where public data sets are found."""
    devices: Devices = None
    """How training uses the machine. Changing it reruns nothing."""
    datasets: dict[str, dict]
    """Data sets by name; each becomes results/data/{name}/."""
    models: dict[str, dict]
    """Vision transformers by name: what a grid does not vary. Depths, patch size and mask are keys
    of grids."""
    recipes: dict[str, dict]
    """Hyperparameters by family and name; an experiment names one of its kind's family."""
    advise: Advise = None
    """Advice on patch size and mask ratio, the target `advise` (docs/advise.md)."""
    tune: Tune = None
    """A search for a better recipe of pretraining, the target `tune` (docs/training.md). It writes
    the recipes of pretraining `tune_00`, the base, `tune_01` and so on."""
    ladder: tuple[Name, ...] = ()
    """Recipes of pretraining that differ in their epochs, the fewest first: the target `ladder`
    judges the statements at each of them (docs/verdicts.md)."""
    experiments: tuple[Experiment, ...]
    """What to measure: a list, so that a study's overlay replaces it whole. Experiments that share
    a run share its files."""
