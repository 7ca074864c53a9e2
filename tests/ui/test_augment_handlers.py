"""The tab *Augment* without a browser: what a press changes, what is shown of an answer, and what is refused."""

import json
import math
import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest

from genhub.augment.chain import MOST, Chain, Step
from genhub.augment.images.table import IMAGES
from genhub.augment.kinds import chain_of
from genhub.augment.tables.columns import Rows
from genhub.augment.tables.resample import resample
from genhub.augment.tables.shown import scatter
from genhub.augment.tables.table import TABLES, ResampleConfig
from genhub.augment.texts.table import TEXTS
from genhub.augment.texts.words import difference
from genhub.data.fixes import BUTTONS
from genhub.errors import UserError
from genhub.ui.augment import breaking, chains, editor, images, tab, tables, texts

SESSION = {"visitor": "v" * 43}
NAN = math.nan
HOSTILE = "<script>alert(1)</script>\"'&"
PICTURE = "data:image/png;base64,aGk="
COURSE = images.KIND.held(None)
FLIP = Chain("image", (Step("flip"),))
OTHERWISE = [None, "", "x", 7, [], {}, {"format": "x"}, {**FLIP.to_dict(), "kind": "text"}, {**FLIP.to_dict(), "steps": "flip"}]
DRAWN = [["flip", {"turned": 1}], ["flip-vertical", {"turned": 0}], ["rotate", {"degrees": -12.4}], ["gray", {}]]
PERSPECTIVE = ["perspective", {f"{side}{number}": 0.01 * number for number in range(1, 5) for side in "xy"}]
MIXED = ["cutmix", {"weight": 0.5, "x": 0.1, "y": -0.001, "other": 3}]


class Asked:
    """A lab that says what it was asked, and answers what it is given."""

    def __init__(self, **answers):
        self.asked, self.answers = [], answers

    def __getattr__(self, name):
        def call(visitor, *args):
            self.asked.append((name, *args))
            answer = self.answers[name]
            if isinstance(answer, UserError):
                raise answer
            return answer(*args) if callable(answer) else answer

        return call


def parsed(html: str) -> ET.Element:
    """Fails when the pieces are not well-formed."""
    html = re.sub(r"<(img|input)([^>]*[^/])>", r"<\1\2/>", html)
    whole = html.replace(" selected", ' selected=""')
    return ET.fromstring(f"<root>{whole}</root>")


def text(html: str) -> str:
    return " ".join("".join(parsed(html).itertext()).split())


# ---- the editor -----------------------------------------------------------------------------------------------------


def names(chain: Chain) -> list[str]:
    return [step.name for step in chain.steps]


def test_a_preset_takes_the_place_of_the_chain_and_the_seed_stays():
    held = Chain("image", FLIP.steps, "few", 3, "edge", 9)
    chain, redrawn = editor.changed(images.KIND, held, "preset:Bad camera")
    assert (names(chain), chain.way, chain.fill, chain.seed, redrawn) == (
        ["blur", "gaussian-noise", "jpeg", "brightness"],
        "all",
        "edge",
        9,
        True,
    )
    assert editor.changed(images.KIND, held, "preset:Words in context")[0] == held  # one of the other table
    words, _ = editor.changed(texts.KIND, texts.KIND.held(None), "preset:Words in context")
    assert names(words) == ["in-context"]


def test_operations_come_go_and_change_places():
    chain, redrawn = editor.changed(images.KIND, FLIP, "add:jpeg")
    assert (chain.steps, redrawn) == ((Step("flip"), Step("jpeg", 30)), True)
    up, _ = editor.changed(images.KIND, chain, "up:1")
    down, _ = editor.changed(images.KIND, chain, "down:0")
    assert names(up) == names(down) == ["jpeg", "flip"]
    assert editor.changed(images.KIND, chain, "up:0")[0] == editor.changed(images.KIND, chain, "down:1")[0] == chain
    assert names(editor.changed(images.KIND, chain, "remove:0")[0]) == ["jpeg"]
    with pytest.raises(UserError, match="This is the only operation"):
        editor.changed(images.KIND, FLIP, "remove:0")
    full = Chain("image", FLIP.steps * MOST)
    with pytest.raises(UserError, match="31 operations"):
        editor.changed(images.KIND, full, "add:flip")


