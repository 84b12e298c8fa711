"""Bytes on disk that a study comes to: images, arrays of the linear half, weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.estimate.workload import Training, image_counts, image_shape
from spatial_mae.study import grid, relations
from spatial_mae.study.jobs import Job, record_file, study_jobs

FLOAT64 = 8
# A resume file holds the weights, two moments of AdamW, the weights after the last whole epoch;
# the one before it is kept too.
RESUME_COPIES = 4
RESUME_FILES = 2


@dataclass(frozen=True)
class Storage:
    """Bytes of one sort of file, for the whole study and for the jobs left; None: not known."""

    what: str
    whole: int | None
    left: int | None


def storage(
    config: Mapping, folder: Path, trainings: Sequence[Training], at_once: int
) -> list[Storage]:
    """Bytes of each large sort of file. `at_once`: training runs that are under way together."""
    left = [training for training in trainings if not training.done]
    return [
        _total("images, uint8", _images(config, folder)),
        _total("second moments, float64", _moments(config, folder)),
        _total("closed forms, float64", _solutions(config, folder)),
        Storage("weights and checkpoints, float32", _weights(trainings), _weights(left)),
        Storage(
            f"states of {at_once} unfinished run{'s' * (at_once > 1)}, the largest",
            _states(trainings, at_once),
            _states(left, at_once),
        ),
    ]


Item = tuple[int | None, bool]  # bytes, done


def _total(what: str, items: Sequence[Item]) -> Storage:
    whole, left = [size for size, _ in items], [size for size, done in items if not done]
    return Storage(what, *(None if None in sizes else sum(sizes) for sizes in (whole, left)))


def _images(config: Mapping, folder: Path) -> list[Item]:
    items = []
    for name in relations.used_datasets(config):
        counts, shape = image_counts(config, name, folder), image_shape(config, name, folder)
        size = sum(counts) * shape[0] * shape[1] * shape[2] if counts and shape else None
        items.append((size, _done(folder, Job.of("prepare_dataset", {"dataset": name}))))
    return items


def _moments(config: Mapping, folder: Path) -> list[Item]:
    wanted = _jobs(config, "compute_moments")
    return [(_square(config, folder, job), _done(folder, job)) for job in wanted]


def _solutions(config: Mapping, folder: Path) -> list[Item]:
    """A basis (d, d), half as large on the halves of flip-symmetric moments, and a root a patch."""
    items = []
    for job in _jobs(config, "solve_linear"):
        square, choice = _square(config, folder, job), grid.parse(job.wildcards["run"])
        size = None
        if square is not None:
            basis = square // 2 if choice["flip"] == "yes" else square
            dimensions = round((square / FLOAT64) ** 0.5)
            channels = 3 if _colour(job) == "rgb" else 1
            size = basis + FLOAT64 * dimensions * choice["patch"] ** 2 * channels
        items.append((size, _done(folder, job)))
    return items


def _jobs(config: Mapping, rule: str) -> list[Job]:
    return sorted(job for job in study_jobs(config) if job.rule == rule)


def _colour(job: Job) -> object:
    return grid.parse(job.wildcards["moment"])["colour"]


def _square(config: Mapping, folder: Path, job: Job) -> int | None:
    """Bytes of the second moments of a job: (d, d) over the pixels of its colour."""
    shape = image_shape(config, job.wildcards["dataset"], folder)
    if shape is None:
        return None
    channels = shape[2] if _colour(job) == "rgb" else 1
    return FLOAT64 * (shape[0] * shape[1] * channels) ** 2


def _weights(trainings: Sequence[Training]) -> int:
    return sum(training.copies * training.weight_bytes for training in trainings)


def _states(trainings: Sequence[Training], at_once: int) -> int:
    """Resume files, and the checkpoints that are next to them until a run ends."""
    sizes = []
    for training in trainings:
        averages = int(training.recipe["ema_decay"] is not None)
        copies = RESUME_FILES * (RESUME_COPIES + averages) + training.copies - 1
        sizes.append(copies * training.weight_bytes)
    return sum(sorted(sizes, reverse=True)[:at_once])


def _done(folder: Path, job: Job) -> bool:
    return (folder / record_file(job)).is_file()
