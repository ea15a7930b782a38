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
override SERVE := $(value SERVE)
override FULL := $(value FULL)
export PYTHON BACKEND CANVAS FLOWER_PORT FAULT QUICK RESULTS PEERS FULL SERVE
# Those of the command line alone: the reader's own variables belong to what the doctor looks at.
typed = $(if $(filter command,$(origin $1)),$(value $1))
override DOCTOR_APP := $(call typed,APP)
override DOCTOR_FOLDER := $(call typed,FOLDER)
override DOCTOR_MANAGEMENT := $(call typed,MANAGEMENT)
override DOCTOR_JSON := $(call typed,JSON)
export DOCTOR_APP DOCTOR_FOLDER DOCTOR_MANAGEMENT DOCTOR_JSON
PLAYGROUND = exec "$$PYTHON" -m playground

ifeq ($(MAKECMDGOALS),doctor)
# It sees the reader's variables as they are; celery takes APP for -A, and this one is ours.
ifneq ($(DOCTOR_APP),)
unexport APP
endif
else
# Nor does Python obey a variable of another project's, such as PYTHONPATH.
unexport $(filter-out PYTHON PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX PYTHONUNBUFFERED,$(filter PYTHON%,$(.VARIABLES)))
export PYTHONUTF8 = 1
endif

.DEFAULT_GOAL = help
.PHONY: help demo play database timeline pictures faults throughput doctor book drawings setup setup-production test bless lint

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
	@$(PLAYGROUND) setup --lab
	@.venv/bin/python -m lab.faults --quick "$$QUICK" --fault "$$FAULT" --results "$$RESULTS"

throughput:  ## measure which setting is fast, two minutes (PEERS=1 adds other libraries, FULL=1 all)
	@$(PLAYGROUND) setup --lab
	@.venv/bin/python -m lab.throughput --peers "$$PEERS" --full "$$FULL" --results "$$RESULTS"

doctor:  ## say what is wrong with your own set-up (APP=proj FOLDER=path; JSON=1, MANAGEMENT=url)
	@$(PLAYGROUND) doctor $${DOCTOR_APP:+--app="$$DOCTOR_APP"} $${DOCTOR_FOLDER:+--folder="$$DOCTOR_FOLDER"} \
	    $${DOCTOR_MANAGEMENT:+--management="$$DOCTOR_MANAGEMENT"} $${DOCTOR_JSON:+--json}

book:  ## make the notes a web site in build/book, to read offline (SERVE=1 shows it until Ctrl-C)
	@$(PLAYGROUND) setup --book
	@exec .venv/bin/python -m book --serve "$$SERVE"

drawings:  ## draw the Mermaid of the pages again, for the book (needs npm, and Chromium or Chrome)
	@$(PLAYGROUND) setup --dev
	@.venv/bin/python -m book.draw

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
