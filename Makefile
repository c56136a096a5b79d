# What a newcomer runs: `make site`, `make test`. Needs make and a Python of 3.11 or newer; the rest goes into .venv.

# Where to look for a Python, in order; `make site PYTHON=/opt/python3.12/bin/python3` names one.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11

# The browser of the tests in tests/browser; one of these names on the PATH, or CHROMIUM=/path/to/it.
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,\
    $(shell command -v $(name) 2>/dev/null)) $(wildcard /Applications/Chromium.app/Contents/MacOS/Chromium))

# The Nu checker, from npm, of one version, so that what is valid does not change overnight.
NU_VERSION := 26.9.27
NU := .make/vnu-$(NU_VERSION)/node_modules/vnu-jar/build/dist/vnu.jar

VENV := .venv
BIN := $(VENV)/bin
comma := ,
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

# On several cores, in as many processes, whose work is shared out anew when one has none.
TOGETHER := -n logical --maxprocesses 4 --dist worksteal

# What pytest tidies up at its end is then its own, never what another run left behind.
OWN_TEMP = PYTEST_DEBUG_TEMPROOT=$$(mktemp -d) && export PYTEST_DEBUG_TEMPROOT && trap 'rm -rf "$$PYTEST_DEBUG_TEMPROOT"' EXIT

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help site serve test check pytest coverage demo-test browser-installed browser html mutants renew pictures constraints clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s%s\n", $$1, $$2 }' Makefile

site: $(VENV)/.site ## the site, in build/site
	@$(BIN)/digest build --timings
	@echo "The site is in build/site; \`make serve\` shows it."

serve: $(VENV)/.site ## a preview, built again at every save
	@$(BIN)/digest serve

test: check pytest coverage demo-test ## every check and every test

check: $(VENV)/.test ## form, types, and whether the command reference is current
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/python docs/commands.py $(VENV)/commands.md && diff -u docs/commands.md $(VENV)/commands.md \
	    || { echo "docs/commands.md is not what the commands say; make renew mends it" >&2; exit 1; }

# Without a browser its tests are left out, and that is said; browser has already refused where nobody would read it.
pytest: $(VENV)/.test browser
	@$(BIN)/coverage erase
	@$(OWN_TEMP); CHROMIUM="$(CHROMIUM)" $(BIN)/coverage run -m pytest $(TOGETHER) $(if $(CHROMIUM),,--ignore=tests/browser)

coverage: pytest
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# Each demo has an environment of its own, which `digest demo test` makes and keeps under .digest/.
demo-test: $(VENV)/.site ## the tests and the results of every demo
	@$(OWN_TEMP); for manifest in $(wildcard demos/*/demo.toml); do \
	    $(BIN)/digest demo test "$$(basename "$$(dirname "$$manifest")")" || exit $$?; \
	done

# In two steps, since make looks for the browser once before all the lines of a step. The faces have the widths of those that
# a reader's system has; on a bare machine there are none, and a page would move when its own arrive.
browser-installed:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && { [ -z "$(CHROMIUM)" ] || case "$$(fc-list 2>/dev/null)" in *Liberation*|*Arial*) false;; esac; }; then \
	    echo "installing $(if $(CHROMIUM),the fonts that pages are measured with,Chromium$(comma) which some tests drive)"; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get -qq update && apt-get -qq install --yes --no-install-recommends fonts-liberation $(if $(CHROMIUM),,chromium); } \
	        >/dev/null </dev/null || echo "apt-get could not install them" >&2; \
	fi

browser: browser-installed
	@$(if $(CHROMIUM),:,echo "There is no Chromium; install it \
	    (Debian: apt install chromium fonts-liberation; macOS: brew install --cask chromium) or name it with CHROMIUM=PATH." >&2; \
	    if [ -n "$$CI" ]; then exit 1; else echo "The tests in tests/browser are left out." >&2; fi)

html: $(VENV)/.test $(NU) ## whether the pages are valid HTML, CSS and SVG (needs npm and java)
	@VNU="$(CURDIR)/$(NU)" $(BIN)/python -m pytest -m html tests/html

mutants: $(VENV)/.maintain ## whether a test notices when the code is changed (an hour); at least 80 % must be noticed
	@rm -rf mutants; $(BIN)/mutmut run && $(BIN)/mutmut results && $(BIN)/mutmut export-cicd-stats
	@$(BIN)/python -c 'import json; counts = json.load(open("mutants/mutmut-cicd-stats.json")); \
	    noticed = 100 * (counts["killed"] + counts["timeout"]) / (counts["total"] - counts["skipped"]); \
	    print(f"{noticed:.1f} % of the changes were noticed"); raise SystemExit(noticed < 80)'

renew: $(VENV)/.test ## golden files and the command reference, from what is made now
	@$(BIN)/python docs/commands.py docs/commands.md
	@$(BIN)/python -m pytest --quiet --renew tests/library tests/publish tests/demos

pictures: $(VENV)/.test browser site ## the pictures in the README, from the site
	@CHROMIUM="$(CHROMIUM)" $(BIN)/python docs/pictures.py build/site docs/pictures

# The newest versions that go together, for the digest and for every demo; docs/constraints.head pins some by hand.
constraints: $(VENV)/.maintain ## constraints.txt, from the newest releases
	@$(BIN)/pip-compile --quiet --upgrade --all-extras --strip-extras --no-header --no-annotate \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	    --constraint docs/constraints.head --output-file $(VENV)/constraints.txt pyproject.toml $(wildcard demos/*/pyproject.toml)
	@{ cat docs/constraints.head; sed '/^#/d; /^$$/d; /^torch==/d; /^torchvision==/d' $(VENV)/constraints.txt; } > constraints.txt

clean: ## away with everything made; .venv and the demos' environments stay
	rm -rf build mutants .make .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(NU):
	@command -v java >/dev/null || { \
	    echo "There is no java, which runs the Nu checker; install it (Debian: apt install default-jre-headless)." >&2; exit 1; }
	@command -v npm >/dev/null || { \
	    echo "There is no npm, which fetches the Nu checker; install it (Debian: apt install npm)." >&2; exit 1; }
	@echo "fetching the Nu checker $(NU_VERSION)"; \
	npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix .make/vnu-$(NU_VERSION) vnu-jar@$(NU_VERSION) \
	    || { echo "npm could not fetch vnu-jar $(NU_VERSION)" >&2; rm -rf .make/vnu-$(NU_VERSION); exit 1; }
	@touch $@

$(VENV)/.site: $(BIN)/python pyproject.toml constraints.txt
	@begun=$$(date +%s); echo "setting up $(VENV) for the site"; \
	$(INSTALL) . && echo "set up in $$(($$(date +%s) - begun)) s" && touch $@

$(VENV)/.test $(VENV)/.maintain: $(VENV)/.%: $(VENV)/.site
	@begun=$$(date +%s); echo "setting up $(VENV) for $*"; \
	$(INSTALL) '.[test$(if $(filter maintain,$*),$(comma)maintain)]' && echo "set up in $$(($$(date +%s) - begun)) s" && touch $@

$(BIN)/python:
	@for python in $(PYTHON); do \
	    if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec "$$python" -m venv --clear $(VENV); \
	    fi; \
	done; \
	echo "There is no Python of 3.11 or newer with venv; install one (Debian: apt install python3 python3-venv)." >&2; exit 1