def test_a_slider_changes_its_own_step_and_is_not_drawn_anew():
    chain = Chain("image", (Step("rotate", 15.0), Step("jpeg", 30), Step("rotate", 15.0)))
    changed, redrawn = editor.changed(images.KIND, chain, "amount:2:90.5")
    assert ([step.amount for step in changed.steps], redrawn) == ([15.0, 30, 90.5], False)
    changed, redrawn = editor.changed(images.KIND, chain, "chance:1:0.25")
    assert ([step.chance for step in changed.steps], redrawn) == ([1.0, 0.25, 1.0], False)
    assert editor.changed(images.KIND, chain, "amount:1:12")[0].steps[1] == Step("jpeg", 12)


def test_how_the_operations_go_together():
    for pick, name, value, redrawn in (("way:few", "way", "few", True), ("fill:edge", "fill", "edge", False), ("seed:7", "seed", 7, False)):
        chain, again = editor.changed(images.KIND, COURSE, pick)
        assert (getattr(chain, name), again) == (value, redrawn)
    assert editor.changed(images.KIND, COURSE, "few:5")[0].few == 5


@pytest.mark.parametrize(
    "pick",
    ["", ":", "add:__class__", "add:", "frob:x", "remove:99", "remove:-1", "up:x", "amount:", "amount:99:1", "preset:", "preset:<b>"],
)
def test_a_press_that_means_nothing_changes_nothing(pick):
    chain, redrawn = editor.changed(images.KIND, COURSE, pick)
    assert chain == COURSE.checked(IMAGES)
    assert not redrawn


@pytest.mark.parametrize(
    ("pick", "said"),
    [
        ("amount:2:nan", "Degrees of rotate is nan"),
        ("amount:2:inf", "Degrees of rotate is inf"),
        ("amount:2:-1", "Degrees of rotate is -1"),
        ("amount:2:181", "Degrees of rotate is 181"),
        ("amount:2:", "Degrees of rotate is"),
        ("amount:2:__import__", "Degrees of rotate is __import__"),
        ("chance:0:1.01", "chance of flip is 1.01"),
        ("chance:0:nan", "chance of flip is nan"),
        ("way:some", "way is some"),
        ("fill:<b>", "fill is <b>"),
        ("seed:-1", "seed is -1"),
        ("seed:1.5", "seed is 1.5"),
        ("seed:2147483648", "seed is 2147483648"),
        ("seed:²", "seed is ²"),
        ("seed:", "seed is"),
        ("few:0", "few is 0"),
        ("few:31", "few is 31"),
    ],
)
def test_a_value_out_of_bounds_is_said(pick, said):
    with pytest.raises(UserError, match=re.escape(said)):
        editor.changed(images.KIND, COURSE, pick)


@pytest.mark.parametrize("pick", ["seed:" + "9" * 5_000, "remove:" + "9" * 5_000], ids=["seed", "place"])
def test_a_number_of_thousands_of_digits_is_refused_as_others_are(pick):
    try:
        chain, _ = editor.changed(images.KIND, COURSE, pick)
    except UserError:
        return
    assert chain == COURSE.checked(IMAGES)


@pytest.mark.parametrize("value", OTHERWISE)
def test_what_the_browser_holds_is_a_chain_of_its_kind_or_the_first_one(value):
    assert images.KIND.held(value) == COURSE
    assert images.KIND.held({**FLIP.to_dict(), "seed": 3}) == Chain("image", FLIP.steps, seed=3)


@pytest.mark.parametrize("kind", [[], {}, ["image"]])
def test_a_kind_that_is_no_text_is_no_kind(kind):
    assert images.KIND.held({**FLIP.to_dict(), "kind": kind}) == COURSE


def test_the_editor_offers_every_operation_and_shows_each_step_with_its_bounds():
    drawn = parsed(editor.render(images.KIND, COURSE))
    picks = [button.get("data-pick") for button in drawn.iter("button")]
    assert [pick.removeprefix("add:") for pick in picks if pick.startswith("add:")] == list(IMAGES)
    assert {button.get("title") for button in drawn.iter("button")} >= {operation.help for operation in IMAGES.values()}
    steps = drawn.findall(".//li")
    assert [step.find("b").text for step in steps] == [IMAGES[name].title for name in names(COURSE)]
    assert ("up:0" in picks, "up:1" in picks, "down:5" in picks, "down:4" in picks) == (False, True, False, True)
    degrees = next(slide for slide in drawn.iter("input") if slide.get("data-set") == "amount:2")
    assert [degrees.get(name) for name in ("type", "min", "max", "value", "aria-label")] == ["range", "0", "180", "72", "Degrees"]
    assert not [slide for slide in drawn.iter("input") if slide.get("data-set") == "amount:0"]  # a flip has none
    chosen = {select.get("data-set"): select.find("option[@selected]").get("value") for select in drawn.iter("select")}
    assert chosen == {"preset": "The course's chain", "way": "all", "fill": "reflect"}


