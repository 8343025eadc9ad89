# The commands of a newcomer. Each does its own set-up; on a clean Debian 12 python3, git and make are enough.
PY := .venv/bin/python
PORT ?= 8080
SUITE ?= bookworm
.PHONY: help setup setup-test demo test check format bench soak tour pictures voice lock clean release debian

help:            ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:           ## make .venv/ with .venv/bin/teleborne
	@sh scripts/setup.sh

setup-test:      ## the same, with what tests and benchmarks need (Chromium, PostgreSQL, a C compiler)
	@sh scripts/setup.sh test

demo: setup      ## everything on this machine: gateway, booths, virtual devices, screens
	@.venv/bin/teleborne demo --port $(PORT)

test: setup-test ## what CI runs: checks, then every test
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -q -n 3 --dist loadscope --no-loadscope-reorder --durations=25

check: setup-test ## format, lint, types, contracts of the imports
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-cache

format: setup    ## put the code in the house's format
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup-test ## every claim of speed beside its baseline, in one run
	@for file in benchmarks/*.py; do echo "== $$file"; $(PY) "$$file" || exit 1; done

soak: setup-test ## the long form of the reliability experiments
	@$(PY) -m pytest -q -m soak -s --timeout=7200

tour: setup-test ## walk the journeys and put their pictures into docs/tour/
	@rm -rf artifacts/tour && mkdir -p docs/tour
	@$(PY) -m pytest -q tests/journeys/test_road_of_a_visit.py -k whole_visit
	@rm -f docs/tour/*.webp && cp artifacts/tour/*.webp docs/tour/

pictures: setup-test ## every screen of the kiosk and its shades, at every size, into artifacts/screenshots/kiosk/
	@PICTURES=1 $(PY) -m pytest -q -n 2 tests/kiosk/test_screens.py tests/kiosk/test_shades.py

release: setup   ## the archive that booths install, release/teleborne-VERSION.tar.gz (docs/install-booth.md)
	@sh scripts/release.sh $(VERSION)

debian: setup-test ## follow docs/install-booth.md on a clean Debian (root, debootstrap, systemd-container; SUITE=trixie)
	@PYTHONPATH=. $(PY) tests/machine/clean_debian.py $(SUITE) $(or $(ROOT),clean-debian)

voice: setup-test ## record what the kiosk says, where its words have changed
	@$(PY) scripts/voice.py

lock:            ## resolve the dependencies again, by hash, without registry addresses (needs uv)
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:           ## remove what set-up and tests made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis artifacts tests/ui/node_modules
