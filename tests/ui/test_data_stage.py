"""Stage 1 without a browser: its handlers on a Lab whose jobs wait."""

from pathlib import Path

from genhub import oneshot
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import app
from genhub.ui.classify import data
from genhub.ui.session import empty

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
