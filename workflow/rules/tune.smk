"""A better recipe of pretraining: rungs of candidates, the winner trained again at more epochs.

inputs:
    results/data/{dataset}/check.record.json
    results/evaluate/mae/{dataset}/{model}/{training}/{run}_until-{epoch}/scores_{recipe}.csv
    results/evaluate/mae/{dataset}/{model}/{training}/{run}/scores_{recipe}.csv
    results/evaluate/pixels/{dataset}/{model}/{recipe}.csv

outputs:
    results/{study}/tune/{rung}.json
    results/{study}/tune/{rung}.csv
    results/{study}/tune/tune.json
    results/{study}/tune/tune.csv
    results/{study}/tune/tune.md
    results/{study}/tune/tune.pdf
    results/{study}/tune/tune.png
    results/{study}/tune/recipe.yaml

A rung's .json says what the next one tries and why; one edited by hand is used as it is.
"""


rule tune:
    input:
        lambda wildcards: tuning.check(config),
        f"results/{config['study']}/tune/tune.json",


checkpoint rank_recipes:
    input:
        before=lambda wildcards: tuning.file_before(config, wildcards.rung),
        scores=lambda wildcards: tuning.rung_scores(config, wildcards.rung, kept_before(wildcards)),
    output:
        decision="results/{study}/tune/{rung}.json",
        table="results/{study}/tune/{rung}.csv",
        record="results/{study}/tune/{rung}.record.json",
    log:
        "results/logs/rank_recipes/{study}/{rung}.log",
    benchmark:
        "results/benchmarks/rank_recipes/{study}/{rung}.tsv"
    wildcard_constraints:
        rung="epoch-[0-9]+",
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("rank_recipes"),
        base=candidates.BASE,
        candidates=lambda wildcards: json.dumps(candidates.candidates(config)),
        epoch=lambda wildcards: tuning.rungs(config)[wildcards.rung],
        keep=lambda wildcards: tuning.keep(config, wildcards.rung, kept_before(wildcards)),
    shell:
        r"""
        python -m spatial_mae.cli.rank_recipes \
            --rung {wildcards.rung:q} \
            --base {params.base:q} \
            --candidates {params.candidates:q} \
            --epoch {params.epoch:q} \
            --keep {params.keep:q} \
            --before {input.before:q} \
            --scores {input.scores:q} \
            --decision {output.decision:q} \
            --table {output.table:q} \
            --record {output.record:q} \
            2>&1 | tee {log:q}
        """


rule choose_recipe:
    input:
        config="results/{study}/config.yaml",
        rungs=lambda wildcards: tuning.rung_files(config, "json"),
        tables=lambda wildcards: tuning.rung_files(config, "csv"),
        test=lambda wildcards: tuning.test_scores(config, kept_last()),
        baselines=lambda wildcards: tuning.baselines(config),
    output:
        json="results/{study}/tune/tune.json",
        table="results/{study}/tune/tune.csv",
        markdown="results/{study}/tune/tune.md",
        recipe="results/{study}/tune/recipe.yaml",
        pdf="results/{study}/tune/tune.pdf",
        png=report(
            "results/{study}/tune/tune.png",
            caption="../report/tune.rst",
            category="Recipe",
        ),
        record="results/{study}/tune/tune.record.json",
    log:
        "results/logs/choose_recipe/{study}.log",
    benchmark:
        "results/benchmarks/choose_recipe/{study}.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    params:
        code=fingerprint("choose_recipe"),
    shell:
        r"""
        python -m spatial_mae.cli.choose_recipe \
            --config {input.config:q} \
            --rungs {input.rungs:q} \
            --tables {input.tables:q} \
            --test {input.test:q} \
            --baselines {input.baselines:q} \
            --json {output.json:q} \
            --table {output.table:q} \
            --markdown {output.markdown:q} \
            --recipe {output.recipe:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --record {output.record:q} \
            2>&1 | tee {log:q}
        """
