"""The jobs of a study, and the run record each of them leaves, from its config alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spatial_mae.study import relations, sources
from spatial_mae.study.grid import expand, figures, wildcards
from spatial_mae.study.measurements import KINDS, RULES

# Families of recipes that compare a network with the linear MAE of the same images.
WITH_LINEAR = ("jacobian", "basis", "comparison")
# Rules of the linear half that make the moments they need, of subsets, themselves.
FROM_IMAGES = ("measure_influence_limit",)


@dataclass(frozen=True, order=True)
class Job:
    """A job of a rule: `values` are its wildcards with their values, in the order of its card."""

    rule: str
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, rule: str, values: Mapping[str, object]) -> "Job":
        return cls(rule, tuple((name, str(values[name])) for name in RULES[rule].wildcards))

    @property
    def wildcards(self) -> dict[str, str]:
        return dict(self.values)

    @property
    def recipe(self) -> str:
        """The name of the recipe it reads: pretraining runs name it `training`."""
        values = self.wildcards
        return values["recipe"] if "recipe" in values else values["training"]


def job_counts(config: Mapping) -> dict[str, int]:
    """How many jobs of each rule `study_jobs` has."""
    return dict(Counter(job.rule for job in study_jobs(config)))


def study_jobs(config: Mapping) -> set[Job]:
    """The jobs that the target `report` needs on an empty results folder, but those of advice.

    What advice trains is in files that its jobs write: no config tells it before.
    """
    study = {"study": config["study"]}
    jobs = {Job.of(rule, study) for rule in ("write_config", "judge_claims", "write_report")}
    jobs |= {Job.of("draw_figure", {**study, "figure": name}) for name in figures(config)}
    for entry in config["experiments"]:
        jobs.add(Job.of("collect_table", {**study, "experiment": entry["name"]}))
        for run in expand(entry):
            jobs.update(_run_jobs(config, entry, run))
            if relations.controlled(config, entry):
                jobs.update(_controls(config, entry["recipe"], run))
    for name in relations.used_datasets(config):
        jobs.update(Job.of(f"{verb}_dataset", {"dataset": name}) for verb in ("prepare", "check"))
        jobs.update(_downloads(config, name))
    detecting = (e["recipe"] for e in config["experiments"] if e["kind"] == "detection")
    outlined = (name for recipe in detecting for name in relations.generated(config, recipe))
    jobs.update(Job.of("write_coco", {"dataset": name}) for name in outlined)
    return jobs


def record_file(job: Job) -> str:
    """The run record of a job, written with its other outputs: where it is, the job is done."""
    return RULES[job.rule].record.format(**job.wildcards)


def history_file(job: Job) -> str:
    """The row for each epoch that a rule which trains leaves."""
    return f"{RULES[job.rule].folder}/history.csv".format(**job.wildcards)


def scores_file(job: Job) -> str:
    """The small table that no experiment collects."""
    return RULES[job.rule].scores_file.format(**job.wildcards)


def _downloads(config: Mapping, dataset: str) -> Iterator[Job]:
    if archive := sources.archive_name(config, dataset):
        source = config["datasets"][dataset]["source"]
        yield Job.of("download_archive", {"source": source, "archive": archive})


def _job(rule: str, run: Mapping, recipe: str | None = None) -> Job:
    return Job(rule, tuple(wildcards(RULES[rule], run, recipe).items()))


def _run_jobs(config: Mapping, entry: Mapping, run: Mapping) -> Iterator[Job]:
    """The job that writes a run's table, and those before it."""
    kind, recipe = KINDS[entry["kind"]], entry["recipe"]
    yield _job(kind.rule, run, recipe)
    if "moment" in kind.slugs and kind.rule not in FROM_IMAGES:
        yield from _linear(kind.rule, run)
    if "training" in run:
        yield _job("pretrain_mae", run)
        yield from _trained(config, kind.recipe, recipe, run)


def _linear(rule: str, run: Mapping) -> Iterator[Job]:
    """Moments, and closed forms where a run has a patch size."""
    yield _job("compute_moments", run)
    if rule == "predict_gabor":
        yield _job("compute_moments", relations.of_test_split(run))
    if "patch" in run:
        yield _job("solve_linear", run)


def _trained(config: Mapping, family: str, recipe: str, run: Mapping) -> Iterator[Job]:
    """What a measurement of a trained network needs besides the network."""
    if family == "both_papers":
        for other in relations.related(config, recipe):
            yield from _run_jobs(config, other, run)
    if family == "robustness":
        yield from _run_jobs(config, relations.probed(config, recipe), run)
    if family in WITH_LINEAR:
        yield _job("compute_moments", relations.own_moment(config, run["dataset"]))
    if family == "similarity":
        yield _job("pretrain_mae", relations.reference(config, recipe, run))


def _controls(config: Mapping, recipe: str, run: Mapping) -> Iterator[Job]:
    """What is compared with the probes of a run, and the closed form behind it."""
    for rule, values in relations.controls(recipe, run).items():
        yield Job(rule, tuple(values.items()))
    patch = run["patch"] * run["unit"]
    solution = relations.control_solution(config, recipe, run["dataset"], patch)
    yield _job("compute_moments", solution)
    yield _job("solve_linear", solution)
