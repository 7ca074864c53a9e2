"""The tab *Generate* in a real browser: every section once, with few tokens and few steps; keys, markup, a phone."""

import math
import zipfile

import pytest

from genhub.data import samples
from tests.serving.tiny_language import MODEL, REVISION, endless_gpt, store_language
from tests.serving.tiny_runs import store
from tests.ui.browser import FITS, SLOW, arrive, expect, unfold, visiting
from tests.ui.served import serving

PROMPT = "KING RICHARD III:\nMy"
LONG = 1_024
ENDLESS = "tests/endless-gpt"  # its texts stand still after some tokens, until they are stopped: tests/ui/held_ops.py


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The page; beside the models that ship with it there is a tiny one over bytes in its store."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(home))
        store_language()
        store(ENDLESS, REVISION, endless_gpt)
    with serving(home, program="tests.ui.held") as served:
        yield served


@pytest.fixture
def page(app, chromium):
    """The tab, with the model of plays chosen."""
    with visiting(app, chromium, "Generate") as page:
        choose_writer(page)
        yield page


def opened(page, app):
    arrive(page, app, "Generate")
    choose_writer(page)


def choose_writer(page, name="embedded/shakespeare"):  # a character a token, and no end
    page.wait_for_selector("#gen-text .tok")
    fill(page, **{"gen-writer": name})
    page.locator("#gen-writer input").press("Enter")


def fill(page, **fields):
    """Fill in fields by name; one of a stage that was opened just now can lose what it got while it was being mounted: it gets it again."""
    for name, value in fields.items():
        field = page.locator(f"#{name}").locator("input, textarea").first
        for _ in range(5):
            field.fill(str(value))
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            if field.input_value() == str(value):
                break
        expect(field).to_have_value(str(value))


def pieces(page) -> list[str]:
    """The tokens of the text, without the prompt."""
    return page.locator("#gen-text .tok").all_text_contents()


def write(page, tokens: int, prompt: str = PROMPT, key: str = "") -> list[str]:
    """A text of so many tokens, the same for a seed whoever else writes; `key` is pressed in the prompt in place of the button."""
    fill(page, **{"gen-prompt": prompt, "gen-max_new_tokens": tokens})
    page.locator("#gen-exact input").check()
    page.locator("#gen-figures .gh").evaluate("box => box.dataset.old = ''")
    if key:
        page.locator("#gen-prompt textarea").press(key)
    else:
        page.locator("#gen-go").click()
    expect(page.locator("#gen-figures .gh:not([data-old])")).to_contain_text("the limit of new tokens")
    expect(page.locator("#gen-text .tok")).to_have_count(tokens)
    return pieces(page)


def sure(page) -> float:
    """The probability that is stated of the pressed token."""
    return float(page.locator("#gen-why-head").inner_text().split("probability of ")[1].split()[0])


# ---- write, and why this token --------------------------------------------------------------------------------------


def test_the_stored_text_is_explained_and_the_keyboard_reaches_its_tokens(page):
    expect(page.locator("#gen-why tr.chosen")).to_have_count(1)
    page.locator("#gen-exact input").focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#gen-text .tok')"):
            break
    page.keyboard.press("Tab")  # the second token
    page.keyboard.press("Enter")
    second = page.locator("#gen-text .tok").nth(1)
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#gen-text .tok[aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#gen-why-head .gh-piece")).to_have_text(second.inner_text())
    stated = float(second.get_attribute("title").split(",")[0])
    assert math.isclose(sure(page), stated, rel_tol=0.02)


def test_the_headings_of_the_candidates_stand_over_their_figures(page):
    unfold(page, "why")
    edges = """(at) => { const range = document.createRange(), row = (name) => document.querySelector(`#gen-why ${name} tr`).cells[at];
      return ['thead', 'tbody'].map(name => { range.selectNodeContents(row(name)); const box = range.getBoundingClientRect(); return [box.left, box.right]; }); }"""
    (_, head), (_, figure) = page.evaluate(edges, 1)
    assert abs(head - figure) < 1.5, "logit: at its right"
    (head, _), (figure, _) = page.evaluate(edges, 2)
    assert abs(head - figure) < 1.5, "probability: at its left"