def test_the_editor_of_texts_and_of_a_chain_of_ones_own():
    drawn = parsed(editor.render(texts.KIND, Chain("text", (Step("swap", 0.1), Step("shuffle-words", 3)), "few", 1)))
    chosen = {select.get("data-set"): select.find("option[@selected]").text for select in drawn.iter("select")}
    assert chosen == {"preset": "Your own", "way": "a random few"}
    fields = {field.get("data-set"): field.get("step") for field in drawn.iter("input")}
    assert (fields["amount:1"], fields["amount:0"], "few" in fields) == ("1", "0.01", True)
    full = editor.render(images.KIND, Chain("image", FLIP.steps * MOST))
    assert "add:" not in full
    assert {step.name for step in chain_of(Chain("text", (Step("swap", 0.1),)).to_dict(), "text").steps} <= set(TEXTS)


# ---- chains as files ------------------------------------------------------------------------------------------------


def test_a_chain_is_saved_shown_and_loaded(tmp_path):
    path = tmp_path / "genhub-image-chain.json"
    path.write_text(json.dumps(FLIP.to_dict()))
    lab = Asked(chain_file=path)
    saved = chains.save(lab, SESSION, images.KIND, image_chain=FLIP.to_dict())
    assert lab.asked == [("chain_file", FLIP.to_dict(), "image")]
    assert (saved["image_chain_out"]["value"], saved["image_chain_out"]["visible"]) == (str(path), True)
    lab = SimpleNamespace(chain_code=lambda chain, kind: f"{kind} {len(chain['steps'])}")
    assert chains.show(lab, texts.KIND, text_chain=None)["text_chain_code"]["value"] == "text 4"  # the first one
    loaded = chains.load(None, images.KIND, image_chain_load=str(path))
    assert loaded["image_chain"] == FLIP.to_dict()
    assert loaded["image_editor"] == editor.render(images.KIND, FLIP)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b"null",
        b"[]",
        b'"flip"',
        b"{}",
        json.dumps({**FLIP.to_dict(), "steps": [{"name": HOSTILE}]}).encode(),
        json.dumps({**FLIP.to_dict(), "steps": [{"name": "rotate", "amount": NAN}]}).encode(),
        json.dumps({**FLIP.to_dict(), "seed": 10**30}).encode(),
        b'{"seed": ' + b"9" * 5_000 + b"}",
        json.dumps(texts.KIND.begin()).encode(),
        json.dumps(FLIP.to_dict()).encode() + b" " * 100_000,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_a_file_that_is_no_chain_for_pictures_is_refused(tmp_path, data):
    path = tmp_path / "foreign.json"
    path.write_bytes(data)
    with pytest.raises(UserError):
        chains.load(None, images.KIND, image_chain_load=str(path))


@pytest.mark.parametrize("path", [None, "", "/no/such/file.json"])
def test_a_file_that_is_not_there_is_said(path):
    with pytest.raises(UserError, match=r"No file has been chosen|“file.json” is no saved chain"):
        chains.load(None, images.KIND, image_chain_load=path)


# ---- pictures -------------------------------------------------------------------------------------------------------


def variants(count: int = 3) -> list[dict]:
    return [{"picture": PICTURE, "drawn": DRAWN, "shares": {}} for _ in range(count)]


class Pictures(Asked):
    def __init__(self, count: int = 3, **answers):
        told = {"variants": variants(count), "seconds": 0.0123}
        info = SimpleNamespace(id="p" * 32, whose=HOSTILE)
        near = {"before": PICTURE, "after": PICTURE, "drawn": [*DRAWN, PERSPECTIVE, MIXED], "shares": {}}
        row = {"amounts": [0.0, 7.5, 15.0], "pictures": [PICTURE] * 3}
        super().__init__(**{"vary_photo": told, "photo_info": info, "vary_closer": near, "photo_sweep": row, "take_photo": info, **answers})


def shown(**more) -> dict:
    return {"image_photo": "cat", "image_own": "", "image_chain": FLIP.to_dict(), **more}


def test_a_press_in_the_editor_redraws_only_other_steps():
    moved = images.edit(None, "amount:2:90", COURSE.to_dict())
    assert moved["image_chain"]["steps"][2]["amount"] == 90.0
    assert "image_editor" not in moved
    added = images.edit(None, "add:gray", None)
    assert added["image_chain"]["steps"][-1]["name"] == "gray"
    assert added["image_editor"].count("<li>") == 7


