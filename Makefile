# The commands of this project; `make` alone lists them. The scripts they call do the work.
.DEFAULT_GOAL := help
.PHONY: help run dev restore-drill test quick check audit-pages pictures tutorial bench bench-reading bench-check bench-hold mutate coverage sbom format messages lock clean

# Set these in the environment or after `make`: make run PORT=8001
export PORT ?= 8000
export AMTPORTAL_VAR ?= var

help: ## List the commands
	@echo "make COMMAND, where COMMAND is:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 17

run: ## Serve the portal with its demo data on http://localhost:8000/ (PORT=, AMTPORTAL_VAR=)
	@deploy/run.sh

dev: ## The same for developers: starts again when a file changes, DEBUG and a toolbar (PORT=, AMTPORTAL_VAR=)
	@deploy/run.sh dev

restore-drill: ## Back up a portal, restore it elsewhere, and prove that both are the same
	@deploy/setup.sh run
	@deploy/restore_drill.sh

test: ## Run every test on SQLite and on PostgreSQL (PYTEST_ARGS="-k transcript")
	@deploy/setup.sh test
	@tests/run_all.sh $(PYTEST_ARGS)

quick: ## Run the tests that are neither slow nor in a browser, on SQLite only (PYTEST_ARGS="-k transcript")
	@deploy/setup.sh test
	@tests/run_quick.sh $(PYTEST_ARGS)

check: ## Lint, check formatting, types, templates, migrations and deployment settings
	@deploy/setup.sh test
	@tests/run_checks.sh

coverage: ## Show which lines and branches the quick suite reaches, here and in htmlcov/ (PYTEST_ARGS="-k transcript")
	@deploy/setup.sh test
	@tests/run_coverage.sh $(PYTEST_ARGS)

bench: ## Measure every page and every run over the association in a temporary database (BENCH_ARGS="close --cycles 100000")
	@deploy/setup.sh test
	@.venv/bin/python -m tests.benchmarks $(BENCH_ARGS)

bench-reading: ## Read certificates that a generator makes, as PDF and photo (BENCH_ARGS="--layouts c --show")
	@deploy/setup.sh test
	@AMTPORTAL_VAR=$$(mktemp -d) .venv/bin/python -m tests.benchmarks.reading $(BENCH_ARGS)

bench-check: ## Compare the queries and bytes of each page with those in tests/benchmarks/held.json
	@deploy/setup.sh test
	@tests/run_held.sh

bench-hold: ## Write tests/benchmarks/held.json again, after a change that is meant
	@deploy/setup.sh test
	@tests/run_held.sh --write

audit-pages: ## Measure every page in Chromium, print a table, save pictures in screenshots/ (SCREENS="home|record" BEFORE=/path/to/another/checkout)
	@deploy/setup.sh audit
	@.venv/bin/python -m tests.audit "$(SCREENS)" $(BEFORE)

pictures: ## Take the pictures of the guide and of mail again
	@deploy/setup.sh test
	@AMTPORTAL_VAR=$$(mktemp -d) WRITE_PICTURES=1 .venv/bin/python -m pytest -q -p no:randomly tests/browser/test_guide_pictures.py tests/browser/test_mail_pictures.py

tutorial: ## Record the three clips of the tutorial again, in both languages
	@deploy/setup.sh tutorial
	@AMTPORTAL_VAR=$$(mktemp -d) WRITE_TUTORIAL=1 .venv/bin/python -m pytest -q -p no:randomly tests/browser/test_tutorial.py

mutate: ## Change each rule in one place at a time and see whether its tests notice (MODULES=ccp/counting/points.py, SAMPLE=40)
	@deploy/setup.sh test
	@.venv/bin/python tests/mutation/run.py $(MODULES)

# The lock file alone is read: the same one gives the same bill. It does not say which package asks for which, of which
# the command warns; the lock file does.
SBOM = .venv/bin/python -W ignore::UserWarning -m cyclonedx_py requirements requirements.txt --pyproject pyproject.toml \
	--spec-version 1.6 --output-reproducible --output-file

sbom: ## Write the bill of materials (CycloneDX) to AMTPORTAL_VAR/sbom.cdx.json
	@deploy/setup.sh test
	@mkdir -p "$(AMTPORTAL_VAR)"
	@$(SBOM) "$(AMTPORTAL_VAR)/sbom.cdx.json"
	@echo "$(AMTPORTAL_VAR)/sbom.cdx.json"

format: ## Rewrite Python and templates in the house format
	@deploy/setup.sh test
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .
	@find $(wildcard amtportal certifications ccp templates) -name '*.html' -exec .venv/bin/djade {} + || true

messages: ## Gather the sentences to translate and compile the translations (for developers)
	@deploy/setup.sh test
	@deploy/messages.sh

COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" .tools/bin/uv pip compile --quiet --universal \
	--generate-hashes --no-emit-index-url --no-emit-find-links $(LOCK_ARGS)

lock: ## Write the lock files from pyproject.toml (LOCK_ARGS=--upgrade for newer releases)
	@deploy/setup.sh tools
	@echo uv | $(COMPILE) - -o deploy/uv-requirements.txt
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## Remove everything that can be made again; the data in var/ stays
	rm -rf .venv .tools .setup.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .test-databases test-results
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
