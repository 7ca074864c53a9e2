"""Write docs/reliability.md from what the tests of the promises measured.

PYTHONPATH=. python docs/make_reliability.py build/promises.xml     (pytest's --junitxml; `make soak` does both)

The figures are kept in docs/reliability.json, the last of each test in each form; that of a test that failed stands there as not kept, and a
test that did not run changes nothing.
"""

import datetime
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from tests.promises.index import PROMISES

DOCS = Path(__file__).parent
KEPT, TARGET = DOCS / "reliability.json", DOCS / "reliability.md"
INTRO = """# What is promised, and what was measured

Each promise is a test that reports its figure. The short form runs with all other tests (`make test`) and is as patient as a machine that does
much else at once needs; the full form (`make soak`) tries more and keeps to the seconds that are promised; “shorter” is the full form with less time. Which tests they are stands in
`tests/promises/index.py`. This page is made from their figures by `docs/make_reliability.py`; what has not been measured, and what was not kept, says so.
"""
LIMITS = """
A figure is that of one run on one machine. Jobs and models that are small make a kill or a stop quick to try; a model of a gigabyte takes
longer to load again after its worker died, and its training's step is what Stop waits for.
"""


def figures(report: Path, today: str) -> list[dict]:
    """What the tests of a report measured, and whether it is what was promised."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - our own
        kept = case.find("failure") is None and case.find("error") is None
        test = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        for item in case.iter("property"):
            if item.get("name") in PROMISES:
                told = json.loads(item.get("value"))
                found.append({"promise": item.get("name"), "test": test, **told, "kept": kept, "date": today})
    return found


def merged(known: list[dict], new: list[dict]) -> list[dict]:
    """`new` in the place of what the same tests said before in the same form."""
    again = {(one["promise"], one["test"], one["form"]) for one in new}
    kept = [one for one in known if (one["promise"], one["test"], one["form"]) not in again]
    return sorted(kept + new, key=lambda one: (int(one["promise"][1:]), one["test"], one["form"], one["done"]))


def still(known: list[dict]) -> list[dict]:
    """Without the figures of tests that are none of their promise any more."""
    return [one for one in known if one["test"].partition("[")[0] in PROMISES[one["promise"]].tests]


def missing(mine: list[dict], tests: Sequence[str]) -> list[str]:
    """The names of a promise's tests whose full form nobody has measured."""
    measured = {one["test"].partition("[")[0] for one in mine if one["form"] == "full"}
    return [test.partition("::")[2] for test in tests if test not in measured]


def render(known: list[dict]) -> str:
    parts = [INTRO]
    for name, promise in PROMISES.items():
        parts.append(f"## {name}. {promise.says}\n")
        mine = [one for one in known if one["promise"] == name]
        if mine:
            rows = [
                f"| {one['done']} | {'' if one.get('kept', True) else '**Not kept**: '}{one['found']} | {one['form']} | {one['date']}, {one['machine']} |"
                for one in mine
            ]
            parts.append("\n".join(["| What was done | Figure | Form | When, on what |", "|---|---|---|---|", *rows]) + "\n")
        for test in missing(mine, promise.tests):
            parts.append(f"The full form of `{test}` has not been measured.\n")
    return "\n".join(parts) + LIMITS


if __name__ == "__main__":
    known = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else []
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    for report in sys.argv[1:]:
        known = merged(known, figures(Path(report), today))
    known = still(known)
    KEPT.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TARGET.write_text(render(known), encoding="utf-8")
