"""The endpoints as a script uses them, over real HTTP: the whole job, and everything that must be refused with a sentence."""

import csv
import json
import re
import time
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from genhub.data import samples
from tests.ui.served import ROOT, Served

DEFECT = re.compile(r"Something went wrong|Traceback|Error in|<class|\bNone\b.*object")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("home")).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def client(app):
    return Client(app.address, verbose=False)


@pytest.fixture(scope="module")
def me(client):
    return client.predict(api_name="/new_visitor")


@pytest.fixture(scope="module")
def table(client, me, tmp_path_factory):
    """The id of an examined table with two classes, and its file."""
    path = tmp_path_factory.mktemp("data") / "two.csv"
    with samples.path("support").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in ("billing", "delivery")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([row["text"], row["label"]] for row in rows)])
    taken = client.predict(me, handle_file(str(path)), api_name="/read_table")
    report = client.predict(me, taken["id"], "text", "label", [], api_name="/examine_table")
    assert report["ready"]
    return taken["id"], path


@pytest.fixture(scope="module")
def run(client, me, table):
    """A finished run, trained through the endpoints; a frozen encoder takes seconds."""
    started = client.predict(me, table[0], {"method": "frozen", "folds": 0}, "by script", api_name="/train")
    wait(client, me, started)
    return started


def wait(client, me, run, seconds=120):
    deadline = time.monotonic() + seconds
    while (status := client.predict(me, run, api_name="/run_status"))["state"] in ("queued", "running", "stopping"):
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
    return status


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


def test_runs_are_listed_renamed_compared_and_deleted(client, me, table, run):
    other = client.predict(me, table[0], {"method": "frozen", "folds": 0, "max_length": 64}, "", api_name="/train")
    wait(client, me, other)
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


def test_stop_keeps_the_best_so_far(client, me, table):
    started = client.predict(me, table[0], {"method": "lora", "folds": 0, "epochs": 100, "patience": 0}, "", api_name="/train")
    while not (client.predict(me, started, api_name="/run_status")["progress"] or {}).get("done"):
        time.sleep(0.05)
    began = time.monotonic()
    client.predict(me, started, api_name="/stop_run")
    assert time.monotonic() - began < 1.5
    status = wait(client, me, started)
    assert status["state"] == "stopped"
    assert client.predict(me, started, ["hello"], api_name="/classify")["predicted"]
    client.predict(me, started, api_name="/delete_run")


# ---- what must be refused -------------------------------------------------------------------------------------------

