"""Training with labels: fine-tuning of pretrained encoders, and the same network from scratch.

inputs:
    results/data/{dataset}/manifest.json
    results/data/{dataset}/train.npy
    results/data/{dataset}/test.npy
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors

outputs:
    results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}/scores.csv
    results/supervised/{dataset}/{model}/{run}/{recipe}/scores.csv

next to them are history.csv and weights.safetensors and, while a run is unfinished, its state/.
"""


rule fine_tuning:
    input:
        grid.stage_tables(config, "fine_tuning"),
        relations.stage_checks(config, "fine_tuning"),


rule fine_tune_mae:
    input:
        manifest="results/data/{dataset}/manifest.json",
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
    output:
        scores="results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}/scores.csv",
        history="results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}/history.csv",
        tuned="results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}/weights.safetensors",
        record="results/fine_tune/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}/record.json",
    log:
        "results/logs/fine_tune_mae/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}.log",
    benchmark:
        "results/benchmarks/fine_tune_mae/{dataset}/{model}/{training}/{run}/{tuning}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["devices"]["processes_per_run"]
    resources:
        gpu=config["devices"]["processes_per_run"],
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        processes=config["devices"]["processes_per_run"],
        mem_mb=growing(16000),
        runtime=720,
        slurm_extra=WARNING,
    params:
        code=fingerprint("fine_tune_mae"),
        recipe=recipe("classification"),
        blocks=lambda wildcards: grid.parse(wildcards.tuning)["blocks"],
        seed=run_value("seed"),
        state=lambda wildcards, output: f"{Path(output.tuned).parent}/state",
    shell:
        r"""
        exec python -m spatial_mae.cli.fine_tune_mae \
            --manifest {input.manifest:q} \
            --weights {input.weights:q} \
            --blocks {params.blocks:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --nproc {resources.processes:q} \
            --state {params.state:q} \
            --requeue \
            --scores {output.scores:q} \
            --history {output.history:q} \
            --tuned {output.tuned:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule train_supervised:
    input:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
        test="results/data/{dataset}/test.npy",
    output:
        scores="results/supervised/{dataset}/{model}/{run}/{recipe}/scores.csv",
        history="results/supervised/{dataset}/{model}/{run}/{recipe}/history.csv",
        weights="results/supervised/{dataset}/{model}/{run}/{recipe}/weights.safetensors",
        record="results/supervised/{dataset}/{model}/{run}/{recipe}/record.json",
    log:
        "results/logs/train_supervised/{dataset}/{model}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/train_supervised/{dataset}/{model}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["devices"]["processes_per_run"]
    resources:
        gpu=config["devices"]["processes_per_run"],
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        processes=config["devices"]["processes_per_run"],
        mem_mb=growing(16000),
        runtime=720,
        slurm_extra=WARNING,
    params:
        code=fingerprint("train_supervised"),
        model=model,
        recipe=recipe("classification"),
        patch=run_value("patch"),
        enc=run_value("enc"),
        seed=run_value("seed"),
        state=lambda wildcards, output: f"{Path(output.weights).parent}/state",
    shell:
        r"""
        exec python -m spatial_mae.cli.train_supervised \
            --manifest {input.manifest:q} \
            --model {params.model:q} \
            --patch-size {params.patch:q} \
            --encoder-depth {params.enc:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --nproc {resources.processes:q} \
            --state {params.state:q} \
            --requeue \
            --scores {output.scores:q} \
            --history {output.history:q} \
            --weights {output.weights:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
