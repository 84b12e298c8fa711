"""Hierarchies of latent variables (Kong et al. 2023): what masks make MAE learn.

inputs:
    results/data/{dataset}/manifest.json
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors
    results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints/

outputs:
    results/hierarchy/{run}/levels_{recipe}.csv
    results/hierarchy/{run}/gaussian_{recipe}.csv
    results/hierarchy/cases_{recipe}.csv
    results/hierarchy/audit_{recipe}.csv
    results/hierarchy/{dataset}/{model}/{training}/{run}/recovery_{recipe}.csv
    results/hierarchy/{dataset}/{model}/{training}/{run}/levels_{recipe}.csv
"""


rule hierarchy:
    input:
        grid.stage_tables(config, "hierarchy"),
        relations.stage_checks(config, "hierarchy"),


rule measure_levels:
    output:
        levels="results/hierarchy/{run}/levels_{recipe}.csv",
        record="results/hierarchy/{run}/levels_{recipe}.record.json",
    log:
        "results/logs/measure_levels/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_levels/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=fingerprint("measure_levels"),
        recipe=recipe("levels"),
        dimensions=run_value("dimensions"),
        arity=run_value("arity"),
        depth=run_value("depth"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_levels \
            --dimensions {params.dimensions:q} \
            --arity {params.arity:q} \
            --depth {params.depth:q} \
            --recipe {params.recipe:q} \
            --levels {output.levels:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule solve_gaussian_tree:
    output:
        levels="results/hierarchy/{run}/gaussian_{recipe}.csv",
        record="results/hierarchy/{run}/gaussian_{recipe}.record.json",
    log:
        "results/logs/solve_gaussian_tree/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/solve_gaussian_tree/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=fingerprint("solve_gaussian_tree"),
        recipe=recipe("gaussian_tree"),
        dimensions=run_value("dimensions"),
        arity=run_value("arity"),
        depth=run_value("depth"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.solve_gaussian_tree \
            --dimensions {params.dimensions:q} \
            --arity {params.arity:q} \
            --depth {params.depth:q} \
            --recipe {params.recipe:q} \
            --levels {output.levels:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule audit_theorem:
    output:
        cases="results/hierarchy/cases_{recipe}.csv",
        audit="results/hierarchy/audit_{recipe}.csv",
        record="results/hierarchy/audit_{recipe}.record.json",
    log:
        "results/logs/audit_theorem/{recipe}.log",
    benchmark:
        "results/benchmarks/audit_theorem/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=fingerprint("audit_theorem"),
        recipe=recipe("audit"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.audit_theorem \
            --recipe {params.recipe:q} \
            --cases {output.cases:q} \
            --audit {output.audit:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule recover_latents:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        checkpoints="results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints",
    output:
        recovery="results/hierarchy/{dataset}/{model}/{training}/{run}/recovery_{recipe}.csv",
        record="results/hierarchy/{dataset}/{model}/{training}/{run}/recovery_{recipe}.record.json",
    log:
        "results/logs/recover_latents/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/recover_latents/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("recover_latents"),
        recipe=recipe("recovery"),
        seed=run_value("seed"),
    shell:
        r"""
        python -m spatial_mae.cli.recover_latents \
            --manifest {input.manifest:q} \
            --weights {input.weights:q} \
            --checkpoints {input.checkpoints:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --recovery {output.recovery:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule recover_levels:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        checkpoints="results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints",
    output:
        levels="results/hierarchy/{dataset}/{model}/{training}/{run}/levels_{recipe}.csv",
        record="results/hierarchy/{dataset}/{model}/{training}/{run}/levels_{recipe}.record.json",
    log:
        "results/logs/recover_levels/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/recover_levels/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("recover_levels"),
        recipe=recipe("level_recovery"),
    shell:
        r"""
        python -m spatial_mae.cli.recover_levels \
            --manifest {input.manifest:q} \
            --weights {input.weights:q} \
            --checkpoints {input.checkpoints:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --levels {output.levels:q} \
            --record {output.record:q} \
            &>{log:q}
        """
