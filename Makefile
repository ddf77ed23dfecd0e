# The two commands of the README are `make demo` and `make test`; each sets up what it needs by itself.
SHELL := /bin/bash
BIN := .venv/bin
HEADLESS := .venv-headless/bin
export QT_LOGGING_RULES ?= qt.qpa.*=false
export PYTHON

.PHONY: help setup demo test check lint types imports test-main test-headless bench soak docs pictures format clean

help: ## What there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## System libraries, .venv and dependencies; instant when nothing changed
	@scripts/setup.sh

demo: setup ## The window on a simulated hall (off screen for a minute where there is no display)
	$(BIN)/hydra-gui demo $(DEMO)

test: setup check test-main test-headless ## Everything that must hold before a change goes in

check: setup lint types imports ## Style, types and import directions

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

# Two processes, each with a database server of its own; a file of tests stays in one.
SHARED := -n 2 --dist loadfile

test-main: setup
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m "not soak" $(SHARED) $(PYTEST)

# The engine where nobody installed Qt or TensorFlow: the tests of its rooms, then the program itself, from the shell
# and as a service. What needs a database server or time is tested once, in the job above.
HEADLESS_TESTS := tests/unit tests/integration/test_engine.py tests/integration/test_services_classify.py \
	tests/integration/test_services_serving.py tests/integration/test_cli_commands.py

test-headless: setup
	$(BIN)/python scripts/setup_headless.py
	$(HEADLESS)/python -m pytest -p tests.plugins.without_qt -m "not soak and not tensorflow" $(SHARED) \
		-o cache_dir=.pytest_cache/headless $(HEADLESS_TESTS) $(PYTEST)

bench: setup ## Every benchmark, one JSON line each
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt -e '.[bench]'
	QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} $(BIN)/python -m tests.benchmarks $(NAMES)

soak: setup ## The long trials: 20,000 plots, a million wrong inputs, kills at random moments, limits to the figure
	HYDRA_EXACT_LIMITS=1 QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m timed $(PYTEST)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m soak --timeout 7200 $(PYTEST)
	HYDRA_TENSORFLOW_HERE=1 $(BIN)/python -m pytest -m soak --timeout 7200 tests/integration/test_backbone_training.py $(PYTEST)

docs: setup ## Reference pages from the program itself, and a check of every link
	PYTHONPATH=. $(BIN)/python scripts/build_docs.py

pictures: setup ## New pictures for the documentation, taken from the demo off screen
	QT_QPA_PLATFORM=offscreen $(BIN)/hydra-gui demo --seconds 90 --cycle 6 --screenshot docs/images
	rm -f docs/images/summary.json

format: setup ## Put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Everything that `make` made
	rm -rf .venv .venv-headless .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		build dist *.egg-info demo-output bench-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
