"""What a trained network has learned: its Jacobian, compared with the linear MAE of the same images.

inputs:
    results/data/{dataset}/manifest.json
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors
    results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints/
    results/linear/{dataset}/{moment}/moments.npz

outputs:
    results/jacobian/{dataset}/{model}/{training}/{run}/summary_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/profile_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/histogram_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/basis_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/kernels_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/mean_kernels_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/second_order_{recipe}.csv
    results/jacobian/{dataset}/{model}/{training}/{run}/masked_loss_{recipe}.csv
"""


rule jacobian:
    input:
        grid.stage_tables(config, "jacobian"),
        relations.stage_checks(config, "jacobian"),


rule measure_jacobian:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        checkpoints="results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints",
        moments=own_moments,
    output:
        summary="results/jacobian/{dataset}/{model}/{training}/{run}/summary_{recipe}.csv",
        profile="results/jacobian/{dataset}/{model}/{training}/{run}/profile_{recipe}.csv",
        histogram="results/jacobian/{dataset}/{model}/{training}/{run}/histogram_{recipe}.csv",
        record="results/jacobian/{dataset}/{model}/{training}/{run}/summary_{recipe}.record.json",
    log:
        "results/logs/measure_jacobian/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_jacobian/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(240),
    params:
        code=fingerprint("measure_jacobian"),
        recipe=recipe("jacobian"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_jacobian \
            --weights {input.weights:q} \
            --images {input.manifest:q} \
            --checkpoints {input.checkpoints:q} \
            --moments {input.moments:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --summary {output.summary:q} \
            --profile {output.profile:q} \
            --histogram {output.histogram:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule track_basis:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        checkpoints="results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints",
        moments=own_moments,
    output:
        basis="results/jacobian/{dataset}/{model}/{training}/{run}/basis_{recipe}.csv",
        kernels="results/jacobian/{dataset}/{model}/{training}/{run}/kernels_{recipe}.csv",
        record="results/jacobian/{dataset}/{model}/{training}/{run}/basis_{recipe}.record.json",
    log:
        "results/logs/track_basis/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/track_basis/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(240),
    params:
        code=fingerprint("track_basis"),
        recipe=recipe("basis"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.track_basis \
            --weights {input.weights:q} \
            --images {input.manifest:q} \
            --checkpoints {input.checkpoints:q} \
            --moments {input.moments:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --basis {output.basis:q} \
            --kernels {output.kernels:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule compare_linear:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        moments=own_moments,
    output:
        kernels="results/jacobian/{dataset}/{model}/{training}/{run}/mean_kernels_{recipe}.csv",
        measures="results/jacobian/{dataset}/{model}/{training}/{run}/second_order_{recipe}.csv",
        record="results/jacobian/{dataset}/{model}/{training}/{run}/mean_kernels_{recipe}.record.json",
    log:
        "results/logs/compare_linear/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/compare_linear/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(240),
    params:
        code=fingerprint("compare_linear"),
        recipe=recipe("comparison"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.compare_linear \
            --weights {input.weights:q} \
            --images {input.manifest:q} \
            --moments {input.moments:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --kernels {output.kernels:q} \
            --measures {output.measures:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule predict_masked_loss:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
    output:
        losses="results/jacobian/{dataset}/{model}/{training}/{run}/masked_loss_{recipe}.csv",
        record="results/jacobian/{dataset}/{model}/{training}/{run}/masked_loss_{recipe}.record.json",
    log:
        "results/logs/predict_masked_loss/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/predict_masked_loss/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=growing(240),
    params:
        code=fingerprint("predict_masked_loss"),
        recipe=recipe("masked_loss"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.predict_masked_loss \
            --weights {input.weights:q} \
            --images {input.manifest:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --losses {output.losses:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
