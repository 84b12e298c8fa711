# The README's commands. Each sets up .venv from requirements.lock first, once.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CORES ?= all
STUDY ?= quick
ARCHIVE ?= results/$(STUDY).tar.gz
OUT ?= gpu-check
MINUTES ?= 9
DATA ?=
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: quick test test-slurm lint bench gpu-check status pack-results unpack-results redraw estimate clean lock

quick: $(READY)  ## the default study on embedded data: figures, claims, report
	snakemake --workflow-profile workflow/profiles/local --cores $(CORES) --quiet rules -- report
	@echo
	@python -m spatial_mae.claims.summary results/quick/claims.json
	@echo "Report: $(CURDIR)/results/quick/report.html"

test: $(READY) lint  ## lint, then unit, cli, workflow and smoke tests
	python -m pytest -n auto --maxprocesses 4 --no-loadscope-reorder -m "not slow" \
	    tests/workflow tests/smoke tests/slurm tests/cli tests/unit

test-slurm: $(READY)  ## a real SLURM of one node: the study quick through it, and every fault (as root)
	python -m pytest tests/slurm -m "slow or not slow"

lint: $(READY)
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint

status: $(READY)  ## training runs: epoch, time left, state
	@python -m spatial_mae.cli.show_status --results results

pack-results: $(READY)  ## what a finished STUDY came to, as one ARCHIVE: tables, figures, claims, records
	@python -m spatial_mae.cli.pack_results --study $(STUDY) --archive $(ARCHIVE)

unpack-results: $(READY)  ## put an ARCHIVE's results in place, every checksum verified
	@python -m spatial_mae.cli.unpack_results --archive $(ARCHIVE)

redraw: $(READY)  ## figures, claims and report of STUDY anew from its tables: no images, no GPU, no training
	snakemake --cores $(CORES) --configfile results/$(STUDY)/config.yaml --rerun-triggers mtime \
	    --forcerun draw_figure judge_claims write_report --quiet rules -- report

estimate: $(READY)  ## jobs, hours and storage of STUDY before it runs; FLAGS as in estimate_cost --help
	@python -m spatial_mae.cli.estimate_cost \
	    $(if $(filter-out quick,$(STUDY)),--configfile workflow/studies/$(STUDY).yaml) $(FLAGS)

bench: $(READY)  ## every benchmark's table, on one thread (minutes)
	OMP_NUM_THREADS=1 python -m benchmarks

gpu-check:  ## ten minutes on a GPU: right, robust, fast? Into OUT; needs no .venv (docs/gpu.md)
	PYTHONPATH="src:.$${PYTHONPATH:+:$$PYTHONPATH}" $(PYTHON) -m benchmarks gpu_check --minutes $(MINUTES) --out $(OUT) \
	    $(if $(DATA),--data $(DATA))

lock:  ## exact versions and hashes of everything, from pyproject.toml
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header \
	    --quiet --upgrade --output-file requirements.lock

clean:  ## remove the environment, keep the results
	rm -rf .venv

$(READY): requirements.lock pyproject.toml
	./.ci/environment "$(PYTHON)" .venv
	@touch $@