def test_ones_own_picture_comes_before_a_bundled_one():
    lab = Pictures()
    assert images.take(lab, SESSION, None) == {}
    assert images.take(lab, SESSION, "/tmp/a.png") == {"image_own": "p" * 32}
    images.vary(lab, SESSION, **shown(image_own="p" * 32))
    assert lab.asked[-2] == ("vary_photo", "p" * 32, FLIP.to_dict())
    images.vary(lab, SESSION, **shown(**images.forget(lab)))
    assert lab.asked[-2][1] == "cat"
    with pytest.raises(UserError, match="No picture has been chosen"):
        images.vary(lab, SESSION, **shown(image_photo=None))


def test_variants_are_told_with_what_was_drawn_and_whose_picture_it_is():
    told = images.vary(Pictures(), SESSION, **shown())
    assert told["image_closer"] == ""
    drawn = parsed(told["image_grid"])
    assert [button.get("data-pick") for button in drawn.iter("button")] == ["variant:0", "variant:1", "variant:2"]
    assert {button.get("aria-pressed") for button in drawn.iter("button")} == {"false"}
    assert [caption.text for caption in drawn.iter("figcaption")] == ["flip left to right; rotate −12; grey"] * 3
    assert f"3 variants in 12 ms. Picture: {HOSTILE}." in text(told["image_grid"])
    assert "<script" not in told["image_grid"]
    nothing = {"picture": PICTURE, "drawn": [["flip", {"turned": 0}]], "shares": {}}
    assert "as it was" in images.render({"variants": [nothing], "whose": "", "seconds": 0})


def test_a_chain_that_cannot_be_read_is_varied_as_the_first_one():
    for value in OTHERWISE:
        lab = Pictures()
        images.vary(lab, SESSION, **shown(image_chain=value))
        assert lab.asked[0] == ("vary_photo", "cat", COURSE.to_dict())


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (["rotate", {"degrees": 0.456}], "rotate 0.46"),
        (["rotate", {"degrees": -0.001}], "rotate 0.00"),
        (["translate", {"right": 0.1, "down": -0.2}], "translate right 0.10 down −0.20"),
        (["gaussian-noise", {"deviation": 0.05, "seed": 12345}], "gaussian noise 0.05"),
        (["jpeg", {"quality": 31}], "jpeg 31"),
        (PERSPECTIVE, "perspective 0.04"),
        (MIXED, "cutmix weight 0.50 x 0.10 y 0.00"),
        (["gray", {}], "grey"),
    ],
)
def test_what_was_drawn_in_few_words(drawn, said):
    assert images.drawn(*drawn) == said


def test_a_pressed_variant_stands_beside_its_picture():
    lab = Pictures()
    sheet = images.vary(lab, SESSION, **shown())["image_sheet"]
    looked = images.look(lab, "variant:2", SESSION, sheet, **shown())
    assert lab.asked[-1] == ("vary_closer", "cat", FLIP.to_dict(), 2)
    pressed = [button.get("aria-pressed") for button in parsed(looked["image_grid"]).iter("button")]
    assert pressed == ["false", "false", "true"]
    near = parsed(looked["image_closer"])
    assert [image.get("alt") for image in near.iter("img")] == ["The picture as it was", "The variant"]
    rows = [[cell.text for cell in row.findall("td")] for row in near.findall(".//tbody/tr")]
    assert rows[:4] == [["Flip left to right", "yes"], ["Flip top to bottom", "no"], ["Rotate", "degrees −12.4"], ["Grey", "nothing"]]
    assert rows[-1] == ["CutMix", "weight 0.5, x 0.1, y −0.001"]


@pytest.mark.parametrize("pick", ["", "variant:", "variant:3", "variant:-1", "variant:x", "variant:1.0", "drawn:1", "variant", HOSTILE])
def test_a_press_beside_the_variants_does_nothing(pick):
    lab = Pictures()
    sheet = images.vary(lab, SESSION, **shown())["image_sheet"]
    assert images.look(lab, pick, SESSION, sheet, **shown()) == {}
    assert images.look(lab, "variant:0", SESSION, None, **shown()) == {}
    assert [name for name, *_ in lab.asked] == ["vary_photo", "photo_info"]


def test_a_sweep_says_each_strength_and_takes_the_fill_of_the_chain():
    lab = Pictures()
    row = images.sweep(lab, SESSION, **shown(image_chain={**FLIP.to_dict(), "fill": "edge"}), image_which="rotate")["image_row"]
    assert lab.asked == [("photo_sweep", "cat", "rotate", "edge")]
    assert [caption.text for caption in parsed(row).iter("figcaption")] == ["0", "7.5", "15"]
    two = images.swept("flip", {"amounts": [0.0, 1.0], "pictures": [PICTURE] * 2})
    assert [caption.text for caption in parsed(two).iter("figcaption")] == ["without", "with"]


