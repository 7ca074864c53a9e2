"""The endpoints as a script uses them, over real HTTP: the whole job, and the examples of docs/api.md. What must be refused is in test_refusals."""

import base64
import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gradio_client import handle_file
from PIL import Image

from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.ui import api
from tests.serving.tiny_runs import LABELS, make_run, store_base
from tests.ui.example_sets import put_on
from tests.ui.served import ROOT

ME = "a" * 32


def test_stop_keeps_the_best_so_far(client, me, table, wait):
    started = client.predict(me, table[0], {"method": "lora", "folds": 0, "epochs": 100, "patience": 0}, "", api_name="/train")
    while not (client.predict(me, started, api_name="/run_status")["progress"] or {}).get("done"):
        time.sleep(0.05)
    client.predict(me, started, api_name="/stop_run")
    status = wait(started)
    assert status["state"] == "stopped"
    assert status["metrics"]["training"]["epochs_run"] < 100
    assert client.predict(me, started, ["hello"], api_name="/classify")["predicted"]
    client.predict(me, started, api_name="/delete_run")


# ---- one endpoint alone, without a server --------------------------------------------------------------------------------


@pytest.fixture
def ask(lab) -> Callable:
    """ask("name", …) → what the endpoint returns."""
    known = {function.__name__: function for function in api.endpoints(lab)}
    return lambda name, *values: known[name](ME, *values)


def test_a_run_opened_from_a_zip_has_its_figures(lab, ask, home):
    folder = make_run(home / "made", store_base(), "frozen")
    write_json(folder / "metrics.json", {"accuracy": 0.75, "test_rows": 40})
    run = lab.runner.import_folder("local", folder, "opened")
    assert ask("run_status", run)["metrics"] == {"accuracy": 0.75, "test_rows": 40}
    with pytest.raises(UserError, match="not here"):
        ask("unseen_rows", run, LABELS[0], LABELS[1])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_length": 10**6}, "Max length is 1000000"),
        ({"colour": "red"}, "no option “colour”"),
        ({"model": "../secret"}, "../secret"),
        ("epochs=3", "options are a text"),
        (None, "options are missing"),
    ],
)
def test_options_of_the_doctor_are_checked(lab, ask, options, told):
    table = lab.take_sample(ME, "support")
    with pytest.raises(UserError) as caught:
        ask("examine_table", table.id, "", "", [], options)
    assert told in str(caught.value)


def test_the_rows_of_a_cell_and_the_curves_are_those_of_the_run(ask):
    labels = ask("run_status", "example-support")["metrics"]["labels"]
    confusion = ask("run_status", "example-support")["metrics"]["confusion"]
    for i, true in enumerate(labels):
        rows = ask("unseen_rows", "example-support", true, labels[0])
        assert len(rows) == confusion[i][0]
        assert {row["label"] for row in rows} <= {true}
    with pytest.raises(UserError, match="It is one of"):
        ask("unseen_rows", "example-support", "no such label", labels[0])
    curves = ask("run_curves", "example-support")
    assert all(len(point) == 2 for part in curves.values() for points in part.values() for point in points)
    assert any("val_loss" in part for part in curves.values())


def test_a_test_table_is_taken_away_and_an_encoder_fetched(lab, ask, tmp_path):
    table = lab.take_pasted(ME, "text,label\n" + "".join(f"text {number},{'ab'[number % 2]}\n" for number in range(60)))
    (tmp_path / "unseen.csv").write_text("text,label\nquite another,a\nand one more,b\n")
    lab.add_test(ME, table.id, tmp_path / "unseen.csv")
    assert ask("examine_table", table.id)["split"]["kind"] == "given"
    assert ask("drop_test_table", table.id) == table.id
    assert ask("examine_table", table.id)["split"]["kind"] != "given"
    assert ask("fetch_encoder", "embedded/minilm-l6") == "embedded/minilm-l6"
    with pytest.raises(UserError, match="offline"):
        ask("fetch_encoder", "google-bert/bert-base-uncased")


