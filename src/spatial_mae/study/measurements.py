"""The kinds of experiment: what each measures, the rule that does, and where its runs lie.

Pure: standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Wildcards of a table's path that hold a name from the config, not a slug.
NAMES = ("dataset", "model", "training")
MOMENT = ("colour", "n", "split")
SOLUTION = ("patch", "centring", "ridge", "flip")
ISING = ("lattice", "coupling", "patch", "moment")
SPECTRUM = ("dimensions", "patch", "sampling")
# Of a tree of latents: 1 for a row of observables, 2 for an image.
HIERARCHY = ("dimensions", "arity", "depth")
# Of a pretraining run: patch size in pixels, side of a mask unit in patches, mask ratio, depths.
PRETRAINING = ("patch", "unit", "mask", "enc", "dec", "seed")
TUNING = ("blocks",)
SUPERVISED = ("patch", "enc", "seed")
# The tables of a run in which both papers' quantities stand, in the order in which they are read.
RELATED = ("jacobian", "unmasked", "attention", "embedding", "evaluation")
# Of the linear features a probe is compared with: side of a mask unit in pixels, mask ratio.
CONTROL = ("patch", "mask")


@dataclass(frozen=True)
class Kind:
    """What an experiment measures.

    table: the file of one run, as in the rule that writes it.
    rule: that rule.
    recipe: the family under `recipes:` it reads.
    slugs: wildcard of `table` -> the keys its slug is made of.
    stage: the named target that includes it.
    """

    table: str
    rule: str
    recipe: str
    slugs: Mapping[str, tuple[str, ...]]
    stage: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys a grid of this kind must give, in order (`split` is always `train`)."""
        names = tuple(name for name in NAMES if f"{{{name}}}" in self.table)
        slugs = tuple(key for keys in self.slugs.values() for key in keys)
        return names + tuple(key for key in slugs if key != "split")


_LINEAR = {"moment": MOMENT, "run": SOLUTION}
_RUN = {"run": PRETRAINING}
_MAE = "{dataset}/{model}/{training}/{run}"


def _inspection(table: str) -> Kind:
    path = f"results/inspect/{_MAE}/{table}_{{recipe}}.csv"
    return Kind(path, "inspect_mae", "inspection", _RUN, "inspection")


def _jacobian(table: str, rule: str, recipe: str) -> Kind:
    return Kind(f"results/jacobian/{_MAE}/{table}_{{recipe}}.csv", rule, recipe, _RUN, "jacobian")


