"""Counting a study's jobs: what runs share is counted once."""

from spatial_mae.study import grid, jobs, relations

RUN = {
    "dataset": ["leaves"],
    "model": ["tiny"],
    "training": ["short"],
    "patch": [4],
    "unit": [1, 2],
    "mask": [0.5, 0.75],
    "enc": [1, 2],
    "dec": [1],
    "seed": [0],
}
PROBED = {"representations": ["mean"], "control_colour": "luma"}
CONTROL = {"control_centring": "centred", "control_ridge": 0}


def study(*experiments: dict, representations=("mean",)) -> dict:
    evaluation = {**PROBED, **CONTROL, "representations": list(representations)}
    return {
        "study": "a",
        "experiments": [{"recipe": "one", **entry} for entry in experiments],
        "recipes": {
            "evaluation": {"one": evaluation},
            "similarity": {"one": {"reference": {"enc": 12}}},
        },
        "datasets": {"leaves": {"source": "dead_leaves"}},
        "data": {"root": None},
    }


def test_runs_that_differ_in_depth_share_their_controls():
    counts = jobs.job_counts(study({"name": "a", "kind": "evaluation", "grids": [RUN]}))
    assert counts["pretrain_mae"] == counts["evaluate_mae"] == 8
    assert counts["probe_pixels"] == counts["compute_moments"] == 1
    assert counts["probe_linear"] == 4  # two unit sizes, two ratios
    assert counts["solve_linear"] == 2  # a unit of one patch, and of two


def test_a_gallery_and_scores_come_from_one_job():
    both = [{"name": n, "kind": n, "grids": [RUN]} for n in ("evaluation", "gallery")]
    assert jobs.job_counts(study(*both))["evaluate_mae"] == 8


def test_a_gallery_alone_needs_no_controls():
    counts = jobs.job_counts(study({"name": "a", "kind": "gallery", "grids": [RUN]}))
    assert counts["evaluate_mae"] == 8
    assert not {"probe_pixels", "probe_linear", "solve_linear", "compute_moments"} & set(counts)


def test_controls_join_the_table_of_an_evaluation():
    entry = {"name": "a", "kind": "evaluation", "recipe": "one", "grids": [RUN]}
    config = study(entry)
    files = relations.experiment_controls(config, entry)
    assert len(files) == 5 and len(set(files)) == 5
    assert files[:2] == relations.control_scores("one", grid.expand(entry)[0])
    assert relations.experiment_controls(config, {**entry, "kind": "gallery"}) == []
    config["recipes"]["evaluation"]["one"]["control_colour"] = None
    assert relations.experiment_controls(config, entry) == []


def test_a_rule_may_read_a_part_of_a_recipe():
    config = study()
    assert relations.recipe(config, "evaluation", "one") == config["recipes"]["evaluation"]["one"]
    part = relations.recipe(config, "evaluation", "one", without=("control_",))
    assert part == {"representations": ["mean"]}


def test_without_labels_there_are_no_controls():
    counts = jobs.job_counts(
        study({"name": "a", "kind": "evaluation", "grids": [RUN]}, representations=())
    )
    assert not {"probe_pixels", "probe_linear", "solve_linear", "compute_moments"} & set(counts)


def test_the_reference_of_a_comparison_is_trained_too():
    grids = [{**RUN, "unit": [1], "mask": [0.5]}]
    counts = jobs.job_counts(study({"name": "a", "kind": "similarity", "grids": grids}))
    assert counts["compare_layers"] == 2
    assert counts["pretrain_mae"] == 3


def test_fine_tuning_shares_the_pretrained_run():
    grids = [{**RUN, "unit": [1], "mask": [0.5], "enc": [2], "blocks": [0, 1, "all"]}]
    config = study({"name": "a", "kind": "fine_tuning", "grids": grids})
    counts = jobs.job_counts(config)
    assert (counts["fine_tune_mae"], counts["pretrain_mae"]) == (3, 1)
    assert relations.weights(config) == [
        "results/pretrain/leaves/tiny/short/"
        "patch-4_unit-1_mask-0.5_enc-2_dec-1_seed-0/weights.safetensors"
    ]


