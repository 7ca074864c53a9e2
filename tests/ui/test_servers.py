"""Servers that are killed, and public ones with several visitors, seen from a real browser."""

import csv
import json
import time

import pytest

from genhub.data import samples
from tests.promises.measured import within
from tests.ui.served import Served

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
expect = playwright.expect
SLOW = 90_000  # milliseconds a step may take on a busy machine
expect.set_options(timeout=SLOW)
ROWS = 60  # of the table that is trained on


@pytest.fixture
def table(tmp_path):
    with samples.path("support").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in ("billing", "returns")]
    path = tmp_path / "tickets.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["subject", "desk"])
        for desk in ("billing", "returns"):
            writer.writerows([row["text"], desk] for row in [row for row in rows if row["label"] == desk][: ROWS // 2])
    return path


def open_classify(page):
    page.get_by_role("tab", name="Classify").click()
    page.wait_for_selector("#verdict-head .gh-big")


def test_a_killed_server_comes_back_and_the_page_finds_its_run(tmp_path, chromium, table, figure):
    """kill -9 of the server in the middle of training: the job goes on, a new server adopts it, the page shows the verdict."""
    served = Served(tmp_path).start()
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(SLOW)
    try:
        page.goto(served.address)
        open_classify(page)
        page.get_by_label("My file").check()
        page.locator("#data-file input[type=file]").set_input_files(str(table))
        page.locator("#data-use").click()
        expect(page.locator("#forecast")).to_contain_text("trainable")
        page.locator("#option-epochs input").fill("3")
        page.locator("#train").click()
        expect(page.locator("#train-view")).to_contain_text("left")
        began = time.monotonic()
        served.kill()
        served.start()
        seconds = time.monotonic() - began
        figure(
            "S8",
            "a kill of the server in the middle of a training, and a new start",
            f"the page is back after {seconds:.1f} s, with the run",
        )
        assert seconds < within(30)
        page.goto("about:blank")  # what the old page still tries to reach, while its server is gone, has held up the new one
        page.goto(served.address)
        page.get_by_role("tab", name="Classify").click()
        expect(page.locator("#verdict-head")).to_contain_text(f"on {ROWS} rows")
    finally:
        context.close()
        served.stop()


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("public"), GENHUB_PROFILE="public").start()
    yield served
    served.stop()


def test_two_visitors_in_public_see_their_own_runs_only(public, chromium):
    contexts = [chromium.new_context() for _ in range(2)]
    try:
        mine, theirs = (context.new_page() for context in contexts)
        for page in (mine, theirs):
            page.set_default_timeout(SLOW)
            page.goto(public.address)
            open_classify(page)
        mine.get_by_label("Short reviews").check()
        mine.locator("#data-use").click()
        expect(mine.locator("#forecast")).to_contain_text("trainable")
        mine.get_by_label("Frozen encoder").first.check()
        mine.locator("#train").click()
        expect(mine.locator("#train-view")).to_contain_text("left")
        for page, runs in ((mine, 1), (theirs, 0)):
            page.get_by_role("tab", name="Runs").click()
            expect(page.locator("#runs-table .gh")).to_be_visible()
            expect(page.locator("#runs-table tbody tr")).to_have_count(runs)
    finally:
        for context in contexts:
            context.close()


def test_another_visitors_run_is_not_found_in_public(public):
    """Over HTTP, with the script's endpoints: a token is the only key to a run."""
    from gradio_client import Client

    client = Client(public.address, verbose=False)
    me, other = (client.predict(api_name="/new_visitor") for _ in range(2))
    sample = client.predict(me, "support", api_name="/read_sample")
    assert client.predict(me, sample["id"], "text", "label", [], api_name="/examine_table")["ready"]
    with pytest.raises(Exception, match="not here any more"):
        client.predict(other, sample["id"], "text", "label", [], api_name="/examine_table")
    with pytest.raises(Exception, match="Rank"):
        client.predict(me, sample["id"], {"rank": 1_000_000}, "", api_name="/train")
    answer = client.predict(me, "example-support", ["Where is my parcel?"], api_name="/classify")
    assert answer["predicted"][0] in answer["labels"]
    assert json.dumps(answer)
