# One command a chore. Each prepares .venv by itself; PYTHON says with which interpreter (3.10 to 3.13).
#
#   make demo        the app at http://127.0.0.1:7860
#   make test        lint, format check, all tests
#   make soak        what is promised of faults and bad input, tried in full, and docs/reliability.md from it; some hours, nothing else beside it
#   make bench       the figures of docs/benchmarks*.md, measured (some hours; real data in GENHUB_DATA, nanoGPT's code in NANOGPT)
#   make examples    the finished runs that the page opens on, trained again
#   make zoo         the embedded models, trained again, HOURS a model at most; run it again to go on (real data in GENHUB_DATA)
#   make docs        docs/api.md from the code
#   make screenshots the pictures in docs/, from the page as it is
#   make licences    THIRD_PARTY.md from what is installed
#   make clean       what building and testing left behind; .venv and your runs stay
#
# Without a GPU, `make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu` fetches PyTorch's much smaller CPU build.

PYTHON      ?= python3
PORT        ?= 7860
TEST_JOBS   ?= 3
HOURS       ?= 2
MINUTES     ?= 30
NANOGPT     ?=
TORCH_INDEX ?=

VENV := .venv
BIN  := $(VENV)/bin
RUN  := $(BIN)/python
PIP  := $(RUN) -m pip --disable-pip-version-check install --quiet --no-compile
# On every core, where pip takes one. A few files of packages are no Python of this version, and nobody imports them.
COMPILE := $(RUN) -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true

# glibc gives large blocks back and fetches them anew every step. tcmalloc (Debian: libtcmalloc-minimal4), where it is there, keeps them: a
# step of the translators took a third less. Else glibc is told to keep them, in huge pages: a sixth less, for more memory.
TCMALLOC    := $(firstword $(wildcard /usr/lib/*/libtcmalloc_minimal.so.4 /usr/lib64/libtcmalloc_minimal.so.4))
KEEP_MEMORY := env $(if $(TCMALLOC),LD_PRELOAD=$(TCMALLOC) TCMALLOC_RELEASE_RATE=0,\
  GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_ARENA_MAX=1)

.PHONY: demo test soak bench examples zoo docs screenshots licences clean

demo: $(VENV)/installed
	$(RUN) -m genhub serve --port $(PORT)

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(RUN) -m pytest -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder --durations=30 --durations-min=8

soak: $(VENV)/installed-dev
	mkdir -p build
	-GENHUB_SOAK=1 GENHUB_SOAK_MINUTES=$(MINUTES) OMP_NUM_THREADS=1 $(RUN) -m pytest --timeout 14400 --junitxml build/promises.xml `$(RUN) -m tests.promises.index`
	PYTHONPATH=. $(RUN) docs/make_reliability.py build/promises.xml

bench: $(VENV)/installed-dev
	PYTHONPATH=. $(RUN) bench/classify.py
	PYTHONPATH=. $(RUN) bench/generate.py $(if $(NANOGPT),--nanogpt $(NANOGPT))
	PYTHONPATH=. $(RUN) bench/language.py
	PYTHONPATH=. $(RUN) bench/translate.py
	PYTHONPATH=. $(RUN) bench/autoencoders.py
	PYTHONPATH=. $(RUN) bench/gans.py
	PYTHONPATH=. $(RUN) bench/augment.py
	PYTHONPATH=. $(RUN) bench/visitors.py

examples: $(VENV)/installed
	PYTHONPATH=. $(RUN) docs/make_examples.py
	PYTHONPATH=. $(RUN) docs/make_inside.py
	PYTHONPATH=. $(RUN) docs/make_writing.py
	PYTHONPATH=. $(RUN) docs/make_translating.py
	PYTHONPATH=. $(RUN) docs/make_drawing.py
	PYTHONPATH=. $(RUN) docs/make_augmenting.py

zoo: $(VENV)/installed
	for recipe in shakespeare char_rnn stories translators translator_rnn images drawn masked; do $(KEEP_MEMORY) $(RUN) -m genhub.zoo.recipes.$$recipe --hours $(HOURS) || exit 1; done

docs: $(VENV)/installed
	PYTHONPATH=. $(RUN) docs/make_api.py

screenshots: $(VENV)/installed-dev
	PYTHONPATH=. $(RUN) docs/make_screenshots.py

licences: $(VENV)/installed
	$(RUN) docs/make_licences.py > THIRD_PARTY.tmp
	mv THIRD_PARTY.tmp THIRD_PARTY.md

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache
	find genhub tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "GenHub needs Python 3.10 to 3.13; say which one: make demo PYTHON=python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt | $(RUN)
	@echo "Installing requirements.txt into $(VENV); the first time this takes a few minutes."
	@if [ -n "$(TORCH_INDEX)" ]; then $(PIP) "`grep '^torch==' requirements.txt`" --index-url "$(TORCH_INDEX)"; fi
	@$(PIP) -r requirements.txt
	@$(COMPILE)
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@$(PIP) -r requirements-dev.txt
	@$(COMPILE)
	@touch $@
