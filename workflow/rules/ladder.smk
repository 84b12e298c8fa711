"""Verdicts at each budget of a ladder of recipes, and what becomes of effects as it grows.

inputs:
    results/{study}/tables/{experiment}.csv

outputs:
    results/{study}/ladder.csv
    results/{study}/ladder.json
    results/{study}/ladder.md
    results/{study}/ladder.pdf
    results/{study}/ladder.png
    results/{study}/ladder_networks.json
    results/{study}/ladder_networks.pdf
    results/{study}/ladder_networks.png
    results/{study}/ladder_costs.pdf
    results/{study}/ladder_costs.png
"""


rule ladder:
    input:
        f"results/{config['study']}/ladder.csv",
        relations.checks(config),


rule judge_ladder:
    input:
        statements=f"{SOURCE}/spatial_mae/papers/statements.json",
        config="results/{study}/config.yaml",
        tables=rules.tables.input.tables,
    output:
        verdicts="results/{study}/ladder.csv",
        trends="results/{study}/ladder.json",
        markdown="results/{study}/ladder.md",
        pdf="results/{study}/ladder.pdf",
        png=report("results/{study}/ladder.png", caption="../report/ladder.rst", category="Claims"),
        networks="results/{study}/ladder_networks.json",
        networks_pdf="results/{study}/ladder_networks.pdf",
        networks_png=report(
            "results/{study}/ladder_networks.png",
            caption="../report/ladder_networks.rst",
            category="Claims",
        ),
        costs_pdf="results/{study}/ladder_costs.pdf",
        costs_png=report(
            "results/{study}/ladder_costs.png",
            caption="../report/ladder_costs.rst",
            category="Claims",
        ),
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
        rungs=lambda wildcards: ladders.rungs(config),
    shell:
        r"""
        python -m spatial_mae.cli.judge_ladder \
            --studies results/{wildcards.study:q} \
            --folder results/{wildcards.study:q} \
            --record {output.record:q} \
            &>{log:q}
        """
