"""The tab *Augment* in a real browser: a chain is built, moved and taken home; texts, tables and digits are seen to change; test_walks.py evens out
tables and measures."""

import json
import re
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from genhub.augment.images.table import PRESETS
from tests.ui.browser import FITS, arrive, expect, unfold, visiting
from tests.ui.served import serving
from tests.ui.walks.page import choose, stage

ROWS = ["age,colour,size,kind", *(f"{n},{'red' if n % 3 else 'blue'},{1.5 * n + n % 4},{'few' if n < 8 else 'many'}" for n in range(30))]
HOLED = ["age,size,kind", *(f"{n},{1.5 * n + n % 4},{'few' if n < 8 else 'many'}" for n in range(30)), "?,3,many"]
# All that a place of the page says from now on, however short.
HEAR = """place => {
  window.heard = [];
  const watched = document.querySelector(place);
  new MutationObserver(() => heard.push(watched.innerText)).observe(watched, {childList: true, subtree: true, characterData: true});
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("home"), trains=False) as served:
        yield served


@pytest.fixture
def page(app, chromium):
    with visiting(app, chromium, "Augment") as page:
        live(page)
        yield page
        page.set_viewport_size({"width": 400, "height": 900})
        page.wait_for_function(FITS)


def live(page):
    """The tab opens on a stored example, whose pictures are smaller; what is shown now is computed."""
    page.wait_for_function("document.querySelector('#image-grid img')?.naturalWidth === 256")
    expect(page.locator("#image-grid figure")).to_have_count(16)


def first(page):
    """The first variant, as it is shown."""
    return page.locator("#image-grid img").first.get_attribute("src")


def changes(page, act) -> str:
    """`act` changes the variants: the first one afterwards."""
    before = first(page)
    act()
    expect(page.locator("#image-grid img").first).not_to_have_attribute("src", before)
    return first(page)


def test_sixteen_variants_follow_the_sliders_and_the_chain_outlives_a_reload(page, app):
    expect(page.locator("#image-grid")).to_contain_text("16 variants in")
    expect(page.locator("#image-grid")).to_contain_text("Stéfan van der Walt, CC0")
    expect(page.locator("#image-grid figcaption").first).to_contain_text("rotate")
    sources = {image.get_attribute("src") for image in page.locator("#image-grid img").all()}
    assert len(sources) == 16
    degrees = page.locator('#image-editor input[data-set="amount:2"]')
    expect(degrees).to_have_value("72")
    moved = changes(page, lambda: degrees.fill("9"))
    expect(page.locator("#image-editor li").nth(2).locator("output").first).to_have_text("9")
    changed = changes(page, lambda: page.locator('#image-editor select[data-set="fill"]').select_option("constant"))
    assert changed != moved
    arrive(page, app, "Augment")
    live(page)
    expect(degrees).to_have_value("9")
    expect(page.locator('#image-editor select[data-set="fill"]')).to_have_value("constant")
    assert first(page) == changed
    seed = page.locator('#image-editor input[data-set="seed"]')
    seed.fill("5")
    changes(page, lambda: seed.press("Tab"))


def test_operations_are_added_moved_and_left_out(page):
    begun, steps = first(page), page.locator("#image-editor li b")
    expect(steps).to_have_count(6)
    page.locator("#image-editor summary").click()
    changes(page, lambda: page.locator('#image-editor [data-pick="add:black-pixels"]').click())
    expect(steps).to_have_count(7)
    expect(steps.last).to_have_text("Black pixels")
    expect(page.locator("#image-grid figcaption").first).to_contain_text("black pixels 0.")
    page.locator('#image-editor [data-pick="up:6"]').click()
    expect(steps.nth(5)).to_have_text("Black pixels")
    page.locator('#image-editor [data-pick="remove:5"]').click()
    expect(steps).to_have_count(6)
    expect(page.locator("#image-grid img").first).to_have_attribute("src", begun)
    page.locator('#image-editor select[data-set="preset"]').select_option("Bad camera")
    expect(steps).to_have_text(["Blur", "Gaussian noise", "JPEG", "Brightness"])
    expect(page.locator("#image-grid figcaption").first).to_contain_text("jpeg")


def test_a_variant_stands_beside_its_picture_and_one_operation_is_swept(page):
    page.locator('#image-grid [data-pick="variant:3"]').click()
    expect(page.locator('#image-grid [data-pick="variant:3"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('#image-grid [aria-pressed="true"]')).to_have_count(1)
    expect(page.locator("#image-closer h3")).to_have_text("Before and after")
    expect(page.locator("#image-closer tbody tr")).to_have_count(6)
    over = page.locator("#image-closer .ga-over img")
    assert over.first.get_attribute("src") != over.last.get_attribute("src")
    expect(over.last).to_have_css("clip-path", "inset(0px 0px 0px 50%)")
    page.locator("#image-closer input[type=range]").fill("80")
    expect(over.last).to_have_css("clip-path", "inset(0px 0px 0px 80%)")
    page.locator("#image-sweep").click()
    expect(page.locator("#image-row figcaption")).to_have_text(["0", "30", "60", "90", "120", "150", "180"])
    assert len({image.get_attribute("src") for image in page.locator("#image-row img").all()}) == 7


def test_a_picture_of_ones_own_is_varied_and_packed(page, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)).save(tmp_path / "mine.png")
    bundled = first(page)
    page.locator("#image-file input[type=file]").set_input_files(tmp_path / "mine.png")
    expect(page.locator("#image-grid img").first).to_have_attribute("src", re.compile("^data:image/png;"))
    expect(page.locator("#image-grid")).not_to_contain_text("Picture:")
    page.locator("#image-copies input").fill("5")
    page.locator("#image-pack").click()
    expect(page.locator("#image-out")).to_contain_text("genhub-variants.zip")
    with page.expect_download() as download:
        page.locator("#image-out").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        assert sum(name.endswith(".png") for name in packed.namelist()) == 5
        assert "“mine.png” (70 × 50 pixels)" in packed.read("README.md").decode()
    page.locator("#image-file").get_by_label("Clear").click()
    expect(page.locator("#image-grid img").first).to_have_attribute("src", bundled)


NO_PICTURE, ONLY, NO_FILE = "“text.png” is no PNG, JPEG or WebP image", "This is the only operation", "No file has been chosen"


def refused(page, tmp_path) -> dict[str, bool]:
    """Three mistakes, each of which is said: whether it still stands there when all that the press began has ended."""
    (tmp_path / "text.png").write_text("no picture")
    unfold(page, "rows")
    page.locator("#stage-rows").get_by_role("radio", name="My file").check()
    unfold(page, "words")
    page.locator('#image-editor select[data-set="preset"]').select_option("One at random, of many")
    for place in range(len(PRESETS["One at random, of many"].steps) - 1, 0, -1):
        page.locator(f'#image-editor [data-pick="remove:{place}"]').click()
        expect(page.locator("#image-editor li")).to_have_count(place)
    found = {}
    mistakes = (
        (NO_PICTURE, "#image-problem", lambda: page.locator("#image-file input[type=file]").set_input_files(tmp_path / "text.png")),
        (ONLY, "#image-problem", lambda: page.locator('#image-editor [data-pick="remove:0"]').click()),
        (NO_FILE, "#table-problem", lambda: page.locator("#table-use").click()),
    )
    for copies, (words, box, act) in enumerate(mistakes, start=1):
        page.evaluate(HEAR, box)
        act()
        page.wait_for_function("words => heard.some(text => text.includes(words))", arg=words)
        page.locator("#text-copies input").fill(str(copies))
        page.locator("#text-go").click()  # the worker answers it after whatever was asked before
        expect(page.locator("#text-shown .alike")).to_have_count(3 * copies)
        found[words] = words in page.locator(box).inner_text()
    return found


def test_a_refusal_stays_until_the_next_press(page, tmp_path):
    assert refused(page, tmp_path) == {NO_PICTURE: True, ONLY: True, NO_FILE: True}


def test_a_chain_goes_home_and_comes_back(page, tmp_path):
    page.locator("#stage-pictures").get_by_text("The chain as a file, and as code").click()
    page.locator("#image-chain-save").click()
    expect(page.locator("#image-chain-file")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#image-chain-file").click()
    saved = json.loads(download.value.path().read_text())
    assert [step["name"] for step in saved["steps"]] == [step.name for step in PRESETS["The course's chain"].steps]
    page.locator("#image-chain-code").click()
    expect(page.locator("#stage-pictures .cm-content")).to_contain_text("python augment.py PICTURE FOLDER")
    (tmp_path / "foreign.json").write_text("{}")
    page.locator("#image-chain-load input[type=file]").set_input_files(tmp_path / "foreign.json")
    expect(page.locator("#image-chain-problem .gh-problem")).to_contain_text("This is no chain of operations")
    page.locator("#image-chain-load").get_by_label("Clear").click()
    (tmp_path / "mine.json").write_text(json.dumps({**saved, "steps": [{"name": "jpeg", "amount": 5}], "seed": 4}))
    page.locator("#image-chain-load input[type=file]").set_input_files(tmp_path / "mine.json")
    expect(page.locator("#image-editor li b")).to_have_text(["JPEG"])
    expect(page.locator("#image-grid figcaption").first).to_contain_text("jpeg")


def test_texts_are_varied_and_the_similar_ones_kept(page):
    stage(page, "words", "#text-go")
    page.locator('#text-editor select[data-set="preset"]').select_option("Careless typing")
    expect(page.locator('#text-shown span[title="keyboard slips, spelling"]')).to_have_count(12)
    page.locator("#text-given textarea").fill("The <b>film</b> was slow.\nNobody came to see it yesterday.")
    page.locator("#text-go").click()
    expect(page.locator("#text-shown li")).to_have_count(8)
    expect(page.locator("#text-shown .ga-text").first).to_have_text("The <b>film</b> was slow.")
    slips = page.locator('#text-editor input[data-set="amount:0"]')
    before = page.locator("#text-shown .gh").inner_html()
    slips.fill("0.1")
    page.wait_for_function("before => document.querySelector('#text-shown .gh').innerHTML !== before", arg=before)
    expect(page.locator("#text-shown")).to_contain_text("8 variants in")
    expect(page.locator("#text-shown li del")).not_to_have_count(0)
    expect(page.locator("#text-shown li ins")).not_to_have_count(0)
    alike = sorted(float(told.inner_text()) for told in page.locator("#text-shown .alike").all())
    low, high = max(pairwise(alike), key=lambda pair: pair[1] - pair[0])
    page.locator("#text-least input[type=range]").fill(f"{(low + high) / 2:.2f}")
    out = sum(one <= low for one in alike)
    expect(page.locator("#text-shown")).to_contain_text(f"{out} of them left out")
    assert sorted(float(told.inner_text()) for told in page.locator("#text-shown .alike").all()) == alike[out:]
    page.locator("#text-given textarea").fill(" ")
    page.locator("#text-go").click()
    expect(page.locator("#text-problem .gh-problem")).to_contain_text("There is no text")


def test_what_a_table_is_refused_for_is_mended_with_a_press(page):
    stage(page, "rows", "#table-use")
    page.locator("#stage-rows").get_by_role("radio", name="Pasted rows").check()
    for lines, said, button, after in (
        (ROWS, "“colour” holds categories", "Use SMOTE-NC", "SMOTE-NC: 14 new rows."),
        (HOLED, "No column holds categories", "Use SMOTE", ""),
    ):
        page.locator("#table-paste textarea").fill("\n".join(lines))
        page.locator("#table-use").click()
        expect(page.locator("#table-problem .gh-problem")).to_contain_text(said if after else "missing values")
        if not after:
            page.locator("#table-problem").get_by_role("button", name="Leave those rows out").click()
            expect(page.locator("#table-missing input")).to_have_value("leave those rows out")
            expect(page.locator("#table-problem .gh-problem")).to_contain_text(said)
        page.locator("#table-problem").get_by_role("button", name=button, exact=True).click()
        expect(page.locator("#table-shown")).to_contain_text(after or "SMOTE: 14 new rows.")
        expect(page.locator("#table-problem")).to_be_empty()
    expect(page.locator("#table-categories")).not_to_contain_text("colour")


def test_a_digit_is_turned_until_the_judge_changes_its_mind(page):
    stage(page, "breaking", "#break-go")
    expect(page.locator("#break-at")).to_be_hidden()
    expect(page.locator("#break-guess input")).to_have_value("90")
    page.locator("#break-guess input").fill("100")
    page.locator("#break-guess input").press("Tab")
    expect(page.locator("#break-guess input")).to_have_value("100")
    page.locator("#break-go").click()
    expect(page.locator("#break-line")).to_contain_text("It stops being “6” at")
    expect(page.locator("#break-line")).to_contain_text("at 180 it is “9”")
    expect(page.locator("#break-line")).to_contain_text("Your guess: 100. Off by")
    expect(page.locator("#break-shown")).to_contain_text("At 0 the judge takes it for “6”")
    upright = page.locator("#break-shown img").get_attribute("src")
    page.locator("#break-at input[type=range]").fill("180")
    expect(page.locator("#break-shown")).to_contain_text("At 180 the judge takes it for “9”")
    assert page.locator("#break-shown img").get_attribute("src") != upright
    page.locator("#break-go").click()
    expect(page.locator("#break-line")).to_contain_text("on average of 2 guesses")
    page.locator("#stage-breaking").get_by_role("radio", name="My drawing").check()
    page.locator("#break-pad canvas").scroll_into_view_if_needed()
    box = page.locator("#break-pad canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 30, steps=6)
    page.mouse.up()
    choose(page, "break-which", "Zoom")
    expect(page.locator("#break-guess input")).to_have_value("0.45")
    page.locator("#break-go").click()
    expect(page.locator("#break-shown")).to_contain_text("the judge takes it for “1”")
