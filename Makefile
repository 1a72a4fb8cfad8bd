# The commands of this project; `make help` lists them. Every one sets up what it needs and may be run again.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

NODES ?= 3
CONTROL_PLANES ?= 1
LAB ?= container

VENV := .venv
COLLECTION := .collections/ansible_collections/kurl/ipv6
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help
help: ## Show the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: env
env: $(VENV)/.ready ## Make the Python environment in .venv

$(VENV)/.ready: requirements.txt requirements-dev.txt tests/ci/make-venv
	@tests/ci/make-venv $(VENV) requirements-dev.txt
	touch $@

.PHONY: collection
collection: env ## Copy the tree to .collections, where ansible finds it by its name
	@tests/ci/copy-collection $(COLLECTION)

.PHONY: units
units: collection ## Run the unit tests
	@tests/ci/units $(COLLECTION)

.PHONY: test
test: units ## Run everything that CI runs
