"""Stage 1 without a browser: its handlers on a Lab whose jobs wait."""

import csv
from pathlib import Path

import gradio as gr
import pytest

from genhub import oneshot
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import app, markup
from genhub.ui.classify import data, method, tab
from genhub.ui.learning.kinds import KINDS
from genhub.ui.visit import empty
from genhub.ui.wiring import Wires, pieces

ME = "a" * 32
ROWS = "\n".join(f"the text number {n},{'ab'[n % 2]}" for n in range(30))


def taken(lab: Lab) -> dict:
    """The session of a visitor who has pasted a table."""
    return data.take_pasted(lab, {**empty(), "visitor": ME}, f"text,label\n{ROWS}")["session"]


def written(tmp_path: Path, header: str) -> str:
    path = tmp_path / "unseen.csv"
    path.write_text(f"{header}\nquite another text,a\nand one more,b\n")
    return str(path)


def test_an_attached_test_table_is_seen_after_a_reload_and_can_be_removed(lab, tmp_path):
    session = taken(lab)
    data.add_test(lab, session, written(tmp_path, "text,label"))
    shown = data.restore(lab, session)
    assert "Test table attached: “unseen.csv”, 2 rows." in shown["data_report"]
    assert 'data-pick="drop:test"' in shown["data_report"]
    after = data.press(lab, "drop:test", session)
    assert "Test table attached" not in after["data_report"]
    assert after["test_file"] is None
    assert "Test table attached" not in data.restore(lab, session)["data_report"]


def test_a_refused_test_table_leaves_the_form(lab, tmp_path):
    session = taken(lab)
    shown = data.add_test(lab, session, written(tmp_path, "text,kind"))
    assert shown["test_file"] is None
    assert "The test table has no column “label”" in shown["data_problem"]
    assert "Test table attached" not in data.restore(lab, session)["data_report"]


def test_a_table_is_forgotten_only_when_it_is_gone(lab, monkeypatch):
    session = taken(lab)

    def busy(*args, **kwargs):
        raise UserError("The server is busy.", "It does 4 such things at once.", "Try again in a few seconds.")

    with monkeypatch.context() as patch:
        patch.setattr(oneshot, "run", busy)
        shown = data.restore(lab, session)
    assert "session" not in shown
    assert "The server is busy" in shown["data_problem"]
    assert (shown["text_column"]["choices"], shown["text_column"]["value"]) == (["text", "label"], "text")
    assert "the text number 0" in data.choose_columns(lab, session, "text", "label")["data_report"]
    lab.delete_all(ME)
    assert data.restore(lab, session)["session"]["table"] == ""


def test_the_split_shown_follows_the_options_of_stage_2(lab):
    session = taken(lab)
    assert data.reexamine(lab, {**session, "table": ""}, seed=7) == {}
    shown = data.reexamine(lab, session, seed=7, folds=0)
    assert "Split, seed 7," in shown["data_report"]
    assert "are kept unseen for the verdict" in shown["data_report"]
    assert set(shown) == {"data_report", "data_rows", "data_use", "train"}  # no session: a remedy may have been pressed meanwhile
    assert "3 folds" in data.reexamine(lab, session, folds=3)["data_report"]


def test_every_option_that_bears_on_the_report_is_wired_to_it(lab):
    """Changing it, by hand or by a preset, has the doctor look again."""
    page = app.build(lab)
    report = next(block for block in page.blocks.values() if getattr(block, "elem_id", None) == "data-report")
    changes = {
        target for function in page.fns.values() if report in function.outputs for target, event in function.targets if event == "change"
    }
    told = {getattr(page.blocks[target], "elem_id", None) for target in changes}
    assert told >= {f"option-{name}" for name in data.OPTIONS}
    button = next(number for number, block in page.blocks.items() if getattr(block, "elem_id", None) == "fetch")
    (fetched,) = [number for number, function in page.fns.items() if (button, "click") in function.targets]
    assert any(function.trigger_after == fetched and report in function.outputs for function in page.fns.values())


