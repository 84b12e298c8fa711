"""The linear half: second moments, closed forms, and what is measured on them.

inputs:
    results/data/{dataset}/manifest.json

outputs:
    results/linear/{dataset}/{moment}/moments.npz
    results/linear/{dataset}/{moment}/autocorrelation_{recipe}.csv
    results/linear/{dataset}/{moment}/{run}/solution.npz
    results/linear/{dataset}/{moment}/{run}/losses_{recipe}.csv
    results/linear/{dataset}/{moment}/{run}/influence_{recipe}.csv
    results/linear/{dataset}/{moment}/{run}/profile_{recipe}.csv
    results/linear/{dataset}/{moment}/{run}/limits_{recipe}.csv
    results/linear/{dataset}/{moment}/{run}/subsets_{recipe}.csv
    results/linear/{dataset}/psd_{recipe}.csv
"""


rule linear:
    input:
        grid.stage_tables(config, "linear"),
        relations.stage_checks(config, "linear"),


rule compute_moments:
    input:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
        test="results/data/{dataset}/test.npy",
    output:
        multiext("results/linear/{dataset}/{moment}/moments", moments=".npz", record=".record.json"),
    log:
        "results/logs/compute_moments/{dataset}/{moment}.log",
    cache: "omit-software"
    conda:
        "../../envs/linear.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("compute_moments"),
        split=moment_value("split"),
        colour=moment_value("colour"),
        n=moment_value("n"),
    shell:
        r"""
        python -m spatial_mae.cli.compute_moments \
            --manifest {input.manifest:q} \
            --split {params.split:q} \
            --colour {params.colour:q} \
            --n {params.n:q} \
            --moments {output.moments:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_autocorrelation:
    input:
        moments="results/linear/{dataset}/{moment}/moments.npz",
    output:
        autocorrelation="results/linear/{dataset}/{moment}/autocorrelation_{recipe}.csv",
        record="results/linear/{dataset}/{moment}/autocorrelation_{recipe}.record.json",
    log:
        "results/logs/measure_autocorrelation/{dataset}/{moment}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_autocorrelation/{dataset}/{moment}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("measure_autocorrelation"),
        recipe=recipe("autocorrelation"),
    shell:
        r"""
        python -m spatial_mae.cli.measure_autocorrelation \
            --moments {input.moments:q} \
            --recipe {params.recipe:q} \
            --autocorrelation {output.autocorrelation:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule solve_linear:
    input:
        moments="results/linear/{dataset}/{moment}/moments.npz",
    output:
        solution="results/linear/{dataset}/{moment}/{run}/solution.npz",
        record="results/linear/{dataset}/{moment}/{run}/solution.record.json",
    log:
        "results/logs/solve_linear/{dataset}/{moment}/{run}.log",
    benchmark:
        "results/benchmarks/solve_linear/{dataset}/{moment}/{run}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        code=fingerprint("solve_linear"),
        patch=run_value("patch"),
        centring=run_value("centring"),
        ridge=run_value("ridge"),
        flip=run_value("flip"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.solve_linear \
            --moments {input.moments:q} \
            --patch-size {params.patch:q} \
            --centring {params.centring:q} \
            --ridge {params.ridge:q} \
            --flip {params.flip:q} \
            --solution {output.solution:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_losses:
    input:
        moments="results/linear/{dataset}/{moment}/moments.npz",
        solution="results/linear/{dataset}/{moment}/{run}/solution.npz",
    output:
        losses="results/linear/{dataset}/{moment}/{run}/losses_{recipe}.csv",
        record="results/linear/{dataset}/{moment}/{run}/losses_{recipe}.record.json",
    log:
        "results/logs/measure_losses/{dataset}/{moment}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_losses/{dataset}/{moment}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        code=fingerprint("measure_losses"),
        recipe=recipe("linear"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_losses \
            --moments {input.moments:q} \
            --solution {input.solution:q} \
            --recipe {params.recipe:q} \
            --losses {output.losses:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_influence:
    input:
        moments="results/linear/{dataset}/{moment}/moments.npz",
        solution="results/linear/{dataset}/{moment}/{run}/solution.npz",
    output:
        influence="results/linear/{dataset}/{moment}/{run}/influence_{recipe}.csv",
        profile="results/linear/{dataset}/{moment}/{run}/profile_{recipe}.csv",
        record="results/linear/{dataset}/{moment}/{run}/influence_{recipe}.record.json",
    log:
        "results/logs/measure_influence/{dataset}/{moment}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_influence/{dataset}/{moment}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        code=fingerprint("measure_influence"),
        recipe=recipe("linear"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_influence \
            --moments {input.moments:q} \
            --solution {input.solution:q} \
            --recipe {params.recipe:q} \
            --influence {output.influence:q} \
            --profile {output.profile:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_influence_limit:
    input:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
    output:
        limits="results/linear/{dataset}/{moment}/{run}/limits_{recipe}.csv",
        subsets="results/linear/{dataset}/{moment}/{run}/subsets_{recipe}.csv",
        record="results/linear/{dataset}/{moment}/{run}/limits_{recipe}.record.json",
    log:
        "results/logs/measure_influence_limit/{dataset}/{moment}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_influence_limit/{dataset}/{moment}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        code=fingerprint("measure_influence_limit"),
        recipe=recipe("influence_limit"),
        colour=moment_value("colour"),
        n=moment_value("n"),
        patch=run_value("patch"),
        centring=run_value("centring"),
        flip=run_value("flip"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_influence_limit \
            --manifest {input.manifest:q} \
            --colour {params.colour:q} \
            --n {params.n:q} \
            --patch-size {params.patch:q} \
            --centring {params.centring:q} \
            --flip {params.flip:q} \
            --recipe {params.recipe:q} \
            --limits {output.limits:q} \
            --subsets {output.subsets:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_psd:
    input:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
    output:
        psd="results/linear/{dataset}/psd_{recipe}.csv",
        record="results/linear/{dataset}/psd_{recipe}.record.json",
    log:
        "results/logs/measure_psd/{dataset}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_psd/{dataset}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("measure_psd"),
        recipe=recipe("psd"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_psd \
            --manifest {input.manifest:q} \
            --recipe {params.recipe:q} \
            --psd {output.psd:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
