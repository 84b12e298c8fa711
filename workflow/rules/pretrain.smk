"""Masked autoencoders trained on the images of a data set.

inputs:
    results/data/{dataset}/manifest.json

outputs:
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors
    results/pretrain/{dataset}/{model}/{training}/{run}/history.csv
    results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints/epoch-{epoch}.safetensors

next to them, while a run is unfinished, the files from which it continues after an interruption:
    results/pretrain/{dataset}/{model}/{training}/{run}/state/

A run `{run}_until-{epoch}` is a rung: the same run, stopped at that epoch, whose state it shares.
"""


rule pretraining:
    input:
        relations.weights(config),
        relations.checks(config),


rule pretrain_mae:
    input:
        manifest="results/data/{dataset}/manifest.json",
        train="results/data/{dataset}/train.npy",
    output:
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        history="results/pretrain/{dataset}/{model}/{training}/{run}/history.csv",
        checkpoints=directory("results/pretrain/{dataset}/{model}/{training}/{run}/checkpoints"),
        record="results/pretrain/{dataset}/{model}/{training}/{run}/record.json",
    log:
        "results/logs/pretrain_mae/{dataset}/{model}/{training}/{run}.log",
    benchmark:
        "results/benchmarks/pretrain_mae/{dataset}/{model}/{training}/{run}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["devices"]["processes_per_run"]
    resources:
        gpu=config["devices"]["processes_per_run"],
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        processes=config["devices"]["processes_per_run"],
        mem_mb=growing(16000),
        runtime=1440,
        slurm_extra=WARNING,
    params:
        code=fingerprint("pretrain_mae"),
        model=model,
        recipe=training,
        patch=run_value("patch"),
        unit=run_value("unit"),
        mask=run_value("mask"),
        enc=run_value("enc"),
        dec=run_value("dec"),
        seed=run_value("seed"),
        until=lambda w: advising.last_epoch(config, w.training, w.run),
        state=lambda wildcards, output: advising.state(output.weights),
    shell:
        r"""
        exec python -m spatial_mae.cli.pretrain_mae \
            --manifest {input.manifest:q} \
            --model {params.model:q} \
            --patch-size {params.patch:q} \
            --unit {params.unit:q} \
            --mask-ratio {params.mask:q} \
            --encoder-depth {params.enc:q} \
            --decoder-depth {params.dec:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --nproc {resources.processes:q} \
            --until-epoch {params.until:q} \
            --code {params.code:q} \
            --state {params.state:q} \
            --requeue \
            --weights {output.weights:q} \
            --history {output.history:q} \
            --checkpoints {output.checkpoints:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
