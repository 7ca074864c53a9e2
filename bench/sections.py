"""What the scripts of this folder that measure section by section share: measure some sections, keep the figures, write the document."""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from generate import machine

Section = Callable[[Path, argparse.Namespace], object]


Adds = Callable[[argparse.ArgumentParser], object]


def main(told: str, sections: Mapping[str, Section], figures: Path, target: Path, render: Callable[[dict], str], more: Adds = id) -> None:
    """The command line: `--only` some, `--render` without measuring, and what `more` adds. A section is called with a scratch GENHUB_HOME and
    the options."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=tuple(sections))
    parser.add_argument("--render", action="store_true")
    more(parser)
    options = parser.parse_args()
    found = json.loads(figures.read_text(encoding="utf-8")) if figures.exists() else {}
    if not options.render:
        with tempfile.TemporaryDirectory() as home:
            for name in options.only or sections:
                where = machine()
                found[name] = {"figures": sections[name](Path(home), options), "machine": where}
                figures.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    target.write_text(render(found), encoding="utf-8")
