"""Masked autoencoders and spatial correlations: from data to figures, claims and report.

Everything:       snakemake --cores all
Another study:    snakemake --cores all --configfile workflow/studies/cifar10.yaml
Part of a study:  snakemake --cores all linear tasks --configfile workflow/studies/cifar10.yaml
                  (targets first: words after --configfile are config files)
"""

from snakemake.utils import min_version

min_version("9.5")


configfile: f"{workflow.current_basedir}/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/slurm.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/linear.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/tasks.smk"
include: "workflow/rules/pretrain.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/inspect.smk"
include: "workflow/rules/fine_tune.smk"
include: "workflow/rules/detect.smk"
include: "workflow/rules/jacobian.smk"
include: "workflow/rules/hierarchy.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/ladder.smk"
include: "workflow/rules/rungs.smk"
include: "workflow/rules/advise.smk"
include: "workflow/rules/tune.smk"


rule all:
    input:
        rules.report.input,
