# `make quickstart` and `make test` set everything up by themselves; only Python 3.11 or newer is needed.

VENV := .venv
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# The paper's experiments in miniature, in an order in which nothing is done twice.
MINIATURES := pool/miniature years/miniature within-field/miniature triples/miniature pairs/miniature \
	unequal-fields/miniature everything/miniature two-sources/miniature swap-field/miniature \
	scale/miniature/large scale/miniature noseed/miniature noseed/miniature/own \
	slices/miniature slices/miniature/k4 slices/miniature/k8 \
	seeds/miniature seeds/miniature/medium seeds/miniature/large

.PHONY: quickstart paper test architectures notebook style quality clean

quickstart: $(VENV)/.installed
	$(VENV)/bin/hf-ablate run recipes/quickstart

paper: $(VENV)/.installed
	for study in $(MINIATURES); do $(VENV)/bin/hf-ablate run recipes/paper/$$study || exit 1; done
	$(VENV)/bin/python recipes/paper/figures.py

test: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n 2 --dist worksteal

# Tries every text architecture of transformers, and writes docs/architectures.md.
architectures: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(VENV)/bin/python tests/architectures/write_table.py

notebook: $(VENV)/.installed-test quickstart
	cd docs && PYTHONWARNINGS=ignore ../$(VENV)/bin/jupyter execute --inplace quickstart.ipynb
	for study in pool triples; do $(VENV)/bin/hf-ablate run recipes/paper/$$study/miniature || exit 1; done
	cd docs/notebooks && PYTHONWARNINGS=ignore ../../$(VENV)/bin/jupyter execute --inplace *.ipynb

style: $(VENV)/.installed-test
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

quality: $(VENV)/.installed-test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed, and none was found" >&2; exit 1; fi
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python setup.cfg pyproject.toml constraints.txt
	@echo "Installing hf_ablate and what it needs into $(VENV); this takes a few minutes the first time."
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable .
	@# Checks the install, and makes the table of train's options, so that the first command is fast.
	@$(VENV)/bin/hf-ablate validate recipes/quickstart
	touch $@

$(VENV)/.installed-test: $(VENV)/bin/python setup.cfg pyproject.toml constraints.txt
	@echo "Installing hf_ablate, what it needs and the tests' tools into $(VENV); this takes a few minutes the first time."
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@# Checks the install, and makes the table of train's options, so that the first command is fast.
	@$(VENV)/bin/hf-ablate validate recipes/quickstart
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV)
