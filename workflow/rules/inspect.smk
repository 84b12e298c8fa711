"""What pretrained networks do with whole images (Kong et al. 2023, Sec. 3).

inputs:
    results/data/{dataset}/manifest.json
    results/data/{dataset}/test.npy
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors
    results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints/
    results/evaluate/mae/{dataset}/{model}/{training}/{run}/probes_{recipe}.npz

outputs:
    results/inspect/{dataset}/{model}/{training}/{run}/unmasked_{recipe}.csv
    results/inspect/{dataset}/{model}/{training}/{run}/attention_{recipe}.csv
    results/inspect/{dataset}/{model}/{training}/{run}/maps_{recipe}.csv
    results/inspect/{dataset}/{model}/{training}/{run}/embedding_{recipe}.csv
    results/inspect/{dataset}/{model}/{training}/{run}/points_{recipe}.csv
    results/robustness/{dataset}/{model}/{training}/{run}/{recipe}.csv
    results/both_papers/{dataset}/{model}/{training}/{run}/{recipe}.csv
"""


rule inspection:
    input:
        grid.stage_tables(config, "inspection"),
        relations.stage_checks(config, "inspection"),


rule inspect_mae:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        checkpoints="results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints",
    output:
        unmasked="results/inspect/{dataset}/{model}/{training}/{run}/unmasked_{recipe}.csv",
        attention="results/inspect/{dataset}/{model}/{training}/{run}/attention_{recipe}.csv",
        maps="results/inspect/{dataset}/{model}/{training}/{run}/maps_{recipe}.csv",
        embedding="results/inspect/{dataset}/{model}/{training}/{run}/embedding_{recipe}.csv",
        points="results/inspect/{dataset}/{model}/{training}/{run}/points_{recipe}.csv",
        record="results/inspect/{dataset}/{model}/{training}/{run}/inspection_{recipe}.record.json",
    log:
        "results/logs/inspect_mae/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/inspect_mae/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(120),
    params:
        code=fingerprint("inspect_mae"),
        recipe=recipe("inspection"),
        seed=run_value("seed"),
    shell:
        r"""
        python -m spatial_mae.cli.inspect_mae \
            --manifest {input.manifest:q} \
            --weights {input.weights:q} \
            --checkpoints {input.checkpoints:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --unmasked {output.unmasked:q} \
            --attention {output.attention:q} \
            --maps {output.maps:q} \
            --embedding {output.embedding:q} \
            --points {output.points:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule probe_robustness:
    input:
        manifest="results/data/{dataset}/manifest.json",
        shifted=shifted_manifests,
        shifted_images=shifted_images,
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        probes=probes,
    output:
        accuracy="results/robustness/{dataset}/{model}/{training}/{run}/{recipe}.csv",
        record="results/robustness/{dataset}/{model}/{training}/{run}/{recipe}.record.json",
    log:
        "results/logs/probe_robustness/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/probe_robustness/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(120),
    params:
        code=fingerprint("probe_robustness"),
        recipe=recipe("robustness"),
        files=files_of("robustness"),
    shell:
        r"""
        python -m spatial_mae.cli.probe_robustness \
            --manifest {input.manifest:q} \
            --shifted {input.shifted:q} \
            --weights {input.weights:q} \
            --probes {input.probes:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --accuracy {output.accuracy:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule relate_papers:
    input:
        manifest="results/data/{dataset}/manifest.json",
        tables=related,
    output:
        relation="results/both_papers/{dataset}/{model}/{training}/{run}/{recipe}.csv",
        record="results/both_papers/{dataset}/{model}/{training}/{run}/{recipe}.record.json",
    log:
        "results/logs/relate_papers/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/relate_papers/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=fingerprint("relate_papers"),
        recipe=recipe("both_papers"),
        training=training,
    shell:
        r"""
        python -m spatial_mae.cli.relate_papers \
            --manifest {input.manifest:q} \
            --run {wildcards.run:q} \
            --training {params.training:q} \
            --tables {input.tables:q} \
            --recipe {params.recipe:q} \
            --relation {output.relation:q} \
            --record {output.record:q} \
            &>{log:q}
        """
