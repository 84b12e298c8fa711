"""Downstream tasks read out linearly from the features: Gabor responses, depth, gains of masking.

inputs:
    results/data/{dataset}/manifest.json
    results/linear/{dataset}/{moment}/moments.npz
    results/linear/{dataset}/{moment}/{run}/solution.npz

outputs:
    results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.csv
    results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.gains.csv
    results/evaluate/gains/{dataset}/linear/{moment}/{run}/{recipe}.csv
    results/evaluate/gains/{dataset}/linear/{moment}/{run}/{recipe}.ranks.csv
    results/evaluate/depth/{dataset}/linear/{moment}/{run}/{recipe}.csv
"""


rule tasks:
    input:
        grid.stage_tables(config, "tasks"),
        relations.stage_checks(config, "tasks"),


rule predict_gabor:
    input:
        manifest="results/data/{dataset}/manifest.json",
        images="results/data/{dataset}/test.npy",
        train="results/linear/{dataset}/{moment}/moments.npz",
        test=lambda wildcards: (
            f"results/linear/{wildcards.dataset}/{relations.test_moment(wildcards.moment)}/moments.npz"
        ),
        solution="results/linear/{dataset}/{moment}/{run}/solution.npz",
    output:
        scores="results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        gains="results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.gains.csv",
        record="results/evaluate/gabor/{dataset}/linear/{moment}/{run}/{recipe}.record.json",
    log:
        "results/logs/predict_gabor/{dataset}/{moment}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/predict_gabor/{dataset}/{moment}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("predict_gabor"),
        recipe=recipe("gabor"),
        patch=run_value("patch"),
        centring=run_value("centring"),
        ridge=run_value("ridge"),
        flip=run_value("flip"),
    shell:
        r"""
        python -m spatial_mae.cli.predict_gabor \
            --manifest {input.manifest:q} \
            --train-moments {input.train:q} \
            --test-moments {input.test:q} \
            --solution {input.solution:q} \
            --patch-size {params.patch:q} \
            --centring {params.centring:q} \
            --ridge {params.ridge:q} \
            --flip {params.flip:q} \
            --recipe {params.recipe:q} \
            --scores {output.scores:q} \
            --gains {output.gains:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule predict_gains:
    input:
        manifest="results/data/{dataset}/manifest.json",
        moments="results/linear/{dataset}/{moment}/moments.npz",
        solution="results/linear/{dataset}/{moment}/{run}/solution.npz",
    output:
        gains="results/evaluate/gains/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        ranks="results/evaluate/gains/{dataset}/linear/{moment}/{run}/{recipe}.ranks.csv",
        record="results/evaluate/gains/{dataset}/linear/{moment}/{run}/{recipe}.record.json",
    log:
        "results/logs/predict_gains/{dataset}/{moment}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/predict_gains/{dataset}/{moment}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("predict_gains"),
        recipe=recipe("gains"),
        colour=moment_value("colour"),
        patch=run_value("patch"),
        centring=run_value("centring"),
        ridge=run_value("ridge"),
        flip=run_value("flip"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.predict_gains \
            --manifest {input.manifest:q} \
            --moments {input.moments:q} \
            --solution {input.solution:q} \
            --colour {params.colour:q} \
            --patch-size {params.patch:q} \
            --centring {params.centring:q} \
            --ridge {params.ridge:q} \
            --flip {params.flip:q} \
            --recipe {params.recipe:q} \
            --gains {output.gains:q} \
            --ranks {output.ranks:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule predict_depth:
    input:
        manifest="results/data/{dataset}/manifest.json",
        moments="results/linear/{dataset}/{moment}/moments.npz",
        solution="results/linear/{dataset}/{moment}/{run}/solution.npz",
    output:
        scores="results/evaluate/depth/{dataset}/linear/{moment}/{run}/{recipe}.csv",
        record="results/evaluate/depth/{dataset}/linear/{moment}/{run}/{recipe}.record.json",
    log:
        "results/logs/predict_depth/{dataset}/{moment}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/predict_depth/{dataset}/{moment}/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=fingerprint("predict_depth"),
        recipe=recipe("depth"),
        colour=moment_value("colour"),
        patch=run_value("patch"),
        centring=run_value("centring"),
        ridge=run_value("ridge"),
        flip=run_value("flip"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.predict_depth \
            --manifest {input.manifest:q} \
            --moments {input.moments:q} \
            --solution {input.solution:q} \
            --colour {params.colour:q} \
            --patch-size {params.patch:q} \
            --centring {params.centring:q} \
            --ridge {params.ridge:q} \
            --flip {params.flip:q} \
            --recipe {params.recipe:q} \
            --scores {output.scores:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
