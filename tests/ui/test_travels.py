"""A run on a base of the Hub that travels to a machine which has not got that base, over real HTTP."""

import shutil

from gradio_client import handle_file
from playwright.sync_api import expect

from genhub.lab import EXAMPLES
from tests.hubserver import COMMIT
from tests.tiny import tiny_encoder
from tests.ui.example_sets import pushed

TEXTS = ["I was charged twice.", "My parcel never arrived."]


def test_the_base_of_a_reopened_run_is_fetched_again(app, client, me, table, wait, loopback, tmp_path):
    shutil.copytree(tiny_encoder(tmp_path / "tiny"), loopback.folder("acme/tiny"))
    options = {"model": "acme/tiny", "method": "lora", "epochs": 1, "folds": 0}
    run = client.predict(me, table[0], options, "", api_name="/train")
    assert wait(run)["state"] == "finished"
    answer = client.predict(me, run, TEXTS, api_name="/classify")
    packed = client.predict(me, run, api_name="/download_run")

    store = app.home / "cache" / "models" / "acme--tiny"
    assert (store / COMMIT).is_dir()
    shutil.rmtree(store)
    opened = client.predict(me, handle_file(packed), api_name="/open_run")
    assert (store / COMMIT).is_dir()
    assert client.predict(me, opened, TEXTS, api_name="/classify") == answer


def test_a_run_on_the_hub_is_opened_on_the_page(app, loopback, chromium):
    pushed(loopback, "acme/desk", EXAMPLES / "support")
    page = chromium.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(app.address)
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("button", name="Open a run from the Hub").click()
    name, problem = page.get_by_label("owner/name on the Hub"), page.locator("#runs-problem")
    name.fill("acme/nothing")
    page.locator("#runs-hub-token input").fill("hf_right")
    page.locator("#runs-hub-open").click()
    expect(problem).to_contain_text("The Hub knows no “acme/nothing”.", timeout=30_000)
    name.fill("acme/desk")
    page.locator("#runs-hub-open").click()
    expect(page.locator("#runs-table")).to_contain_text("desk · from the Hub", timeout=60_000)
    expect(problem).to_be_empty()
    expect(page.locator("#runs-hub-token input")).to_have_value("")
    page.close()