def test_the_documentation_is_what_the_code_says():
    import runpy

    made = runpy.run_path(str(ROOT / "docs" / "make_api.py"))["render"]()
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == made, "run `make docs`"


def test_images_are_read_learnt_and_drawn_from(client, me, tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (80, 8, 8), np.uint8)
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(80) % 2)
    info = client.predict(me, handle_file(str(tmp_path / "set.npz")), {}, api_name="/read_images_file")
    assert (info["images"], info["side"], info["classes"]) == (80, 8, {"0": 40, "1": 40})
    options = {"variant": "dense", "epochs": 1, "precision": "fp32", "frames": 0, "conditional": True}
    assert client.predict(me, info["id"], options, "vae", api_name="/forecast")["steps"] > 0
    run = client.predict(me, info["id"], options, "mine", "vae", api_name="/train")
    deadline = time.monotonic() + 120
    while (told := client.predict(me, run, api_name="/run_status"))["state"] not in ("finished", "failed"):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    assert next(iter(told["metrics"])) == "mse", told
    drawn = client.predict(me, run, {"n": 20, "label": "1"}, api_name="/draw_images")
    with Image.open(io.BytesIO(base64.b64decode(drawn["picture"]))) as picture:
        assert picture.size == (44, 35)
    found = client.predict(me, run, api_name="/image_map")
    assert (len(found["places"]), found["names"]) == (12, ["0", "1"])
    there = client.predict(me, run, found["places"][:3], "1", api_name="/images_at")
    with Image.open(io.BytesIO(base64.b64decode(there["picture"]))) as picture:
        assert picture.size == (26, 8)
    looked = client.predict(me, run, {"drawn": {"n": 20, "label": "1"}, "index": 3}, "", api_name="/look_at_code")
    assert (looked["class"], len(looked["code"]), len(looked["nearest"]["classes"])) == ("1", 4, 8)
    Image.fromarray(np.kron(x[0], np.ones((2, 2), np.uint8))).save(tmp_path / "one.png")
    back = client.predict(me, run, handle_file(str(tmp_path / "one.png")), {"label": "0"}, api_name="/give_image_back")
    assert (back["best"], 0 <= back["worse"] <= 1) == ("0", True)
    taken = client.predict(me, run, 40, {"seed": 3}, "npz", api_name="/enlarge_images")
    with np.load(taken) as file:
        assert (file["x"].shape, sorted(set(file["y"]))) == ((80, 8, 8), ["0", "1"])
    beside = client.predict(me, run, run, 0, api_name="/image_models_beside")
    assert beside["errors"][0] == beside["errors"][1]
    assert isinstance(client.predict(api_name="/image_models"), list)


# ---- the examples of the documentation -----------------------------------------------------------------------------------

DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `/(\w+)`\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))
LAST = "delete_everything"  # nothing can go on from it
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def session(app, loopback, tmp_path_factory) -> tuple[dict, Path]:
    """The names that examples share, and the folder they run in, where the repository seems to be; their sets are on the Hub."""
    put_on(loopback)
    folder, names = tmp_path_factory.mktemp("root"), {}
    (folder / "genhub").symlink_to(ROOT / "genhub")
    exec(CODE.search(DOCUMENT)[1].replace("http://127.0.0.1:7860", app.address), names)
    return folder, names


@pytest.mark.parametrize("name", sorted(SECTIONS, key=LAST.__eq__))
def test_the_example_of_an_endpoint_prints_what_it_says(session, monkeypatch, capsys, name):
    folder, names = session
    (code,) = CODE.findall(SECTIONS[name])
    told = re.findall(r"^print\(.*\)  # (.+)$", code, re.MULTILINE)
    assert told
    assert f'api_name="/{name}"' in code
    monkeypatch.chdir(folder)
    exec(code, names)
    assert capsys.readouterr().out.splitlines() == told
