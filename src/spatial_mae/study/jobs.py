"""The jobs a study comes to, and the run record each of them leaves, from its config alone."""

from collections import Counter
from collections.abc import Mapping

from spatial_mae.study import grid, sources
from spatial_mae.study.measurements import CONTROL, KINDS, MOMENT, PRETRAINING, SOLUTION

# Rule and what tells its jobs apart: a name, a file, or the path of its tables and the recipe.
Job = tuple[str, str]
Jobs = set[Job]
# Families of recipes that set a network beside the linear MAE of the same images.
BESIDE_LINEAR = ("jacobian", "basis", "comparison")
# Rule -> the run record of a job, as in the rule's outputs. {folder} and {last}: the job's second
# half up to its last slash, and what follows.
RECORDS = {
    "write_config": "results/{study}/config.record.json",
    "judge_claims": "results/{study}/claims.record.json",
    "write_report": "results/{study}/report.record.json",
    "draw_figure": "results/{study}/figures/{last}.record.json",
    "collect_table": "results/{study}/tables/{last}.record.json",
    "download_archive": "{folder}/{last}.record.json",
    "prepare_dataset": "results/data/{last}/record.json",
    "compute_moments": "results/linear/{folder}/{last}/moments.record.json",
    "solve_linear": "results/linear/{folder}/{last}/solution.record.json",
    "pretrain_mae": "{folder}/{last}/record.json",
    "probe_pixels": "{folder}/{last}.record.json",
    "probe_linear": "{folder}/{last}.record.json",
    "measure_autocorrelation": "{folder}/autocorrelation_{last}.record.json",
    "measure_losses": "{folder}/losses_{last}.record.json",
    "measure_influence": "{folder}/influence_{last}.record.json",
    "measure_psd": "{folder}/psd_{last}.record.json",
    "solve_ising": "{folder}/{last}.record.json",
    "measure_spectrum": "{folder}/spectrum_{last}.record.json",
    "check_lemmas": "{folder}/lemmas_{last}.record.json",
    "measure_taylor": "{folder}/taylor_{last}.record.json",
    "measure_levels": "{folder}/levels_{last}.record.json",
    "audit_theorem": "{folder}/audit_{last}.record.json",
    "predict_gabor": "{folder}/{last}.record.json",
    "predict_depth": "{folder}/{last}.record.json",
    "evaluate_mae": "{folder}/scores_{last}.record.json",
    "compare_layers": "{folder}/{last}.record.json",
    "inspect_mae": "{folder}/inspection_{last}.record.json",
    "probe_robustness": "{folder}/{last}.record.json",
    "relate_papers": "{folder}/{last}.record.json",
    "measure_jacobian": "{folder}/summary_{last}.record.json",
    "track_basis": "{folder}/basis_{last}.record.json",
    "compare_linear": "{folder}/mean_kernels_{last}.record.json",
    "predict_masked_loss": "{folder}/masked_loss_{last}.record.json",
    "recover_latents": "{folder}/recovery_{last}.record.json",
    "fine_tune_mae": "{folder}/record.json",
    "fine_tune_detector": "{folder}/record.json",
    "train_supervised": "{folder}/record.json",
}


def job_counts(config: Mapping) -> dict[str, int]:
    """How many jobs of each rule the target `report` needs on an empty results folder."""
    return dict(Counter(rule for rule, _ in study_jobs(config)))


def study_jobs(config: Mapping) -> Jobs:
    """All jobs that the target `report` needs on an empty results folder."""
    jobs: Jobs = set()
    for entry in config["experiments"]:
        jobs.add(("collect_table", entry["name"]))
        for run in grid.expand(entry):
            jobs |= _own(entry, run) | _before(config, entry, run)
    datasets = grid.used_datasets(config)
    jobs |= {("prepare_dataset", name) for name in datasets}
    jobs |= {("download_archive", path) for d in datasets for path in sources.archive(config, d)}
    jobs |= {("draw_figure", name) for name in grid.figures(config)}
    return jobs | {(rule, "") for rule in ("write_config", "judge_claims", "write_report")}


def record_file(config: Mapping, job: Job) -> str:
    """The run record of a job, written with its other outputs: where it is, the job is done."""
    rule, name = job
    folder, _, last = name.removesuffix(".csv").rpartition("/")
    return RECORDS[rule].format(study=config["study"], folder=folder, last=last)


def _own(entry: Mapping, run: Mapping) -> Jobs:
    """The job that writes a run's table; tables of one folder and recipe share it."""
    folder = grid.run_table(entry, run).rpartition("/")[0]
    return {(KINDS[entry["kind"]].rule, f"{folder}/{entry['recipe']}")}


def _before(config: Mapping, entry: Mapping, run: Mapping) -> Jobs:
    """The jobs a run stands on: moments and solutions, pretraining, controls."""
    kind = KINDS[entry["kind"]]
    if "moment" in kind.slugs:
        return _linear(kind.rule, run, "run" in kind.slugs)
    if "training" not in run:
        return set()
    jobs = {("pretrain_mae", grid.pretrained(run))}
    if kind.recipe == "both_papers":
        for other in grid.related(config, entry["recipe"]):
            jobs |= _own(other, run) | _before(config, other, run)
    if kind.recipe == "robustness":
        other = grid.probed(config, entry["recipe"])
        jobs |= _own(other, run) | _before(config, other, run)
    if kind.recipe == "evaluation":
        jobs |= _controls(config, entry["recipe"], run)
    if kind.recipe in BESIDE_LINEAR:
        moment = grid.own_moment(config, run["dataset"])
        jobs.add(("compute_moments", f"{run['dataset']}/{moment}"))
    if kind.recipe == "similarity":
        own = grid.slug(run, PRETRAINING)
        other = grid.parse(grid.reference(config, entry["recipe"], own))
        jobs.add(("pretrain_mae", grid.pretrained({**run, **other})))
    return jobs


def _linear(rule: str, run: Mapping, solved: bool) -> Jobs:
    moment = grid.slug({**run, "split": "train"}, MOMENT)
    jobs = {("compute_moments", f"{run['dataset']}/{moment}")}
    if rule == "predict_gabor":
        jobs.add(("compute_moments", f"{run['dataset']}/{grid.test_moment(moment)}"))
    if solved:
        jobs.add(("solve_linear", f"{run['dataset']}/{moment}/{grid.slug(run, SOLUTION)}"))
    return jobs


def _controls(config: Mapping, recipe: str, run: Mapping) -> Jobs:
    files = grid.controls(config, recipe, run["dataset"], run["model"], run)
    if not files:
        return set()
    pixels, linear = files
    moment = f"{run['dataset']}/{grid.control_moment(config, recipe)}"
    patch = grid.parse(linear.split("/")[-2])[CONTROL[0]]
    return {
        ("probe_pixels", pixels),
        ("probe_linear", linear),
        ("compute_moments", moment),
        ("solve_linear", f"{moment}/{grid.control_solution(config, recipe, patch)}"),
    }
