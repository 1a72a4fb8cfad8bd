# The commands of this project; `make help` lists them. Every one sets up what it needs and may be run again.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

NODES ?= 3
CONTROL_PLANES ?= 1
LAB ?= container
# Which nodes are virtual machines: none, all, or those that are no control plane nodes.
VMS_container = 0
VMS_vm = $(NODES)
VMS_mixed = $$(($(NODES) - $(CONTROL_PLANES)))
VMS = $(or $(VMS_$(LAB)),$(error LAB must be container, vm or mixed))
# More words for `tests/lab/lab up`, which lists them with --help.
LAB_OPTIONS ?=

VENV := .venv
COLLECTION := .collections/ansible_collections/kurl/ipv6
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help
help: ## Show the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: env
env: ## Make the Python environment in .venv
	@tests/ci/make-venv $(VENV) requirements-dev.txt

.PHONY: collection
collection: env ## Copy the tree to .collections, where ansible finds it by its name
	@tests/ci/copy-collection $(COLLECTION)

.PHONY: lint
lint: collection ## Judge the sources without running them
	@tests/ci/lint

.PHONY: units
units: collection ## Run the unit tests, those of host-side code on Python 3.6 as well
	@tests/ci/units

.PHONY: sanity
sanity: env ## Run ansible-test's sanity tests on the oldest and the newest ansible-core
	@tests/ci/sanity

.PHONY: build
build: env ## Build the collection, look into the tarball, install it and use it from there
	@tests/ci/build

.PHONY: docs
docs: env ## Write the parts of docs/ that are generated from the code
	@for script in tests/docs/*.py; do python -B "$$script" --write; done

.PHONY: changelog
changelog: collection ## Write CHANGELOG.md from the fragments, for the version in galaxy.yml
	@antsibull-changelog release

.PHONY: mirror
mirror: ## Fetch or build the artifacts that the lab installs, into the cache
	@tests/lab/mirror/build

.PHONY: lab-up
lab-up: ## Bring up nodes (NODES=3 CONTROL_PLANES=1 LAB=container|vm|mixed)
	@tests/lab/lab up --nodes $(NODES) --control-planes $(CONTROL_PLANES) --vms $(VMS) $(LAB_OPTIONS)

.PHONY: lab-down
lab-down: ## Remove the nodes and everything that came with them
	@tests/lab/lab down

.PHONY: demo
demo: collection ## Make a cluster on three nodes of this machine, and leave it up
	@tests/lab/demo --nodes $(NODES) --control-planes $(CONTROL_PLANES)

.PHONY: e2e
e2e: collection ## Install on fresh nodes, verify, install again, restart the nodes, verify again
	@tests/ci/e2e

.PHONY: e2e-rook
e2e-rook: collection ## Make a Ceph cluster by Rook on nodes with disks, break it, watch it heal, wipe it (builds Ceph's image)
	@tests/ci/e2e-rook

.PHONY: e2e-vm
e2e-vm: collection ## The same with kernels of their own: router advertisements, reboots, workers in virtual machines
	@tests/ci/e2e-vm

.PHONY: e2e-kill
e2e-kill: collection ## Kill site at ten random points, and see the next run make the cluster (12 minutes)
	@tests/lab/mirror/build
	.venv/bin/python -m pytest tests/e2e/test_kill.py -v -s

.PHONY: bench
bench: collection ## Measure against baselines of the same run, and print the ratios
	@tests/bench/translate
	tests/bench/site
	tests/bench/preflight

.PHONY: test
test: ## Run everything that CI runs
	@tests/ci/all
