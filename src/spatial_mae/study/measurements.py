"""One card for each rule: what it writes, from which recipe, for which figures.

A table that a rule writes for a run is a kind of experiment. Rules keep their paths as literal
text: a test compares them with the cards.
"""

from spatial_mae.study.cards import Rule, Table, kinds

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
# Of the linear features a probe is compared with: side of a mask unit in pixels, mask ratio.
CONTROL = ("patch", "mask")
# The tables of a run with both papers' quantities, in the order in which they are read.
RELATED = ("jacobian", "unmasked", "attention", "embedding", "evaluation")

_LINEAR = {"moment": MOMENT, "run": SOLUTION}
_RUN = {"run": PRETRAINING}
_OF_TUNING = ("depth_fine_tuning", "partial_fine_tuning")
_OF_PROBES = ("accuracy_hours", "boundary_loss", "depth_grid", "depth_hours", "probe_over_epochs")

RULES = {
    "write_config": Rule("results/{study}", file="config.record.json"),
    "judge_claims": Rule("results/{study}", file="claims.record.json"),
    "write_report": Rule("results/{study}", file="report.record.json"),
    "draw_figure": Rule("results/{study}/figures", file="{figure}.record.json"),
    "collect_table": Rule("results/{study}/tables", file="{experiment}.record.json"),
    "download_archive": Rule("results/data/archives/{source}", file="{archive}.record.json"),
    "prepare_dataset": Rule("results/data/{dataset}", file="record.json"),
    "check_dataset": Rule("results/data/{dataset}", file="check.record.json"),
    "compute_moments": Rule(
        "results/linear/{dataset}/{moment}", {"moment": MOMENT}, file="moments.record.json"
    ),
    "solve_linear": Rule(
        "results/linear/{dataset}/{moment}/{run}", _LINEAR, file="solution.record.json"
    ),
    "measure_autocorrelation": Rule(
        "results/linear/{dataset}/{moment}",
        {"moment": MOMENT},
        "autocorrelation",
        "linear",
        {"autocorrelation": Table("autocorrelation_{recipe}.csv", ("autocorrelation",))},
    ),
    "measure_losses": Rule(
        "results/linear/{dataset}/{moment}/{run}",
        _LINEAR,
        "linear",
        "linear",
        {"losses": Table("losses_{recipe}.csv", ("losses",), ("sampling_laws",))},
    ),
    "measure_influence": Rule(
        "results/linear/{dataset}/{moment}/{run}",
        _LINEAR,
        "linear",
        "linear",
        {
            "influence": Table(
                "influence_{recipe}.csv",
                ("influence_grid",),
                ("influence_choices", "estimation_noise"),
            ),
            "profile": Table("profile_{recipe}.csv", ("influence_models", "influence_profiles")),
        },
    ),
    "measure_psd": Rule(
        "results/linear/{dataset}",
        {},
        "psd",
        "linear",
        {"psd": Table("psd_{recipe}.csv", ("masked_psd",))},
    ),
    "solve_ising": Rule(
        "results/ising/{run}",
        {"run": ISING},
        "ising",
        "linear",
        {
            "ising_weights": Table("weights_{recipe}.csv", ("ising",)),
            "ising_summary": Table("summary_{recipe}.csv", ("ising_couplings",), ("ising_torus",)),
        },
        file="{recipe}.record.json",
    ),
    "measure_spectrum": Rule(
        "results/spectrum/{run}",
        {"run": SPECTRUM},
        "spectrum",
        "linear",
        {"spectrum": Table("spectrum_{recipe}.csv", ("mask_spectrum",))},
    ),
    "check_lemmas": Rule(
        "results/theory", {}, "lemmas", "linear", {"lemmas": Table("lemmas_{recipe}.csv")}
    ),
    "measure_taylor": Rule(
        "results/theory",
        {},
        "taylor",
        "linear",
        {"taylor": Table("taylor_{recipe}.csv", ("taylor",))},
    ),
    "measure_levels": Rule(
        "results/hierarchy/{run}",
        {"run": HIERARCHY},
        "levels",
        "hierarchy",
        {"hierarchy_levels": Table("levels_{recipe}.csv", ("hierarchy_levels",))},
    ),
    "audit_theorem": Rule(
        "results/hierarchy",
        {},
        "audit",
        "hierarchy",
        {
            "hierarchy_audit": Table("audit_{recipe}.csv"),
            "hierarchy_cases": Table("cases_{recipe}.csv", ("hierarchy_cases",)),
        },
    ),
    "recover_latents": Rule(
        "results/hierarchy/{dataset}/{model}/{training}/{run}",
        _RUN,
        "recovery",
        "hierarchy",
        {"latent_recovery": Table("recovery_{recipe}.csv", ("recovered_latents",))},
    ),
    "predict_gabor": Rule(
        "results/evaluate/gabor/{dataset}/linear/{moment}/{run}",
        _LINEAR,
        "gabor",
        "tasks",
        {"gabor": Table("{recipe}.csv", ("gabor",))},
    ),
    "predict_depth": Rule(
        "results/evaluate/depth/{dataset}/linear/{moment}/{run}",
        _LINEAR,
        "depth",
        "tasks",
        {"depth": Table("{recipe}.csv", ("depth",))},
    ),
    "pretrain_mae": Rule(
        "results/pretrain/{dataset}/{model}/{training}/{run}",
        _RUN,
        "pretraining",
        file="record.json",
        gpu=True,
        trains=True,
    ),
    "probe_pixels": Rule(
        "results/evaluate/pixels/{dataset}/{model}",
        recipe="evaluation",
        file="{recipe}.record.json",
        scores="{recipe}.csv",
    ),
    "probe_linear": Rule(
        "results/evaluate/linear/{dataset}/{model}/{control}",
        {"control": CONTROL},
        "evaluation",
        file="{recipe}.record.json",
        scores="{recipe}.csv",
    ),
    "evaluate_mae": Rule(
        "results/evaluate/mae/{dataset}/{model}/{training}/{run}",
        _RUN,
        "evaluation",
        "evaluation",
        {
            "evaluation": Table(
                "scores_{recipe}.csv",
                ("masking_grid",),
                _OF_PROBES,
            ),
            "gallery": Table("reconstructions_{recipe}.csv", ("reconstructions",)),
        },
        gpu=True,
    ),
    "compare_layers": Rule(
        "results/evaluate/similarity/{dataset}/{model}/{training}/{run}",
        _RUN,
        "similarity",
        "evaluation",
        {"similarity": Table("{recipe}.csv", ("layer_similarity",))},
    ),
    "inspect_mae": Rule(
        "results/inspect/{dataset}/{model}/{training}/{run}",
        _RUN,
        "inspection",
        "inspection",
        {
            "unmasked": Table("unmasked_{recipe}.csv", ("unmasked_reconstruction",)),
            "attention": Table("attention_{recipe}.csv", ("attention_reach",)),
            "attention_maps": Table("maps_{recipe}.csv", ("attention_maps",)),
            "embedding": Table("embedding_{recipe}.csv", ("separability",)),
            "embedding_points": Table("points_{recipe}.csv", ("class_planes",)),
        },
        file="inspection_{recipe}.record.json",
        gpu=True,
    ),
    "probe_robustness": Rule(
        "results/robustness/{dataset}/{model}/{training}/{run}",
        _RUN,
        "robustness",
        "inspection",
        {
            "robustness": Table(
                "{recipe}.csv",
                ("robustness",),
                ("shape_bias", "table_robustness", "table_shape_bias"),
            )
        },
        gpu=True,
    ),
    "relate_papers": Rule(
        "results/both_papers/{dataset}/{model}/{training}/{run}",
        _RUN,
        "both_papers",
        "inspection",
        {"both_papers": Table("{recipe}.csv", ("both_papers",))},
    ),
    "measure_jacobian": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        _RUN,
        "jacobian",
        "jacobian",
        {
            "jacobian": Table("summary_{recipe}.csv", ("overview",)),
            "jacobian_profile": Table("profile_{recipe}.csv", ("jacobian_profiles",)),
            "entropy_histogram": Table("histogram_{recipe}.csv", ("spatial_entropy",)),
        },
        gpu=True,
    ),
    "track_basis": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        _RUN,
        "basis",
        "jacobian",
        {
            "basis": Table("basis_{recipe}.csv", ("basis_over_training",)),
            "basis_kernels": Table("kernels_{recipe}.csv", ("basis_kernels",)),
        },
        gpu=True,
    ),
    "compare_linear": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        _RUN,
        "comparison",
        "jacobian",
        {
            "mean_kernels": Table("mean_kernels_{recipe}.csv", ("mean_kernels",)),
            "second_order": Table("second_order_{recipe}.csv", ("second_order",)),
        },
        gpu=True,
    ),
    "predict_masked_loss": Rule(
        "results/jacobian/{dataset}/{model}/{training}/{run}",
        _RUN,
        "masked_loss",
        "jacobian",
        {"masked_loss": Table("masked_loss_{recipe}.csv", ("taylor_networks",))},
        gpu=True,
    ),
    "fine_tune_mae": Rule(
        "results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}",
        {**_RUN, "tuning": TUNING},
        "classification",
        "fine_tuning",
        {"fine_tuning": Table("scores.csv", ("masking_fine_tuning",), _OF_TUNING)},
        file="record.json",
        gpu=True,
        trains=True,
    ),
    "fine_tune_detector": Rule(
        "results/detect/{dataset}/{model}/{training}/{run}/{recipe}",
        _RUN,
        "detection",
        "detection",
        {"detection": Table("scores.csv", ("detection", "table_detection"))},
        file="record.json",
        gpu=True,
    ),
    "train_supervised": Rule(
        "results/supervised/{dataset}/{model}/{run}/{recipe}",
        {"run": SUPERVISED},
        "classification",
        "fine_tuning",
        {"supervised": Table("scores.csv", ("supervised_baseline",))},
        file="record.json",
        gpu=True,
        trains=True,
    ),
}
KINDS = kinds(RULES)
# Figure -> the kind of experiment whose tables it reads.
FIGURES = {f: name for name, kind in KINDS.items() for f in (*kind.figures, *kind.also)}
