# The targets a reader needs; `make` alone lists them.

# The shell gets these as variables, so that no quote and no $ in them means anything.
override PYTHON := $(or $(value PYTHON),python3)
override BACKEND := $(value BACKEND)
override CANVAS := $(value CANVAS)
override FLOWER_PORT := $(value FLOWER_PORT)
override FAULT := $(value FAULT)
override QUICK := $(value QUICK)
override RESULTS := $(value RESULTS)
override PEERS := $(value PEERS)
override FULL := $(value FULL)
export PYTHON BACKEND CANVAS FLOWER_PORT FAULT QUICK RESULTS PEERS FULL
PLAYGROUND = exec "$$PYTHON" -m playground

# Nor does Python obey a variable of another project's, such as PYTHONPATH.
unexport $(filter-out PYTHON PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX PYTHONUNBUFFERED,$(filter PYTHON%,$(.VARIABLES)))
export PYTHONUTF8 = 1

.DEFAULT_GOAL = help
.PHONY: help demo play database timeline pictures faults throughput setup setup-production test bless lint

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' $(MAKEFILE_LIST)

demo:  ## watch real workers run the notes' tasks, about 15 seconds (BACKEND=embedded, native or compose)
	@$(PLAYGROUND) demo --backend "$$BACKEND"

play:  ## keep a broker, a result backend and Flower running until Ctrl-C, for the notes
	@$(PLAYGROUND) play --backend "$$BACKEND" $${FLOWER_PORT:+--flower-port "$$FLOWER_PORT"}

database:  ## keep a PostgreSQL running until Ctrl-C, for production.md
	@$(PLAYGROUND) database

timeline:  ## run canvases of vege4.py and draw which process ran what (CANVAS=chord draws one)
	@$(PLAYGROUND) timeline $${CANVAS:+"$$CANVAS"}

pictures:  ## take the pictures of README.md again (needs Docker, and Chromium or Chrome)
	@$(PLAYGROUND) pictures

faults:  ## count what is lost when something dies (QUICK=1 is short, FAULT=name runs one)
	@$(PLAYGROUND) setup
	@.venv/bin/python -m lab.faults --quick "$$QUICK" --fault "$$FAULT" --results "$$RESULTS"

throughput:  ## measure which setting is fast, two minutes (PEERS=1 adds other libraries, FULL=1 all)
	@$(PLAYGROUND) setup --dev
	@.venv/bin/python -m lab.throughput --peers "$$PEERS" --full "$$FULL" --results "$$RESULTS"

setup:  ## make .venv and install all requirements
	@$(PLAYGROUND) setup --dev

setup-production:  ## make .venv and install what production.md needs
	@$(PLAYGROUND) setup --production

test: setup  ## run all tests and the notes (BACKEND="embedded native" requires both)
	@.venv/bin/python -m pytest -n 4 $(foreach name,$(BACKEND),--backend $(name)) $(TESTS)

bless: setup  ## rewrite the outputs on the pages that no longer hold (PAGE=README.md, CHAPTER=6 and BACKEND= narrow it)
	@.venv/bin/python -m tests.notes.bless $(foreach name,$(BACKEND),--backend $(name)) $(if $(CHAPTER),--chapter "$(CHAPTER)") $(if $(FORCE),--force) $(PAGE)

lint: setup  ## format, lint and types, as CI checks them
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