TABLES = {
    "empty": b"",
    "excel": b"PK\x03\x04[Content_Types].xml xl/workbook.xml" + b"\0" * 100,
    "old excel": b"\xd0\xcf\x11\xe0" + b"\0" * 100,
    "web page": b"<!DOCTYPE html><html><body>hi</body></html>",
    "pdf": b"%PDF-1.7 ...",
    "latin-1": "text,label\ncaf\xe9,a\n".encode("latin-1"),
    "nul": b"text,label\na\0b,c\n",
    "unclosed quote": b'text,label\n"never closed,a\nb,c\n',
    "long row": b"text,label\na,b\nc,d,e\n",
    "long header": b"text,label,more\na,b\n",
    "header only": b"text,label\n",
    "many columns": (",".join(f"c{i}" for i in range(5_000)) + "\n" + ",".join("1" * 5_000) + "\n").encode(),
    "endless line": b"text,label\n" + b"x" * 300_000 + b",a\n",
    "duplicate column": b"text,text\na,b\n",
    "broken json": b'{"text": "a", "label": "b"}\n{"text": \n',
    "fake parquet": b"PAR1" + b"\0" * 50 + b"PAR1",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_read_is_refused(client, me, tmp_path, name):
    path = tmp_path / f"{name.replace(' ', '-')}.csv"
    path.write_bytes(TABLES[name])
    refused(client, (me, handle_file(str(path))), "/read_table")


LABELS = {
    "one class": "text,label\n" + "".join(f"text number {i},a\n" for i in range(10)),
    "rare class": "text,label\n" + "".join(f"text number {i},{'a' if i else 'b'}\n" for i in range(10)),
    "all empty": "text,label\n" + "".join(f",{'ab'[i % 2]}\n" for i in range(10)),
    "5,000 classes": "text,label\n" + "".join(f"text number {i},c{i % 5_000}\n" for i in range(15_000)),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_table_that_cannot_be_trained_on_is_refused(client, me, tmp_path, name):
    path = tmp_path / "table.csv"
    path.write_text(LABELS[name], encoding="utf-8")
    taken = client.predict(me, handle_file(str(path)), api_name="/read_table")
    report = client.predict(me, taken["id"], "text", "label", [], api_name="/examine_table")
    assert not report["ready"]
    assert any(finding["severity"] == "problem" for finding in report["findings"])
    refused(client, (me, taken["id"], {}, ""), "/train")


NAN, INFINITE = float("nan"), float("inf")
OPTIONS = [
    {"learning_rate": NAN},
    {"learning_rate": INFINITE},
    {"learning_rate": 0},
    {"learning_rate": 10},
    {"learning_rate": "fast"},
    {"learning_rate": True},
    {"rank": 0},
    {"rank": 1_000_000},
    {"rank": 2.5},
    {"rank": True},
    {"epochs": 0},
    {"epochs": -1},
    {"epochs": 1e9},
    {"epochs": [3]},
    {"batch_size": 0},
    {"seed": 2**80},
    {"seed": -1},
    {"folds": 1},
    {"folds": 99},
    {"method": "magic"},
    {"method": None},
    {"precision": "int1"},
    {"max_length": 1_000_000},
    {"test_share": 0},
    {"test_share": 1},
    {"class_weights": "heavy"},
    {"text_column": "no such column"},
    {"unknown": 1},
    {"model": "../../etc/passwd"},
    {"model": "/etc/passwd"},
    {"model": "https://example.com/model"},
    {"model": "embedded/unknown"},
    {"model": "owner/name/extra"},
    {"model": ""},
    {"model": 7},
    "not a dictionary",
    ["lora"],
    None,
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda value: json.dumps(value, default=str)[:40])
def test_options_out_of_bounds_are_refused(client, me, table, options):
    refused(client, (me, table[0], options, ""), "/train")


CALLS = [
    ("/classify", ["a" * 32, ["hello"]]),
    ("/classify", ["../../etc", ["hello"]]),
    ("/classify", ["example-../../..", ["hello"]]),
    ("/classify", [None, ["hello"]]),
    ("/classify", ["example-support", []]),
    ("/classify", ["example-support", ["", "x"]]),
    ("/classify", ["example-support", "just a text"]),
    ("/classify", ["example-support", [7]]),
    ("/classify", ["example-support", ["x" * 1_000_000]]),
    ("/classify", ["example-support", ["\ud800"]]),
    ("/explain", ["example-support", "", ""]),
    ("/explain", ["example-support", "hello", "no such class"]),
    ("/explain", ["example-support", {"text": 1}, ""]),
    ("/examine_table", ["b" * 32, "", "", []]),
    ("/examine_table", ["b", "", "", []]),
    ("/train", ["c" * 32, {}, ""]),
    ("/forecast", ["c" * 32, {}]),
    ("/read_sample", ["no-such-sample"]),
    ("/read_sample", [7]),
    ("/read_hub_dataset", ["../secret", "", "train"]),
    ("/read_hub_dataset", ["someone/somewhat", "", "train"]),
    ("/run_status", ["d" * 32]),
    ("/run_status", ["example-nothing"]),
    ("/stop_run", ["d" * 32]),
    ("/stop_run", ["example-support"]),
    ("/resume_run", ["d" * 32]),
    ("/rename_run", ["d" * 32, "x"]),
    ("/delete_run", ["d" * 32]),
    ("/delete_run", ["example-support"]),
    ("/compare_runs", [[]]),
    ("/compare_runs", [["d" * 32, "e" * 32]]),
    ("/compare_runs", ["example-support"]),
    ("/compare_runs", [["example-support", "example-shortcut"]]),
    ("/show_code", ["d" * 32]),
    ("/download_run", ["d" * 32]),
]


@pytest.mark.parametrize(("name", "values"), CALLS, ids=lambda value: json.dumps(value)[:50])
def test_calls_that_make_no_sense_are_refused(client, me, name, values):
    refused(client, (me, *values), name)


@pytest.mark.parametrize(
    "change", [{"fixes": [7]}, {"fixes": "merge-labels"}, {"fixes": ["erase-everything"]}, {"text_column": 7}, {"label_column": ["label"]}]
)
def test_an_examination_with_odd_values_is_refused(client, me, table, change):
    values = {"text_column": "text", "label_column": "label", "fixes": [], **change}
    refused(client, (me, table[0], *values.values()), "/examine_table")


def test_a_zip_that_is_none_of_ours_is_refused(client, me, tmp_path):
    path = tmp_path / "run.zip"
    path.write_bytes(b"PK\x05\x06" + b"\0" * 18)
    refused(client, (me, handle_file(str(path))), "/open_run")


def test_rename_needs_a_name(client, me, run):
    refused(client, (me, run, ""), "/rename_run")
    refused(client, (me, run, "x" * 500), "/rename_run")


def refused(client, values, name):
    """The call fails with a sentence of our own, not with a defect."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - gradio_client has one class for all errors
        client.predict(*values, api_name=name)
    told = str(caught.value)
    assert len(told) > 20, told
    assert not DEFECT.search(told), told


def test_the_documentation_is_what_the_code_says():
    import runpy

    made = runpy.run_path(str(ROOT / "docs" / "make_api.py"))["render"]()
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == made, "run `make docs`"
