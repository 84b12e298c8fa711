"""Advice on patch size and mask ratio: rungs of ordinary runs, and what each of them keeps.

inputs:
    results/data/{dataset}/manifest.json
    results/data/{dataset}/train.npy
    results/evaluate/mae/{dataset}/{model}/{training}/{run}_until-{epoch}/scores_{recipe}.csv
    results/evaluate/mae/{dataset}/{model}/{training}/{run}/scores_{recipe}.csv
    results/evaluate/pixels/{dataset}/{model}/{recipe}.csv

outputs:
    results/{study}/advise/look.json
    results/{study}/advise/look.npz
    results/{study}/advise/{rung}.json
    results/{study}/advise/{rung}.csv
    results/{study}/advise/advice.html
    results/{study}/advise/advice.json
    results/{study}/advise/advice.csv
    results/{study}/advise/next_study.yaml

Each .json says what the next rung tries and why; one edited by hand is used as it is.
"""


rule advise:
    input:
        f"results/{config['study']}/advise/advice.html",
        relations.advice_checks(config),


checkpoint look_at_images:
    input:
        manifest=lambda wildcards: advising.manifest(config),
        train=lambda wildcards: advising.training_images(config),
    output:
        look="results/{study}/advise/look.json",
        images="results/{study}/advise/look.npz",
        record="results/{study}/advise/look.record.json",
    log:
        "results/logs/look_at_images/{study}.log",
    benchmark:
        "results/benchmarks/look_at_images/{study}.tsv"
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("look_at_images"),
        block=block,
        held_out=lambda wildcards: advising.held_out(config),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.look_at_images \
            --manifest {input.manifest:q} \
            --block {params.block:q} \
            --held-out {params.held_out:q} \
            --look {output.look:q} \
            --images {output.images:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            2>&1 | tee {log:q}
        """


checkpoint rank_settings:
    input:
        look="results/{study}/advise/look.json",
        before=lambda wildcards: advising.file_before(wildcards.study, wildcards.rung),
        scores=lambda wildcards: advising.rung_scores(
            config, wildcards.rung, before(wildcards), looked(wildcards)
        ),
    output:
        decision="results/{study}/advise/{rung}.json",
        table="results/{study}/advise/{rung}.csv",
        record="results/{study}/advise/{rung}.record.json",
    log:
        "results/logs/rank_settings/{study}/{rung}.log",
    benchmark:
        "results/benchmarks/rank_settings/{study}/{rung}.tsv"
    wildcard_constraints:
        rung="|".join(advising.RUNGS),
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("rank_settings"),
        epochs=lambda wildcards: advising.block(config)["rungs"],
    shell:
        r"""
        python -m spatial_mae.cli.rank_settings \
            --rung {wildcards.rung:q} \
            --look {input.look:q} \
            --before {input.before:q} \
            --scores {input.scores:q} \
            --epochs {params.epochs:q} \
            --decision {output.decision:q} \
            --table {output.table:q} \
            --record {output.record:q} \
            2>&1 | tee {log:q}
        """


rule write_advice:
    input:
        template=f"{SOURCE}/spatial_mae/advise/advice.html",
        config="results/{study}/config.yaml",
        look="results/{study}/advise/look.json",
        images="results/{study}/advise/look.npz",
        patches="results/{study}/advise/patches.json",
        masks="results/{study}/advise/masks.json",
        patches_table="results/{study}/advise/patches.csv",
        masks_table="results/{study}/advise/masks.csv",
        final=lambda wildcards: advising.final_scores(config, ranked(MASKS), looked(wildcards)),
        test=lambda wildcards: advising.test_scores(config, ranked(MASKS), looked(wildcards)),
        baselines=lambda wildcards: advising.baselines(config, looked(wildcards)),
    output:
        page=report(
            "results/{study}/advise/advice.html",
            caption="../report/advice.rst",
            category="Advice",
        ),
        json="results/{study}/advise/advice.json",
        table="results/{study}/advise/advice.csv",
        next="results/{study}/advise/next_study.yaml",
        record="results/{study}/advise/advice.record.json",
    log:
        "results/logs/write_advice/{study}.log",
    benchmark:
        "results/benchmarks/write_advice/{study}.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    params:
        code=fingerprint("write_advice"),
        block=block,
    shell:
        r"""
        python -m spatial_mae.cli.write_advice \
            --study {wildcards.study:q} \
            --config {input.config:q} \
            --look {input.look:q} \
            --images {input.images:q} \
            --patches {input.patches:q} \
            --masks {input.masks:q} \
            --patches-table {input.patches_table:q} \
            --masks-table {input.masks_table:q} \
            --final {input.final:q} \
            --test {input.test:q} \
            --baselines {input.baselines:q} \
            --block {params.block:q} \
            --json {output.json:q} \
            --table {output.table:q} \
            --page {output.page:q} \
            --next {output.next:q} \
            --record {output.record:q} \
            2>&1 | tee {log:q}
        """
