# make demo: the portal on a simulated AWS organization. make test: every test that can run here. make check: the rest.
VENV := .venv
PYTHON := $(VENV)/bin/python

.PHONY: demo demo-reset test least-privilege check bench conformance screenshots format messages
.DEFAULT_GOAL := test

$(VENV)/demo: requirements-demo.txt
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-demo.txt
	touch $@

$(VENV)/dev: requirements-dev.txt
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@ $(VENV)/demo

PORT ?= 8000
SANDBOX_PORT ?= 5000

demo: $(VENV)/demo
	PATCHPORTAL_PLAIN_HTTP=true $(PYTHON) manage.py demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

demo-reset:
	rm -rf .demo

# The tests that read and write rows, run a second time on PostgreSQL.
ROWS := tests/deploy tests/observe tests/wizard tests/house/test_database.py tests/house/test_migrations.py tests/house/test_urls.py

test: $(VENV)/dev
	$(PYTHON) -m pytest -n 2 --dist worksteal
	$(PYTHON) -m tests.on_postgres -n 2 $(ROWS)

# Every action of the printed IAM policies taken away in turn; the last line counts those that were missed by name.
least-privilege: $(VENV)/dev
	$(PYTHON) -m pytest -n 2 tests/least_privilege --every-action

check: $(VENV)/dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	PATCHPORTAL_PLAIN_HTTP=true $(PYTHON) manage.py makemigrations --check --dry-run
	PATCHPORTAL_SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(60))') $(PYTHON) manage.py check --deploy --fail-level WARNING

# Every fault at every call to AWS, told in docs/faults.md: minutes on two cores.
.PHONY: faults
faults: $(VENV)/dev
	$(PYTHON) -m tests.faults

# Figures, each with its target beside it, and how many are met; alone on the machine, or they tell little.
bench: $(VENV)/dev
	$(PYTHON) -m bench

# A picture of every page, in screenshots/index.html: some minutes.
screenshots: $(VENV)/dev
	$(PYTHON) -m pytest tests/browser/gallery.py

# What the sandbox answers, read off the calls of its tests.
conformance: $(VENV)/dev
	$(PYTHON) -m tests.conformance

format: $(VENV)/dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

messages: $(VENV)/dev
	PATCHPORTAL_PLAIN_HTTP=true $(PYTHON) manage.py update_translations