KINDS = {
    "autocorrelation": Kind(
        "results/linear/{dataset}/{moment}/autocorrelation_{recipe}.csv",
        "measure_autocorrelation",
        "autocorrelation",
        {"moment": MOMENT},
        "linear",
    ),
    "losses": Kind(
        "results/linear/{dataset}/{moment}/{run}/losses_{recipe}.csv",
        "measure_losses",
        "linear",
        _LINEAR,
        "linear",
    ),
    "influence": Kind(
        "results/linear/{dataset}/{moment}/{run}/influence_{recipe}.csv",
        "measure_influence",
        "linear",
        _LINEAR,
        "linear",
    ),
    "profile": Kind(
        "results/linear/{dataset}/{moment}/{run}/profile_{recipe}.csv",
        "measure_influence",
        "linear",
        _LINEAR,
        "linear",
    ),
    "psd": Kind("results/linear/{dataset}/psd_{recipe}.csv", "measure_psd", "psd", {}, "linear"),
    "ising_weights": Kind(
        "results/ising/{run}/weights_{recipe}.csv", "solve_ising", "ising", {"run": ISING}, "linear"
    ),
    "ising_summary": Kind(
        "results/ising/{run}/summary_{recipe}.csv", "solve_ising", "ising", {"run": ISING}, "linear"
    ),
    "spectrum": Kind(
        "results/spectrum/{run}/spectrum_{recipe}.csv",
        "measure_spectrum",
        "spectrum",
        {"run": SPECTRUM},
        "linear",
    ),
    "lemmas": Kind("results/theory/lemmas_{recipe}.csv", "check_lemmas", "lemmas", {}, "linear"),
    "taylor": Kind("results/theory/taylor_{recipe}.csv", "measure_taylor", "taylor", {}, "linear"),
    "hierarchy_levels": Kind(
        "results/hierarchy/{run}/levels_{recipe}.csv",
        "measure_levels",
        "levels",
        {"run": HIERARCHY},
        "hierarchy",
    ),
    "hierarchy_cases": Kind(
        "results/hierarchy/cases_{recipe}.csv", "audit_theorem", "audit", {}, "hierarchy"
    ),
    "latent_recovery": Kind(
        f"results/hierarchy/{_MAE}/recovery_{{recipe}}.csv",
        "recover_latents",
        "recovery",
        _RUN,
        "hierarchy",
    ),
    "hierarchy_audit": Kind(
        "results/hierarchy/audit_{recipe}.csv", "audit_theorem", "audit", {}, "hierarchy"
    ),
    "gabor": Kind(
        "results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        "predict_gabor",
        "gabor",
        _LINEAR,
        "tasks",
    ),
    "depth": Kind(
        "results/evaluate/depth/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        "predict_depth",
        "depth",
        _LINEAR,
        "tasks",
    ),
    "evaluation": Kind(
        f"results/evaluate/mae/{_MAE}/scores_{{recipe}}.csv",
        "evaluate_mae",
        "evaluation",
        _RUN,
        "evaluation",
    ),
    "gallery": Kind(
        f"results/evaluate/mae/{_MAE}/reconstructions_{{recipe}}.csv",
        "evaluate_mae",
        "evaluation",
        _RUN,
        "evaluation",
    ),
    "similarity": Kind(
        f"results/evaluate/similarity/{_MAE}/{{recipe}}.csv",
        "compare_layers",
        "similarity",
        _RUN,
        "evaluation",
    ),
    "unmasked": _inspection("unmasked"),
    "attention": _inspection("attention"),
    "attention_maps": _inspection("maps"),
    "embedding": _inspection("embedding"),
    "embedding_points": _inspection("points"),
    "robustness": Kind(
        f"results/robustness/{_MAE}/{{recipe}}.csv",
        "probe_robustness",
        "robustness",
        _RUN,
        "inspection",
    ),
    "both_papers": Kind(
        f"results/both_papers/{_MAE}/{{recipe}}.csv",
        "relate_papers",
        "both_papers",
        _RUN,
        "inspection",
    ),
    "jacobian": _jacobian("summary", "measure_jacobian", "jacobian"),
    "jacobian_profile": _jacobian("profile", "measure_jacobian", "jacobian"),
    "entropy_histogram": _jacobian("histogram", "measure_jacobian", "jacobian"),
    "basis": _jacobian("basis", "track_basis", "basis"),
    "basis_kernels": _jacobian("kernels", "track_basis", "basis"),
    "mean_kernels": _jacobian("mean_kernels", "compare_linear", "comparison"),
    "second_order": _jacobian("second_order", "compare_linear", "comparison"),
    "masked_loss": _jacobian("masked_loss", "predict_masked_loss", "masked_loss"),
    "fine_tuning": Kind(
        f"results/fine_tune/{_MAE}/{{tuning}}/{{recipe}}/scores.csv",
        "fine_tune_mae",
        "classification",
        {**_RUN, "tuning": TUNING},
        "fine_tuning",
    ),
    "detection": Kind(
        f"results/detect/{_MAE}/{{recipe}}/scores.csv",
        "fine_tune_detector",
        "detection",
        _RUN,
        "detection",
    ),
    "supervised": Kind(
        "results/supervised/{dataset}/{model}/{run}/{recipe}/scores.csv",
        "train_supervised",
        "classification",
        {"run": SUPERVISED},
        "fine_tuning",
    ),
}
