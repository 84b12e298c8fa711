"""Rules that need no images: Ising models, mask spectra, lemmas.

inputs:
    none

outputs:
    results/ising/{run}/weights_{recipe}.csv
    results/ising/{run}/summary_{recipe}.csv
    results/spectrum/{run}/spectrum_{recipe}.csv
    results/theory/lemmas_{recipe}.csv
    results/theory/taylor_{recipe}.csv
"""


rule solve_ising:
    output:
        weights="results/ising/{run}/weights_{recipe}.csv",
        summary="results/ising/{run}/summary_{recipe}.csv",
        record="results/ising/{run}/{recipe}.record.json",
    log:
        "results/logs/solve_ising/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/solve_ising/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=fingerprint("solve_ising"),
        recipe=recipe("ising"),
        lattice=run_value("lattice"),
        coupling=run_value("coupling"),
        patch=run_value("patch"),
        moment=run_value("moment"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.solve_ising \
            --lattice {params.lattice:q} \
            --coupling {params.coupling:q} \
            --patch-size {params.patch:q} \
            --moment {params.moment:q} \
            --recipe {params.recipe:q} \
            --weights {output.weights:q} \
            --summary {output.summary:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_spectrum:
    output:
        spectrum="results/spectrum/{run}/spectrum_{recipe}.csv",
        record="results/spectrum/{run}/spectrum_{recipe}.record.json",
    log:
        "results/logs/measure_spectrum/{run}/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_spectrum/{run}/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=fingerprint("measure_spectrum"),
        recipe=recipe("spectrum"),
        dimensions=run_value("dimensions"),
        patch=run_value("patch"),
        sampling=run_value("sampling"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_spectrum \
            --dimensions {params.dimensions:q} \
            --patch-size {params.patch:q} \
            --sampling {params.sampling:q} \
            --recipe {params.recipe:q} \
            --spectrum {output.spectrum:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule check_lemmas:
    output:
        lemmas="results/theory/lemmas_{recipe}.csv",
        record="results/theory/lemmas_{recipe}.record.json",
    log:
        "results/logs/check_lemmas/{recipe}.log",
    benchmark:
        "results/benchmarks/check_lemmas/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=fingerprint("check_lemmas"),
        recipe=recipe("lemmas"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.check_lemmas \
            --recipe {params.recipe:q} \
            --lemmas {output.lemmas:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule measure_taylor:
    output:
        taylor="results/theory/taylor_{recipe}.csv",
        record="results/theory/taylor_{recipe}.record.json",
    log:
        "results/logs/measure_taylor/{recipe}.log",
    benchmark:
        "results/benchmarks/measure_taylor/{recipe}.tsv"
    conda:
        "../../envs/linear.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=fingerprint("measure_taylor"),
        recipe=recipe("taylor"),
        seed=seed(),
    shell:
        r"""
        python -m spatial_mae.cli.measure_taylor \
            --recipe {params.recipe:q} \
            --taylor {output.taylor:q} \
            --seed {params.seed:q} \
            --record {output.record:q} \
            &>{log:q}
        """
