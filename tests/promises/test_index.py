"""Each promise names tests that exist and report its figure; the page in docs is what the script makes of the figures."""

import ast
import json
import runpy
from pathlib import Path

import pytest

from tests.promises.index import PROMISES

ROOT = Path(__file__).parents[2]


def source_of(test: str) -> str:
    """The source of tests/file.py::test_name."""
    file, name = test.split("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    (found,) = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return ast.get_source_segment(text, found)


@pytest.mark.parametrize("name", PROMISES)
def test_a_promise_is_tried_by_tests_that_report_its_figure(name):
    for test in PROMISES[name].tests:
        source = " ".join(source_of(test).split())
        assert f'figure( "{name}"' in source or f'figure("{name}"' in source, f"{test} does not say what it measured for {name}"


def test_the_page_is_what_was_measured():
    script = runpy.run_path(str(ROOT / "docs" / "make_reliability.py"))
    known = json.loads((ROOT / "docs" / "reliability.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8") == script["render"](known), "run docs/make_reliability.py"


def test_figures_of_a_report_take_the_place_of_older_ones_and_failures_say_so(tmp_path):
    script = runpy.run_path(str(ROOT / "docs" / "make_reliability.py"))

    def report(found: str, end: str = "") -> Path:
        value = json.dumps({"done": "a try", "found": found, "form": "short", "machine": "2 cores"}).replace('"', "&quot;")
        case = f'<properties><property name="S3" value="{value}"/></properties>{end}'
        (tmp_path / "r.xml").write_text(f'<testsuite><testcase classname="tests.a" name="test_b">{case}</testcase></testsuite>')
        return tmp_path / "r.xml"

    first = script["figures"](report("1 s"), "2026-01-01")
    assert [(one["test"], one["found"]) for one in first] == [("tests/a.py::test_b", "1 s")]
    again = script["merged"](first, script["figures"](report("2 s"), "2026-01-02"))
    assert [(one["found"], one["date"]) for one in again] == [("2 s", "2026-01-02")]
    assert "| a try | 2 s | short | 2026-01-02" in script["render"](again)
    failed = script["merged"](again, script["figures"](report("3 s", "<failure/>"), "2026-01-03"))
    assert "| a try | **Not kept**: 3 s | short | 2026-01-03" in script["render"](failed)
