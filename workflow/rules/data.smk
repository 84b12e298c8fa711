"""Data sets: download, then uint8 arrays on disk.

inputs:
    an archive, a folder named `root:` in the config, or nothing (generated data)

outputs:
    results/data/archives/{source}/{archive}
    results/data/{dataset}/manifest.json
    results/data/{dataset}/train.npy
    results/data/{dataset}/test.npy
    results/data/{dataset}/check.record.json
    results/data/{dataset}/coco/train.json
    results/data/{dataset}/coco/test.json
"""


rule data:
    input:
        relations.checks(config),


rule download_archive:
    output:
        archive="results/data/archives/{source}/{archive}",
    log:
        "results/logs/download_archive/{source}/{archive}.log",
    cache: "omit-software"
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("download_archive", "data.archives"),
    shell:
        r"""
        python -m spatial_mae.cli.download_archive \
            --source {wildcards.source:q} \
            --archive {output.archive:q} \
            --record {output.archive:q}.record.json \
            2>&1 | tee {log:q}
        """


rule prepare_dataset:
    input:
        archive=lambda wildcards: sources.archive(config, wildcards.dataset),
    output:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
        test="results/data/{dataset}/test.npy",
        record="results/data/{dataset}/record.json",
    log:
        "results/logs/prepare_dataset/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare_dataset/{dataset}.tsv"
    conda:
        "../../envs/linear.yaml"
    threads: 8
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        code=lambda wildcards: fingerprint(
            "prepare_dataset", f"data.{config['datasets'][wildcards.dataset]['source']}"
        ),
        source=lambda wildcards: config["datasets"][wildcards.dataset]["source"],
        recipe=lambda wildcards: json.dumps(sources.dataset_recipe(config, wildcards.dataset)),
        # `output` is asked for so that Snakemake records no path: `files` says what is there.
        root=lambda wildcards, output: sources.root(config, wildcards.dataset) or "",
        files=lambda wildcards: file_states.dataset_state(config, wildcards.dataset),
        seed=lambda wildcards: sources.seed(config, wildcards.dataset),
    shell:
        r"""
        python -m spatial_mae.cli.prepare_dataset \
            --name {wildcards.dataset:q} \
            --source {params.source:q} \
            --recipe {params.recipe:q} \
            --root {params.root:q} \
            --archive {input.archive:q} \
            --threads {threads:q} \
            --manifest {output.manifest:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


# The first job once a data set is prepared. No job that trains reads its record: what such a job
# depends on makes it run again, and a record in `ancient()` hides other reasons to run it.
rule check_dataset:
    input:
        manifest="results/data/{dataset}/manifest.json",
    output:
        record="results/data/{dataset}/check.record.json",
    log:
        "results/logs/check_dataset/{dataset}.log",
    benchmark:
        "results/benchmarks/check_dataset/{dataset}.tsv"
    priority: 100
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("check_dataset"),
        demands=lambda wildcards: json.dumps(data_fit.demands(config, wildcards.dataset)),
    shell:
        r"""
        python -m spatial_mae.cli.check_dataset \
            --name {wildcards.dataset:q} \
            --demands {params.demands:q} \
            --manifest {input.manifest:q} \
            --record {output.record:q} \
            2>&1 | tee {log:q}
        """


rule write_coco:
    input:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
        test="results/data/{dataset}/test.npy",
    output:
        train="results/data/{dataset}/coco/train.json",
        test="results/data/{dataset}/coco/test.json",
        images=directory("results/data/{dataset}/coco/images"),
        record="results/data/{dataset}/coco/record.json",
    log:
        "results/logs/write_coco/{dataset}.log",
    benchmark:
        "results/benchmarks/write_coco/{dataset}.tsv"
    conda:
        "../../envs/linear.yaml"
    threads: 8
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("write_coco"),
        recipe=lambda wildcards: json.dumps(sources.dataset_recipe(config, wildcards.dataset)),
        seed=lambda wildcards: sources.seed(config, wildcards.dataset),
    shell:
        r"""
        python -m spatial_mae.cli.write_coco \
            --manifest {input.manifest:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --train {output.train:q} \
            --test {output.test:q} \
            --images {output.images:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