def test_what_was_changed_in_reading_a_file_is_shown(lab):
    """The facts above the findings say the format; only the remark says that characters were removed."""
    session = taken(lab)
    assert "separator: comma" not in data.restore(lab, session)["data_report"]
    session = data.take_pasted(lab, session, f"text,label,\n{ROWS.replace(',a', ',a,').replace(',b', ',b,')}")["session"]
    assert "A column without a name is called “column 3”." in data.restore(lab, session)["data_report"]


# ---- refusals with a button, and rows to take home ----------------------------------------------------------------------

WINDOWS = 'data-pick="fix:windows-1252"'
LEAVE = 'data-pick="fix:leave-malformed-lines"'


def fresh() -> dict:
    return {**empty(), "visitor": ME}


def windows_file(tmp_path: Path, rows: str) -> str:
    path = tmp_path / "old.csv"
    path.write_bytes(f"text,label\n{rows}\n".encode("cp1252"))
    return str(path)


def test_a_refused_file_is_read_again_by_its_button_with_one_remedy_after_the_other(lab, tmp_path):
    refused = data.take_file(lab, fresh(), windows_file(tmp_path, f"{ROWS}\nsüß – und „gut“,a\none, too many,b"))
    assert "Line 32, byte 2 (0xFC) is not UTF-8" in refused["data_problem"]
    assert f"{WINDOWS}>Read it as Windows-1252</button>" in refused["data_problem"]
    assert "session" not in refused
    more = data.read_again(lab, "fix:windows-1252", fresh(), refused["data_refused"])
    assert "Line 33 has 3 fields" in more["data_problem"]
    assert LEAVE in more["data_problem"]
    shown = data.read_again(lab, "fix:leave-malformed-lines", fresh(), more["data_refused"])
    report, session = shown["data_report"], shown["session"]
    assert "Read as Windows-1252; 5 characters depend on that." in report
    assert "row 31, line 32: süß – und „gut“" in report
    assert "1 line does not fit into the table: line 33." in report
    assert shown["data_refused"] is None
    assert shown["data_use"]["interactive"]
    assert "Read as Windows-1252" in data.restore(lab, session)["data_report"]
    pressed = data.press(lab, "fix:drop-duplicates", session)
    assert "Read as Windows-1252" in pressed["data_report"]
    run = lab.folder(ME, lab.train(ME, session["table"], {"folds": 0}))
    assert run.job()["data"]["fixes"] == ["windows-1252", "leave-malformed-lines", "drop-duplicates"]


def test_refused_pasted_rows_are_read_again(lab):
    refused = data.take_pasted(lab, fresh(), f"text,label\n{ROWS}\nalone")
    assert LEAVE in refused["data_problem"]
    shown = data.read_again(lab, "fix:leave-malformed-lines", fresh(), refused["data_refused"])
    assert "line 32" in shown["data_report"]
    assert data.source_of(lab.table(ME, shown["session"]["table"])) == "Paste"


def test_a_refused_test_table_is_read_again(lab, tmp_path):
    session = taken(lab)
    refused = data.add_test(lab, session, windows_file(tmp_path, "naïve,a\nquite another,b"))
    assert refused["test_file"] is None
    assert WINDOWS in refused["data_problem"]
    assert "Test table attached" not in data.restore(lab, session)["data_report"]
    shown = data.read_again(lab, "fix:windows-1252", session, refused["data_refused"])
    assert "Test table attached: “old.csv”, 2 rows." in shown["data_report"]
    assert "test row 1, line 2: naïve" in shown["data_report"]
    assert shown["session"]["table"] == session["table"]