def test_variants_are_packed_as_many_as_asked_for(tmp_path):
    path = tmp_path / "genhub-variants.zip"
    path.write_bytes(b"x" * 2_000)
    lab = Pictures(photo_file=path)
    packed = images.pack(lab, SESSION, **shown(), image_copies=40)["image_out"]
    assert lab.asked == [("photo_file", "cat", FLIP.to_dict(), {"copies": 40})]
    assert (packed["label"], packed["visible"]) == ("Download genhub-variants.zip (2.0 kB)", True)


# ---- texts ----------------------------------------------------------------------------------------------------------


def variant(of: int, before: str, after: str, similarity: float, *done: str) -> dict:
    return {
        "text": after,
        "of": of,
        "done": list(done),
        "difference": [list(piece) for piece in difference(before, after)],
        "similarity": similarity,
    }


GIVEN = ["The cat sat.", HOSTILE]
MADE = {
    "texts": GIVEN,
    "variants": [
        variant(0, GIVEN[0], "The dog sat.", 0.8, "similar"),
        variant(0, GIVEN[0], "sat.", 0.4, "delete"),
        variant(1, HOSTILE, "x", 0.1),
    ],
    "seconds": 0.25,
}


def test_texts_are_asked_for_line_by_line():
    lab = Asked(vary_texts={"variants": MADE["variants"], "seconds": 0.25})
    told = texts.vary(lab, SESSION, " The cat sat. \n\n" + HOSTILE + "\n", 3, texts.KIND.begin(), 0)
    assert lab.asked == [("vary_texts", GIVEN, texts.KIND.begin(), 3)]
    assert told["text_made"] == MADE
    assert told["text_shown"] == texts.render(MADE, 0)
    for nothing in ("", "  \n \n", None):
        with pytest.raises(UserError, match="There is no text"):
            texts.vary(lab, SESSION, nothing, 1, None, 0)
    assert texts.edit(None, "seed:4", None)["text_chain"]["seed"] == 4


def test_what_went_is_struck_through_and_what_came_underlined():
    html = texts.render(MADE, 0)
    assert "The<del> cat</del><ins> dog</ins> sat." in html
    assert 'title="similar words"' in html
    assert 'title="nothing was drawn for it"' in html
    assert "<script" not in html
    assert [mark.text for mark in parsed(html).iter("ins")] == [" dog", "x"]
    assert HOSTILE in "".join(parsed(html).itertext())
    assert "3 variants in 0.25 s." in html


def test_variants_that_are_not_similar_enough_are_counted_only():
    html = texts.filtered(None, MADE, 0.5)["text_shown"]
    assert (html.count('class="alike"'), "0.80" in html, "0.40" in html) == (1, True, False)
    assert "3 variants in 0.25 s, 2 of them left out" in html
    assert html.count("None is similar enough.") == 1
    assert texts.render(MADE, 0.4).count('class="alike"') == 2  # the bound itself is similar enough
    assert texts.filtered(None, None, 0.5) == {}


def test_at_nothing_no_variant_is_left_out():
    far = {**MADE, "variants": [{**MADE["variants"][0], "similarity": -0.04}]}
    assert texts.render(far, 0).count('class="alike"') == 1


@pytest.mark.parametrize("least", [None, NAN, math.inf, -1, 2, "0.9", [1]])
def test_a_bound_that_is_none_leaves_nothing_out(least):
    assert texts.render(MADE, least).count('class="alike"') == 3


# ---- tables ---------------------------------------------------------------------------------------------------------


