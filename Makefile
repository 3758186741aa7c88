# Thin lines over `python -m pipeline <command>`. GNU make 3.81 syntax.
# What a user types (TEXT, INPUT, …) never stands in a recipe: it travels through the environment, so that quotes, `$`,
# backticks and `;` are only text. `override` and `$(value …)` keep make itself from expanding it.
override export TEXT := $(value TEXT)
override export INPUT := $(value INPUT)
override export ON_BAD_RECORD := $(value ON_BAD_RECORD)
override export OUTPUT := $(value OUTPUT)
override export TEXT_COLUMN := $(value TEXT_COLUMN)
override export LABEL_COLUMN := $(value LABEL_COLUMN)
override export SUBJECT_COLUMN := $(value SUBJECT_COLUMN)
override export DELIMITER := $(value DELIMITER)
override export DATASET := $(value DATASET)
override export PROFILE := $(value PROFILE)
override export COMPARE := $(value COMPARE)
override export TARGET := $(value TARGET)
override export PIPELINE_NAME := $(value PIPELINE_NAME)
override export ONLY := $(value ONLY)
override export CORPUS := $(value CORPUS)
override export INSTANCE_TYPE := $(value INSTANCE_TYPE)
override export INSTANCE_COUNT := $(value INSTANCE_COUNT)
override export INSTANCES := $(value INSTANCES)
override export TRAFFIC := $(value TRAFFIC)
override export TRAFFIC_SIZE := $(value TRAFFIC_SIZE)
override export BAKE := $(value BAKE)
override export CAPTURE := $(value CAPTURE)
override export TTL := $(value TTL)
override export MODEL_PACKAGE := $(value MODEL_PACKAGE)
override export LATEST_APPROVED := $(value LATEST_APPROVED)
override export MODEL_VERSION := $(value MODEL_VERSION)
override export MIN_INSTANCES := $(value MIN_INSTANCES)
override export MAX_INSTANCES := $(value MAX_INSTANCES)
override export TARGET_INVOCATIONS := $(value TARGET_INVOCATIONS)
override export ENGINE := $(value ENGINE)
override export SPOT := $(value SPOT)
override export YES := $(value YES)

SHELL := /bin/sh
VENV := .venv
PIPELINE := $(VENV)/bin/python -m pipeline
PY := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo bootstrap prepare train tune deploy-pipeline invoke batch-transform evaluate report explain status \
	logs teardown local-up local-status local-down test test-image accuracy bench bench-scale lint format clean

help:  ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	while IFS='|' read -r target text; do printf '%-24s %s\n' "$$target" "$$text"; done
	@echo
	@echo "  TARGET=local (default, free, on this machine) or TARGET=aws. Options: $(PIPELINE) <command> --help"

setup: $(VENV)/.run-time  ## make .venv with what the commands need (PYTHON=... chooses the interpreter; uses uv when it is there)
	@echo "$(VENV) is ready: $$($(PY) --version)"

demo: $(VENV)/.run-time  ## the main job from a bare checkout: train, deploy, classify one text, on the local SageMaker
	@$(PIPELINE) demo

bootstrap: $(VENV)/.run-time  ## make the bucket, the roles and the policies that the other commands use (TARGET=aws: before the first)
	@$(PIPELINE) bootstrap

prepare: $(VENV)/.run-time  ## fetch and check the data (INPUT='my.csv more/' TEXT_COLUMN=... LABEL_COLUMN=... ON_BAD_RECORD=skip for your own)
	@$(PIPELINE) prepare

train: $(VENV)/.run-time  ## train both models (PROFILE=..., ENGINE=spark, INPUT=... as for prepare)
	@$(PIPELINE) train

tune: $(VENV)/.run-time  ## try many settings on the train split, write a profile (PROFILE=..., INPUT=... as for train)
	@$(PIPELINE) tune

deploy-pipeline: $(VENV)/.run-time  ## one model of two containers behind one endpoint (TRAFFIC=..., INSTANCE_COUNT=..., TTL=2h: docs/releases.md)
	@$(PIPELINE) deploy-pipeline

.PHONY: rollback scale register approve reject
rollback: $(VENV)/.run-time  ## bring the endpoint back to the configuration before
	@$(PIPELINE) rollback

scale: $(VENV)/.run-time  ## let instances come and go with the requests: MAX_INSTANCES=... TARGET_INVOCATIONS=...
	@$(PIPELINE) scale

register: $(VENV)/.run-time  ## make the latest run a version of the model registry, with its scores
	@$(PIPELINE) register

approve: $(VENV)/.run-time  ## let a version serve, the newest or MODEL_VERSION=...: then make deploy-pipeline LATEST_APPROVED=1
	@$(PIPELINE) approve

reject: $(VENV)/.run-time  ## keep a version from serving, the newest or MODEL_VERSION=...
	@$(PIPELINE) reject

invoke: $(VENV)/.run-time  ## classify one text: make invoke TEXT="..."
	@$(PIPELINE) invoke

batch-transform: $(VENV)/.run-time  ## classify files or an s3:// prefix: INPUT=... OUTPUT=... (TEXT_COLUMN=... for files; ON_BAD_RECORD=skip)
	@$(PIPELINE) batch-transform

evaluate: $(VENV)/.run-time  ## accuracy and F1 of the deployed pipeline on the test split
	@$(PIPELINE) evaluate

report: $(VENV)/.run-time  ## a page on the data and the model: report/index.html (COMPARE=a run or a profile)
	@$(PIPELINE) report

explain: $(VENV)/.run-time  ## why a text gets its category, word by word: make explain TEXT="..."
	@$(PIPELINE) explain

