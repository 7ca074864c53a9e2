"""Augment: rows for the small classes, whether they help, and code that says the same."""

import csv
import io
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np

from tests.alone import run
from tests.ui.browser import expect
from tests.ui.served import ROOT
from tests.ui.walks.page import choose, stage, taken_home


def real(name: str) -> Path | None:
    """A table of GENHUB_DATA, or of the folder beside the project."""
    homes = [Path(home) for home in (os.environ.get("GENHUB_DATA"), ROOT.parent / "shared" / "data") if home]
    return next((path for path in (home / "tables" / name for home in homes) if path.is_file()), None)


def drawn_table(path: Path, kinds: bool) -> Path:
    """Rows of the same columns where the real ones are not here."""
    rng, rows = np.random.default_rng(0), []
    for number in range(200):
        few = number % 4 == 0
        numbers = (rng.normal([52 + 3 * few, 62, 3 + 5 * few], [11, 3, 4])).round().astype(int).tolist()
        rows.append([*numbers, *([f"A{11 + rng.integers(3)}", f"A{30 + rng.integers(4)}"] if kinds else []), 1 + few])
    head = ["age", "op_year", "axil_nodes", *(["f0", "f2"] if kinds else []), "target" if kinds else "survival(2=died<5y)"]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def bundled(page):
    """A table that is there, with more neighbours asked for than its small class has."""
    choose(page, "table-sample", "Wine, one of five of the third class kept")
    page.locator("#table-k input").fill("30")
    page.locator("#table-use").click()
    rows = page.locator("#table-shown tbody tr")
    expect(rows).to_have_text([re.compile(r"class_1\s*71\s*71"), re.compile(r"class_0\s*59\s*71"), re.compile(r"class_2\s*9\s*71")])
    expect(page.locator("#table-shown")).to_contain_text("8 neighbours instead of 30: class “class_2” has 9 rows.")
    expect(page.locator("#table-shown circle")).to_have_count(213)
    page.locator("#table-k input").fill("5")


def taken_up(page, path: Path, method: str = "") -> Counter:
    """A table of one's own is evened out: how many rows each class had."""
    page.locator("#stage-rows").get_by_role("radio", name="My file").check()
    page.locator("#table-file input[type=file]").set_input_files(path)
    expect(page.locator("#table-file")).to_contain_text(path.stem)
    if method:
        choose(page, "table-method", method)
    page.locator("#table-use").click()
    with path.open(encoding="utf-8", newline="") as file:
        return Counter(row[-1] for row in list(csv.reader(file))[1:])


def evened(page, counts: Counter, method: str):
    """Counts before and after, new rows as rings, and lines to the rows between which they lie."""
    (large, most), (small, fewest) = counts.most_common()
    expect(page.locator("#table-shown")).to_contain_text(f"{method}: {most - fewest} new rows.")
    expect(page.locator("#table-shown tbody tr")).to_have_text([f"{large}{most}{most}", f"{small}{fewest}{most}"])
    rings = page.locator('#table-shown circle[fill="none"]')
    expect(rings).to_have_count(min(400, most - fewest))
    assert 0.9 * rings.count() <= page.locator("#table-shown svg line[opacity]").count() <= rings.count()


def other_axes(page):
    rings = page.locator('#table-shown circle[fill="none"]')
    there = rings.first.get_attribute("cx")
    choose(page, "table-across", "age")
    choose(page, "table-up", "axil_nodes")
    expect(page.locator("#table-shown svg")).to_have_attribute("aria-label", "axil_nodes against age")
    expect(rings.first).not_to_have_attribute("cx", there)
    for field, name in (("table-across", "age"), ("table-up", "axil_nodes")):
        expect(page.locator(f"#{field} input")).to_have_value(name)


def shown_code(page, name) -> str:
    page.locator(f"#{name}-code-show").click()
    page.wait_for_function("name => document.querySelector(`#${name}-code .cm-content`)", arg=name)
    with page.expect_download() as caught:
        page.locator(f"#{name}-code").get_by_label("Download").click()
    return caught.value.path().read_text(encoding="utf-8")


def reproduced(page, folder: Path):
    """The code that the stage shows, on the file that was given, writes the rows of the file that the stage gives."""
    with io.StringIO(taken_home(page, "#table-out").decode(), newline="") as file:
        wanted = [row[:-3] for row in csv.reader(file)]
    run(folder, shown_code(page, "table"), "given.csv", "out.csv")
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [*map(plain, csv.reader(file))] == [*map(plain, wanted)]


def plain(row: list[str]) -> list:
    return [float(cell) if cell.replace(".", "", 1).replace("-", "", 2).replace("e", "", 1).isdecimal() else cell for cell in row]


def measured(page, folder: Path):
    """Five splits with and without, the sentence that says what they say, and the same figures by the code alone."""
    stage(page, "measure", "#measure-go")
    page.locator("#measure-methods input").press("Backspace")  # random over-sampling, the last one, is left out
    expect(page.locator("#measure-methods").get_by_role("button", name="Remove")).to_have_count(1)
    page.locator("#measure-methods input").press("Escape")
    page.locator("#measure-go").click()
    expect(page.locator("#measure-problem")).to_contain_text("There is no guess yet")
    page.locator("#measure-guess").get_by_label("No evidence either way").check()
    page.locator("#measure-go").click()
    expect(page.locator("#measure-view")).to_contain_text("of 45")
    verdict = page.locator("#measure-table")
    expect(verdict).to_contain_text("5 splits. In each")
    expect(verdict).to_contain_text("split off first, never augmented")
    said = verdict.locator("li").all_inner_texts()
    assert sum("here (balanced accuracy" in one for one in said) == 6  # two ways, three learners
    clear = any("SMOTE, logistic" in one and "no evidence that it helps here" not in one for one in said)
    expect(verdict).to_contain_text("You guessed: no evidence" if clear else "Your guess was right")
    verdict.get_by_text("All figures").click()
    cells = [row.split("\t") for row in verdict.locator("details tbody tr").all_inner_texts()]
    titles = verdict.locator("details thead th").all_inner_texts()[3:]
    wanted = [
        f"{row[0]} | {row[2]} | {title} | {cell.replace('−', '-')}" for row in cells for title, cell in zip(titles, row[3:], strict=True)
    ]
    assert len(wanted) == 27
    assert run(folder, shown_code(page, "measure"), "given.csv").splitlines() == wanted