def evened(tmp_path, method: str = "smote", **told) -> dict:
    """What the lab answers for a table of two columns."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (20, 2)), rng.normal(2, 1, (6, 2))])
    rows = Rows(x, np.array(["large"] * 20 + [HOSTILE] * 6), ("a", HOSTILE), (), "kind")
    made = resample(rows, ResampleConfig(method=method, k=9))
    path = tmp_path / "genhub-evened-out.csv"
    path.write_bytes(b"x" * 3_000)
    answer = {
        "label": "kind",
        "columns": ["a", HOSTILE],
        "categorical": [],
        "numeric": ["a", HOSTILE],
        "rows": 26,
        "made": made.made,
        "left_out": 26 - len(made.kept),
        "before": rows.counts(),
        "after": made.rows.counts(),
        "notes": made.notes,
        "scatter": scatter(rows, made, ["a", HOSTILE]),
        "path": path,
    }
    return {**answer, **told}


def form(**more) -> dict:
    usual = ResampleConfig()
    fields = {name: getattr(usual, option) for name, option in tables.FIELDS.items()}
    held = {"table_read": {"id": "t" * 32}, "table_label": "kind", "table_categories": None, "table_missing": tables.AS_IT_IS}
    return {**held, "table_across": tables.PLANE, "table_up": tables.PLANE, "table_as": "CSV", **fields, **more}


def test_one_source_of_a_table_is_shown():
    for source, shown in ((tables.SAMPLE, "table_sample"), (tables.FILE, "table_file"), (tables.PASTED, "table_paste"), ("x", None)):
        assert [name for name, update in tables.choose(None, source).items() if update["visible"]] == ([shown] if shown else [])


def test_a_table_is_read_from_where_it_was_said():
    info = SimpleNamespace(id="t" * 32, name=HOSTILE, columns=["a", "b", "kind"], rows=1_234)
    lab = Asked(take_upload=info, take_pasted=info, take_number_table=info)
    for source in (tables.SAMPLE, tables.FILE, tables.PASTED):
        used = tables.use(lab, SESSION, source, "wine-rare", "/tmp/a.csv", "a,b\n1,2")
    assert lab.asked == [("take_number_table", "wine-rare"), ("take_upload", "/tmp/a.csv"), ("take_pasted", "a,b\n1,2")]
    assert used["table_read"] == {"id": "t" * 32, "name": HOSTILE, "columns": ["a", "b", "kind"]}
    assert (used["table_label"]["value"], used["table_categories"]["choices"]) == ("kind", ["a", "b"])
    assert "<script" not in used["table_shown"]
    assert "1,234 rows" in used["table_shown"]
    with pytest.raises(UserError, match="No file has been chosen"):
        tables.use(lab, SESSION, tables.FILE, "wine-rare", None, "")


def test_what_stands_in_the_form_is_asked_for(tmp_path):
    lab = Asked(resampled=evened(tmp_path))
    tables.even_out(lab, SESSION, **form())
    usual = {"label": "kind", "categorical": None, "fixes": [], "values": ResampleConfig().to_dict(), "axes": []}
    name, table, said = lab.asked[-1]
    assert (name, table, {option: said[option] for option in usual}) == ("resampled", "t" * 32, usual)
    changed = {
        "table_missing": "fill them",
        "table_categories": [],
        "table_label": None,
        "table_across": "a",
        "table_up": HOSTILE,
        "table_k": 3,
    }
    told = tables.even_out(lab, SESSION, **form(**changed))
    asked = {**usual, "label": "", "categorical": [], "fixes": ["fill-missing"], "axes": ["a", HOSTILE]}
    said = {option: lab.asked[-1][2][option] for option in usual}
    assert said == {**asked, "values": {**usual["values"], "k": 3}}
    assert (told["table_across"]["value"], told["table_up"]["value"]) == ("a", HOSTILE)
    for half in ({"table_across": "a"}, {"table_across": None, "table_up": "a"}):
        tables.even_out(lab, SESSION, **form(**half))
        assert lab.asked[-1][2]["axes"] == []
    for hostile in (NAN, "x", None, -1, True):
        tables.even_out(lab, SESSION, **form(table_k=hostile, table_missing=HOSTILE))
        assert lab.asked[-1][2]["values"]["k"] is hostile  # the gate checks it
        assert lab.asked[-1][2]["fixes"] == []
    with pytest.raises(UserError, match="No table is in use"):
        tables.even_out(lab, SESSION, **form(table_read={}))


def test_another_label_lets_the_categories_be_recognised_anew(tmp_path):
    lab = Asked(resampled=evened(tmp_path))
    tables.other_label(lab, SESSION, **form(table_label="a", table_categories=["a"], table_across="a", table_up=HOSTILE))
    assert (lab.asked[-1][2]["categorical"], lab.asked[-1][2]["axes"], lab.asked[-1][2]["label"]) == (None, [], "a")


def test_counts_notes_and_points_are_shown_and_nothing_of_a_stranger_is_html(tmp_path):
    told = tables.even_out(Asked(resampled=evened(tmp_path)), SESSION, **form())
    html = told["table_shown"]
    rows = [[cell.text for cell in row.findall("td")] for row in parsed(html).findall(".//tbody/tr")]
    assert rows == [["large", "20", "20"], [HOSTILE, "6", "20"]]
    assert "SMOTE: 14 new rows." in html
    assert "5 neighbours instead of 9: class “" in html
    rings = [circle for circle in parsed(html).iter("circle") if circle.get("fill") == "none"]
    assert (len(rings), len([*parsed(html).iter("circle")])) == (14, 40)
    assert len([line for line in parsed(html).iter("line") if line.get("opacity")]) == 14
    assert "<script" not in html
    assert told["table_out"]["label"] == "Download (3.0 kB)"


def test_other_axes_leave_what_is_chosen(tmp_path):
    """Somebody may have chosen the other axis before the answer for this one is here."""
    told = tables.redraw(Asked(resampled=evened(tmp_path)), SESSION, **form())
    assert not set(told) & {"table_across", "table_up", "table_as", "table_label", "table_categories"}
    assert "SMOTE: 14 new rows." in told["table_shown"]


def test_what_else_is_said_of_a_table(tmp_path):
    fewer = tables.render(evened(tmp_path, "random-under"), "random-under")
    assert "Random under-sampling: 14 rows left out." in fewer
    many = evened(tmp_path)
    many["scatter"] = {**many["scatter"], "of": [5_000, 14]}
    assert "Of 5,000 and 14 points 26 and 14 are drawn." in tables.render(many, "smote")
    bare = tables.render(evened(tmp_path, categorical=["a", "<i>"], scatter=None), "random-over")
    assert "Columns of categories: a, &lt;i&gt;." in bare
    assert "nothing to draw" in bare
    assert "<svg" not in bare


@pytest.mark.parametrize(
    ("pick", "changed"),
    [
        ("fix:leave-out-missing", {"table_missing": "leave those rows out"}),
        ("fix:fill-missing", {"table_missing": "fill them"}),
        *((f"fix:{method}", {"table_method": method}) for method in ("smote", "smote-nc", "random-over")),
        ("fix:drop-few", {}),
        ("fix:", {}),
        ("", {}),
        (HOSTILE, {}),
    ],
)
def test_the_button_of_a_refusal_changes_the_form(pick, changed):
    told = tables.mend(None, pick)
    assert {name: value["value"] if isinstance(value, dict) else value for name, value in told.items()} == changed
    assert not changed or pick.removeprefix("fix:") in BUTTONS


def test_a_method_is_explained_where_there_is_one():
    assert tables.explained(None, "adasyn")["table_method"]["info"] == TABLES["adasyn"].help
    assert tables.explained(None, "magic") == tables.explained(None, None) == {}


# ---- where a label breaks -------------------------------------------------------------------------------------------


def judged(shares: list[float], amounts: list[float] | None = None) -> dict:
    """Of two classes, the first one's shares."""
    amounts = amounts or [10.0 * place for place in range(len(shares))]
    pictures = [f"{PICTURE}{place}" for place in range(len(shares))]
    return {"names": ["six", HOSTILE], "amounts": amounts, "pictures": pictures, "shares": [[one, 1 - one] for one in shares]}


