"""Answers of handlers on their way to the page, in a real browser."""

import threading

import gradio as gr

from genhub.ui.wiring import Wires
from tests.ui.browser import expect
from tests.ui.launched import launched


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
