"""The page in a real browser: the first screen, the tab Classify, nothing asked of another host, phone width; test_walks.py has the whole main job."""

import urllib.request

import pytest

from genhub.ui import frontend
from tests.ui.browser import unfold
from tests.ui.served import Served

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
expect = playwright.expect
SLOW = 90_000  # milliseconds a step may take on a busy machine
expect.set_options(timeout=SLOW)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("home")).start()
    yield served
    if served.process.poll() is None:
        assert served.stop() < 10, "serve must end within ten seconds of SIGTERM"


@pytest.fixture
def page(app, chromium):
    """A page of a fresh visitor; errors of its scripts and requests to other hosts are collected."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.foreign, page.broken = [], []
    page.on(
        "request", lambda request: page.foreign.append(request.url) if not request.url.startswith((app.address, "data:", "blob:")) else None
    )
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    yield page
    context.close()


def open_classify(page):
    page.get_by_role("tab", name="Classify").click()
    page.wait_for_selector("#verdict-head .gh-big")


def test_the_first_screen_shows_computed_results_and_leads_on(page):
    expect(page.locator("#start-tiles .gh-tile")).to_have_count(9)
    page.locator("#start-tiles [data-pick='cell:0:1']").click()
    expect(page.locator("#verdict-head .gh-big")).to_be_visible()
    expect(page.locator("#verdict-matrix [data-pick='cell:0:1']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#verdict-cell table")).to_be_visible()
    assert page.foreign == []
    assert page.broken == []


def test_the_edited_files_are_those_that_the_page_loads(app):
    edited = frontend.edited()
    assert edited
    for name, text in edited.items():
        with urllib.request.urlopen(f"{app.address}assets/{name}") as reply:
            assert reply.read().decode() == text


def test_the_page_comes_over_a_slow_line_and_is_not_sent_twice(app, chromium):
    """1.6 Mbit and 150 ms: the first results in seconds, from half a megabyte; files are kept."""
    context, sent = chromium.new_context(viewport={"width": 400, "height": 900}), []
    for _ in range(2):
        page = context.new_page()
        page.set_default_timeout(SLOW)
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        slow = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
        line.send("Network.emulateNetworkConditions", slow)
        page.goto(app.address, wait_until="commit")
        page.wait_for_selector("#start-tiles .gh-tile")
        sent.append(
            page.evaluate("['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).map(one => one.transferSize)")
        )
        page.close()
    context.close()
    first, again = map(sum, sent)
    assert first < 800_000
    assert again < 0.6 * first


def test_the_example_can_be_poked_before_anything_is_trained(page):
    open_classify(page)
    page.locator("#verdict-matrix [data-pick='cell:0:0']").click()
    expect(page.locator("#verdict-cell table")).to_be_visible()
    page.locator("#try-text textarea").fill("My parcel never came and the courier does not answer.")
    page.locator("#try-go").click()
    expect(page.locator("#try-words .gh-words button").first).to_be_visible()
    page.locator("#try-words .gh-words button").nth(1).click()
    expect(page.locator("#try-note")).to_contain_text("Without the struck words")
    expect(page.locator("#try-words .gh-words button").nth(1)).to_have_attribute("aria-pressed", "true")


def test_the_report_follows_stage_2_and_a_test_table_survives_a_reload(page, tmp_path):
    unseen = tmp_path / "unseen.csv"
    unseen.write_text("text,label\nThe courier lost my parcel again.,delivery\nYou charged me twice.,billing\n")
    open_classify(page)
    report = page.locator("#data-report")
    page.get_by_label("Paste", exact=True).check()
    rows = "\n".join(f"text number {n},{('delivery', 'billing')[n % 2]}" for n in range(40))
    page.locator("#data-pasted textarea").fill(f"text,label\n{rows}")
    page.locator("#data-read").click()
    expect(report).to_contain_text("Split, seed 0,")
    unfold(page, "method")
    page.locator("#option-seed input").fill("7")
    page.locator("#option-method").get_by_label("Bottleneck adapters").check()
    expect(report).to_contain_text("Split, seed 7,")
    page.get_by_role("button", name="A test table of my own").click()
    page.locator("#data-test input[type=file]").set_input_files(str(unseen))
    expect(report).to_contain_text("Test table attached: “unseen.csv”, 2 rows.")
    page.reload()
    page.get_by_role("tab", name="Classify").click()
    expect(report).to_contain_text("Test table attached: “unseen.csv”, 2 rows.")
    unfold(page, "method")
    expect(page.locator("#option-seed input")).to_have_value("7")  # the options are those from before the reload
    expect(page.locator("#option-method").get_by_label("Bottleneck adapters")).to_be_checked()
    report.get_by_role("button", name="Remove it").click()
    expect(report).not_to_contain_text("Test table attached")
    expect(report).to_contain_text("5 folds")


def test_a_bad_file_gets_a_sentence_and_nothing_is_lost(page, tmp_path):
    open_classify(page)
    page.get_by_label("My file").check()
    bad = tmp_path / "sheet.csv"
    bad.write_bytes(b"PK\x03\x04" + b"[Content_Types].xml xl/workbook.xml" + b"\0" * 200)
    page.locator("#data-file input[type=file]").set_input_files(str(bad))
    expect(page.locator("#stage-data [role=alert]")).to_contain_text("Excel")
    expect(page.locator("#verdict-head .gh-big")).to_be_visible()


def test_catch_it_cheating(page):
    open_classify(page)
    unfold(page, "cheat")
    expect(page.locator("#cheat-ask")).to_be_disabled()  # commit first
    page.get_by_label("complaint", exact=True).check()
    page.locator("#cheat-ask").click()
    words = page.locator("#cheat-words .gh-words button")
    expect(words.first).to_be_visible()
    expect(page.locator("#cheat-note")).to_contain_text("Your guesses: 1 of 1 right.")
    page.locator("#cheat-words .gh-words button", has_text="Tuesday").click()
    expect(page.locator("#cheat-note")).to_contain_text("the answer flips")
    expect(page.locator("#cheat-view")).not_to_contain_text("After counterexamples")
    page.locator("#cheat-stored").click()
    expect(page.locator("#cheat-view")).to_contain_text("After counterexamples")
    expect(page.locator("#cheat-note")).to_contain_text("unseen counterexamples")


def test_a_guess_on_the_first_screen_opens_the_exhibit_in_view(page):
    page.locator("#start-tiles [data-pick='guess:praise']").click()
    expect(page.locator("#cheat-note")).to_contain_text("Your guesses: 0 of 1 right.")
    expect(page.locator("#stage-cheat")).to_be_in_viewport()


def test_a_token_on_the_first_screen_is_explained_in_view(page):
    tokens = page.locator("#start-tiles [data-pick^='token:']")
    other = next(
        pick for pick in ("token:2", "token:3") if tokens.and_(page.locator(f"[data-pick='{pick}'][aria-pressed='false']")).count()
    )
    page.locator(f"#start-tiles [data-pick='{other}']").click()
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"#gen-text [data-pick='{other}']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#gen-why tr.chosen")).to_have_count(1)
    expect(page.locator("#gen-why-head")).to_contain_text("The entropy of the choice was")
    expect(page.locator("#stage-why")).to_be_in_viewport()
    assert page.foreign == []
    assert page.broken == []


def test_lines_of_the_course_lead_to_the_state_in_which_their_question_is_answered(page):
    def follow(topic):
        page.get_by_role("tab", name="Start").click()
        page.locator("#start-index li", has=page.get_by_text(topic, exact=True)).get_by_role("button").click()

    page.locator("#start-teach").click()
    follow("Positional encoding")
    expect(page.locator("#inside-sinusoids")).to_contain_text("of 2,016 pairs")
    expect(page.locator("#stage-inside")).to_be_in_viewport()
    follow("Temperature")
    expect(page.locator("#decode-preset").get_by_label("Temperatures 0.01, 1, 100")).to_be_checked()
    expect(page.locator("#decode-guess").get_by_label("Temperature 100")).to_be_visible()
    expect(page.locator("#stage-decode")).to_be_in_viewport()
    expect(page.locator("#inside-sinusoids")).to_be_hidden()
    assert page.broken == []


def test_a_phone_sees_every_tab_without_scrolling_sideways(app, chromium):
    page = chromium.new_page(viewport={"width": 400, "height": 800})
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    page.locator("#start-teach").click()
    expect(page.locator("#start-index li").first).to_be_visible()
    for tab in ("Start", "Classify", "Generate", "Translate", "Images", "Augment", "Runs"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_function("document.documentElement.scrollWidth <= 401")
    page.close()


def test_a_wide_table_says_on_a_phone_that_there_is_more_and_the_keyboard_scrolls_it(app, chromium):
    page = chromium.new_page(viewport={"width": 400, "height": 800})
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    open_classify(page)
    matrix = page.locator("#verdict-matrix .scroll")
    expect(matrix).to_have_attribute("data-more", "right")
    assert "gradient" in matrix.evaluate("box => getComputedStyle(box).maskImage")
    matrix.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(matrix).to_have_attribute("data-more", "left")
    page.set_viewport_size({"width": 1400, "height": 800})
    expect(matrix).not_to_have_attribute("data-more", "left")
    assert matrix.get_attribute("tabindex") is None
    page.close()


def test_a_cells_rows_leave_the_threshold_where_it_was(page):
    open_classify(page)
    place = "document.querySelector('#threshold').getBoundingClientRect().top + document.scrollingElement.scrollTop"
    page.wait_for_function("document.querySelector('#verdict-more table')")
    before = page.evaluate(place)
    page.locator("#verdict-matrix [data-pick='cell:0:0']").click()
    expect(page.locator("#verdict-cell table")).to_be_visible()
    assert page.evaluate(place) == before


def test_an_answer_below_the_threshold_is_called_one_to_abstain_from(page):
    open_classify(page)
    page.locator("#threshold input[type=number]").fill("1")
    page.locator("#threshold input[type=number]").press("Enter")
    expect(page.locator("#verdict-abstain")).to_contain_text("At 1.00 it answers none")
    page.locator("#try-text textarea").fill("My parcel never came.")
    page.locator("#try-go").click()
    expect(page.locator("#try-bars")).to_contain_text("below your threshold of 1.00: abstain")
