# The way in. `make train-joint` and `make test` set everything up by themselves.
#   make train-joint [DATA=SOURCE] [RECIPE=NAME] [RUN=DIR] [SET="model.tied=true phases.0.epochs=5"]
#   make tune [DATA=SOURCE] [RECIPE=NAME] [NAME=NAME] [WORKERS=N] [SET="search.max_trials=30"]
# The fields of SET are divided by spaces, so write lists without any: SET="model.encoder.filters=[16,32]".

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
# A process a core, a file of tests in one of them, so that what a file has trained serves all of its tests.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help train-joint tune report test test-slow lint types bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))" || \
		{ echo "make: expected Python 3.11, 3.12 or 3.13 as $(PYTHON); name one with PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEVELOPED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,lint]"
	@touch $@

train-joint: $(INSTALLED) ## train the joint model, evaluate, report, export (the digits unless DATA is given)
	@$(BIN)/kerasae train $(RECIPE) $(if $(DATA),--data "$(DATA)") $(if $(RUN),--run "$(RUN)") \
		$(foreach field,$(SET),--set '$(field)')

tune: $(INSTALLED) ## search depth and width (the digits unless DATA or RECIPE is given), on WORKERS=N processes
	@$(BIN)/kerasae tune $(RECIPE) $(if $(DATA),--data "$(DATA)") $(if $(NAME),--name "$(NAME)") \
		$(if $(WORKERS),--workers "$(WORKERS)") $(foreach field,$(SET),--set '$(field)')

report: $(INSTALLED) ## draw the report of RUN=DIR again
	@$(BIN)/kerasae report "$(RUN)"

test: $(DEVELOPED) ## run the tests, a few minutes
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

test-slow: $(DEVELOPED) ## run the slow tests too
	$(BIN)/python -m pytest $(PARALLEL)

lint: $(DEVELOPED) ## check style
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(DEVELOPED) ## check types
	$(BIN)/mypy

bench: $(DEVELOPED) ## run the benchmarks, side by side with what you would use instead
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	for program in benchmarks/*.py; do $(BIN)/python $$program || exit 1; done

clean: ## remove the environment and the caches in this folder; runs stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
