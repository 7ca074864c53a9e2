"""The whole page under axe-core, every stage unfolded: no serious finding, light and dark, wide and narrow; and by keyboard alone."""

import importlib.util
from pathlib import Path

import pytest
from playwright.sync_api import expect

AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js"
TABS = ("Start", "Classify", "Generate", "Translate", "Images", "Augment", "Runs")
UNFOLD = """async () => {
  for (const fold of document.querySelectorAll('.gh-stage > button.label-wrap'))
    if (fold.offsetParent && !fold.classList.contains('open')) { fold.click(); await new Promise(done => setTimeout(done, 60)); }
}"""
SERIOUS = """async (more) => (await axe.run(document, {resultTypes: ['violations'], ...more})).violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)} ${(node.failureSummary || '').slice(0, 200)}`))"""


CONTRAST = {"runOnly": ["color-contrast"]}  # all that another scheme changes


@pytest.mark.parametrize("width", [1400, 400])
def test_axe_finds_nothing_serious(app, chromium, width):
    context = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{app.address}?__theme=light")
    page.wait_for_selector("#start-tiles .gh-tile")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.locator("#start-teach").click()
    expect(page.locator("#start-index li").first).to_be_visible()
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        if width > 1000:  # narrow, the page as it opens: what is in the folds is the same
            page.evaluate(UNFOLD)
            page.wait_for_function("!document.querySelector('.gh-stage > button.label-wrap:not(.open)')?.offsetParent")
        assert page.evaluate(SERIOUS, {}) == [], f"on {tab}, {width} pixels, light"
        if width > 1000:
            page.evaluate("document.body.classList.add('dark')")
            assert page.evaluate(SERIOUS, CONTRAST) == [], f"on {tab}, {width} pixels, dark"
            page.evaluate("document.body.classList.remove('dark')")
    context.close()


def test_the_keyboard_reaches_the_tabs_and_unfolds_a_stage(app, chromium):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    page.get_by_role("tab", name="Generate").focus()
    page.keyboard.press("Enter")
    fold = page.locator("#stage-tree > button")
    expect(fold).to_be_visible()
    fold.focus()
    before = "open" in (fold.get_attribute("class") or "")
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelector('#stage-tree > button').classList.contains('open') != {str(before).lower()}")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.close()