def committed(lab, guess=30.0, guessed=(), **more) -> dict:
    given = {"break_source": breaking.DRAWN, "break_sketch": "AAAA", "break_which": "rotate", "break_label": "6", "break_seed": 2, **more}
    return breaking.commit(lab, SESSION, break_guess=guess, break_guessed=[*guessed], **given)


def test_a_guess_is_compared_with_where_the_label_breaks():
    lab = Asked(breaking_points=lambda *asked: judged([0.9, 0.6, 0.4, 0.2]))
    told = committed(lab, guess=65.0, guessed=[0.05])
    assert lab.asked == [("breaking_points", "rotate", "6", 2, "")]
    assert told["break_guessed"] == [0.05, pytest.approx((65 - 20) / 180)]
    line = text(told["break_line"])
    assert f"It stops being “six” at 20, where it becomes “{HOSTILE}”; at 30 it is “{HOSTILE}”." in line
    assert "Your guess: 65. Off by 25% of the range, 15% on average of 2 guesses." in line
    assert "<script" not in told["break_line"] + told["break_shown"]
    assert "<polyline" in told["break_line"]
    slider = told["break_at"]
    assert [slider[name] for name in ("visible", "minimum", "maximum", "step", "value")] == [True, 0.0, 30.0, 10.0, 0.0]


def test_the_slider_shows_the_nearest_strength():
    told = judged([0.9, 0.6, 0.4])
    near = breaking.move(None, told, 14.0)["break_shown"]
    assert f"{PICTURE}1" in near
    assert "At 10 the judge takes it for “six” (0.60)." in near
    over = breaking.move(None, told, 999)["break_shown"]
    assert "(0.60)" in over
    assert "&lt;script&gt;" in over
    assert breaking.move(None, None, 5) == breaking.move(None, told, None) == breaking.move(None, told, "5") == {}


