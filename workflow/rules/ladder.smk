"""Verdicts at each budget of a ladder of recipes, and what becomes of effects as it grows.

inputs:
    results/{study}/tables/{experiment}.csv

outputs:
    results/{study}/ladder.csv
    results/{study}/ladder_trends.csv
    results/{study}/ladder.md
    results/{study}/ladder.pdf
    results/{study}/ladder.png

`ladder_so_far` makes the same of the tables that are there, under results/{study}/so_far/.
"""


rule ladder:
    input:
        f"results/{config['study']}/ladder.csv",


rule judge_ladder:
    input:
        statements=f"{SOURCE}/spatial_mae/papers/statements.json",
        tables=rules.tables.input,
    output:
        verdicts="results/{study}/ladder.csv",
        trends="results/{study}/ladder_trends.csv",
        markdown="results/{study}/ladder.md",
        pdf="results/{study}/ladder.pdf",
        png=report("results/{study}/ladder.png", caption="../report/ladder.rst", category="Claims"),
        record="results/{study}/ladder.record.json",
    log:
        "results/logs/judge_ladder/{study}.log",
    benchmark:
        "results/benchmarks/judge_ladder/{study}.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    params:
        code=fingerprint("judge_ladder", *modules_of("claims")),
        tables=rules.judge_claims.params.tables,
        rungs=lambda wildcards: [f"{n}={e}" for n, e in laddering.rungs(config).items()],
    shell:
        r"""
        python -m spatial_mae.cli.judge_ladder \
            --table {params.tables:q} \
            --rung {params.rungs:q} \
            --verdicts {output.verdicts:q} \
            --trends {output.trends:q} \
            --markdown {output.markdown:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule ladder_so_far:
    localrule: True
    conda:
        "../../envs/figures.yaml"
    params:
        folder=f"results/{config['study']}/so_far",
        tables=rules.judge_claims.params.tables,
        rungs=lambda wildcards: [f"{n}={e}" for n, e in laddering.rungs(config).items()],
    shell:
        r"""
        python -m spatial_mae.cli.judge_ladder \
            --table {params.tables:q} \
            --rung {params.rungs:q} \
            --verdicts {params.folder:q}/ladder.csv \
            --trends {params.folder:q}/ladder_trends.csv \
            --markdown {params.folder:q}/ladder.md \
            --pdf {params.folder:q}/ladder.pdf \
            --png {params.folder:q}/ladder.png \
            --record {params.folder:q}/ladder.record.json
        """
