"""Walks through the page from end to end, as a visitor takes them; nothing is there but what comes with GenHub, and no network."""

import re
import zipfile

import pytest

from tests.promises.measured import within
from tests.ui.browser import SLOW, arrive, expect, unfold, visiting
from tests.ui.served import serving
from tests.ui.walks import augment, classify, images, translate
from tests.ui.walks.generate import write_at, written
from tests.ui.walks.page import choose, on_a_phone, stage, taken_home

pytestmark = pytest.mark.timeout(480)  # a walk is many tests in one


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture
def page(app, chromium):
    with visiting(app, chromium, "Start") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield page


def test_a_messy_table_becomes_a_run_that_says_the_same_elsewhere(app, chromium, tmp_path):
    """The doctor, one press a remedy, a training that outlives a reload, a cell's rows, a ZIP, and a stranger who opens it."""
    with visiting(app, chromium, "Classify") as page:
        classify.examined(page, classify.messy(tmp_path / "tickets.csv"))
        classify.trained(page, app)
        classify.a_cell_is_read(page)
        first = classify.answered(page)
        unfold(page, "home")
        page.locator("#home-pack").click()
        (tmp_path / "run.zip").write_bytes(taken_home(page, "#home-download"))
        names = zipfile.ZipFile(tmp_path / "run.zip").namelist()
        assert any(name.endswith("head.safetensors") for name in names)
        assert not any("train.jsonl" in name or "predictions" in name for name in names)
        page.locator("#home-code-button").click()
        expect(page.locator("#home-code")).to_contain_text("peft")
    with visiting(app, chromium, "Runs") as page:
        rows = page.locator("#runs-table tbody tr")
        expect(rows.first).to_be_visible()
        known = rows.count()
        with page.expect_file_chooser() as chooser:
            page.locator("#runs-reopen").click()
        chooser.value.set_files(tmp_path / "run.zip")
        expect(rows).to_have_count(known + 1)
        page.locator("#runs-table [data-pick^='open:']").first.click()
        stage(page, "train", "#train-view")
        expect(page.locator("#train-view")).to_contain_text("The curves stay with the run that was trained here")
        assert classify.answered(page) == first


def test_a_question_at_three_temperatures_branched_and_restored_by_a_link(page, chromium):
    """“To be or not to be” at 0.01, 1, 100; a token pressed, another candidate taken; the link opens it elsewhere."""
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


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("open=write" + "&x=1" * 120, "None of them was set"),
        ("open=write&gen_seed=" + "9" * 400, "does not fit here: Seed."),
        ("open=write&gen_seed=" + "9" * 25, "does not fit here: Seed."),
        ("open=write&gen_seed=" + "[" * 1_200, "does not fit here: Seed."),
    ],
    ids=["too many", "too long a number", "a number that JSON has not", "too deep"],
)
def test_a_link_that_nobody_made_is_told_and_the_page_goes_on(app, page, link, told):
    """`app` fails where one of them was logged as a defect."""
    page.goto(f"{app.address}?{link}")
    expect(page.locator("#gh-linked")).to_contain_text(told)
    assert "Traceback" not in app.log()
    page.get_by_role("tab", name="Runs").click()
    expect(page.locator("#runs-table")).to_contain_text(re.compile("No runs yet|started"))


def test_a_link_names_the_stage_that_a_line_has_led_to(app, page):
    page.get_by_role("tab", name="Start").click()
    page.locator("#start-teach").click()
    page.locator("#start-index li", has_text="Beam search for a translation").locator("button").click()
    expect(page.locator("#stage-translation-tree")).to_be_in_viewport()
    page.locator("#gh-link").click()
    expect(page.locator("#gh-linked input").first).to_have_value(re.compile(r"\?open=translation-tree&tr_tree_beams=3$"))
    page.locator("#tr-source textarea").click()
    page.locator("#gh-link").click()
    expect(page.locator("#gh-linked input").first).to_have_value(re.compile(r"\?open=translate&"))


