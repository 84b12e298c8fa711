"""Object detection and instance segmentation with pretrained encoders (Kong et al. 2023, Sec. 3.5).

inputs:
    results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors
    the images and annotations that a recipe of the family `detection` names, or
    results/data/{dataset}/manifest.json
    results/data/{dataset}/coco/train.json
    results/data/{dataset}/coco/test.json

outputs:
    results/detect/{dataset}/{model}/{training}/{run}/{recipe}/scores.csv

next to it are history.csv and detector.pt and, while a run is unfinished, its state/.
"""


rule detection:
    input:
        grid.stage_tables(config, "detection"),
        relations.stage_checks(config, "detection"),


rule fine_tune_detector:
    input:
        weights="results/pretrain/{dataset}/{model}/{training}/{run}/weights.safetensors",
        manifest=generated_manifest,
        annotations=generated_annotations,
    output:
        scores="results/detect/{dataset}/{model}/{training}/{run}/{recipe}/scores.csv",
        history="results/detect/{dataset}/{model}/{training}/{run}/{recipe}/history.csv",
        detector="results/detect/{dataset}/{model}/{training}/{run}/{recipe}/detector.pt",
        record="results/detect/{dataset}/{model}/{training}/{run}/{recipe}/record.json",
    log:
        "results/logs/fine_tune_detector/{dataset}/{model}/{training}/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/fine_tune_detector/{dataset}/{model}/{training}/{run}/{recipe}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        runs_per_gpu=config["devices"]["runs_per_gpu"],
        mem_mb=growing(16000),
        runtime=1440,
        slurm_extra=WARNING,
    params:
        code=fingerprint("fine_tune_detector"),
        recipe=recipe("detection"),
        files=files_of("detection"),
        seed=run_value("seed"),
        state=lambda wildcards, output: f"{Path(output.detector).parent}/state",
    shell:
        r"""
        exec python -m spatial_mae.cli.fine_tune_detector \
            --weights {input.weights:q} \
            --annotations {input.annotations:q} \
            --recipe {params.recipe:q} \
            --threads {threads:q} \
            --runs-per-gpu {resources.runs_per_gpu:q} \
            --state {params.state:q} \
            --requeue \
            --scores {output.scores:q} \
            --history {output.history:q} \
            --detector {output.detector:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
