"""Servers that are killed, and public ones with several visitors, seen from a real browser."""

import csv
import json
import time

import pytest
from PIL import Image

from genhub.data import samples
from tests.promises.measured import within
from tests.ui.served import Served

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
expect = playwright.expect
SLOW = 90_000  # milliseconds a step may take on a busy machine
expect.set_options(timeout=SLOW)
PICTURE, TABLE = "grey.png", "texts.csv"  # files that stand for themselves
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


# What an endpoint is asked besides the visitor and the run.
ASKED = {
    "run_status": {}, "run_curves": {}, "run_samples": {}, "stop_run": {}, "resume_run": {}, "delete_run": {}, "show_code": {},
    "rename_run": {"name": "theirs"}, "train_with_remedy": {"remedy": "wasserstein"}, "unseen_rows": {"label": "negative", "predicted": "negative"},
    "classify": {"texts": ["Lovely."]}, "explain": {"text": "Lovely."}, "leave_out": {"text": "Lovely.", "drop": [[0, 6]]},
    "base_lines": {"text": "Lovely."}, "classify_table": {"file": TABLE}, "download_run": {}, "download_merged": {},
    "write": {"prompt": "To be", "options": {}}, "write_stream": {"prompt": "To be", "options": {}}, "score_text": {"text": "To be", "options": {}},
    "branch": {"prompt": "To be", "options": {}, "tokens": [1]}, "beam_tree": {"prompt": "To be", "options": {}},
    "why_token": {"ids": [1, 2], "place": 1, "options": {}}, "draw_images": {"options": {}}, "image_map": {}, "images_at": {"places": [[0.0, 0.0]]},
    "look_at_code": {"of": {"place": [0.0, 0.0]}}, "image_models_beside": {"other": "embedded/mnist-vae-2"}, "give_image_back": {"file": PICTURE},
    "tell_image": {"file": PICTURE}, "enlarge_images": {"each": 1},
}  # fmt: skip
NOT_THERE = "There is no such run"


@pytest.fixture(scope="module")
def theirs(public, tmp_path_factory):
    """A script's client, the token of one who has a finished run, its id, the token of somebody else, and a folder with files."""
    from gradio_client import Client

    client = Client(public.address, verbose=False)
    me, other = (client.predict(api_name="/new_visitor") for _ in range(2))
    sample = client.predict(me, "reviews", api_name="/read_sample")
    assert client.predict(me, sample["id"], "text", "label", [], api_name="/examine_table")["ready"]
    run = client.predict(me, sample["id"], {"method": "frozen", "folds": 0}, "mine", api_name="/train")
    deadline = time.monotonic() + SLOW / 1000
    while client.predict(me, run, api_name="/run_status")["state"] != "finished":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    folder = tmp_path_factory.mktemp("files")
    Image.new("L", (28, 28), 128).save(folder / PICTURE)
    (folder / TABLE).write_text("text\nLovely.\n", encoding="utf-8")
    return client, me, run, other, folder


def asked_of(name: str, visitor: str, run: str, folder) -> dict:
    from gradio_client import handle_file

    given = {key: handle_file(str(folder / value)) if key == "file" else value for key, value in ASKED[name].items()}
    return {"visitor": visitor, "run": run, **given, "api_name": f"/{name}"}


def test_every_endpoint_that_takes_a_run_is_tried(theirs):
    client, *_ = theirs
    endpoints = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
    taking = {name[1:] for name, told in endpoints.items() if "run" in [one["parameter_name"] for one in told["parameters"]]}
    assert taking == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_another_visitors_run_is_not_found_in_public(theirs, name):
    """Over HTTP, with the script's endpoints: a token is the only key to a run."""
    client, _, run, other, folder = theirs
    with pytest.raises(Exception, match=NOT_THERE):
        client.predict(**asked_of(name, other, run, folder))


def test_what_somebody_else_tried_has_changed_nothing_and_its_owner_has_it_still(theirs):
    client, me, run, other, folder = theirs
    with pytest.raises(Exception, match=NOT_THERE):
        client.predict(other, [run, "example-support"], api_name="/compare_runs")
    with pytest.raises(Exception, match=NOT_THERE):
        client.predict(other, "embedded/mnist-vae-2", run, api_name="/image_models_beside")
    client.predict(other, api_name="/delete_everything")
    assert client.predict(other, api_name="/list_runs") == []
    [mine] = client.predict(me, api_name="/list_runs")
    assert (mine["run"], mine["name"], mine["state"]) == (run, "mine", "finished")
    for name in ("run_status", "classify", "show_code", "download_run"):
        assert client.predict(**asked_of(name, me, run, folder))


def test_a_table_and_an_example_in_public(theirs):
    client, me, _, other, _ = theirs
    sample = client.predict(me, "support", api_name="/read_sample")
    assert client.predict(me, sample["id"], "text", "label", [], api_name="/examine_table")["ready"]
    with pytest.raises(Exception, match="not here any more"):
        client.predict(other, sample["id"], "text", "label", [], api_name="/examine_table")
    with pytest.raises(Exception, match="Rank"):
        client.predict(me, sample["id"], {"rank": 1_000_000}, "", api_name="/train")
    answer = client.predict(other, "example-support", ["Where is my parcel?"], api_name="/classify")
    assert answer["predicted"][0] in answer["labels"]
    assert json.dumps(answer)
