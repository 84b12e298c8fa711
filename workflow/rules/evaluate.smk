"""What pretrained encoders know: probes with their controls, reconstruction errors, similarity.

inputs:
    results/data/{dataset}/manifest.json
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors
    results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints/
    results/linear/{dataset}/{moment}/moments.npz
    results/linear/{dataset}/{moment}/{run}/solution.npz

outputs:
    results/evaluate/pixels/{dataset}/{model}/{recipe}.csv
    results/evaluate/linear/{dataset}/{model}/{control}/{recipe}.csv
    results/evaluate/mae/{dataset}/{model}/{training}/{run}/scores_{recipe}.csv
    results/evaluate/mae/{dataset}/{model}/{training}/{run}/reconstructions_{recipe}.csv
    results/evaluate/mae/{dataset}/{model}/{training}/{run}/probes_{recipe}.npz
    results/evaluate/similarity/{dataset}/{model}/{training}/{run}/{recipe}.csv
"""


rule evaluation:
    input:
        grid.stage_tables(config, "evaluation"),
        relations.stage_checks(config, "evaluation"),


rule probe_pixels:
    input:
        manifest="results/data/{dataset}/manifest.json",
        moments=control_moments,
    output:
        scores="results/evaluate/pixels/{dataset}/{model}/{recipe}.csv",
        record="results/evaluate/pixels/{dataset}/{model}/{recipe}.record.json",
    log:
        "results/logs/probe_pixels/{dataset}/{model}/{recipe}.log",
    benchmark:
        "results/benchmarks/probe_pixels/{dataset}/{model}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        code=fingerprint("probe_pixels"),
        recipe=recipe("evaluation"),
        width=lambda wildcards: config["models"][wildcards.model]["width"],
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.probe_pixels \
            --manifest {input.manifest:q} \
            --moments {input.moments:q} \
            --width {params.width:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --scores {output.scores:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule probe_linear:
    input:
        manifest="results/data/{dataset}/manifest.json",
        moments=control_moments,
        solution=control_solution,
    output:
        scores="results/evaluate/linear/{dataset}/{model}/{control}/{recipe}.csv",
        record="results/evaluate/linear/{dataset}/{model}/{control}/{recipe}.record.json",
    log:
        "results/logs/probe_linear/{dataset}/{model}/{control}/{recipe}.log",
    benchmark:
        "results/benchmarks/probe_linear/{dataset}/{model}/{control}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        code=fingerprint("probe_linear"),
        recipe=recipe("evaluation"),
        width=lambda wildcards: config["models"][wildcards.model]["width"],
        patch=lambda wildcards: grid.parse(wildcards.control)["patch"],
        mask=lambda wildcards: grid.parse(wildcards.control)["mask"],
        centring=recipe_value("evaluation", "control_centring"),
        ridge=recipe_value("evaluation", "control_ridge"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.probe_linear \
            --manifest {input.manifest:q} \
            --moments {input.moments:q} \
            --solution {input.solution:q} \
            --patch-size {params.patch:q} \
            --centring {params.centring:q} \
            --ridge {params.ridge:q} \
            --flip no \
            --mask-ratio {params.mask:q} \
            --width {params.width:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --scores {output.scores:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule evaluate_mae:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        checkpoints="results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints",
    output:
        scores="results/evaluate/mae/{dataset}/{model}/{training}/{run}/scores_{recipe}.csv",
        reconstructions="results/evaluate/mae/{dataset}/{model}/{training}/{run}/reconstructions_{recipe}.csv",
        probes="results/evaluate/mae/{dataset}/{model}/{training}/{run}/probes_{recipe}.npz",
        record="results/evaluate/mae/{dataset}/{model}/{training}/{run}/scores_{recipe}.record.json",
    log:
        "results/logs/evaluate_mae/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/evaluate_mae/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(240),
    params:
        code=fingerprint("evaluate_mae"),
        recipe=recipe("evaluation", without=("control_",)),
        seed=run_value("seed"),
    shell:
        r"""
        python -m spatial_mae.cli.evaluate_mae \
            --manifest {input.manifest:q} \
            --weights {input.weights:q} \
            --checkpoints {input.checkpoints:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --scores {output.scores:q} \
            --reconstructions {output.reconstructions:q} \
            --probes {output.probes:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule compare_layers:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        reference=reference_weights,
    output:
        similarity="results/evaluate/similarity/{dataset}/{model}/{training}/{run}/{recipe}.csv",
        record="results/evaluate/similarity/{dataset}/{model}/{training}/{run}/{recipe}.record.json",
    log:
        "results/logs/compare_layers/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/compare_layers/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        code=fingerprint("compare_layers"),
        recipe=recipe("similarity"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.compare_layers \
            --manifest {input.manifest:q} \
            --weights {input.weights:q} \
            --reference {input.reference:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --similarity {output.similarity:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
