# The targets of everyday work; `make` alone tells them.
#
# Everything runs in .venv, which is made on first use. Another Python to make it
# with: make PYTHON=python3.12 …

PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet
BENCHMARKS := $(wildcard tests/benchmarks/*.py)

.DEFAULT_GOAL := help
.PHONY: help demo test audit faults check docs pictures site bench venv clean

help:  ## Tell what there is
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST) \
	  | awk '{ printf "  %s %-7s", $$1, $$2; $$1 = $$2 = ""; print }'

demo: .venv/installed-demo  ## Crash a small terminal and show the report; sends nothing
	@rm -rf .demo && mkdir .demo
	@.venv/bin/python -m crashwatch demo --home .demo/home -- \
	  .venv/bin/python fixtures/terminals/pachyterm_mini --crash null_read -- \
	  sh -c 'echo "This line is on the screen, and in no report."'

test: .venv/installed-dev  ## Run every test
	.venv/bin/python -m pytest -n 2 --dist loadfile

audit: .venv/installed-dev  ## Each requirement, its tests and their result; make audit ROWS="TR-1 EC-5"
	@PYTHONPATH=. .venv/bin/python tests/audit/run_audit.py $(ROWS)

faults: .venv/installed-dev  ## What may go wrong on the way to a server, row by row; then 10,000 reports
	@.venv/bin/python -m pytest -n 0 -q -s -W ignore tests/process/test_fault_matrix.py
	@PYTHONPATH=. .venv/bin/python tests/benchmarks/upload_storm.py

check: .venv/installed-dev  ## Formatting, lint, types, layers and the fast tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/python -m pytest -q tests/architecture tests/unit tests/property \
	  -m "not (process or ptrace or bugsink or display or slow)"

docs: .venv/installed-dev  ## Make the documents that are made from the code
	@PYTHONPATH=. .venv/bin/python tests/architecture/generated_documents.py

pictures: .venv/installed-dev  ## Take the pictures of docs/pictures anew; look at each
	@PYTHONPATH=. .venv/bin/python -m tests.doubles.page_pictures docs/pictures

site: .venv/installed-docs  ## The documents as a site, in build/site; nothing is fetched for it
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet
	@echo "build/site/index.html"

bench: .venv/installed-dev  ## Measure; on a quiet machine
	@set -e; for file in $(BENCHMARKS); do \
	  echo "== $$file"; PYTHONPATH=. .venv/bin/python "$$file"; \
	done

venv: .venv/installed-dev  ## Make .venv with everything for development

clean:  ## Remove what was made, but .venv and fetched test tools
	rm -rf .demo build dist .mypy_cache .ruff_cache .pytest_cache \
	  .import_linter_cache .hypothesis .coverage
	find crashwatch reports scrubbers tests fixtures -name __pycache__ \
	  -type d -prune -exec rm -rf {} +

.venv/installed-%: pyproject.toml | .venv/bin/pip
	$(PIP) install --editable '.[$*]'
	@touch $@

.venv/bin/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) is missing. On Debian: apt-get install python3 python3-venv"; \
	  exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "crashwatch needs Python 3.11 or newer; $(PYTHON) is" \
	    "$$($(PYTHON) -c 'import platform; print(platform.python_version())')."; \
	  echo "Name another: make PYTHON=python3.12 …"; \
	  exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments."; \
	  echo "On Debian: apt-get install python3-venv"; \
	  exit 1; } >&2
	$(PYTHON) -m venv .venv
