"""One tidy table per experiment: all its runs, the run's keys first.

inputs:
    the run tables of an experiment, the scores of its controls, and its data sets' manifests

outputs:
    results/{study}/tables/{experiment}.csv
"""


rule tables:
    input:
        tables=expand(
            "results/{study}/tables/{experiment}.csv",
            study=config["study"],
            experiment=[entry["name"] for entry in config["experiments"]],
        ),
        checks=relations.checks(config),


rule collect_table:
    input:
        runs=lambda wildcards: grid.run_tables(experiment(wildcards)),
        controls=lambda wildcards: relations.experiment_controls(config, experiment(wildcards)),
        manifests=lambda wildcards: grid.manifests(experiment(wildcards)),
    output:
        table="results/{study}/tables/{experiment}.csv",
        record="results/{study}/tables/{experiment}.record.json",
    log:
        "results/logs/collect_table/{study}/{experiment}.log",
    benchmark:
        "results/benchmarks/collect_table/{study}/{experiment}.tsv"
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("collect_table"),
        experiment=lambda wildcards: json.dumps(grid.measured(experiment(wildcards))),
        normalised=relations.normalised_recipes(config),
    shell:
        r"""
        python -m spatial_mae.cli.collect_table \
            --experiment {params.experiment:q} \
            --controls {input.controls:q} \
            --normalised {params.normalised:q} \
            --table {output.table:q} \
            --record {output.record:q} \
            &>{log:q}
        """