def test_a_text_streams_and_stop_leaves_it_as_it_is(page):
    choose_writer(page, ENDLESS)
    fill(page, **{"gen-prompt": PROMPT, "gen-max_new_tokens": LONG})
    page.locator("#gen-exact input").check()
    go, stop = page.locator("#gen-go"), page.locator("#gen-stop")
    go.click()
    expect(page.locator("#gen-text .cursor")).to_be_visible()
    page.wait_for_function("document.querySelectorAll('#gen-text .growing .tok').length > 3")
    stop.click()
    expect(go).to_be_enabled()
    expect(stop).to_be_disabled()
    expect(page.locator("#gen-text .cursor")).to_have_count(0)
    written = pieces(page)
    assert 3 < len(written) < LONG
    expect(page.locator("#gen-figures")).to_have_text(f"Stopped after {len(written)} tokens.")
    page.locator("#gen-text .tok").nth(2).click()  # what was stopped can be asked about
    expect(page.locator("#gen-why tr.chosen")).to_have_count(1)
    assert pieces(page) == written
    fill(page, **{"gen-max_new_tokens": 4})
    go.click()
    expect(page.locator("#gen-text .tok")).to_have_count(4)


def test_a_branch_keeps_what_was_before_it(page):
    before = write(page, 12)
    page.locator("#gen-text .tok").nth(5).click()
    expect(page.locator("#gen-why-head")).to_contain_text("chosen by Nucleus")
    for other in (1, 2):  # and from there another one
        row = page.locator("#gen-why tr:not(.chosen)").filter(has=page.get_by_role("button")).nth(other)
        wanted = row.locator(".gh-piece").inner_text()
        row.get_by_role("button", name="branch here").click()
        expect(page.locator("#gen-why tr.chosen .gh-piece")).to_have_text(wanted)
        expect(page.locator("#gen-go")).to_be_enabled()
        branched = pieces(page)
        assert branched[:5] == before[:5]
        assert branched[5].replace("\n", "").strip() == wanted.replace("␣", "")
        assert branched[5:] != before[5:]
        assert len(branched) == 12
    expect(page.locator("#gen-why-head")).to_contain_text("chosen by you")


