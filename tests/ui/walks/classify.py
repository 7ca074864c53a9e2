"""Classify: a messy table, a run, and the same answers elsewhere."""

import csv
import json
import os
import re
import signal
from contextlib import contextmanager
from pathlib import Path

from genhub.data import samples
from tests.ui.browser import expect

DESKS, EACH = ("billing", "delivery", "returns"), 24
QUESTION = "I was charged twice for the same order."


def messy(path: Path) -> Path:
    """Three desks of the support sample in UTF-16 with semicolons; spellings, empty labels, copies and a class of one row in it."""
    with samples.path("support").open(encoding="utf-8", newline="") as file:
        given = list(csv.DictReader(file))
    rows = [[row["text"], desk] for desk in DESKS for row in [row for row in given if row["label"] == desk][:EACH]]
    spelt = [[text, (desk, desk.upper(), f" {desk.title()}")[place % 3]] for place, (text, desk) in enumerate(rows)]
    flaws = [*spelt[:4], ["Nobody has answered yet.", ""], ["Is anybody there?", ""], ["Do you sell gift cards?", "shop"]]
    with path.open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["subject", "desk"], *spelt, *flaws])
    return path


def examined(page, path):
    """The doctor's findings, each settled by one press."""
    page.wait_for_selector("#verdict-head .gh-big")
    page.get_by_label("My file").check()
    page.locator("#data-file input[type=file]").set_input_files(path)
    report = page.locator("#data-report")
    for told in ("semicolon", "UTF-16", "2 rows without a label"):
        expect(report).to_contain_text(told)
    expect(page.locator("#data-use")).to_be_disabled()
    for fix in ("merge-labels", "drop-duplicates", "drop-rare"):
        button = report.locator(f"[data-pick='fix:{fix}']")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
    expect(report).to_contain_text(f"{EACH * len(DESKS)} of {EACH * len(DESKS) + 7}")
    page.locator("#data-use").click()
    expect(page.locator("#forecast")).to_contain_text("trainable")


@contextmanager
def held_still(app):
    """The job that trains stands still: what is done meanwhile is done midway, however quick the machine is."""
    [told] = app.home.glob("runs/*/process.json")
    pid = json.loads(told.read_text(encoding="utf-8"))["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def trained(page, app):
    """A small run, and a reload in the middle of it."""
    expect(page.locator("#stage-data > button")).to_contain_text("tickets.csv")
    page.locator("#stage-method").get_by_role("button", name="Advanced").click()  # its empty fields must stay "chosen for you"
    expect(page.locator("#option-folds textarea, #option-folds input")).to_have_value("")
    page.locator("#option-epochs input").fill("2")
    page.locator("#train").click()
    expect(page.locator("#train-view")).to_contain_text("left")
    with held_still(app):
        page.reload()
        expect(page.get_by_role("tab", name="Classify")).to_have_attribute("aria-selected", "true")
        expect(page.locator("#stage-data > button")).to_contain_text(f"✓ tickets.csv · {EACH * len(DESKS)} rows")
        expect(page.locator("#train-view")).to_contain_text(re.compile("Training|left"))
        expect(page.locator("#stop")).to_be_enabled()
        expect(page.locator("#verdict-head")).to_contain_text("The verdict comes when training has ended.")
    expect(page.locator("#stage-verdict > button")).to_contain_text("accuracy")
    expect(page.locator("#verdict-head")).to_contain_text(f"on {EACH * len(DESKS)} rows, each predicted by a model that had not seen it")


def a_cell_is_read(page):
    cell = page.locator("#verdict-matrix [data-pick='cell:1:1']")
    count = int(cell.inner_text().split()[0])
    cell.click()
    expect(page.locator("#verdict-cell h3")).to_have_text(f"{count} rows labelled “delivery”, predicted “delivery”")
    expect(page.locator("#verdict-cell tbody tr")).to_have_count(count)
    expect(cell).to_have_attribute("aria-pressed", "true")


def answered(page) -> str:
    """What the run in view says of a question."""
    page.locator("#try-text textarea").fill(QUESTION)
    page.locator("#try-go").click()
    expect(page.locator("#try-bars svg text").first).to_be_visible()
    return page.locator("#try-bars").inner_text()
