"""The folder of a Space: GenHub's own files and those of the variant; or a run and a page of thirty lines that serves it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genhub.errors import UserError

ROOT = Path(__file__).parents[2]
SPACES = ROOT / "spaces"
COMMON = ("app.py", "LICENSE", "THIRD_PARTY.md")
LEFT_OUT = ("__pycache__", "*.pyc", ".*")
REQUIREMENTS, HEADER = "requirements.txt", "README.md"


@dataclass(frozen=True)
class Variant:
    """sdk: as the Hub calls it. hardware: asked for when the Space is made; "" for the free one. python, packages: what that hardware needs,
    as a pattern each."""

    sdk: str
    hardware: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    python: str = r"3\.1[0-3]"
    packages: tuple[tuple[str, str], ...] = ()


VARIANTS = {
    "cpu": Variant("gradio"),
    # What ZeroGPU takes: huggingface.co/docs/hub/spaces-zerogpu, August 2026.
    "zerogpu": Variant(
        "gradio",
        "zero-a10g",
        (("GENHUB_PROFILE", "zerogpu"), ("OMP_WAIT_POLICY", "PASSIVE")),  # forks and the model worker share the processors
        r"3\.(12\.12|10\.13)",
        (("torch", r"2\.(8|9|10|11)\.\d+"), ("spaces", r"[0-9.]+")),
    ),
    "docker": Variant("docker"),
}


def variant(name: str) -> Variant:
    """Raises UserError for one that there is not."""
    if name not in VARIANTS:
        raise UserError(f"There is no variant “{name[:40]}”.", f"One of {', '.join(VARIANTS)}.", "The default is cpu.", "variant")
    return VARIANTS[name]


def space(name: str, into: Path) -> Path:
    """Write the folder of a variant to `into`, which must be empty or not there. Raises UserError."""
    variant(name)
    source = SPACES / name
    if not source.is_dir():
        what = "The folder spaces/ is not here."
        raise UserError(what, "A Space is made from a clone of GenHub.", "Clone the repository and run this there.")
    if into.exists() and any(into.iterdir()):
        raise UserError(f"{into} is not empty.", "The folder of a Space holds nothing else.", "Name a new folder.", "into")
    shutil.copytree(ROOT / "genhub", into / "genhub", ignore=shutil.ignore_patterns(*LEFT_OUT))
    for place in (*(ROOT / name for name in COMMON), *sorted(source.iterdir())):
        shutil.copyfile(place, into / place.name)
    return into


def files(folder: Path) -> Iterator[tuple[str, int]]:
    """(path, bytes) of everything in it, in the order of the paths."""
    for place in sorted(folder.rglob("*")):
        if place.is_file():
            yield place.relative_to(folder).as_posix(), place.stat().st_size