def test_a_refusal_that_nothing_mends_has_no_button(lab, tmp_path):
    with pytest.raises(UserError, match="never closed") as caught:
        data.take_pasted(lab, fresh(), f'text,label\n{ROWS}\n"open,a')
    assert caught.value.fix == ""
    with pytest.raises(UserError, match="Choose it again"):
        data.read_again(lab, "fix:windows-1252", fresh(), None)
    with pytest.raises(UserError, match="It is one of"):
        data.read_again(lab, "fix:../x", taken(lab), None)


def test_small_classes_are_left_out_by_a_button(lab):
    session = data.take_pasted(lab, fresh(), f"text,label\n{ROWS}\n" + "".join(f"a word on {n},c\n" for n in range(4)))["session"]
    assert 'data-pick="fix:drop-few" aria-pressed="false">Leave these classes out' in data.restore(lab, session)["data_report"]
    shown = data.press(lab, "fix:drop-few", session)
    assert "4 rows of 1 class left out." in shown["data_report"]
    assert 'data-pick="fix:drop-few" aria-pressed="true">Undo' in data.restore(lab, shown["session"])["data_report"]


def test_the_rows_of_a_finding_are_downloaded(lab):
    session = data.take_pasted(lab, fresh(), f"text,label\n{ROWS}\n,a\n,b\nthe text number 0,a")["session"]
    report = data.restore(lab, session)["data_report"]
    assert "2 rows without a text (row 31, line 32; row 32, line 33)" in report
    assert "row 31, line 32:" in report
    assert 'data-pick="rows:empty-texts">Download these rows' in report
    assert 'data-pick="rows:drop-duplicates">Download this row' in report
    shown = data.press(lab, "rows:empty-texts", session)
    assert set(shown) == {"data_rows"}
    assert shown["data_rows"]["visible"]
    with open(shown["data_rows"]["value"], encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["row", "line", "text", "label", "why"],
        ["31", "32", "", "a", "it has no text"],
        ["32", "33", "", "b", "it has no text"],
    ]
    assert data.restore(lab, session)["data_rows"]["visible"] is False
    with pytest.raises(UserError, match="has no rows for"):
        data.press(lab, "rows:classes", session)


def test_buttons_are_drawn_only_where_presses_are_heard(lab):
    """A remedy may be named wherever a table is read; a button without an ear would be dead."""
    page = app.build(lab)
    heard = {
        block.elem_id
        for block in page.blocks.values()
        if getattr(block, "js_on_load", None) == markup.PICK_JS and "problem" in str(block.elem_id)
    }
    assert heard == {
        "data-problem",
        "table-problem",
        "texts-whole-problem",
        "measure-problem",
        *(kind.name("text_problem") for kind in KINDS),
    }
    wires = Wires(lab)
    offered = UserError("Line 3 is not UTF-8.", fix="windows-1252")

    def refuse(lab):
        raise offered

    def refuse_late(lab):
        raise offered
        yield

    with gr.Blocks() as blocks:
        wires.add(deaf=gr.HTML(), ears=pieces())
        for problem in ("deaf", "ears"):
            button = gr.Button()
            wires.on(button.click, refuse, [], [], problem)
            wires.on_steps(button.click, refuse_late, [], [], problem)
    answers = [function.fn() for function in blocks.fns.values()]
    told = ["".join(value for value in (next(answer) if not isinstance(answer, dict) else answer).values()) for answer in answers]
    assert [WINDOWS in text for text in told] == [False, False, True, True]


def test_the_next_stage_opens_before_its_cost_is_measured(lab, monkeypatch):
    session, asked = taken(lab), []
    monkeypatch.setattr(method, "forecast", lambda *_, **fields: asked.append(fields) or {"forecast": "a minute"})
    steps = tab.using_table(lab, session, **dict.fromkeys(method.FIELDS))
    first = next(steps)
    assert (first["data_stage"]["open"], first["method_stage"]["open"]) == (False, True)
    assert "Measuring on your rows" in first["forecast"]
    assert asked == []
    assert next(steps) == {"forecast": "a minute"}
    assert first["session"]["used"] == session["table"]
