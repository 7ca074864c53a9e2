"""The clock of *Runs* stands still while another tab is open; its rows are read on a phone."""

import gradio as gr
import pytest

from genhub import settings
from genhub.jobs.runner import RunInfo
from genhub.lab import Lab
from genhub.ui import app, runs, theme


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GENHUB_HOME": str(tmp_path_factory.mktemp("home")), "GENHUB_OFFLINE": "1", "GENHUB_PROFILE": ""}.items():
            patch.setenv(name, value)
        lab = Lab(settings.get())
        page = app.build(lab)
    yield page
    lab.close()


def tabs(blocks) -> dict[str, gr.Tab]:
    """Those of the page itself, by id; other ones lie inside them."""
    outer = next(one for one in blocks.children if isinstance(one, gr.Tabs))
    return {str(one.id): one for one in outer.children}


def clock(blocks) -> gr.Timer:
    """The one that is started when Runs is opened."""
    opened = tabs(blocks)["runs"]
    [found] = {
        part for fn in blocks.fns.values() if (opened._id, "select") in fn.targets for part in fn.outputs if isinstance(part, gr.Timer)
    }
    return found


def test_there_are_seven_tabs(blocks):
    assert list(tabs(blocks)) == ["start", "classify", "generate", "translate", "images", "augment", "runs"]


@pytest.mark.parametrize("name", ["start", "classify", "generate", "translate", "images", "augment"])
def test_opening_another_tab_stops_it(blocks, name):
    ticking, tab = clock(blocks), tabs(blocks)[name]
    assert ticking.value == 2.0
    [leaves] = [fn for fn in blocks.fns.values() if (tab._id, "select") in fn.targets and ticking in fn.outputs]
    assert leaves.fn()[ticking].active is False


REASON = "“smoker”, “city” are of categories, and this method knows numbers only."
KNOWN = {
    "owner": "local",
    "task": "vae",
    "created": 0.0,
    "started": 0.0,
    "ended": 1.0,
    "position": None,
    "wait_seconds": None,
    "attempts": 1,
}


def run(name: str, state: str, **more) -> RunInfo:
    return RunInfo(
        id=name, name=name, state=state, method="frozen", model="", **KNOWN, **{"metrics": None, "error": None, "path": "", **more}
    )


@pytest.mark.parametrize("width", [400, 1400])
def test_a_row_of_runs_is_read_without_scrolling(chromium, width):
    figures = {"accuracy": 0.9, "accuracy_low": 0.85, "accuracy_high": 0.95, "test_rows": 147, "training": {"seconds": 3.0}}
    rows = [run("patients.csv · SMOTE · a long name", "failed", error={"what": REASON}), run("reviews.csv", "finished", metrics=figures)]
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.set_content(
        f'<style>{theme.css()}</style><div class="gradio-container"><div id="runs-table">{runs.render(rows, [], "")}</div></div>'
    )
    table = page.locator("#runs-table")
    assert table.locator(".scroll").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert page.get_by_text("“smoker”").evaluate("reason => reason.getClientRects().length") <= 2, "lines of the reason"
    name = table.get_by_text("patients.csv").bounding_box()
    for press in ("pick", "open"):
        assert abs(table.get_by_role("button", name=press).first.bounding_box()["y"] - name["y"]) < 30
    page.close()
