.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

BIN := .venv/bin
# Tests that start servers and browsers gain nothing from more processes than this.
WORKERS ?= auto
ARGS ?=

# Homebrew on Apple silicon keeps Pango where the loader does not look.
ifeq ($(shell uname -s),Darwin)
LIBRARIES := DYLD_FALLBACK_LIBRARY_PATH=/opt/homebrew/lib:/usr/local/lib:/usr/lib
endif

.PHONY: help
help: ## Say what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Create .venv from the hash-locked packages and check the system libraries
	@deploy/setup.sh runtime

.PHONY: demo
demo: setup ## Set up, load the demonstration hospital group, make and verify a pack, serve (SERVE=no: do not serve)
	@$(LIBRARIES) $(BIN)/python -m governance demo $(if $(filter no,$(SERVE)),--no-serve)

.PHONY: run
run: setup ## Serve this instance (an empty one prints its first administrator sign-in)
	@$(LIBRARIES) $(BIN)/python -m governance serve

.PHONY: setup-dev
setup-dev: ## The same as setup, with what the linters need
	@deploy/setup.sh dev

.PHONY: setup-test
setup-test:
	@deploy/setup.sh test

.PHONY: test
test: setup-test ## Run the tests: SQLite, PostgreSQL, Chromium, PDFs; five minutes (ARGS="tests/systems -k stage" for some)
	@chromium=$$(deploy/chromium.sh) && AIMS_CHROMIUM="$$chromium" $(LIBRARIES) \
		$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 -m "not pages and not thorough" $(ARGS)

.PHONY: test-thorough
test-thorough: setup-test ## Run the rest: every room on PostgreSQL too, whole bags of packs, killed workers
	@chromium=$$(deploy/chromium.sh) && AIMS_CHROMIUM="$$chromium" $(LIBRARIES) \
		$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 -m "thorough and not pages" $(ARGS)

.PHONY: test-pages
test-pages: setup-test ## Open every page of the demonstration in Chromium and in each language, and look at it with axe
	@chromium=$$(deploy/chromium.sh) && AIMS_CHROMIUM="$$chromium" $(LIBRARIES) \
		$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 -m pages $(ARGS)

.PHONY: test-quick
test-quick: setup-test ## Run the tests that need no browser, no PostgreSQL and no patience
	@$(LIBRARIES) $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 -m "not browser and not postgres and not slow and not pages" $(ARGS)

.PHONY: simulate
simulate: setup-test ## Let ten years of 1,000 audit schedules pass, with crashes and a second worker, beside the oracle (ARGS="--years 3")
	@$(BIN)/python -m pytest -n 0 -s -k sqlite tests/audits/test_simulation.py --schedules 1000 --years 10 $(ARGS)

.PHONY: lint
lint: setup-dev ## Check style, types and the directions of imports
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: setup-dev ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: messages
messages: setup-dev ## Collect the texts of the pages for translation and say which lack one
	@$(BIN)/python -m governance.messages

.PHONY: bench
bench: setup-dev ## Measure the claims about speed (ARGS names one of them)
	@$(LIBRARIES) $(BIN)/python -m benchmarks $(ARGS)

.PHONY: wheel
wheel: setup-dev ## Build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

.PHONY: lock
lock: setup-dev ## Pin what pyproject.toml asks for anew (ARGS=--upgrade: newest releases)
	@deploy/lock.sh $(ARGS)
