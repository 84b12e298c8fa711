"""Figures, each drawn from one table, with the plotted numbers next to it.

inputs:
    results/{study}/tables/{experiment}.csv

outputs:
    results/{study}/figures/{figure}.pdf
    results/{study}/figures/{figure}.png
    results/{study}/figures/{figure}.csv
"""


rule figures:
    input:
        grid.figure_files(config),
        relations.checks(config),


rule draw_figure:
    input:
        table=lambda wildcards: (
            f"results/{wildcards.study}/tables/{figure_experiment(wildcards)}.csv"
        ),
    output:
        pdf="results/{study}/figures/{figure}.pdf",
        png=report(
            "results/{study}/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        csv="results/{study}/figures/{figure}.csv",
        record="results/{study}/figures/{figure}.record.json",
    log:
        "results/logs/draw_figure/{study}/{figure}.log",
    benchmark:
        "results/benchmarks/draw_figure/{study}/{figure}.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    params:
        code=lambda wildcards: fingerprint("draw_figure", *figure_code(wildcards.figure)),
    shell:
        r"""
        python -m spatial_mae.cli.draw_figure \
            --figure {wildcards.figure:q} \
            --table {input.table:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            --record {output.record:q} \
            &>{log:q}
        """