# Counts how often the page looked for a stage to lead to.
LOOKS = """() => {
  const later = window.setTimeout;
  window.looks = 0;
  window.setTimeout = (call, wait, ...given) => {
    const looks = String(call).includes('gh-wanted');
    return later(looks ? () => { call(); window.looks += 1; } : call, wait, ...given);
  };
}"""


def test_what_arrives_late_does_not_lead_away_from_what_was_touched_since(app, chromium):
    """A server that takes long for what a page asks as it opens: all of that is held back until the visitor is elsewhere."""
    held, arriving = [], [True]
    with chromium.new_context(viewport={"width": 1400, "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.add_init_script(f"({LOOKS})()")
        page.route("**/queue/join*", lambda route: held.append(route) if arriving else route.continue_())
        with page.expect_request("**/queue/join*"):
            page.goto(app.address)
        page.wait_for_selector("#start-tiles .gh-tile")
        arriving.clear()
        page.get_by_role("tab", name="Start").click()
        page.locator("#start-teach").click()
        page.locator("#start-index li", has_text="Beam search for a translation").locator("button").click()
        page.wait_for_function("looks === 1")
        page.locator("#tr-source textarea").click()
        place = page.evaluate("scrollY")
        for route in held:
            route.continue_()
        page.wait_for_function("looks === 2")
        assert page.evaluate("scrollY") == place
        page.locator("#gh-link").click()
        expect(page.locator("#gh-linked input").first).to_have_value(re.compile(r"\?open=translate&"))


def test_a_link_and_a_line_of_the_course_bring_the_table_that_they_name(app, page):
    report = page.locator("#data-report")
    page.goto(f"{app.address}?open=data&data_sample=support")
    expect(report).to_contain_text("support.csv")
    expect(page.get_by_role("radio", name="Support requests")).to_be_checked()
    page.get_by_role("tab", name="Start").click()
    page.locator("#start-teach").click()
    page.locator("#start-index li", has_text="Sentiment with a sentence encoder").locator("button").click()
    expect(report).to_contain_text("reviews.csv")
    expect(page.get_by_role("radio", name="Short reviews")).to_be_checked()
    page.locator("#data-use").click()
    expect(page.locator("#option-method").get_by_label("Frozen encoder")).to_be_checked()
    expect(page.locator("#forecast")).to_contain_text("the features are computed once")


def pressed(app, page, topic: str) -> None:
    """A line of the course, by who has just come."""
    arrive(page, app, "Start")
    page.locator("#start-teach").click()
    page.locator("#start-index li").filter(has=page.get_by_text(topic, exact=True)).locator("button").click()


def test_lines_of_the_course_bring_what_their_question_is_about(app, page):
    """A model, a table, a chain; each answered with one press or two."""
    pressed(app, page, "Vector arithmetic on mean codes")
    expect(page.locator("#im-about")).to_contain_text("16 numbers")
    for field, name in (("latent-plus", "Pullover"), ("latent-minus", "T-shirt"), ("latent-then", "Dress")):
        expect(page.locator(f"#{field} input")).not_to_have_value("")
        choose(page, field, name)
    page.locator("#latent-add").click()
    expect(page.locator("#latent-sum")).to_contain_text("Pullover − T-shirt + Dress. The class whose mean is nearest: Dress.")
    pressed(app, page, "Tables: SMOTE-NC")
    expect(page.locator("#table-paste textarea")).to_have_value(re.compile("rent,rooms,heating"))
    page.locator("#table-use").click()
    expect(page.locator("#table-shown")).to_contain_text("SMOTE-NC: 11 new rows.")
    expect(page.locator("#table-shown")).to_contain_text("Columns of categories: heating, district.")
    pressed(app, page, "Texts: there and back")
    expect(page.locator("#text-editor")).to_contain_text("Chance")
    expect(page.locator("#text-editor .ga-steps")).to_have_text(re.compile("^There and back"))
    page.locator("#text-go").click()
    expect(page.locator("#text-shown")).to_contain_text("12 variants in")
    pressed(app, page, "A deep autoencoder with dropout")
    expect(page.locator("#autoencoder_variant input")).to_have_value("Deep, with dropout")


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


def test_the_soccer_sentence_by_three_translators(app, chromium):
    """A Transformer, an RNN with attention and one without; what they looked at, what a hidden word changes, and the search."""
    with visiting(app, chromium, "Translate") as page:
        page.wait_for_selector("#tr-go")
        translate.translated(page)
        translate.aligned(page)
        translate.grown(page)
        on_a_phone(page)


def test_a_map_of_digits_clothes_on_the_way_a_sketch_and_a_film(app, chromium):
    with visiting(app, chromium, "Images") as page:
        seconds = images.learnt(page)
        images.packed(page)
        seconds += images.own_map(page)
        assert seconds < within(30), seconds
        images.from_trousers_to_sweaters(page)
        images.sketched(page)
        images.beside(page)
        on_a_phone(page)


def test_a_gan_collapses_the_alarm_rings_and_its_remedy_is_one_press(app, chromium):
    with visiting(app, chromium, "Images") as page:
        images.collapsed(page)
        few = images.covered(page)
        expect(page.locator("#gan_verdict")).to_contain_text("judge FID")
        expect(page.locator("#gan_view")).to_contain_text("What the discriminator believes")
        expect(page.locator("#gan_film_view img").first).to_be_visible()
        page.locator("#gan_view [data-pick='remedy:wasserstein']").click()
        expect(page.locator("#gan_verdict")).to_be_empty()
        assert few < 4
        images.covered(page)
        expect(page.locator("#gan_ratio input")).to_have_value("1")  # the fields hold the remedy, which takes its time
        images.trained(page, images.ENOUGH)
        expect(page.locator("#gan_verdict")).to_be_empty()
        many = images.covered(page, images.PATIENT)
        assert many > few + 1  # classes came back, not one by chance
        page.locator("#gan_play").click()
        expect(page.locator("#im-about")).to_contain_text("8 × 8, grey")
        expect(page.locator("#play-sheet")).to_contain_text("64 images, drawn in")
        unfold(page, "latent")
        expect(page.locator("#latent-map")).to_contain_text("It has no map")
        page.get_by_role("tab", name="Runs").click()
        for number, row in enumerate((2, 0), start=1):
            page.locator("#runs-table [data-pick^='select:']").nth(row).click()
            expect(page.locator("#runs-table [aria-pressed='true']")).to_have_count(number)
        expect(page.locator("#runs-compare thead")).to_contain_text("classes drawn")
        shown = [row.split("\t")[-1] for row in page.locator("#runs-compare tbody tr").all_inner_texts()]
        assert shown == [f"{few} of 10", f"{many} of 10"]


def test_rows_for_small_classes_whether_they_help_and_code_that_says_the_same(app, chromium, tmp_path):
    """SMOTE on haberman, SMOTE-NC on german."""
    tables = [
        augment.real(name) or augment.drawn_table(tmp_path / name, kinds) for name, kinds in (("haberman.csv", False), ("german.csv", True))
    ]
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, table in zip(folders, tables, strict=True):
        folder.mkdir()
        (folder / "given.csv").write_bytes(table.read_bytes())
    with visiting(app, chromium, "Augment") as page:
        stage(page, "rows", "#table-use")
        augment.bundled(page)
        augment.evened(page, augment.taken_up(page, tables[0]), "SMOTE")
        augment.other_axes(page)
        augment.reproduced(page, folders[0])
        augment.measured(page, folders[0])
        page.locator("#table-file").get_by_label("Clear").click()
        augment.evened(page, augment.taken_up(page, tables[1], "SMOTE-NC"), "SMOTE-NC")
        expect(page.locator("#table-shown")).to_contain_text("Columns of categories: f0")
        augment.reproduced(page, folders[1])
        on_a_phone(page)