def test_tables_of_one_jacobian_come_from_one_job_and_the_images_moments():
    grids = [{**RUN, "unit": [1], "mask": [0.5]}]
    kinds = ("jacobian", "jacobian_profile", "entropy_histogram", "basis", "masked_loss")
    counts = jobs.job_counts(study(*({"name": k, "kind": k, "grids": grids} for k in kinds)))
    assert counts["measure_jacobian"] == counts["track_basis"] == counts["pretrain_mae"] == 2
    assert (counts["compute_moments"], counts["predict_masked_loss"]) == (1, 2)


def test_moments_beside_a_network_are_in_all_its_channels():
    config = study()
    assert relations.own_moment(config, "leaves")["colour"] == "rgb"
    config["datasets"]["leaves"]["channels"] = 1
    assert relations.own_moment(config, "leaves")["colour"] == "luma"


def test_a_tree_and_the_audit_leave_one_record_each_in_their_own_folder():
    tree = {"dimensions": [1], "arity": [2], "depth": [3]}
    config = study(
        {"name": "levels", "kind": "hierarchy_levels", "grids": [tree]},
        *({"name": k, "kind": k} for k in ("hierarchy_cases", "hierarchy_audit")),
    )
    rules = ("measure_levels", "audit_theorem")
    own = [job for job in jobs.study_jobs(config) if job.rule in rules]
    found = {job.rule: jobs.record_file(job) for job in own}
    assert found == {
        "measure_levels": "results/hierarchy/dimensions-1_arity-2_depth-3/levels_one.record.json",
        "audit_theorem": "results/hierarchy/audit_one.record.json",
    }


def test_a_probe_on_shifted_images_needs_their_data_sets_and_the_evaluation_that_fits_it():
    entry = {"name": "a", "kind": "robustness", "grids": [{**RUN, "unit": [1], "mask": [0.5]}]}
    config = study(entry)
    config["recipes"]["robustness"] = {"one": {"prepared": ["hazy"], "evaluation": "one"}}
    config["datasets"]["hazy"] = {"source": "dead_leaves"}
    assert relations.used_datasets(config) == ["leaves", "hazy"]
    counts = jobs.job_counts(config)
    assert (counts["prepare_dataset"], counts["probe_robustness"]) == (2, 2)
    assert (counts["pretrain_mae"], counts["evaluate_mae"]) == (2, 2)
    assert not {"probe_pixels", "probe_linear"} & set(counts)  # no table holds their scores
    run = grid.expand(entry | {"recipe": "one"})[0]
    file = relations.probes(config, "one", run)
    assert file == grid.run_table(
        {"name": "b", "kind": "evaluation", "recipe": "one"}, run
    ).replace("scores_one.csv", "probes_one.npz")


def test_an_evaluation_may_do_without_controls():
    entry = {"name": "a", "kind": "evaluation", "grids": [{**RUN, "unit": [1], "mask": [0.5]}]}
    config = study(entry)
    config["recipes"]["evaluation"]["one"]["control_colour"] = None
    counts = jobs.job_counts(config)
    assert counts["evaluate_mae"] == 2
    assert not {"probe_pixels", "probe_linear", "compute_moments", "solve_linear"} & set(counts)


def test_limits_read_images_and_need_no_moments():
    grid = {"dataset": ["leaves"], "colour": ["luma"], "n": ["all"], "patch": [2, 4]}
    entry = {"kind": "influence_limit", "grids": [{**grid, "centring": ["raw"], "flip": [False]}]}
    both = [
        {"name": kind, **entry, "kind": kind} for kind in ("influence_limit", "influence_subsets")
    ]
    counts = jobs.job_counts(study(*both))
    assert counts["measure_influence_limit"] == 2
    assert not {"compute_moments", "solve_linear"} & set(counts)
