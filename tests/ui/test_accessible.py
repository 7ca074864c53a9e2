"""The whole page under axe-core, every stage unfolded: no serious finding, light and dark, wide and narrow; and by keyboard alone."""

import importlib.util
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.browser import SLOW

AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js"
TABS = ("Start", "Classify", "Generate", "Translate", "Images", "Augment", "Runs")
UNFOLDED = """() => {
  const folded = [...document.querySelectorAll('.gh-stage > button.label-wrap:not(.open)')].filter(one => one.offsetParent);
  folded[0]?.click();
  return !folded.length;
}"""
# everything: the whole document, or what is in view of it: the header, and the tab that is open. The others are looked at when they are opened;
# axe would walk through them all the same, for half of its time, so they are taken out meanwhile.
SERIOUS = """async ([everything, more]) => {
  const tabs = [...document.querySelectorAll('[role=tabpanel]')].filter(one => !one.parentElement.closest('[role=tabpanel]'));
  const out = everything ? [] : tabs.filter(one => !one.offsetParent).map(one => [one, document.createComment('a tab')]);
  out.forEach(([tab, place]) => tab.replaceWith(place));
  try {
    return (await axe.run(document, {resultTypes: ['violations'], ...more})).violations
      .filter(one => ['serious', 'critical'].includes(one.impact))
      .flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)} ${(node.failureSummary || '').slice(0, 200)}`));
  } finally {
    out.forEach(([tab, place]) => place.replaceWith(tab));
  }
}"""
CONTRAST = {"runOnly": ["color-contrast"]}  # all that another scheme changes


def serious(page, everything: bool = False, **more) -> list[str]:
    return page.evaluate(SERIOUS, [everything, more])


def opened(chromium, app, width: int):
    """The page with its course index unfolded, and axe in it."""
    page = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce").new_page()
    page.goto(f"{app.address}?__theme=light")
    page.wait_for_selector("#start-tiles .gh-tile")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.locator("#start-teach").click()
    expect(page.locator("#start-index li").first).to_be_visible()
    return page


def choose(page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")


def unfold(page) -> None:
    """Every stage of the tab that is open."""
    page.wait_for_function(UNFOLDED, polling=100, timeout=SLOW)


@pytest.mark.parametrize("width", [1400, 400])
def test_axe_finds_nothing_serious(app, chromium, width):
    page = opened(chromium, app, width)
    for tab in TABS:
        choose(page, tab)
        if width > 1000:  # narrow, the page as it opens: what is in the folds is the same
            unfold(page)
        assert serious(page, everything=tab == TABS[0]) == [], f"on {tab}, {width} pixels, light"
        if width > 1000:
            page.evaluate("document.body.classList.add('dark')")
            assert serious(page, **CONTRAST) == [], f"on {tab}, {width} pixels, dark"
            page.evaluate("document.body.classList.remove('dark')")
    page.context.close()


# Each a serious finding: a button without a name, text that can hardly be read, a picture without words.
PLANTED = """(place) => document.querySelector(place).insertAdjacentHTML('beforeend',
  '<div class="planted"><button id="nameless"></button><p id="pale" style="color: #ddd; background: #fff">Pale</p><img id="mute" src="data:,"></div>')"""
FOUND = {"button-name", "color-contrast", "image-alt"}


@pytest.mark.parametrize("place", ["#gh-header .gh", "#stage-files .gh"])
def test_axe_finds_what_is_planted_in_the_header_and_in_a_fold(app, chromium, place):
    """What is in view of a tab is all that has to be looked at: a fold of another one is found there."""
    page = opened(chromium, app, 1400)
    choose(page, "Translate")
    if place.startswith("#stage"):
        unfold(page)
    page.evaluate(PLANTED, place)
    assert {one.partition(":")[0] for one in serious(page)} == FOUND
    choose(page, "Runs")
    found = {one.partition(":")[0] for one in serious(page)}
    assert found == (set() if place.startswith("#stage") else FOUND)
    choose(page, "Translate")
    assert {one.partition(":")[0] for one in serious(page)} == FOUND
    page.context.close()


# Where the keyboard stands: its name, whether it can be seen there, and whether anything marks it that is not there without it.
STOP = """() => {
  const here = document.activeElement, around = [], box = here.getBoundingClientRect();
  for (let one = here; one && around.length < 5; one = one.parentElement) around.push(one);
  const look = one => { const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(one); return (outlineStyle !== 'none') + outlineWidth + boxShadow; };
  const seen = around.map(look);
  here.blur();
  const marked = around.some((one, number) => look(one) !== seen[number]);
  here.focus({focusVisible: true});
  const role = here.getAttribute('role') || here.type || here.tagName;
  const name = here.innerText || here.getAttribute('aria-label') || here.id;
  return {role, name: (name || '').trim(), stage: here.parentElement?.id || '', marked,
    inView: box.width > 0 && box.bottom > 0 && box.top < innerHeight, inside: here.closest('.gh-stage')?.id || ''};
}"""
STOPS = 30  # from the top of the page to its last tab, or from a tab to its first stage: more would be a trap


def steps(page, number: int):
    """Press Tab so many times at most; each stop, which can be seen and is marked."""
    for _ in range(number):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert stop["inView"], stop
        assert stop["marked"], stop
        yield stop


@pytest.mark.parametrize(("tab", "first"), [("Classify", "stage-data"), ("Generate", "stage-write"), ("Images", "stage-play")])
def test_the_keyboard_reaches_the_tabs_and_the_first_stage_and_sees_where_it_is(app, chromium, tab, first):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    tabs = []
    for stop in steps(page, STOPS):
        tabs += [stop["name"]] if stop["role"] == "tab" else []
        if stop["name"] == tab:
            break
    assert tabs == list(TABS[: TABS.index(tab) + 1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    fold = page.locator(f"#{first} > button")
    expect(fold).to_be_visible()
    reached = next(stop for stop in steps(page, STOPS) if stop["stage"])
    assert reached["stage"] == first
    for opened in (False, True):  # it was open
        page.keyboard.press("Enter")
        page.wait_for_function(
            "([stage, open]) => document.querySelector(`#${stage} > button`).classList.contains('open') === open", arg=[first, opened]
        )
    inside = [stop for stop in steps(page, 12) if stop["inside"] == first]
    assert len(inside) >= 6  # its fields, each of them marked
    page.close()
