"""The tab *Translate* in a real browser with a tiny model that knows 48 sentences: pairs, files, what it learns, markup, a phone; test_walks.py has the
stages above."""

import pytest

from tests.serving.tiny_runs import store
from tests.tiny_translators import PAIRS, trained_translator
from tests.ui.browser import FITS, expect, unfold, visiting
from tests.ui.served import serving

MODEL = "Helsinki-NLP/opus-mt-en-es"
TEXT = "Tom sees bread. The dog wants bread."


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The page; a model of the catalog is on this machine, with the weights of the tiny one."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(home))
        store(MODEL, "d" * 40, trained_translator)
    with serving(home) as served:
        yield served


@pytest.fixture
def page(app, chromium):
    """The tab, with the tiny model chosen."""
    with visiting(app, chromium, "Translate") as page:
        page.wait_for_selector("#tr-go")
        page.locator("#tr-model input").fill(MODEL)
        page.locator("#tr-model input").press("Enter")
        yield page


def translated(page, text=TEXT):
    page.locator("#tr-source textarea").fill(text)
    expect(page.locator("#tr-source textarea")).to_have_value(text)
    page.locator("#tr-go").click()
    expect(page.locator("#tr-text")).not_to_contain_text("Me gusta")  # the sentence that the tab opens on is gone
    expect(page.locator("#tr-text [data-pick]").first).to_be_visible()  # and this one has ended
    expect(page.locator("#tr-told")).to_contain_text("seconds")


def test_pairs_are_judged(page):
    unfold(page, "evaluate")
    page.locator("#tr-pairs-pasted textarea").fill("\n".join(f"{here}\t{there}" for here, there in PAIRS))
    page.locator("#tr-judge-go").click()
    expect(page.locator("#tr-judge-scores")).to_contain_text("the source as it is")
    expect(page.locator("#tr-judge-worst")).to_contain_text("Worst sentences first")


def test_a_file_is_translated_and_downloaded(page, tmp_path):
    unfold(page, "files")
    path = tmp_path / "letters.txt"
    path.write_text("Tom sees bread.\n\nShe likes my book.\n", encoding="utf-8")
    page.locator("#tr-file input[type=file]").set_input_files(path)
    expect(page.locator("#tr-file")).to_contain_text("letters")
    page.locator("#tr-file-go").click()
    expect(page.locator("#tr-file-told")).to_contain_text("All of it is done.")
    with page.expect_download() as download:
        page.locator("#tr-file-out a").first.click()
    assert download.value.path().read_text(encoding="utf-8") == "Tom ve pan.\n\nElla quiere mi libro.\n"


def test_a_translator_learns_pairs_of_ones_own(page):
    unfold(page, "tune")
    page.locator("#tune_pasted textarea").fill("\n".join(f"{here}\t{there.replace(' ve ', ' quiere ')}" for here, there in PAIRS))
    page.locator("#tune_model input").fill(MODEL)
    page.locator("#tune_model input").press("Enter")
    page.get_by_role("button", name="Use these pairs").click()
    expect(page.locator("#tune_facts")).to_contain_text("column 1 → column 2")
    expect(page.locator("#tune_forecast")).to_contain_text("parameters")
    page.locator("#tune_train").click()
    expect(page.locator("#tune_verdict .gh-big")).to_be_visible()
    expect(page.locator("#tune_verdict")).to_contain_text("everyday sentences")
    page.locator("#tune_prompt textarea").fill("Tom sees bread.")
    page.locator("#tune_write").click()
    expect(page.locator("#tune_beside article")).to_have_count(2)
    page.locator("#tune_show").click()
    expect(page.locator("#tune_code")).to_contain_text("AutoModelForSeq2SeqLM")


def test_the_maps_of_a_long_sentence_fit_beside_each_other(app, chromium):
    with visiting(app, chromium, "Translate") as page:
        translated(page, "The old man and his little dog walk to the market every morning because they like fresh bread.")
        maps = page.locator("#tr-map .scroll, #tr-recurrent .scroll")
        expect(maps).to_have_count(2)
        for place in range(2):
            expect(maps.nth(place).locator(".columns span").nth(17)).to_be_visible()
            assert maps.nth(place).evaluate("box => box.scrollWidth <= box.clientWidth"), place
        page.set_viewport_size({"width": 400, "height": 900})
        page.wait_for_function(FITS)
        assert page.locator("#tr-recurrent .columns span").first.evaluate("name => name.getBoundingClientRect().width") >= 16
        box = page.locator("#tr-merged").bounding_box()  # beside the other two there would be no room for its words
        assert box["width"] > 120
        assert box["x"] + box["width"] <= 400


def test_mistakes_are_said_beside_their_field(page):
    page.locator("#tr-source textarea").fill("  ")
    page.locator("#tr-go").click()
    expect(page.locator("#tr-problem .gh-problem")).to_be_visible()
    expect(page.locator("#tr-go")).to_be_enabled()
    page.locator("#tr-swap").click()
    expect(page.locator("#tr-problem")).to_contain_text("No model here translates the other way")


def test_markup_stays_text_and_a_phone_has_room(page):
    translated(page, "<img src=x onerror=alert(1)> Tom sees bread.")
    assert page.locator("#tr-text img").count() == 0
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_function(FITS)