status: $(VENV)/.run-time  ## what is trained, what is deployed, which code serves
	@$(PIPELINE) status

logs: $(VENV)/.run-time  ## the containers' output
	@$(PIPELINE) logs

teardown: $(VENV)/.run-time  ## delete the endpoint and all that was made for it (on AWS: stop paying; it asks, YES=1 does not)
	@$(PIPELINE) teardown

local-up: $(VENV)/.run-time  ## start the local SageMaker (commands do it by themselves)
	@$(PIPELINE) local up

local-status: $(VENV)/.run-time  ## where the local SageMaker is, and whether it runs today's code
	@$(PIPELINE) local status

local-down: $(VENV)/.run-time  ## stop the local SageMaker and all that it runs; what it stores stays
	@$(PIPELINE) local down

test: $(VENV)/.development  ## the tests, in four processes, which mostly wait for others
	@$(PY) -m pytest -q -n 4 -m "not long"

.PHONY: test-long
test-long: $(VENV)/.development  ## the tests that take long: accuracy on full corpora, servers killed again and again, the report in a browser
	@$(PY) -m pytest -q -n 4 -m long

test-image: $(VENV)/.development  ## train and serve in the AWS image's environment, rebuilt here (needs a Python 3.12)
	@$(PY) tests/image/build.py && $(PY) tests/image/offline.py $(PY) -m pytest -q tests/image

.PHONY: test-sdks
test-sdks: $(VENV)/.development  ## run both SageMaker SDKs, unmodified, against the local SageMaker (in environments of their own)
	@$(PY) -m tests.sdks.environments && $(PY) -m pytest -q -n 4 --timeout 1800 tests/sdks

.PHONY: test-image-catalogue
test-image-catalogue: $(VENV)/.development  ## train and serve in the environments of the local SageMaker's images (downloads them once)
	@$(PY) -m pytest -q -n 2 tests/image_catalogue

.PHONY: test-wheel
test-wheel: $(VENV)/.development  ## build the local SageMaker's distribution, install it elsewhere, run its README's example
	@$(PY) -m pytest -q tests/distribution

.PHONY: fuzz soak reliability
fuzz: $(VENV)/.development  ## throw anything at every decoder, for minutes (FUZZ_CASES=... for each property)
	@FUZZ_CASES=$${FUZZ_CASES:-5000} $(PY) -m pytest -q --timeout 1800 tests/fuzz

soak: $(VENV)/.development  ## load an endpoint, update it, kill its containers: nothing wrong, lost or leaked (3 to 5 minutes)
	@$(PY) -m tests.soak

# Each part writes what it saw; the page is made of that.
reliability: export RELIABILITY_REPORT := $(CURDIR)/.reliability
reliability: $(VENV)/.development  ## run all that docs/reliability.md is made of, and write it (10 minutes)
	@$(PY) -m pytest -q tests/test_bad_requests.py tests/local_sagemaker/test_faults.py
	@$(MAKE) test-image fuzz soak
	@$(PY) -m tests.reliability_page .reliability

accuracy: $(VENV)/.development  ## how right the default profile is: docs/accuracy.md (an hour; CORPUS=NAME=train.csv,test.csv for that alone)
	@$(PY) -m benchmarks.accuracy $${CORPUS:+--corpus "$$CORPUS"}

bench-scale: $(VENV)/.development  ## how it grows with the data: docs/scale.md (an hour; python -m benchmarks.scale --help for parts of it)
	@$(PY) -m benchmarks.scale train .scale && $(PY) -m benchmarks.scale batch .scale

bench: $(VENV)/.development  ## speed beside the peers, to docs/benchmarks.md (10 minutes; ONLY=chain,batch for some of it)
	@$(PY) -m benchmarks.speed --only "$$ONLY"

lint: $(VENV)/.development  ## ruff, mypy, and the layers of the imports
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .
	@$(PY) -m mypy pipeline local_sagemaker
	@cd preprocessor_container && ../$(PY) -m mypy --config-file ../pyproject.toml .
	@cd classifier_container && ../$(PY) -m mypy --config-file ../pyproject.toml .
	@cd pipeline/spark/program && MYPYPATH=../../../preprocessor_container:../../../classifier_container \
		../../../$(PY) -m mypy --config-file ../../../pyproject.toml .
	@$(VENV)/bin/lint-imports --no-cache --no-logo

.PHONY: lint-template aws-smoke
lint-template: $(VENV)/.development  ## cfn-lint and checkov over the infrastructure's template (checkov in an environment of its own; needs uv)
	@sh .ci/lint-template $(VENV)

aws-smoke: $(VENV)/.run-time  ## the shortest real life on AWS under a name of its own, taken away again (some cents; asks first)
	@TARGET=aws $(PIPELINE) smoke

.PHONY: check-wheels
check-wheels:  ## is there a wheel of everything for every Python and platform? (FETCH=1 downloads them all; needs uv)
	@sh .ci/check-wheels $(if $(FETCH),--fetch)

format: $(VENV)/.development  ## let ruff put the code in form
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

clean: ## remove the environments and caches (never the local SageMaker's state)
	rm -rf $(VENV) .test-image .sdks .bench .scale .pytest_cache .mypy_cache .ruff_cache .hypothesis .reliability

# The stamps say what was installed last; an install that was cut off is begun again.
$(VENV)/.run-time: requirements.txt
	@PYTHON='$(PYTHON)' sh .ci/install $(VENV) requirements.txt
	@touch $@

$(VENV)/.development: $(VENV)/.run-time requirements-dev.txt
	@PYTHON='$(PYTHON)' sh .ci/install $(VENV) requirements.txt requirements-dev.txt
	@touch $@
