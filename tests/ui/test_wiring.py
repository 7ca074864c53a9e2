"""Answers of handlers on their way to the page, in a real browser."""

import threading

import gradio as gr
import pytest

from genhub.ui import frontend
from genhub.ui.wiring import Wires
from tests.ui.browser import expect
from tests.ui.launched import launched

# The next event is taken by the server, and the browser reads that when `read` is called.
HOLD = """() => {
  const ask = window.fetch;
  window.fetch = async (...given) => {
    const reply = await ask(...given);
    if (String(given[0]).includes('/queue/join')) {
      window.fetch = ask;
      await new Promise(read => { window.read = read; });
    }
    return reply;
  };
}"""


def test_what_is_done_after_the_last_step_stays_when_the_steps_are_over(tmp_path, chromium):
    """Gradio tells the last step once more then; meanwhile the visitor has gone on."""
    over = threading.Event()

    def draw(lab):
        yield {"sheet": "being drawn", "look": ""}
        yield {"sheet": "drawn", "look": ""}
        assert over.wait(60)

    with gr.Blocks(analytics_enabled=False) as page:
        wires = Wires(None)
        wires.add(draw=gr.Button("Draw"), press=gr.Button("Press"))
        wires.add(**{name: gr.HTML(elem_id=name) for name in ("sheet", "look", "end", "problem")})
        steps = wires.on_steps(wires.parts["draw"].click, draw, [], ["sheet", "look"], "problem")
        wires.on(wires.parts["press"].click, lambda lab: {"look": "looked at"}, [], ["look"])
        wires.on(steps.then, lambda lab: {"end": "over"}, [], ["end"])
    page.queue()
    with launched(page, tmp_path) as found:
        view = chromium.new_page()
        view.goto(found.address)
        view.get_by_role("button", name="Draw").click()
        expect(view.locator("#sheet")).to_have_text("drawn")
        view.get_by_role("button", name="Press").click()
        expect(view.locator("#look")).to_have_text("looked at")
        over.set()
        expect(view.locator("#end")).to_have_text("over")
        assert view.locator("#look").inner_text().strip() == "looked at"
        view.close()


@pytest.mark.parametrize("mended", [True, False], ids=["as the page is sent", "as Gradio has it"])
def test_a_step_that_waits_in_a_slow_browser_is_not_changed_by_the_next(tmp_path, chromium, monkeypatch, mended):
    """Two steps come before the browser has read that the event was taken. Where Gradio no longer loses the first one, the edit can go."""
    if not mended:
        monkeypatch.setattr(frontend, "EDITS", [edit for edit in frontend.EDITS if edit is not frontend.STEPS])
    told, over = threading.Event(), threading.Event()

    def draw(lab):
        yield {"stop": gr.update(interactive=True)}
        yield {"sheet": "being drawn"}
        told.set()
        assert over.wait(60)

    with gr.Blocks(analytics_enabled=False) as page:
        wires = Wires(None)
        wires.add(**{name: gr.Button(name, elem_id=name, interactive=name != "stop") for name in ("draw", "wait", "press", "stop")})
        wires.add(**{name: gr.HTML(elem_id=name) for name in ("sheet", "look", "waited")})
        wires.on_steps(wires.parts["draw"].click, draw, [], ["stop", "sheet"])
        wires.on(
            wires.parts["wait"].click, lambda lab: {"waited": over.wait(60)}, [], ["waited"]
        )  # answers come on one line, open till then
        wires.on(wires.parts["press"].click, lambda lab: {"look": "looked at"}, [], ["look"])
    page.queue()
    with launched(page, tmp_path) as found:
        view = chromium.new_page()
        view.goto(found.address)
        with view.expect_request("**/queue/data*"):
            view.locator("#wait").click()
        view.evaluate(HOLD)
        view.locator("#draw").click()
        view.wait_for_function("typeof window.read === 'function'")
        assert told.wait(60)
        view.locator("#press").click()
        expect(view.locator("#look")).to_have_text("looked at")  # so what was told before has come too
        view.evaluate("read()")
        expect(view.locator("#sheet")).to_have_text("being drawn")
        assert view.locator("#stop").is_enabled() == mended
        over.set()
        view.close()
