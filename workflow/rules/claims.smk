"""Verdicts on the papers' statements, and the report.

inputs:
    results/{study}/tables/{experiment}.csv
    results/{study}/figures/{figure}.png

outputs:
    results/{study}/config.yaml
    results/{study}/claims.json
    results/{study}/claims.md
    results/{study}/report.html
"""

TEMPLATE = glob_wildcards(f"{SOURCE}/spatial_mae/report/template/{{file}}")


rule claims:
    input:
        f"results/{config['study']}/claims.json",
        relations.checks(config),


rule report:
    input:
        f"results/{config['study']}/report.html",


rule write_config:
    output:
        config="results/{study}/config.yaml",
        record="results/{study}/config.record.json",
    log:
        "results/logs/write_config/{study}.log",
    benchmark:
        "results/benchmarks/write_config/{study}.tsv"
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("write_config"),
        config=lambda wildcards: json.dumps(config),  # a text would have its {braces} filled in
    shell:
        r"""
        python -m spatial_mae.cli.write_config \
            --json {params.config:q} \
            --config {output.config:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule judge_claims:
    input:
        statements=f"{SOURCE}/spatial_mae/papers/statements.json",
        tables=rules.tables.input.tables,
    output:
        json=report(
            "results/{study}/claims.json", caption="../report/claims.rst", category="Claims"
        ),
        markdown="results/{study}/claims.md",
        record="results/{study}/claims.record.json",
    log:
        "results/logs/judge_claims/{study}.log",
    benchmark:
        "results/benchmarks/judge_claims/{study}.tsv"
    localrule: True
    conda:
        "../../envs/linear.yaml"
    params:
        code=fingerprint("judge_claims", *modules_of("claims")),
        tables=[
            f"{entry['kind']}=results/{config['study']}/tables/{entry['name']}.csv"
            for entry in config["experiments"]
        ],
    shell:
        r"""
        python -m spatial_mae.cli.judge_claims \
            --study {wildcards.study:q} \
            --table {params.tables:q} \
            --json {output.json:q} \
            --markdown {output.markdown:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule write_report:
    input:
        template=expand(f"{SOURCE}/spatial_mae/report/template/{{file}}", file=TEMPLATE.file),
        config="results/{study}/config.yaml",
        claims="results/{study}/claims.json",
        figures=grid.figure_files(config, "png"),
        tables=rules.tables.input.tables,
        manifests=expand(
            "results/data/{dataset}/manifest.json", dataset=relations.used_datasets(config)
        ),
        checks=relations.checks(config),
        advice=relations.advice(config),
    output:
        report=report(
            "results/{study}/report.html", caption="../report/report.rst", category="Report"
        ),
        record="results/{study}/report.record.json",
    log:
        "results/logs/write_report/{study}.log",
    benchmark:
        "results/benchmarks/write_report/{study}.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    params:
        code=fingerprint("write_report", *figure_code(*grid.figures(config))),
        figures=list(grid.figures(config)),
    shell:
        r"""
        python -m spatial_mae.cli.write_report \
            --study {wildcards.study:q} \
            --config {input.config:q} \
            --figures "results/{wildcards.study}/figures" \
            --figure-names {params.figures:q} \
            --claims {input.claims:q} \
            --records-root results \
            --report {output.report:q} \
            --record {output.record:q} \
            &>{log:q}
        """
