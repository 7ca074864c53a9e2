"""Walks through the page from end to end, as a visitor takes them."""

import pytest
from playwright.sync_api import expect

SLOW = 60_000


@pytest.fixture
def page(app, chromium):
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(SLOW)
    page = context.new_page()
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    yield page
    context.close()


def written(page, button) -> str:
    """The text that a press brings, once it has ended."""
    before = page.locator("#gen-text").inner_text()
    button.click()
    page.wait_for_function("before => document.querySelector('#gen-text').innerText != before", arg=before)
    expect(page.locator("#gen-stop")).to_be_disabled(timeout=SLOW)
    return page.locator("#gen-text").inner_text()


def write_at(page, temperature: str) -> str:
    field = page.locator("#gen-temperature input")
    field.fill(temperature)
    field.blur()
    return written(page, page.locator("#gen-go"))


def test_a_question_at_three_temperatures_branched_and_restored_by_a_link(page, chromium):
    """“To be or not to be” at 0.01, 1, 100; a token pressed, another candidate taken; the link opens it elsewhere."""
    expect.set_options(timeout=SLOW)
    page.get_by_role("tab", name="Generate").click()
    page.locator("#gen-examples [data-pick]", has_text="A question").click()
    expect(page.locator("#gen-prompt textarea")).to_have_value("To be or not to be")
    page.locator("#gen-exact input").check()
    page.locator("#gen-max_new_tokens input").fill("24")
    texts = [write_at(page, temperature) for temperature in ("0.01", "1", "100")]
    assert len(set(texts)) == 3
    assert all(text.startswith("To be or not to be") for text in texts)

    page.locator("#gen-text [data-pick='token:5']").click()
    expect(page.locator("#gen-text [data-pick='token:5']")).to_have_attribute("aria-pressed", "true")
    branched = written(page, page.locator("#gen-why [data-pick^='branch:']").nth(1))
    assert branched != texts[2]

    page.locator("#gh-link").click()
    expect(page.locator("#gh-linked")).to_contain_text("in the clipboard")
    link = page.locator("#gh-linked input").first.input_value()
    assert page.evaluate("navigator.clipboard.readText()") == link
    assert page.url == link

    elsewhere = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
    elsewhere.goto(link)
    expect(elsewhere.locator("#gh-linked")).to_contain_text("Press Write to run it", timeout=SLOW)
    expect(elsewhere.locator("#gen-prompt textarea")).to_have_value("To be or not to be")
    expect(elsewhere.locator("#gen-temperature input")).to_have_value("100")
    assert written(elsewhere, elsewhere.locator("#gen-go")) == branched
    elsewhere.context.close()


def test_a_line_of_the_course_keeps_what_was_expected(page):
    page.locator("#start-teach").click()
    line = page.locator("#start-index li", has_text="Temperature").first
    line.locator("input.gh-commit").fill("At 100 it is noise")
    line.locator("button").click()
    expect(page.locator("#gh-linked")).to_contain_text("You expected: “At 100 it is noise”")
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    page.reload()
    page.wait_for_selector("#start-tiles .gh-tile")
    page.locator("#start-teach").click()
    expect(page.locator("#start-index li", has_text="Temperature").first.locator("input.gh-commit")).to_have_value("At 100 it is noise")
