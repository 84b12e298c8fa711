"""Jobs, images and hours of a study by rule: what is done, and what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.estimate.speeds import Expected, Speed, expect
from spatial_mae.estimate.workload import TRAINING, Training, evaluated_images
from spatial_mae.files import read_json
from spatial_mae.study import jobs


@dataclass(frozen=True)
class Run:
    """A training run that is left, and the speed expected of it (None: not known)."""

    training: Training
    expected: Expected | None

    @property
    def images(self) -> int | None:
        return self.training.images

    @property
    def hours(self) -> float | None:
        if self.expected is None or self.training.images is None:
            return None
        return self.training.images / self.expected.images_per_second / 3600


@dataclass(frozen=True)
class Cost:
    """A rule's jobs. `images` (pass in those left) and `hours` are None where not known.

    `source`: where the hours are from.
    """

    rule: str
    jobs: int
    done: int
    images: int | None
    hours: float | None
    source: str

    @property
    def left(self) -> int:
        return self.jobs - self.done


def runs_left(trainings: Sequence[Training], speeds: Sequence[Speed]) -> list[Run]:
    """The training runs that are not done, with the speed expected of each."""
    left = [training for training in trainings if not training.done]
    return [Run(training, expect(training.network, speeds)) for training in left]


def costs(
    config: Mapping, folder: Path, runs: Sequence[Run], job_seconds: Mapping[str, float]
) -> list[Cost]:
    """What each rule of a study costs, training rules first, in the order of their names.

    `job_seconds`: rule -> seconds of one of its jobs, where given; otherwise the mean of those of
    this very study that are done.
    """
    by_rule: dict[str, list[jobs.Job]] = {}
    for job in sorted(jobs.study_jobs(config)):
        by_rule.setdefault(job.rule, []).append(job)
    order = sorted(by_rule, key=lambda rule: (rule not in TRAINING, rule))
    return [
        _training_cost(config, folder, by_rule[rule], runs)
        if rule in TRAINING
        else _job_cost(config, folder, by_rule[rule], job_seconds.get(rule))
        for rule in order
    ]


def _training_cost(
    config: Mapping, folder: Path, found: Sequence[jobs.Job], runs: Sequence[Run]
) -> Cost:
    rule, left = found[0].rule, _left(config, folder, found)
    own = [run for run in runs if run.training.network.rule == rule]
    rates = sorted(r.expected.images_per_second for r in own if r.expected)
    source = f"{rates[0]:,.0f} to {rates[-1]:,.0f} images/s" if rates else "no speed known"
    images, hours = (total([getattr(r, n) for r in own]) for n in ("images", "hours"))
    return Cost(rule, len(found), len(found) - len(left), images, hours, source if own else "")


def _job_cost(
    config: Mapping, folder: Path, found: Sequence[jobs.Job], given: float | None
) -> Cost:
    rule, left = found[0].rule, _left(config, folder, found)
    n_done, images = len(found) - len(left), None
    if rule == "evaluate_mae":
        images = total([evaluated_images(config, folder, job) for job in left])
    if not left:
        return Cost(rule, len(found), n_done, images, 0.0, "")
    if given is not None:
        seconds, source = given, f"{given:g} s each, given"
    elif n_done:
        seconds = _mean_seconds(config, folder, [job for job in found if job not in left])
        source = f"{seconds:.3g} s each, mean of the {n_done} done"
    else:
        return Cost(rule, len(found), 0, images, None, "none of them done yet")
    return Cost(rule, len(found), n_done, images, len(left) * seconds / 3600, source)


def _mean_seconds(config: Mapping, folder: Path, done: Sequence[jobs.Job]) -> float:
    records = [read_json(folder / jobs.record_file(job)) for job in done]
    return sum(record["seconds"] for record in records) / len(records)


def _left(config: Mapping, folder: Path, found: Sequence[jobs.Job]) -> list[jobs.Job]:
    """The jobs without a run record."""
    return [job for job in found if not (folder / jobs.record_file(job)).is_file()]


def total(values: Sequence[float | None]) -> float | None:
    """Their sum; None if one is not known."""
    return None if None in values else sum(values)
