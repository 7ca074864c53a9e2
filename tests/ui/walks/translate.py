"""Translate: a sentence, three translators."""

from tests.ui.browser import expect
from tests.ui.walks.page import stage

SOCCER = "I like soccer and also going to the beach."


def translated(page):
    """The course's sentence, and another one after it."""
    page.locator("#tr-examples [data-pick]", has_text="The course's sentence").click()
    expect(page.locator("#tr-source textarea")).to_have_value(SOCCER)
    page.locator("#tr-source textarea").fill(f"{SOCCER} The dog is hungry.")
    page.locator("#tr-go").click()
    expect(page.locator("#tr-text")).to_contain_text("perro")
    expect(page.locator("#tr-text [data-pick]").first).to_be_visible()  # it has ended
    expect(page.locator("#tr-told")).to_contain_text("seconds")


def aligned(page):
    """What the Transformer and the recurrent translator looked at; a word is hidden from both."""
    words = page.locator("#tr-text [data-pick^='word:0:']")
    page.locator("#tr-text [data-pick^='word:1:']", has_text="perro").click()
    expect(page.locator("#tr-pair .source")).to_contain_text("hungry")
    number = next(place for place in range(words.count()) if "fútbol" in words.nth(place).inner_text())
    words.nth(number).click()
    expect(page.locator("#tr-pair .source")).to_contain_text("soccer")
    expect(page.locator(f"#tr-pair [data-pick='look:{number}']")).to_have_attribute("aria-pressed", "true")
    for place in ("#tr-map", "#tr-recurrent"):
        page.locator(f"{place} .gi-squares").hover()
        expect(page.locator(f"{place} .gi-told")).to_contain_text("looks at")
    with_it, without = page.locator("#tr-recurrent .gh-facts .v").all_inner_texts()[:2]
    assert "fútbol" in with_it
    assert "playa" in with_it
    assert without.startswith("Me gusta")
    word = page.locator("#tr-pair .source .tok", has_text="soccer")
    word.focus()
    word.press("Enter")
    expect(page.locator("#tr-hidden")).to_contain_text("Without “soccer”")
    expect(page.locator("#tr-hidden tbody tr")).to_contain_text(WAYS)
    for place in (0, 1):
        assert page.locator("#tr-hidden tbody tr").nth(place).locator("mark").count()


WAYS = ["Transformer", "RNN with attention", "RNN without attention"]


def grown(page):
    stage(page, "translation-tree", "#tr-tree-go")
    page.locator("#tr-tree-go").click()
    expect(page.locator("#tr-tree-told")).to_contain_text("continuations were looked at")
    expect(page.locator("#tr-tree-best")).to_contain_text("Me gusta el fútbol")
    expect(page.locator("#tr-tree-plot .main-svg").first).to_be_visible()
