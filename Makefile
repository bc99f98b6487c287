# make run: everything the workbench needs, then the workbench.  make test: everything the checks need, then the checks.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
PORT   ?= 8000
HOST   ?= 0.0.0.0
DATA   ?= ./data
BIN     = $(VENV)/bin
PIP     = $(BIN)/pip --disable-pip-version-check -q
export PORT HOST DATA
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test unit lint bench install install-dev browser requirements clean
.DELETE_ON_ERROR:

run: install
	@exec $(BIN)/flask up

install: $(VENV)/.worker web/node_modules/.installed
install-dev: $(VENV)/.dev web/node_modules/.installed browser

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Second Look needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.worker: $(VENV)/.python requirements/runtime.txt requirements/worker.txt requirements/backbone.txt
	@echo "Installing Python packages (once, about 2 minutes)..."
	$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/worker.txt
	$(PIP) install --require-hashes --no-deps -r requirements/backbone.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.worker requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Node from PATH, else from a wheel; only npm's own installer runs, no package script (--ignore-scripts).
web/node_modules/.installed: web/package.json web/package-lock.json | $(VENV)/.python
	@command -v npm >/dev/null || $(PIP) install --require-hashes -r requirements/node.txt
	cd web && PATH="$$PATH:$(abspath $(BIN))" npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@
