"""Stage 1 in a real browser: the button of a refusal, a remedy after the other, and the rows of a finding at one press."""

import csv
from pathlib import Path

import pytest

from tests.ui.served import Served

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
SLOW = 90_000  # milliseconds a step may take on a busy machine


@pytest.fixture
def app(tmp_path):
    served = Served(tmp_path, trains=False).start()
    yield served
    served.stop()


def test_a_refused_file_is_read_and_its_flawed_rows_are_downloaded(app, chromium, tmp_path):
    rows = [f"the café on floor {n} was closed,{'ab'[n % 2]}" for n in range(30)]
    (tmp_path / "old.csv").write_bytes("\n".join(["text,label", *rows, "one,too,many", ",a", ",b"]).encode("cp1252"))
    page = chromium.new_page(accept_downloads=True)
    page.set_default_timeout(SLOW)
    page.goto(app.address)
    page.wait_for_selector("#start-tiles .gh-tile")
    page.get_by_role("tab", name="Classify").click()
    page.get_by_role("radio", name="My file").check()
    page.locator("#data-file input[type=file]").set_input_files(tmp_path / "old.csv")
    page.get_by_role("button", name="Read it as Windows-1252").click()
    page.get_by_role("button", name="Leave such lines out").click()
    page.wait_for_selector("#data-report .gh-finding")
    report = page.locator("#data-report").inner_text()
    assert "Read as Windows-1252; 30 characters depend on that." in report
    assert "1 line does not fit into the table: line 32." in report
    assert page.locator("#data-problem [data-pick]").count() == 0
    for code, lines in (("empty-texts", ["33", "34"]), ("leave-malformed-lines", ["32"])):
        with page.expect_download() as download:
            page.locator(f"#data-report [data-pick='rows:{code}']").click()
        assert download.value.suggested_filename == f"old-{code}.csv"
        with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
            assert [row["line"] for row in csv.DictReader(file)] == lines
    page.close()
