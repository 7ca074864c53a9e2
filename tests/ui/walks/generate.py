"""Generate: what a press writes."""

from tests.ui.browser import SLOW, expect


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
