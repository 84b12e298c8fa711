"""What every stage shares; no rules.

Only the standard library and light modules of the package are imported here, so that the
workflow parses fast. Anything with an `if` lives there, with a unit test.
"""

import gc
import json
import sys
from inspect import signature
from pathlib import Path

# This workflow's folder, also where another workflow imports it, and its package, also if it is not
# installed.
ROOT = Path(workflow.current_basedir).parents[1]
SOURCE = str(ROOT / "src")
MAIN = workflow.modifier.is_main_snakefile()
sys.path.insert(0, SOURCE)

from spatial_mae.study import (
    advising,
    candidates,
    config_files,
    configuration,
    data_fit,
    file_states,
    grid,
    ladders,
    relations,
    sources,
    tuning,
    user_files,
)
from spatial_mae.provenance import fingerprint, modules_of, older_results, share_with_jobs

user_files.check_braces(ROOT)
config_files.refuse_repeated_keys(workflow.configfiles)
if MAIN:
    # A plan keeps all that it makes, and looking for what to free takes a fifth of its time. Before
    # jobs run, `onstart` turns it on again.
    gc.disable()
else:
    # What `module: config:` gives is an overlay, and never changed.
    config = configuration.merged(config_files.read(ROOT / "config.yaml"), config)
config = configuration.checked(config)
share_with_jobs(SOURCE, config["devices"]["choices"])


wildcard_constraints:
    study=config["study"],
    dataset="[a-z0-9_]+",
    moment="[^/]+",
    run="[^/]+",
    recipe="[a-z0-9_]+",
    experiment="[a-z0-9_]+",
    figure="[a-z0-9_]+(-[a-z0-9_]+)?",
    model="[a-z0-9_]+",
    training="[a-z0-9_]+",
    tuning="[^/]+",
    control="[^/]+",


# Sent before a time limit: a training run saves its state and returns to the queue.
WARNING = "--signal=TERM@120"


def quick(function):
    """The function with its signature at hand, which Snakemake asks for three times a job."""
    function.__signature__ = signature(function)
    return function


def growing(amount):
    """A resource that a job gets more of each time that it is tried again."""
    return quick(lambda wildcards, attempt: amount * attempt)


def seed():
    return config["seed"]


def recipe(family, without=()):
    return quick(
        lambda wildcards: json.dumps(relations.recipe(config, family, wildcards.recipe, without))
    )


def files_of(family):
    return lambda wildcards: file_states.recipe_state(config, family, wildcards.recipe)


def recipe_value(family, key):
    return quick(lambda wildcards: config["recipes"][family][wildcards.recipe][key])


@quick
def model(wildcards):
    return json.dumps(config["models"][wildcards.model])


@quick
def training(wildcards):
    return json.dumps(config["recipes"]["pretraining"][wildcards.training])


def run_value(key):
    return quick(lambda wildcards: grid.parse(wildcards.run)[key])


def moment_value(key):
    return quick(lambda wildcards: grid.parse(wildcards.moment)[key])


def experiment(wildcards):
    return grid.experiment(config, wildcards.experiment)


def figure_code(*names):
    return [f"figures.{grid.drawing(name)}" for name in names]


def figure_experiment(wildcards):
    return grid.figures(config)[wildcards.figure]


def control_moments(wildcards):
    run = relations.control_moment(config, wildcards.recipe, wildcards.dataset)
    return relations.moments_file(run)


def own_moments(wildcards):
    return relations.moments_file(relations.own_moment(config, wildcards.dataset))


def control_solution(wildcards):
    patch = grid.parse(wildcards.control)["patch"]
    names = (wildcards.recipe, wildcards.dataset)
    return relations.solution_file(relations.control_solution(config, *names, patch))


def shifted_manifests(wildcards):
    names = relations.shifted(config, wildcards.recipe)
    return [f"results/data/{name}/manifest.json" for name in names]


def shifted_images(wildcards):
    names = relations.shifted(config, wildcards.recipe)
    return [f"results/data/{name}/test.npy" for name in names]


def generated_annotations(wildcards):
    return relations.generated_annotations(config, wildcards.recipe)


def generated_manifest(wildcards):
    return relations.generated_manifest(config, wildcards.recipe)


def run_of(wildcards):
    return {**wildcards, **grid.parse(wildcards.run)}


def probes(wildcards):
    return relations.probes(config, wildcards.recipe, run_of(wildcards))


def related(wildcards):
    entries = relations.related(config, wildcards.recipe)
    return [grid.run_table(entry, run_of(wildcards)) for entry in entries]


def reference_weights(wildcards):
    run = relations.reference_run(config, wildcards.recipe, wildcards.run)
    folder = f"results/pretrain/{wildcards.dataset}/{wildcards.model}/{wildcards.training}"
    return f"{folder}/{run}/weights.safetensors"
