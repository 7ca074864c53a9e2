"""What somebody gets who installs GenHub instead of cloning it: built without a network, from the source distribution."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import genhub
from genhub.data import samples
from genhub.lab import EXAMPLES

pytest.importorskip("setuptools", minversion="77")
PACKAGE = Path(genhub.__file__).parent
ROOT = PACKAGE.parent
SOURCES = ("pyproject.toml", "requirements.txt", "README.md", "LICENSE")


def build(what: str, folder: Path) -> Path:
    """The file that setuptools makes of the sources in `folder`."""
    code = f"import sys; from setuptools import build_meta; print(build_meta.build_{what}('dist'), file=sys.stderr)"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "dist" / done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> set[str]:
    """Names in the wheel that is built from the source distribution."""
    place = tmp_path_factory.mktemp("sources")
    shutil.copytree(PACKAGE, place / "genhub", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "tests").mkdir()
    (place / "tests" / "__init__.py").touch()
    for name in SOURCES:
        shutil.copy(ROOT / name, place)
    with tarfile.open(build("sdist", place)) as archive:
        archive.extractall(place / "unpacked", filter="data")
    [unpacked] = (place / "unpacked").iterdir()
    return set(zipfile.ZipFile(build("wheel", unpacked)).namelist())


def test_all_of_the_package_is_in_it_and_nothing_else(wheel):
    ours = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {name for name in wheel if ".dist-info/" not in name} == ours


def test_samples_examples_and_the_style_of_the_page_are_among_them(wheel):
    wanted = [samples.path(sample) for sample in samples.SAMPLES] + [samples.counterexamples("shortcut"), PACKAGE / "ui/assets/page.css"]
    wanted += [samples.text_path(text) for text in samples.TEXTS]
    wanted += [samples.FOLDER / name for name in ("guessing.jsonl", "plain_to_nonsense.jsonl")]
    wanted += [
        EXAMPLES / run / name for run in ("support", "shortcut", "cured") for name in ("passport.json", "adapter/adapter_config.json")
    ]
    assert {path.relative_to(ROOT).as_posix() for path in wanted} <= wheel
