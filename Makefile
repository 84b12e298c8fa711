# `make` lists the targets. Most of them first set up .venv from requirements.lock, once (about 6 GB on disk).
SHELL := /bin/bash
PYTHON ?= python3
TORCH ?= cuda
BIN := .venv/bin
READY := .venv/.ready
SITE := build/site-environment
CORES ?= all
STUDY ?= quick
ARCHIVE ?= results/$(STUDY).tar.gz
OUT ?= gpu-check
MINUTES ?= 9
DATA ?=
# Snakemake needs a folder for its cache, and where the home cannot be written to it has none.
ifeq ($(shell mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}" 2>/dev/null && echo yes),)
$(warning HOME=$(HOME) cannot be written to: caches go to $(CURDIR)/.cache)
export XDG_CACHE_HOME := $(CURDIR)/.cache
endif
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help quick taste advise test test-slurm lint bench gpu-check status pack-results unpack-results redraw keep-results results-page estimate docs site clean lock

help:  ## print this list
	@echo "make TARGET [NAME=value ...], with these targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' Makefile

quick: $(READY)  ## run the default study on generated data: figures, claims, report
	snakemake --workflow-profile workflow/profiles/local --cores $(CORES) -- report
	@echo
	@python -m spatial_mae.claims.summary results/quick/claims.json
	@echo "Report: $(CURDIR)/results/quick/report.html"

taste: $(READY)  ## run the linear half of the default study with its own report, in less than a minute
	snakemake --workflow-profile workflow/profiles/local --cores $(CORES) --configfile workflow/studies/taste.yaml -- report
	@echo
	@python -m spatial_mae.claims.summary results/taste/claims.json
	@echo "Report: $(CURDIR)/results/taste/report.html"

advise: $(READY)  ## advise on patch size and mask ratio for IMAGES (a folder or .npz) at SIZE, within BUDGET (30min)
	plan=$$(python -m spatial_mae.cli.plan_advice $(if $(IMAGES),--images "$(IMAGES)") \
	    $(if $(SIZE),--size $(SIZE)) $(if $(BUDGET),--budget $(BUDGET))) && \
	snakemake --workflow-profile workflow/profiles/local --cores $(CORES) \
	    --configfile workflow/studies/advise.yaml $$plan -- all

test: $(READY) lint  ## run lint, then the unit, command-line, workflow and smoke tests
	python -m pytest -n auto --maxprocesses 4 --no-loadscope-reorder -m "not slow" \
	    tests/workflow tests/smoke tests/slurm tests/cli tests/unit

test-slurm: $(READY)  ## start SLURM on this machine (as root); run the study quick and all fault tests on it
	python -m pytest tests/slurm -m "slow or not slow"

lint: $(READY)  ## check the format and style of all code
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint

status: $(READY)  ## list training runs: epoch, time left, state
	@python -m spatial_mae.cli.show_status --results results

pack-results: $(READY)  ## pack a finished STUDY's results (tables, figures, claims, records) into one ARCHIVE
	@python -m spatial_mae.cli.pack_results --study $(STUDY) --archive $(ARCHIVE)

unpack-results: $(READY)  ## unpack an ARCHIVE's results after checking every checksum
	@python -m spatial_mae.cli.unpack_results --archive $(ARCHIVE)

redraw: $(READY)  ## redraw STUDY's figures, claims and report from its tables, without images or training
	snakemake --cores $(CORES) --configfile results/$(STUDY)/config.yaml --rerun-triggers mtime \
	    --forcerun draw_figure judge_claims write_report --logger spatial-mae -- report

keep-results: $(READY)  ## keep a finished STUDY's rounded tables with the docs, in docs/archives
	@python -m spatial_mae.cli.keep_results --study $(STUDY)

results-page: $(READY)  ## renew the verdicts in docs/archives, write docs/{results,hierarchy,quad-tree}.md and draw the pictures from there, in minutes
	python -m spatial_mae.report.results_page docs --judge

estimate: $(READY)  ## estimate jobs, hours and storage of STUDY before it runs (FLAGS: see estimate_cost --help)
	@python -m spatial_mae.cli.estimate_cost \
	    $(if $(filter-out quick,$(STUDY)),--configfile workflow/studies/$(STUDY).yaml) $(FLAGS)

bench: $(READY)  ## run all benchmarks on one thread and print their tables (hours)
	OMP_NUM_THREADS=1 python -m benchmarks

gpu-check:  ## check correctness, robustness and speed on a GPU in ten minutes; needs no .venv (docs/gpu.md)
	PYTHONPATH="src:.$${PYTHONPATH:+:$$PYTHONPATH}" $(PYTHON) -m benchmarks gpu_check --minutes $(MINUTES) --out $(OUT) \
	    $(if $(DATA),--data $(DATA))

docs: $(READY)  ## rewrite the generated pages: docs/{config,measurements,statements,results,hierarchy,quad-tree,advise-validation}.md, the tutorial's outputs, the picture of the rules
	python -m spatial_mae.cli.describe_config
	python -m spatial_mae.figures.drawing.documentation docs/measurements.md
	python -m spatial_mae.report.statements_page docs/statements.md
	python -m spatial_mae.report.results_page docs --no-pictures
	python -m benchmarks.advice_validation page docs
	python -m spatial_mae.report.notebook docs/tutorial.ipynb
	set -o pipefail; snakemake --rulegraph mermaid-js | \
	    python -m spatial_mae.report.rulegraph workflow/rules docs/images/rulegraph.svg

site: $(SITE)/.ready  ## build the documentation as a site, build/site/index.html, and check its links
	PYTHONPATH=src $(SITE)/bin/python -m spatial_mae.report.site build/pages
	$(SITE)/bin/zensical build --strict

lock:  ## write requirements.lock (exact versions and hashes) from pyproject.toml
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header \
	    --quiet --upgrade --output-file requirements.lock

clean:  ## remove the environment, keep the results
	rm -rf .venv

$(SITE)/.ready: pyproject.toml
	$(PYTHON) -m venv --clear $(SITE)
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(SITE)/bin/uv pip install --quiet --python $(SITE)/bin/python --group docs
	@touch $@

$(READY): requirements.lock pyproject.toml
	./.ci/environment "$(PYTHON)" .venv $(TORCH)
	@touch $@
