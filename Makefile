# An active virtual or conda environment is used as it is; otherwise .venv is made.
ACTIVE := $(or $(VIRTUAL_ENV),$(if $(filter-out base,$(CONDA_DEFAULT_ENV)),$(CONDA_PREFIX)))
ENV := $(or $(ACTIVE),.venv)
PYTHON := "$(ENV)/bin/python"
EMPTY :=
STAMP := $(subst $(EMPTY) ,\ ,$(ENV))/lenet-installed.stamp  # of any path, with spaces
# In this order: the second shows the network that the first publishes.
NOTEBOOKS := $(patsubst %,notebooks/lenet5_%.ipynb,mnist evidence 1998)
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# Notebooks run in their own folder: a path relative to this one must be made whole.
# Not every shell puts the home folder for the ~ in `make test MNIST_DIR=~/mnist`.
ifneq ($(MNIST_DIR),)
override MNIST_DIR := $(patsubst ~/%,$(HOME)/%,$(MNIST_DIR))
ifeq ($(filter /%,$(firstword $(MNIST_DIR))),)
override MNIST_DIR := $(CURDIR)/$(MNIST_DIR)
endif
export MNIST_DIR
endif

.PHONY: help report notebook lab test lint check-studies bench study clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

report: $(STAMP)  ## train, execute the notebooks, write the HTML and PDF to reports/
	$(PYTHON) -m lenet.report $(NOTEBOOKS)
	$(PYTHON) -m lenet.readme

notebook: $(STAMP)  ## execute the notebooks in place, outputs kept
	$(PYTHON) -m lenet.report --execute-only $(NOTEBOOKS)

lab: $(STAMP)  ## open the notebook in JupyterLab
	$(PYTHON) -m jupyter lab $(AS_ROOT) \
	  --LabApp.default_url=/lab/tree/notebooks/lenet5_mnist.ipynb

test: lint  ## lint, unit tests, and nbval on the notebooks, two files at a time
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest --numprocesses 2 --dist loadfile \
	  --no-loadscope-reorder --nbval --nbval-current-env $(NOTEBOOKS) tests

check-studies: $(STAMP)  ## run the notebooks on MNIST anew, and a run of each stored study
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest --numprocesses 2 --dist worksteal --verbose \
	  tests/check_studies.py

lint: $(STAMP)  ## check style and format of the code and the notebook
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

bench: $(STAMP)  ## time an epoch of the usual way beside ours, on an idle machine
	$(PYTHON) -m lenet.bench

study: $(STAMP)  ## run a study of several runs on all cores: make study NAME=seeds
	$(PYTHON) -m lenet.studies.runner $(NAME)

clean:  ## remove the environment and everything that was generated but not committed
	rm -rf .venv build runs reports/sample *.egg-info
	find . \( -name __pycache__ -o -name .ipynb_checkpoints -o -name '.*_cache' \) \
	  -prune -exec rm -rf {} +

$(STAMP): pyproject.toml requirements.lock
	@test -x $(PYTHON) || python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "python3 is missing or older than 3.11: install it first"; exit 1; }
	@test -x $(PYTHON) || python3 -m venv "$(ENV)" || { rm -rf .venv; \
	  echo "python3 -m venv failed; on Debian: apt install python3-venv"; exit 1; }
	$(PYTHON) -m pip install --quiet --constraint requirements.lock --editable .
	@touch "$@"
