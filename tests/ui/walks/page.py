"""What walks do, and other tests of a tab."""

from tests.ui.browser import FITS, expect, unfold


def stage(page, name, inside):
    """Open one of the stages that are folded."""
    unfold(page, name)
    expect(page.locator(inside)).to_be_visible()


def choose(page, field, option):
    page.locator(f"#{field} input").click()
    page.locator(f"#{field}").get_by_role("option", name=option, exact=True).click()


def taken_home(page, button) -> bytes:
    expect(page.locator(button)).to_be_visible()
    with page.expect_download() as caught:
        page.locator(button).click()
    return caught.value.path().read_bytes()


def on_a_phone(page):
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_function(FITS)
