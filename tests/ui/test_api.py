"""The endpoints as a script uses them, over real HTTP: the whole job. What must be refused is in test_refusals."""

import csv
import time
from pathlib import Path

from gradio_client import handle_file

from tests.ui.served import ROOT


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
    began = time.monotonic()
    client.predict(me, started, api_name="/stop_run")
    assert time.monotonic() - began < 1.5
    status = wait(started)
    assert status["state"] == "stopped"
    assert client.predict(me, started, ["hello"], api_name="/classify")["predicted"]
    client.predict(me, started, api_name="/delete_run")


def test_the_documentation_is_what_the_code_says():
    import runpy

    made = runpy.run_path(str(ROOT / "docs" / "make_api.py"))["render"]()
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == made, "run `make docs`"
