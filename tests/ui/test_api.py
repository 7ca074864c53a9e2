"""The endpoints as a script uses them, over real HTTP: the whole job. What must be refused is in test_refusals."""

import base64
import csv
import io
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
from tests.ui.served import ROOT

ME = "a" * 32


def test_a_script_trains_classifies_explains_and_takes_home(client, me, table, run, tmp_path):
    status = client.predict(me, run, api_name="/run_status")
    assert status["state"] == "finished"
    assert status["metrics"]["accuracy"] > status["metrics"]["baselines"]["majority"]["accuracy"]
    texts = ["I was charged twice.", "My parcel never arrived."]
    answer = client.predict(me, run, texts, api_name="/classify")
    assert answer["predicted"] == ["billing", "delivery"]
    told = client.predict(me, run, texts[0], "", api_name="/explain")
    assert told["label"] == "billing"
    assert max(told["words"], key=lambda word: word["score"])["text"] == "charged"
    packed = client.predict(me, run, api_name="/download_run")
    again = client.predict(me, handle_file(packed), api_name="/open_run")
    assert client.predict(me, again, texts, api_name="/classify") == answer
    labelled = client.predict(me, run, handle_file(str(table[1])), api_name="/classify_table")
    with Path(labelled).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"text", "label", "predicted", "probability"}
    assert sum(row["label"] == row["predicted"] for row in rows) / len(rows) > 0.8
    labelled = client.predict(me, run, handle_file(str(table[1])), [], 0.99, api_name="/classify_table")
    assert ",abstained" in Path(labelled).read_text(encoding="utf-8").partition("\n")[0]
    with pytest.raises(Exception, match="Threshold is 7"):
        client.predict(me, run, handle_file(str(table[1])), [], 7, api_name="/classify_table")
    code = client.predict(me, run, api_name="/show_code")
    assert "AutoModel" in code["script"]
    assert code["command"].splitlines()[-1].startswith("python -m genhub train classify --data YOUR-TABLE.csv")


def test_runs_are_listed_renamed_compared_and_deleted(client, me, table, run, wait):
    other = client.predict(me, table[0], {"method": "frozen", "folds": 0, "max_length": 64}, "", api_name="/train")
    wait(other)
    told = client.predict(me, [run, other], api_name="/compare_runs")
    assert told["runs"][0]["name"] == "by script"
    client.predict(me, other, "shorter texts", api_name="/rename_run")
    assert {item["name"] for item in client.predict(me, api_name="/list_runs")} >= {"by script", "shorter texts"}
    client.predict(me, other, api_name="/delete_run")
    assert other not in {item["run"] for item in client.predict(me, api_name="/list_runs")}


def test_the_forecast_is_measured(client, me, table):
    cost = client.predict(me, table[0], {"method": "lora", "folds": 0}, api_name="/forecast")
    assert cost["measured_steps"] >= 1
    assert 0 < cost["trainable_percent"] < 5
    assert cost["seconds"] > 0


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


def test_a_network_is_taught_other_classes_and_tells_an_image(client, me, tmp_path):
    x = np.zeros((80, 12, 12, 3), np.uint8)
    for number in range(80):
        place = 1 + number % 10
        x[number, :, place : place + 2] = (250, 120, 60)
        x[number] = x[number].swapaxes(0, 1) if number % 2 else x[number]
    np.savez(tmp_path / "set.npz", x=x, y=np.where(np.arange(80) % 2, "lies", "stands"))
    info = client.predict(me, handle_file(str(tmp_path / "set.npz")), {}, api_name="/read_images_file")
    options = {"epochs": 12, "precision": "fp32", "lora": False, "scratch": False}
    assert client.predict(me, info["id"], options, "transfer", api_name="/forecast")["steps"] == 2 * 12 * 2
    run = client.predict(me, info["id"], options, "mine", "transfer", api_name="/train")
    deadline = time.monotonic() + 120
    while (told := client.predict(me, run, api_name="/run_status"))["state"] not in ("finished", "failed"):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    assert [way["name"] for way in told["metrics"]["ways"]] == ["frozen", "fine-tune"], told
    Image.fromarray(x[0].repeat(3, 0).repeat(3, 1)).save(tmp_path / "one.png")
    said = client.predict(me, run, handle_file(str(tmp_path / "one.png")), {}, api_name="/tell_image")
    assert said["names"] == ["lies", "stands"]
    assert sum(said["shares"]) == pytest.approx(1, abs=1e-4)
    assert said["shares"][1] > 0.5
    with Image.open(io.BytesIO(base64.b64decode(said["evidence"]))) as picture:
        assert picture.size == (28 * 8, 28 * 8)
    with pytest.raises(Exception, match="An image model has the format"):
        client.predict(me, run, {}, api_name="/draw_images")


def test_the_digits_are_there(client, me):
    assert client.predict(me, "digits", {}, api_name="/read_bundled_images")["images"] == 1_797
