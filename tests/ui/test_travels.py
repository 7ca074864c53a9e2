"""A run on a base of the Hub that travels to a machine which has not got that base, over real HTTP."""

import shutil

from gradio_client import handle_file

from tests.hubserver import COMMIT
from tests.tiny import tiny_encoder

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