def test_ctrl_enter_writes_escape_stops_and_a_seed_decides_the_text(page):
    first = write(page, 30)
    fill(page, **{"gen-seed": 1})
    assert write(page, 30, key="Control+Enter") != first
    fill(page, **{"gen-seed": 0})
    assert write(page, 30) == first
    choose_writer(page, ENDLESS)
    fill(page, **{"gen-max_new_tokens": LONG})
    page.locator("#gen-prompt textarea").press("Control+Enter")
    expect(page.locator("#gen-text .cursor")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#gen-go")).to_be_enabled()
    expect(page.locator("#gen-figures")).to_contain_text("Stopped after")


def test_a_strategy_brings_its_options(page):
    expect(page.locator("#gen-top_p")).to_be_visible()
    page.locator("#gen-strategy input").click()
    page.get_by_role("option", name="Beam search", exact=True).click()
    expect(page.locator("#gen-beams")).to_be_visible()
    expect(page.locator("#gen-length_penalty")).to_be_visible()
    for name in ("top_p", "top_k", "temperature"):
        expect(page.locator(f"#gen-{name}")).to_be_hidden()
    expect(page.locator("#gen-aid")).to_contain_text("whole continuation")


def test_markup_in_a_prompt_is_text(page):
    prompt = "the <b>dog</b> <script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    choose_writer(page, MODEL)
    written = write(page, 3, prompt=prompt[:60])
    expect(page.locator("#gen-text .prompt")).to_have_text(prompt[:60])
    assert page.locator("#gen-text").locator("b, script, img").count() == 0
    assert page.title() == "GenHub"
    assert len(written) == 3


def test_a_prompt_that_is_too_long_says_so_beside_the_field_and_leaves_the_text(page):
    before = write(page, 3)
    prompt = page.locator("#gen-prompt")
    prompt.locator("textarea").fill("x" * 100_001)
    page.locator("#gen-go").click()
    said = page.locator("#gen-problem [role=alert]")
    expect(said).to_contain_text("100,001 characters")
    assert said.bounding_box()["x"] < prompt.bounding_box()["x"] + prompt.bounding_box()["width"]
    assert said.bounding_box()["y"] < page.locator("#gen-writer").bounding_box()["y"]
    expect(page.locator("#gen-go")).to_be_enabled()
    assert pieces(page) == before
    expect(page.locator("#gen-figures")).to_contain_text("the limit of new tokens")
    write(page, 2)
    expect(said).to_have_count(0)


# ---- strategies, beams, inside, guessing ----------------------------------------------------------------------------


def test_strategies_are_compared_and_the_guess_is_scored(page):
    fill(page, **{"gen-prompt": PROMPT, "gen-max_new_tokens": 120})
    unfold(page, "decode")
    page.locator("#decode-preset").get_by_label("Greedy and its cures").check()
    expect(page.locator("#decode-guess label")).to_have_count(3)
    page.locator("#decode-guess").get_by_label("Greedy", exact=True).check()
    fill(page, **{"decode-texts": 1})
    page.locator("#decode-go").click()
    expect(page.locator("#decode-score")).to_contain_text("of 1 so far")
    expect(page.locator("#decode-go")).to_be_enabled()
    rows = page.locator("#decode-table tbody tr")
    expect(rows).to_have_count(4)  # three ways, and people's text
    expect(rows.last).to_contain_text("People")
    expect(page.locator("#decode-table svg")).to_be_visible()
    cards = page.locator("#decode-view article")
    expect(cards).to_have_count(3)
    for place in range(3):
        assert cards.nth(place).locator(".tok").count() == 120
    assert cards.nth(0).inner_text() != cards.nth(1).inner_text()
    place = page.locator("#decode-table thead th").all_inner_texts().index("repetition")
    share = {row.split("\t")[0]: int(row.split("\t")[place].rstrip("%")) for row in rows.all_inner_texts()}
    most = max(share[name] for name in list(share)[:3])
    right = share["Greedy"] == most
    expect(page.locator("#decode-score")).to_contain_text(f"{int(right)} of 1 so far")


def test_the_figures_that_answer_the_question_are_folded_at_first(page):
    unfold(page, "decode")
    expect(page.locator("#decode-view article")).to_have_count(5)
    expect(page.locator("#decode-table table")).to_be_hidden()
    expect(page.locator("#decode-table svg")).to_be_hidden()
    page.locator("#decode-table summary").click()
    expect(page.locator("#decode-table tbody tr")).to_have_count(6)
    expect(page.locator("#decode-table svg")).to_be_visible()


def test_escape_stops_a_comparison_and_another_can_begin_at_once(page):
    choose_writer(page, ENDLESS)
    fill(page, **{"gen-prompt": PROMPT, "gen-max_new_tokens": LONG})
    unfold(page, "decode")
    page.locator("#decode-go").click()
    expect(page.locator("#decode-score")).to_contain_text("0 of 5")
    page.keyboard.press("Escape")
    expect(page.locator("#decode-score")).to_contain_text("Stopped")
    expect(page.locator("#decode-stop")).to_be_disabled()
    fill(page, **{"gen-max_new_tokens": 5, "decode-texts": 1})
    page.locator("#decode-go").click()
    expect(page.locator("#decode-table tbody tr")).to_have_count(6)
    expect(page.locator("#decode-view article").first.locator(".tok")).to_have_count(5)


def test_a_beam_search_is_drawn_by_the_page_itself(page):
    fill(page, **{"gen-prompt": PROMPT})
    unfold(page, "tree")
    fill(page, **{"tree-beams": 3, "tree-tokens": 4})
    page.locator("#tree-go").click()
    expect(page.locator("#tree-told")).to_contain_text("continuations were looked at")
    expect(page.locator("#tree-beams input").first).to_have_value("3")
    expect(page.locator("#tree-best tbody tr")).to_have_count(3)
    expect(page.locator("#tree-plot .scatterlayer .trace").first).to_be_visible()
    expect(page.locator("#tree-plot .legendtext")).to_have_text(["dropped", "went on", "best hypothesis", "greedy path"])


def test_inside_shows_pieces_and_heads(page):
    inside = unfold(page, "inside")
    expect(inside.locator("#inside-pieces [data-pick^='encoder:']").first).to_be_visible()
    inside.get_by_role("tab", name="Attention in four steps").click()
    expect(inside.get_by_text("Compute weights")).to_be_visible()
    expect(inside.get_by_role("columnheader", name="weight")).to_be_visible()
    inside.get_by_role("tab", name="Positions").click()
    expect(inside.get_by_text("of 2,016 pairs").first).to_be_visible()


def test_the_model_is_played_against_and_a_sentence_ranked(page):
    unfold(page, "guess")
    page.locator("#guess-skip").click()
    expect(page.locator("#guess-problem [role=alert]")).to_contain_text("Press Begin.")
    page.locator("#guess-begin").click()
    expect(page.locator("#guess-text .prompt")).to_be_visible()
    expect(page.locator("#guess-problem [role=alert]")).to_have_count(0)
    shown, typed = page.locator("#guess-shown"), page.locator("#guess-typed input, #guess-typed textarea")
    typed.fill("q")
    typed.press("Enter")
    expect(shown).to_contain_text("Not this time. This token cost you 7.00 bits")  # half of the share over 64 other characters
    expect(page.locator("#guess-text .tok")).to_have_count(1)
    expect(typed).to_have_value("")
    page.locator("#guess-skip").click()
    expect(shown).to_contain_text("This token cost you 6.02 bits")  # one of 65
    expect(shown.locator("svg")).to_be_visible()
    expect(page.locator("#guess-text .tok")).to_have_count(2)

    expect(page.locator("#ladder-view tbody").first.locator("tr")).to_have_count(10)  # as stored, with a model that can read all of them
    sentence = page.locator("#ladder-own input, #ladder-own textarea")
    sentence.fill("The old horse is red.")
    sentence.press("Enter")
    ranked = page.locator("#ladder-view tbody").first.locator("tr")
    expect(ranked.filter(has_text="Yours.")).to_have_count(1)
    expect(ranked).to_have_count(10)  # of the stored ones one has letters that this model does not know
    mine = ranked.filter(has_text="Yours.")
    expect(mine).to_contain_text("The old horse is red.")
    costs = [float(text.split()[0]) for text in ranked.all_inner_texts()]
    assert costs == sorted(costs)


# ---- learning -------------------------------------------------------------------------------------------------------


def test_a_model_from_scratch_is_found_again_after_a_reload_stopped_and_writes(page, app):
    unfold(page, "scratch")
    expect(page.locator("#scratch_verdict .gh-big")).to_be_visible()  # of the recorded run
    expect(page.locator("#scratch_film_view .gh-text")).to_be_visible()
    expect(page.locator("#scratch_train")).to_be_disabled()
    fill(page, scratch_steps=8_000, scratch_layers=1, scratch_width=16, scratch_window=16)
    expect(page.get_by_label("My own")).to_be_checked()
    page.locator("#stage-scratch").get_by_role("button", name="Advanced").click()
    fill(page, scratch_heads=2, scratch_samples=200, scratch_sample_tokens=30, scratch_batch_size=4)
    page.locator("#scratch_use").click()
    expect(page.locator("#scratch_facts")).to_contain_text("Harbour", ignore_case=True)
    expect(page.locator("#scratch_forecast")).to_contain_text("4,656 of 4,656")
    page.locator("#scratch_train").click()
    expect(page.locator("#scratch_view")).to_contain_text("of 8,000")
    expect(page.locator("#scratch_film_view .gh-text")).to_be_visible()

    page.reload()
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#scratch_view")).to_contain_text("of 8,000")
    expect(page.locator("#scratch_view svg").first).to_be_visible()
    expect(page.locator("#scratch_facts")).to_contain_text("different characters")
    expect(page.locator("#scratch_train")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.locator("#scratch_verdict .gh-big")).to_be_visible()
    expect(page.locator("#scratch_verdict tbody tr")).to_have_count(3)
    expect(page.locator("#scratch_stop")).to_be_disabled()

    number = page.locator("#scratch_film input[type=number]")
    number.fill("1")
    number.press("Enter")
    expect(page.locator("#scratch_film_view")).to_contain_text("Before the first step it writes")
    page.locator("#scratch_prompt textarea").fill("PILOT:\n")
    page.locator("#scratch_prompt textarea").press("Control+Enter")
    expect(page.locator("#scratch_beside article")).to_have_count(1)
    expect(page.locator("#scratch_beside .tok").nth(20)).to_be_visible()
    opened_from_runs(page, "scratch")


def test_a_model_is_adapted_to_a_pasted_text_and_taken_home(page, app, tmp_path):
    unfold(page, "adapt")
    expect(page.locator("#adapt_verdict .gh-big")).to_be_visible()  # of the recorded run
    page.locator("#adapt_source").get_by_label("Paste").check()
    text = samples.text_path("harbour").read_text(encoding="utf-8")[:3_000]
    page.locator("#adapt_pasted textarea").fill(text)
    page.locator("#adapt_preset").get_by_label("Quick").check()
    page.locator("#stage-adapt").get_by_role("button", name="Advanced").click()
    expect(page.locator("#adapt_rank input")).to_have_value("4")
    fill(page, adapt_samples=2, adapt_sample_tokens=10, adapt_window=64)
    page.locator("#adapt_use").click()
    expect(page.locator("#adapt_facts")).to_contain_text("3,000")
    expect(page.locator("#adapt_forecast")).to_contain_text("trainable")
    page.locator("#adapt_train").click()
    expect(page.locator("#adapt_verdict .gh-big")).to_have_count(0)
    expect(page.locator("#adapt_verdict .gh-big")).to_be_visible()
    expect(page.locator("#adapt_verdict tbody tr")).to_have_count(4)  # this run, its base, n-grams, single tokens
    expect(page.locator("#adapt_verdict")).to_contain_text("base model")

    page.locator("#adapt_prompt textarea").fill("PILOT:\n")
    page.locator("#adapt_write").click()
    cards = page.locator("#adapt_beside article")
    expect(cards).to_have_count(2)
    expect(cards.nth(1)).to_contain_text("The base model: embedded/stories")
    expect(page.locator("#adapt_home_problem [role=alert]")).to_have_count(0)
    page.locator("#adapt_pack").click()
    with page.expect_download() as caught:
        page.locator("#adapt_download").click()
    packed = tmp_path / "run.zip"
    caught.value.save_as(packed)
    names = zipfile.ZipFile(packed).namelist()
    assert any(name.endswith("adapter_model.safetensors") for name in names)
    assert not any("jsonl" in name for name in names), "the text itself stays"
    page.locator("#adapt_show").click()
    expect(page.locator("#adapt_code")).to_contain_text("transformers")
    expect(page.locator("#adapt_command")).to_contain_text("genhub train generate")
    opened_from_runs(page, "adapt")


def opened_from_runs(page, kind):
    """The newest run is listed with its figure, and leads back to its section."""
    page.get_by_role("tab", name="Runs").click()
    row = page.locator("#runs-table tbody tr").first
    expect(row).to_contain_text("bits a character")
    row.locator("[data-pick^='open:']").click()
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"#{kind}_verdict .gh-big")).to_be_visible()
    expect(page.locator(f"#{kind}_beside article")).to_have_count(0)  # of what was made before nothing is left
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function(FITS)


# ---- a phone --------------------------------------------------------------------------------------------------------


def test_a_phone_sees_every_section_without_scrolling_sideways(app, chromium):
    page = chromium.new_page(viewport={"width": 400, "height": 800})
    page.set_default_timeout(SLOW)
    opened(page, app)
    stages = page.locator(".gh-stage[id^=stage-]:visible")
    for place in range(stages.count()):
        head = stages.nth(place).locator(":scope > button")
        if "open" not in (head.get_attribute("class") or ""):
            head.click()
        page.wait_for_function(FITS)
    assert stages.count() == 8
    page.locator("#gen-text .tok").nth(3).click()
    expect(page.locator("#gen-text .tok").nth(3)).to_have_attribute("aria-pressed", "true")
    fill(page, **{"tree-tokens": 4})
    page.locator("#tree-go").click()
    expect(page.locator("#tree-plot .scatterlayer .trace").first).to_be_visible()
    page.wait_for_function(FITS)
    page.close()