@pytest.mark.parametrize(("shares", "place"), [([0.9, 0.6, 0.4], 2), ([0.9, 0.4, 0.6], 1), ([0.9, 0.8, 0.7], None), ([0.1, 0.2, 0.8], 2)])
def test_a_label_breaks_at_the_first_strength_with_another(shares, place):
    assert breaking.broken_at(judged(shares)) == place


def test_a_label_that_never_breaks_is_said_and_a_guess_of_the_strongest_is_right():
    told = committed(Asked(breaking_points=lambda *asked: judged([0.9, 0.8])), guess=judged([0.9, 0.8])["amounts"][-1])
    assert "takes it for “six” at every strength" in told["break_line"]
    assert told["break_guessed"] == [0.0]


def test_the_strongest_is_what_the_sweep_ends_with():
    lab = Asked(breaking_points=lambda *asked: judged([0.9, 0.8, 0.7], [100.0, 50.0, 1.0]))
    assert committed(lab, guess=1.0, break_which="jpeg")["break_guessed"] == [0.0]


def test_a_drawing_of_ones_own_is_judged_where_it_is_chosen():
    lab = Asked(breaking_points=lambda *asked: judged([0.9, 0.1]))
    committed(lab, break_source=breaking.OWN)
    assert lab.asked[-1][-1] == "AAAA"
    assert breaking.stroke(None, "sketch:AAAA") == {"break_sketch": "AAAA"}
    assert breaking.stroke(None, "clear") == {"break_sketch": ""}
    shown = breaking.choose(None, breaking.OWN)
    assert [shown[name]["visible"] for name in ("break_pad", "break_label", "break_seed")] == [True, False, False]


@pytest.mark.parametrize("guess", [None, "x", [90], math.nan, True])
def test_without_a_guess_the_judge_is_not_asked(guess):
    lab = Asked(breaking_points=lambda *asked: judged([0.9, 0.1]))
    with pytest.raises(UserError, match="no guess"):
        committed(lab, guess)
    with pytest.raises(UserError, match="no strength"):
        committed(lab, break_which="flip")
    assert lab.asked == []


def test_another_operation_has_other_strengths():
    assert breaking.other(None, "jpeg")["break_guess"]["value"] == 50.5
    assert "from 0 to 180" in breaking.other(None, "rotate")["break_guess"]["info"]
    for nothing in ("flip", "mixup", "magic", None, "brightness"):
        assert breaking.other(None, nothing) == {}
    assert all(IMAGES[name].amount and IMAGES[name].keeps for name in breaking.KEPT)


# ---- the tab --------------------------------------------------------------------------------------------------------


def test_the_tab_shows_the_chains_that_the_browser_holds_and_variants_once():
    lab = Pictures(16)
    words = Chain("text", (Step("swap", 0.5),))
    given = {"image_photo": "cat", "image_own": "", "image_chain": FLIP.to_dict(), "text_chain": words.to_dict()}
    told = tab.arrive(lab, SESSION, augment_arrived=False, **given)
    assert set(told) <= set(tab.ARRIVED)
    assert told["image_editor"] == editor.render(images.KIND, FLIP)
    assert told["text_editor"] == editor.render(texts.KIND, words)
    assert told["image_grid"].count('data-pick="variant:') == 16
    assert tab.arrive(lab, SESSION, augment_arrived=told["augment_arrived"], **given) == {}
    hostile = tab.arrive(lab, SESSION, augment_arrived=False, **{**given, "image_chain": "x", "text_chain": FLIP.to_dict()})
    assert hostile["image_editor"] == editor.render(images.KIND, COURSE)
    assert hostile["text_editor"] == editor.render(texts.KIND, texts.KIND.held(None))


def test_every_picture_of_the_page_has_words_for_those_who_do_not_see_it():
    lab = Pictures()
    pieces = [
        images.vary(lab, SESSION, **shown())["image_grid"],
        images.beside(lab.answers["vary_closer"]),
        images.swept("rotate", lab.answers["photo_sweep"]),
        breaking.render(judged([0.9]), 0),
    ]
    found = [image for html in pieces for image in parsed(html).iter("img")]
    assert len(found) == 3 + 2 + 3 + 1
    assert all(image.get("alt") for image in found)
    assert all(image.get("src").startswith("data:image/") for image in found)
