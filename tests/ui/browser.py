"""A fresh visitor in a real browser, for the tests of the tabs; importing it skips a module where Playwright is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
expect = playwright.expect
SLOW = 90_000  # milliseconds a step may take on a busy machine
FITS = "document.scrollingElement.scrollWidth <= innerWidth"


@contextmanager
def visiting(app, chromium, tab: str) -> Iterator:
    """A page of `app` (a `Served`) with a tab open; errors of its scripts and requests to other hosts fail the test."""
    expect.set_options(timeout=SLOW)
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    foreign, broken = [], []
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith((app.address, "data:", "blob:")) else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    arrive(page, app, tab)
    yield page
    context.close()
    assert (foreign, broken) == ([], [])


def unfold(page, name: str):
    """The stage `name`, which was folded, open. What is in it is made then; a field that is filled before it has its first value loses what
    was written, which nobody is fast enough for."""
    page.locator(f"#stage-{name} > button").click()
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))")
    return page.locator(f"#stage-{name}")


def arrive(page, app, tab: str) -> None:
    """Open the page anew, and a tab."""
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    page.get_by_role("tab", name=tab).click()
