# make run: the portal on this machine.  make demo: the same without a person.  make test: the tests.  README.md tells the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: setup run demo passwords test lint format messages bench drill screenshots lock sbom licences audit clean
.DEFAULT_GOAL := run

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (on Debian: apt-get install python3-venv)"; rm -rf $(VENV); exit 1; }

$(VENV)/.run: requirements.lock | $(BIN)/python
	@echo "Installing what the portal needs (once; TensorFlow is large) ..."
	@$(PIP) --requirement requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(BIN)/python
	@echo "Installing what the portal and its tests need (once; TensorFlow is large) ..."
	@$(PIP) --requirement requirements-dev.lock
	@touch $@ $(VENV)/.run

setup: $(VENV)/.dev

run: $(VENV)/.run
	@$(BIN)/python -m medinform.run

demo: $(VENV)/.run
	@$(BIN)/python -m medinform.demo $(if $(IMAGES),--images "$(IMAGES)") $(if $(DISEASE),--disease "$(DISEASE)")

passwords: $(VENV)/.run
	@$(BIN)/python -m medinform.passwords

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=true SECRET_KEY=lint $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --lint
	$(BIN)/hadolint Dockerfile
	DEBUG=true SECRET_KEY=lint $(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=true SECRET_KEY=lint $(BIN)/python -m drills.lint
	DEBUG=false SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') $(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet

MESSAGES := $(BIN)/python manage.py makemessages --all --add-location file --no-wrap --ignore .venv --ignore var --ignore build --ignore static/vendor
messages: $(VENV)/.dev
	DEBUG=true SECRET_KEY=messages $(MESSAGES) --extension html,txt,py
	DEBUG=true SECRET_KEY=messages $(MESSAGES) --domain djangojs
	DEBUG=true SECRET_KEY=messages $(BIN)/python manage.py compilemessages --ignore .venv

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

drill: $(VENV)/.dev
	$(BIN)/python -m drills

screenshots: $(VENV)/.dev
	$(BIN)/python -m docs.screenshots

# After a change to requirements*.txt or constraints.txt. What is new in a lock goes into constraints.txt, too: a test says what is missing.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
lock: | $(BIN)/uv
	$(LOCK) --constraint constraints.txt requirements.txt --output-file requirements.lock
	$(LOCK) --constraint constraints.txt requirements-dev.txt --output-file requirements-dev.lock
	$(LOCK) --constraint constraints.txt requirements-optional.txt --output-file requirements-optional.lock

$(BIN)/uv:
	@$(MAKE) $(VENV)/.dev

sbom: $(VENV)/.dev
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --output-file build/sbom.cdx.json

licences: $(VENV)/.dev
	$(BIN)/python -m supply.licences

audit: $(VENV)/.dev
	@$(BIN)/python -m supply.audit

clean:
	rm -rf $(VENV) var build staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
