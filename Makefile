# The targets a reader needs; `make` alone lists them.

PYTHON ?= python3
PLAYGROUND = "$(PYTHON)" -m playground
export PYTHONUTF8 = 1

.DEFAULT_GOAL = help
.PHONY: help demo play timeline setup test bless lint

help:  ## list these targets
	@sed -n 's/^\([a-z]*\): .*## /  make \1\t/p' $(MAKEFILE_LIST)

demo:  ## watch real workers run the notes' tasks, about 15 seconds (BACKEND=embedded, native or compose)
	@$(PLAYGROUND) demo --backend "$(BACKEND)"

play:  ## keep a broker, a result backend and Flower running until Ctrl-C, for the notes
	@$(PLAYGROUND) play --backend "$(BACKEND)" $(if $(FLOWER_PORT),--flower-port $(FLOWER_PORT))

timeline:  ## run canvases of vege4.py and draw which process ran what (CANVAS=chord draws one)
	@$(PLAYGROUND) timeline $(CANVAS)

setup:  ## make .venv and install all requirements
	@$(PLAYGROUND) setup --dev

test: setup  ## run all tests and the notes (BACKEND="embedded native" requires both)
	@.venv/bin/python -m pytest -n 4 $(foreach name,$(BACKEND),--backend $(name)) $(TESTS)

bless: setup  ## rewrite the outputs on the pages that no longer hold (PAGE=README.md, CHAPTER=6 and BACKEND= narrow it)
	@.venv/bin/python -m tests.notes.bless $(foreach name,$(BACKEND),--backend $(name)) $(if $(CHAPTER),--chapter "$(CHAPTER)") $(if $(FORCE),--force) $(PAGE)

lint: setup  ## format, lint and types, as CI checks them
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
