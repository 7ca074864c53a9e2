"""The command line as its users meet it: in this process with a tiny encoder, and in processes of its own where that matters."""

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from genhub import cli, hub, settings, tasks
from genhub.commands import serve
from genhub.commands.output import Output, table
from genhub.events import Done, Metric, Note, Progress, Resumed, Stage
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.new import make_job
from genhub.jobs.runner import Runner
from genhub.training.configs import ClassifyConfig
from tests.tiny import tiny_encoder, tiny_rows

ROOT = Path(cli.__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """How a command ended; `value` is the JSON object on the last line of stdout."""

    status: int
    out: str
    err: str

    @property
    def value(self) -> dict:
        return json.loads(self.out.splitlines()[-1])


def genhub(*words) -> Ended:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = cli.main([str(word) for word in words])
        except SystemExit as end:  # --help and --version end this way
            status = end.code
    return Ended(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def tiny(encoder, monkeypatch, home) -> None:
    """embedded/minilm-l6 is a tiny encoder for the length of a test."""
    monkeypatch.setattr(hub, "model_folder", lambda model_id, *_, **__: hub.ModelFolder(encoder, model_id, "main", "mean", ""))


@pytest.fixture(scope="module")
def reviews(tmp_path_factory) -> Path:
    """A table of 80 rows with the columns id, text and label."""
    path = tmp_path_factory.mktemp("tables") / "reviews.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "label"))
        writer.writerows((row["row"], row["text"], row["label"]) for row in tiny_rows(80))
    return path


FAST = ("--method", "frozen", "--epochs", "2", "--folds", "0")


@pytest.fixture(scope="module")
def trained(encoder, reviews, tmp_path_factory) -> Path:
    """A finished run, trained through the command line once for all tests that only look at it."""
    place = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(place / "home"))
        patch.setenv("GENHUB_OFFLINE", "1")
        patch.setattr(hub, "model_folder", lambda model_id, *_, **__: hub.ModelFolder(encoder, model_id, "main", "mean", ""))
        ended = genhub("train", "classify", "--data", reviews, *FAST, "--out", place / "run", "--json")
    assert ended.status == 0, ended.err
    return place / "run"


# ---- the edge ----------------------------------------------------------------------------------------------------------


def test_every_command_explains_itself():
    top = genhub("--help")
    assert top.status == 0
    for name, command in cli.COMMANDS.items():
        assert command.help in " ".join(top.out.split())
        one = genhub(name, "--help")
        assert one.status == 0
        assert name in one.out


def test_the_help_of_training_lists_every_option_with_its_bounds():
    shown = " ".join(genhub("train", "classify", "--help").out.split())
    for item in ClassifyConfig.options():
        assert item.flag in shown
        assert item.bounds() in shown
    assert "--json" in shown


def test_the_version():
    assert genhub("--version").out.startswith("genhub 0.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "required: COMMAND"),
        (("paint",), "paint"),
        (("train",), "required: COMMAND"),
        (("train", "classify", "--colour", "red"), "--colour"),
        (("train", "classify", "--epoch", "3", "--data", "x"), "--epoch"),
        (("classify",), "--run"),
        (("export", "x"), "--out"),
    ],
)
def test_a_malformed_command_line_is_the_users_mistake(words, told):
    ended = genhub(*words)
    assert ended.status == 2
    assert told in ended.err
    assert "--help" in ended.err
    assert ended.out == ""


def test_with_json_an_error_is_an_object_too(home):
    ended = genhub("classify", "--run", "nowhere", "--text", "hello", "--json")
    assert ended.status == 2
    assert set(ended.value["error"]) == {"what", "limit", "remedy", "field"}
    assert "nowhere" in ended.value["error"]["what"]


def test_a_defect_is_told_by_its_id_with_status_1(monkeypatch, home):
    monkeypatch.setattr("genhub.catalog.of_task", lambda task: 1 / 0)
    ended = genhub("models", "--task", "encoder", "--json")
    assert ended.status == 1
    assert "ZeroDivisionError" in ended.err
    assert ended.value["error"]["error_id"] in ended.err.splitlines()[-1]


def test_nothing_heavy_is_imported_for_light_commands(home):
    code = "import sys; from genhub.cli import main; main(['models', '--json']); sys.stderr.write(str('torch' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    assert done.stderr == "False"


# ---- models, serve -----------------------------------------------------------------------------------------------------


def test_models_lists_the_catalog():
    listed = genhub("models", "--json").value["models"]
    tasks = {model["id"]: model["task"] for model in listed}
    assert (tasks["embedded/minilm-l6"], tasks["openai-community/gpt2"]) == ("encoder", "causal-lm")
    assert "embedded/minilm-l6" in genhub("models").out
    assert "embedded/minilm-l6" not in genhub("models", "--task", "causal-lm").out
    assert genhub("models", "--task", "nothing", "--json").value == {"models": []}


@pytest.fixture
def served(monkeypatch, home) -> list:
    """What `serve` would start, with the profile in force at that moment; nothing is started."""
    from genhub.ui import app as page

    calls = []

    class App:
        Opening = page.Opening

        @staticmethod
        def serve(way):
            calls.append((way, os.environ.get("GENHUB_PROFILE", "local")))

    import genhub.ui

    monkeypatch.setenv("GENHUB_PROFILE", "")  # so that what the command sets is undone after the test
    monkeypatch.setitem(sys.modules, "genhub.ui.app", App)
    monkeypatch.setattr(genhub.ui, "app", App, raising=False)
    monkeypatch.setattr(serve, "check_address", lambda host, port: None)  # the addresses are not this machine's
    return calls


@pytest.mark.parametrize(
    ("words", "profile"),
    [
        ((), ""),
        (("--host", "localhost"), ""),
        (("--host", "::1"), ""),
        (("--profile", "public"), "public"),
        (("--share",), "public"),
        (("--host", "0.0.0.0"), "public"),
        (("--host", "192.168.1.7", "--profile", "public"), "public"),
    ],
)
def test_letting_others_in_means_the_public_profile(served, words, profile):
    assert genhub("serve", "--port", "8123", *words).status == 0
    [(way, seen)] = served
    assert way.port == 8123
    assert way.share == ("--share" in words)
    assert (way.accounts, way.tools) == ((), False)
    assert seen == profile


def test_those_who_may_sign_in_come_from_the_environment(served, monkeypatch):
    assert genhub("serve", "--auth").status == 2
    monkeypatch.setenv("GENHUB_AUTH", "ana:long enough")
    assert genhub("serve", "--auth", "--mcp").status == 0
    [(way, _)] = served
    assert (way.accounts, way.tools) == ((("ana", "long enough"),), True)


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("--share",), ("--profile", "public")])
def test_a_page_that_others_reach_asks_for_the_passwords_that_are_set(served, monkeypatch, words):
    monkeypatch.setenv("GENHUB_AUTH", "ana:long enough")
    assert genhub("serve", *words).status == 0
    [(way, _)] = served
    assert way.accounts == (("ana", "long enough"),)
    monkeypatch.setenv("GENHUB_AUTH", "ana:short")
    assert genhub("serve", *words).status == 2
    assert len(served) == 1


def test_at_home_nobody_is_asked_for_a_password_unless_it_is_wanted(served, monkeypatch):
    monkeypatch.setenv("GENHUB_AUTH", "ana:long enough")
    assert genhub("serve").status == 0
    [(way, _)] = served
    assert way.accounts == ()


@pytest.mark.parametrize(
    "words",
    [
        ("--share", "--mcp"),
        ("--share", "--profile", "local"),
        ("--host", "0.0.0.0", "--profile", "local"),
        ("--profile", "open"),
        ("--port", "0"),
        ("--port", "http"),
    ],
)
def test_serve_refuses_what_it_must(served, words):
    ended = genhub("serve", *words)
    assert ended.status == 2
    assert served == []


def test_a_port_in_use_is_named_before_anything_starts(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = genhub("serve", "--port", port, "--json")
    assert ended.status == 2, ended.err
    assert f"Port {port} is in use" in ended.value["error"]["what"]
    assert "--port" in ended.value["error"]["remedy"]
    serve.check_address("127.0.0.1", port)


def test_an_address_of_another_computer_is_the_users_mistake(home):
    ended = genhub("serve", "--host", "192.0.2.1", "--port", "8123", "--json")
    assert ended.status == 2, ended.err
    assert "192.0.2.1" in ended.value["error"]["what"]


def test_a_space_on_zerogpu_keeps_its_profile(served, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "zerogpu")
    assert genhub("serve", "--host", "0.0.0.0").status == 0
    assert served[0][1] == "zerogpu"


@pytest.mark.parametrize(("host", "own"), [("127.0.0.1", True), ("[::1]", True), ("0.0.0.0", False), ("example.org", False), ("", False)])
def test_is_loopback(host, own):
    assert settings.is_loopback(host) is own


# ---- training and using a run ------------------------------------------------------------------------------------------


def test_training_writes_a_run_and_its_figures(trained):
    run = RunFolder(trained)
    metrics = run.read("metrics.json")
    assert 0 <= metrics["accuracy"] <= 1
    assert metrics["test_rows"] > 0
    assert "tfidf" in metrics["baselines"]
    assert run.job()["config"]["method"] == "frozen"
    assert run.has("passport.json")
    assert run.has("README.md")


def test_training_prints_the_run_and_its_metrics_last(tiny, reviews, tmp_path):
    ended = genhub("train", "classify", "--data", reviews, *FAST, "--out", tmp_path / "run", "--seed", "3", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["run"] == str(tmp_path / "run")
    assert list(ended.value["metrics"])[:2] == ["accuracy", "accuracy_low"]
    assert ended.value["metrics"] == RunFolder(tmp_path / "run").read("metrics.json")
    assert RunFolder(tmp_path / "run").job()["config"]["seed"] == 3
    assert len(ended.out.splitlines()) == 1
    assert ended.err


def test_quiet_and_plain_words(tiny, reviews, home):
    ended = genhub("train", "classify", "--data", reviews, *FAST, "--quiet", "--name", "My first run")
    assert (ended.status, ended.err) == (0, "")
    assert "unseen rows" in ended.out
    assert "tfidf" in ended.out
    [listed] = genhub("runs", "--json").value["runs"]
    assert Path(listed["run"]).parent == home / "runs"
    assert (listed["name"], listed["state"]) == ("My first run", "finished")


def test_a_separate_test_table_is_the_whole_verdict(tiny, reviews, tmp_path):
    test = tmp_path / "test.csv"
    test.write_text("id,text,label\n" + "".join(f"{n},good food number {n},praise\n{n},awful film number {n},blame\n" for n in range(1, 8)))
    ended = genhub("train", "classify", "--data", reviews, "--test", test, *FAST, "--out", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["metrics"]["test_rows"] == 14
    assert ended.value["metrics"]["split"]["kind"] == "given"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--epochs", "0"), "epochs"),
        (("--epochs", "2.5"), "epochs"),
        (("--learning-rate", "nan"), "learning_rate"),
        (("--seed", "-1"), "seed"),
        (("--method", "magic"), "method"),
        (("--model", "../secret"), "model"),
        (("--preset", "instant"), "preset"),
        (("--fix", "everything"), "fix"),
        (("--name", "x" * 100), "name"),
        (("--text-column", "prose"), None),
        (("--data", "no-such-file.csv"), None),
        (("--test", "no-such-file.csv"), None),
    ],
)
def test_wrong_options_leave_no_run_behind(tiny, reviews, tmp_path, words, field):
    ended = genhub("train", "classify", "--data", reviews, *words, "--out", tmp_path / "run", "--json")
    assert ended.status == 2, ended.err
    if field:
        assert ended.value["error"]["field"] == field
    assert "Traceback" not in ended.err
    assert not (tmp_path / "run").exists()


def test_training_needs_a_table_and_an_empty_folder(tiny, reviews, tmp_path):
    assert genhub("train", "classify").status == 2
    (tmp_path / "thesis.txt").write_text("mine")
    ended = genhub("train", "classify", "--data", reviews, "--out", tmp_path)
    assert ended.status == 2
    assert "not empty" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("train", "classify", "--data", "reviews.csv", "--out", "note.txt"),
        ("train", "classify", "--data", "reviews.csv", "--out", "note.txt/run"),
        ("classify", "--run", "run", "--input", "reviews.csv", "--out", "no/such/folder/p.csv"),
        ("classify", "--run", "run", "--input", "reviews.csv", "--out", "note.txt/p.csv"),
        ("classify", "--run", "run", "--input", "reviews.csv", "--out", "."),
        ("export", "run", "--out", "note.txt/run.zip"),
        ("open", "run.zip", "--out", "note.txt/run"),
    ],
)
def test_where_nothing_can_be_written_is_said_before_the_work(trained, reviews, tmp_path, monkeypatch, home, words):
    shutil.copy(reviews, tmp_path / "reviews.csv")
    (tmp_path / "run").symlink_to(trained)
    (tmp_path / "note.txt").write_text("mine")
    (tmp_path / "run.zip").write_bytes(b"PK\x03\x04")
    monkeypatch.chdir(tmp_path)
    for work in ("genhub.commands.classify._loaded", "genhub.commands.table_reading.opened"):
        monkeypatch.setattr(work, lambda *_: pytest.fail("the work began"))
    ended = genhub(*words, "--json")
    assert ended.status == 2, ended.err
    assert ended.value["error"]["field"] == "out"
    assert (tmp_path / "note.txt").read_text() == "mine"
    assert not (tmp_path / "no").exists()


def test_the_table_that_is_read_is_never_overwritten(tiny, trained, reviews, tmp_path):
    table = Path(shutil.copy(reviews, tmp_path / "reviews.csv"))
    (tmp_path / "link.csv").hardlink_to(table)
    for out in (table, tmp_path / "link.csv"):
        ended = genhub("classify", "--run", trained, "--input", table, "--out", out)
        assert ended.status == 2
        assert "not overwritten" in ended.err
    assert table.read_bytes() == reviews.read_bytes()
    (tmp_path / "p.csv").write_text("an earlier output")
    assert genhub("classify", "--run", trained, "--input", table, "--out", tmp_path / "p.csv").status == 0
    assert "predicted" in (tmp_path / "p.csv").read_text()


def test_one_text(tiny, trained):
    ended = genhub("classify", "--run", trained, "--text", "great food, thanks", "--json")
    assert ended.status == 0, ended.err
    assert set(ended.value) == {"label", "scores"}
    assert sum(ended.value["scores"].values()) == pytest.approx(1, abs=1e-4)
    assert ended.value["label"] == max(ended.value["scores"], key=ended.value["scores"].get)
    assert ended.value["label"] in genhub("classify", "--run", trained, "--text", "great food, thanks").out


def test_a_table_of_texts_gets_two_columns_more(tiny, trained, reviews, tmp_path):
    ended = genhub("classify", "--run", trained, "--input", reviews, "--out", tmp_path / "p.csv", "--json")
    assert ended.status == 0, ended.err
    with open(tmp_path / "p.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "text", "label", "predicted", "probability"]
    assert len(rows) == ended.value["rows"] == 80
    assert sum(ended.value["labels"].values()) == 80
    one = genhub("classify", "--run", trained, "--text", rows[5]["text"], "--json").value
    assert one["label"] == rows[5]["predicted"]
    assert one["scores"][one["label"]] == pytest.approx(float(rows[5]["probability"]), abs=2e-4)


@pytest.mark.parametrize(
    "words",
    [
        ("--text", "x", "--input", "y.csv"),
        (),
        ("--text", ""),
        ("--input", "no-such-file.csv", "--out", "p.csv"),
        ("--input", "no-such-file.csv", "--out", "p.csv", "--threshold", "1.5"),
        ("--input", "no-such-file.csv", "--out", "p.csv", "--threshold", "nan"),
        ("--input", "no-such-file.csv"),
    ],
)
def test_classify_refuses_what_it_cannot_read(trained, words, home):
    ended = genhub("classify", "--run", trained, *words)
    assert ended.status == 2
    assert "Traceback" not in ended.err


def test_a_table_is_read_where_the_run_learnt_and_blank_rows_stay_blank(tiny, trained, tmp_path):
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    facts = json.loads((run / "passport.json").read_text())
    (run / "passport.json").write_text(json.dumps(facts | {"config": facts["config"] | {"text_column": "message"}}))
    (tmp_path / "t.csv").write_text("id,message,text\n1,good,x\n2,,x\n3,awful,x\n")
    ended = genhub("classify", "--run", run, "--input", tmp_path / "t.csv", "--out", tmp_path / "p.csv", "--json")
    assert ended.status == 0, ended.err
    assert "“message”" in ended.err
    assert sum(ended.value["labels"].values()) == 2
    with open(tmp_path / "p.csv", encoding="utf-8", newline="") as file:
        assert [bool(row["predicted"]) for row in csv.DictReader(file)] == [True, False, True]


def test_counterexamples_go_with_a_sample_that_has_them(reviews, tmp_path, home):
    for data, told in ((reviews, "goes with a bundled sample"), ("support", "has no counterexamples")):
        ended = genhub("train", "classify", "--data", data, "--counterexamples", "--out", tmp_path / "run")
        assert ended.status == 2
        assert told in ended.err


def test_a_column_that_is_not_there_is_named(trained, reviews, tmp_path, home):
    ended = genhub("classify", "--run", trained, "--input", reviews, "--text-column", "prose", "--out", tmp_path / "p.csv")
    assert ended.status == 2
    assert "“prose”" in ended.err
    assert "id, text, label" in ended.err


@pytest.mark.parametrize("command", [("classify", "--text", "x", "--run"), ("runs", "show"), ("export", "--out", "x.zip"), ("compare",)])
@pytest.mark.parametrize("run", ["nowhere", "0" * 32, "."])
def test_a_run_that_is_not_there(command, run, home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = genhub(*command, run)
    assert ended.status == 2
    assert "Traceback" not in ended.err


def test_comparing_two_runs_on_the_same_split(tiny, trained, reviews, tmp_path):
    other = tmp_path / "other"
    assert genhub("train", "classify", "--data", reviews, *FAST, "--dropout", "0.5", "--out", other, "--quiet").status == 0
    ended = genhub("compare", trained, other, "--json")
    assert ended.status == 0, ended.err
    first, second = ended.value["runs"]
    assert first["difference"] is None
    assert second["difference"]["low"] <= second["difference"]["mean"] <= second["difference"]["high"]
    assert "accuracy" in genhub("compare", trained, other).out


def test_exported_and_opened_again_it_predicts_the_same(tiny, trained, tmp_path):
    ended = genhub("export", trained, "--out", tmp_path / "run.zip", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["bytes"] == (tmp_path / "run.zip").stat().st_size
    assert genhub("export", trained, "--out", tmp_path / "run.zip").status == 2, "nothing is overwritten"
    assert genhub("open", tmp_path / "run.zip", "--out", tmp_path / "again", "--json").value == {"run": str(tmp_path / "again")}
    assert genhub("runs", "show", tmp_path / "again").out.startswith("reviews.csv · Frozen encoder · folds 0 · finished")
    words = ("--text", "awful film", "--json")
    assert genhub("classify", "--run", tmp_path / "again", *words).value == genhub("classify", "--run", trained, *words).value


def test_opened_without_a_folder_it_is_listed_beside_the_others(tiny, trained, tmp_path, home):
    assert genhub("export", trained, "--out", tmp_path / "Reviews.zip").status == 0
    opened = genhub("open", tmp_path / "Reviews.zip", "--json").value["run"]
    [listed] = genhub("runs", "--json").value["runs"]
    assert (listed["run"], listed["name"], listed["state"]) == (
        opened,
        "reviews.csv · Frozen encoder · folds 0 · opened from a zip",
        "finished",
    )
    assert genhub("classify", "--run", listed["id"], "--text", "good food").status == 0
    assert genhub("runs", "delete", listed["id"]).status == 0
    assert genhub("runs", "--json").value == {"runs": []}


def test_opening_something_else_is_refused(tmp_path, reviews, home):
    assert genhub("open", reviews, "--out", tmp_path / "again").status == 2
    assert not (tmp_path / "again").exists()


def test_a_forecast_is_measured_and_leaves_no_run(tiny, reviews, home):
    ended = genhub("forecast", "classify", "--data", reviews, "--method", "lora", "--max-length", "16", "--folds", "0", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["measured_steps"] >= 1
    assert ended.value["seconds"] > 0
    assert 0 < ended.value["trainable_parameters"] < ended.value["total_parameters"]
    assert not (home / "runs").exists()
    assert genhub("forecast", "classify").status == 2


def test_a_data_set_of_the_hub_is_read_by_its_address(tiny, reviews, tmp_path, monkeypatch):
    asked = []

    def stream(request, current):
        asked.append({name: request[name] for name in ("dataset", "config", "split")})
        Path(request["out"]).write_text("".join(json.dumps({"text": row["text"], "label": row["label"]}) + "\n" for row in tiny_rows(80)))
        facts = {"dataset": request["dataset"], "config": "default", "split": "train", "revision": "c" * 40, "columns": ["text", "label"]}
        return facts | {"rows": 80, "left_out": [], "cut": False, "drawn": False, "shortened": 0, "splits": ["train"]}

    monkeypatch.setattr(hub, "dataset", stream)
    assert genhub("doctor", "--data", "hub:acme/reviews:one:test", "--json").value["rows"] == 80
    ended = genhub("train", "classify", "--data", "hub:acme/reviews", *FAST, "--out", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    assert asked == [{"dataset": "acme/reviews", "config": "one", "split": "test"}, {"dataset": "acme/reviews", "config": "", "split": ""}]
    assert RunFolder(tmp_path / "run").job()["name"] == "acme/reviews · Frozen encoder · folds 0"
    comment, command = genhub("code", tmp_path / "run", "--command").out.splitlines()
    assert "--data hub:acme/reviews:default:train " in command
    assert "cccccccccc" in comment
    assert genhub("export", tmp_path / "run", "--out", tmp_path / "run.zip").status == 0
    assert genhub("open", tmp_path / "run.zip", "--out", tmp_path / "again").status == 0
    assert "--data hub:acme/reviews:default:train " in genhub("code", tmp_path / "again", "--command").out  # a public set is named
    assert genhub("doctor", "--data", "hub:a/b:c:d:e").status == 2


def test_a_data_set_of_the_hub_needs_a_network_and_a_name(home):
    assert "offline" in genhub("doctor", "--data", "hub:acme/reviews").err
    assert "owner/name" in genhub("doctor", "--data", "hub:reviews").err


def test_an_explanation_sums_to_the_logit(tiny, trained):
    ended = genhub("explain", "--run", trained, "--text", "great food, thanks", "--json")
    assert ended.status == 0, ended.err
    told = ended.value
    assert told["label"] == genhub("classify", "--run", trained, "--text", "great food, thanks", "--json").value["label"]
    assert sum(piece["score"] for piece in told["tokens"]) == pytest.approx(
        told["logit"] - told["baseline_logit"] + told["delta"], abs=1e-4
    )
    assert [word["text"] for word in told["words"]] == ["great", "food", ",", "thanks"]
    assert {word["text"] for word in told["left_out"]} <= {"great", "food", ",", "thanks"}
    other = ({"blame", "praise"} - {told["label"]}).pop()
    assert f"{other} (" in genhub("explain", "--run", trained, "--text", "great food", "--label", other).out
    assert genhub("explain", "--run", trained, "--text", "great food", "--label", "neither").status == 2


def test_the_code_of_a_run_is_printed(trained):
    told = genhub("code", trained, "--json").value
    assert genhub("code", trained).out == told["script"]
    assert "AutoModel" in told["script"]
    assert genhub("code", trained, "--command").out.splitlines()[-1].startswith("python -m genhub train classify --data YOUR-TABLE.csv")


@pytest.mark.parametrize("words", [(), ("--public",)])
def test_a_run_is_pushed_with_the_token_of_the_environment(trained, monkeypatch, home, words):
    asked = []

    def publish(path, push, current):
        asked.append((path, push.repo, push.token, push.private, push.what))
        return {"url": f"https://hub/{push.repo}", "private": push.private}

    monkeypatch.setattr(hub, "publish", publish)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    ended = genhub("push", trained, "--repo", "me/mine", *words)
    assert (ended.status, asked) == (0, [(trained, "me/mine", "hf_secret", not words, "run")])
    assert "hf_secret" not in ended.out + ended.err


def test_pushing_without_a_token_is_refused(trained, home, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ended = genhub("push", trained, "--repo", "me/mine")
    assert ended.status == 2
    assert "token" in ended.err


# ---- runs --------------------------------------------------------------------------------------------------------------


def lay_out(home: Path, *events, id: str = "a" * 32) -> RunFolder:
    run = RunFolder.create(home / "runs" / id, {"task": "classify", "name": id[:4], "config": {"method": "lora"}, "created": id[:1]})
    for event in events:
        run.append(event)
    return run


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((), "queued"),
        ((Stage("train", "Training"),), "cut off"),
        ((Stage("train", "Training"), Done({})), "finished"),
        ((Done({}, stopped=True),), "stopped"),
    ],
)
def test_the_state_of_a_run_comes_from_its_folder(home, events, state):
    lay_out(home, *events)
    [listed] = genhub("runs", "list", "--json").value["runs"]
    assert listed["state"] == state
    assert state in genhub("runs").out


def stopped_run(runner: Runner, rows: Path) -> RunFolder:
    """A run of the page, stopped in the middle with a model, as the index and its folder say."""
    job = make_job("classify", ClassifyConfig(method="frozen", folds=0), rows, {"name": "four rows"})
    run = RunFolder(runner.get("local", runner.submit("local", job, rows)).path)
    runner.stop("local", run.id)
    run.append(Stage("train", "Training"))
    run.append(Done({"accuracy": 0.5}, stopped=True))
    write_json(run.path / "metrics.json", {"accuracy": 0.5})
    write_json(run.path / "passport.json", {"task": "classify"})
    return run


@pytest.fixture
def runner(home, tmp_path, monkeypatch) -> Iterator[Runner]:
    """The page's runner; nothing is started."""
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    made = Runner(settings.get())
    yield made
    made.close()


@pytest.fixture
def rows(tmp_path) -> Path:
    path = tmp_path / "clean.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in tiny_rows(80)))
    return path


def listed_state() -> str:
    [listed] = genhub("runs", "--json").value["runs"]
    return listed["state"]


def test_a_run_that_waits_to_go_on_is_queued_and_one_stopped_in_the_queue_stopped(runner, rows):
    run = stopped_run(runner, rows)
    assert listed_state() == "stopped"
    runner.resume("local", run.id)
    assert listed_state() == "queued"
    runner.stop("local", run.id)
    assert listed_state() == "stopped"
    runner.delete("local", run.id)
    runner.stop("local", runner.submit("local", run_job(rows), rows))
    assert listed_state() == "stopped"


def run_job(rows: Path) -> dict:
    return make_job("classify", ClassifyConfig(), rows, {})


def test_a_stopped_run_goes_on_and_the_page_knows(tiny, runner, rows):
    run = stopped_run(runner, rows)
    ended = genhub("train", "classify", "--resume", run.id, "--json")
    assert ended.status == 0, ended.err
    assert ended.value["metrics"]["test_rows"] > 0
    assert listed_state() == "finished"
    assert runner.get("local", run.id).state == "running", "until the page reads the log"
    assert "has ended" in genhub("train", "classify", "--resume", run.id).err


def test_a_run_opened_from_a_zip_does_not_go_on(tiny, trained, tmp_path):
    assert genhub("export", trained, "--out", tmp_path / "run.zip").status == 0
    assert genhub("open", tmp_path / "run.zip", "--out", tmp_path / "again").status == 0
    assert genhub("train", "classify", "--resume", tmp_path / "again").status == 2


def test_runs_are_listed_newest_first_and_deleted_by_id(home):
    assert genhub("runs", "--json").value == {"runs": []}
    lay_out(home, id="a" * 32)
    lay_out(home, id="b" * 32)
    assert [run["id"][0] for run in genhub("runs", "--json").value["runs"]] == ["b", "a"]
    assert "lora" in genhub("runs", "show", "a" * 32).out
    assert genhub("runs", "delete", "a" * 32, "--json").value == {"deleted": "a" * 32}
    assert [run["id"][0] for run in genhub("runs", "--json").value["runs"]] == ["b"]


def test_a_run_gets_another_name_on_the_page_too(runner, rows):
    run_id = runner.submit("local", run_job(rows), rows)
    assert genhub("runs", "rename", run_id, " Second try ", "--json").value["name"] == "Second try"
    assert runner.get("local", run_id).name == "Second try"
    assert genhub("runs", "--json").value["runs"][0]["name"] == "Second try"
    assert genhub("runs", "rename", run_id, "x" * 100).status == 2


@pytest.mark.parametrize("id", ["a" * 32, "..", "runs", "/etc"])
def test_only_runs_are_deleted(home, id):
    (home / "runs").mkdir()
    assert genhub("runs", "delete", id).status == 2
    assert (home / "runs").is_dir()


# ---- stopping and going on ---------------------------------------------------------------------------------------------


def slow_trainer(config, run):
    """A trainer that counts until it is stopped, and says so when it starts where it left off."""
    at = run.path / "step"
    step = int(at.read_text()) if at.exists() else 0
    if step:
        yield Resumed("final", step)
    while not run.stop_requested() and step < 100_000:
        step += 1
        at.write_text(str(step))
        yield Metric(step, {"loss": 1.0})
    yield Done({"steps": step}, stopped=run.stop_requested())


def test_ctrl_c_stops_and_keeps_the_best(home, monkeypatch):
    monkeypatch.setattr(tasks.Task, "load", lambda task: interrupted_trainer)
    run = lay_out(home)
    from genhub.commands import training

    before = signal.getsignal(signal.SIGINT)
    last = training.train(ClassifyConfig(), run, Output(quiet=True))
    assert last.stopped
    assert signal.getsignal(signal.SIGINT) == before


def interrupted_trainer(config, run):
    for event in slow_trainer(config, run):
        if isinstance(event, Metric) and event.step == 5:
            signal.raise_signal(signal.SIGINT)
        yield event


def test_a_second_ctrl_c_ends_at_once(home, monkeypatch):
    def trainer(config, run):
        yield Metric(1, {"loss": 1.0})
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        yield Done({})

    monkeypatch.setattr(tasks.Task, "load", lambda task: trainer)
    from genhub.commands import training

    with pytest.raises(KeyboardInterrupt):
        training.train(ClassifyConfig(), lay_out(home), Output(quiet=True))


def test_a_run_that_was_cut_off_goes_on(tiny, reviews, tmp_path, monkeypatch):
    """Cut off after the folder was laid out: --resume trains it, and once it has ended refuses to."""

    def cut(config, run):
        yield Stage("train", "Training")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tasks.Task, "load", lambda task: cut)
        assert genhub("train", "classify", "--data", reviews, *FAST, "--out", tmp_path / "run").status == 130
    ended = genhub("train", "classify", "--resume", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    assert ended.value["metrics"]["test_rows"] > 0
    again = genhub("train", "classify", "--resume", tmp_path / "run")
    assert again.status == 2
    assert "has ended" in again.err


def test_a_defect_in_training_is_a_defect_of_the_command(tiny, reviews, tmp_path, monkeypatch):
    def broken(config, run):
        yield Stage("train", "Training")
        raise RuntimeError("the cat sat on the gradient")

    monkeypatch.setattr(tasks.Task, "load", lambda task: broken)
    ended = genhub("train", "classify", "--data", reviews, *FAST, "--out", tmp_path / "run", "--json")
    assert ended.status == 1
    assert ended.value["error"]["error_id"] in ended.err
    assert "the cat sat on the gradient" in (tmp_path / "run" / "log.txt").read_text()


def test_without_a_folder_of_their_own_two_processes_do_not_start(reviews, home, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    ended = genhub("train", "classify", "--data", reviews, *FAST)
    assert ended.status == 2
    assert "--out" in ended.err


def test_two_processes_do_not_study(home, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    ended = genhub("train", "measure-tables", "--data", "wine-rare", "--out", home / "study")
    assert ended.status == 2
    assert "A study is the work of one process" in ended.err


# ---- the doctor --------------------------------------------------------------------------------------------------------


def test_the_doctor_reports_and_offers_fixes(tiny, tmp_path):
    table_file = tmp_path / "flawed.csv"
    rows = [("Good food", "praise"), ("Good food", "praise"), ("Bad film", "blame"), ("Awful", "Blame ")]
    rows += [(f"fine {n}", "praise") for n in range(5)] + [(f"poor {n}", "blame") for n in range(5)]
    table_file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    report = genhub("doctor", "--data", table_file, "--json").value
    assert (report["text_column"], report["label_column"], report["rows"]) == ("text", "label", 14)
    assert {"merge-labels", "drop-duplicates"} <= {finding["fix"] for finding in report["findings"]}
    assert "--fix merge-labels" in genhub("doctor", "--data", table_file).out
    mended = genhub("doctor", "--data", table_file, "--fix", "merge-labels,drop-duplicates", "--json")
    assert mended.status == 0, mended.err


# ---- remedies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def flawed(tmp_path) -> Path:
    """Semicolons, Windows-1252, a line that does not fit, and a class of one row."""
    path = tmp_path / "flawed.csv"
    lines = [f"{row['text']};{row['label']}" for row in tiny_rows(80)]
    path.write_bytes("\n".join(["text;label", *lines, "süß;rare", "one;too;many", "naïve;praise"]).encode("cp1252"))
    return path


def test_a_refusal_that_a_remedy_mends_names_the_option(tiny, flawed, tmp_path):
    words = ["train", "classify", "--data", flawed, *FAST, "--out", tmp_path / "run", "--json"]
    fixes = []
    for code, told in (
        ("windows-1252", "Or add --fix windows-1252: read it as Windows-1252."),
        ("leave-malformed-lines", "Or add --fix leave-malformed-lines: leave such lines out."),
        ("drop-rare", "Or add --fix drop-rare: leave these classes out."),
    ):
        ended = genhub(*words, *(["--fix", ",".join(fixes)] if fixes else []))
        assert ended.status == 2
        assert told in ended.err
        assert ended.value["error"]["fix"] == code
        fixes.append(code)
    ended = genhub(*words, "--fix", ",".join(fixes))
    assert ended.status == 0, ended.err
    assert "Read as Windows-1252" in ended.err
    assert "line 83" in ended.err
    run = RunFolder(tmp_path / "run")
    assert run.job()["data"]["fixes"] == fixes
    command = genhub("code", run.path, "--command").out
    assert "--fix windows-1252,leave-malformed-lines,drop-rare" in command
    report = genhub("doctor", "--data", flawed, "--fix", ",".join(fixes), "--json").value
    assert report["rows"] == run.job()["data"]["rows"]


def test_a_test_table_is_read_with_the_remedies_too(tiny, reviews, tmp_path):
    unseen = tmp_path / "unseen.csv"
    unseen.write_bytes("text,label\nnaïve,praise\nquite another,blame\n".encode("cp1252"))
    words = ["forecast", "classify", "--data", reviews, "--test", unseen, *FAST]
    refused = genhub(*words)
    assert refused.status == 2
    assert "--fix windows-1252" in refused.err
    assert "Windows-1252" in genhub(*words, "--fix", "windows-1252").err


def test_a_labelled_table_keeps_its_separator_and_is_read_with_a_remedy(tiny, trained, flawed, tmp_path):
    words = ["classify", "--run", trained, "--input", flawed, "--out", tmp_path / "p.csv", "--json"]
    refused = genhub(*words)
    assert refused.status == 2
    assert "--fix windows-1252" in refused.err
    ended = genhub(*words, "--fix", "windows-1252,leave-malformed-lines")
    assert ended.status == 0, ended.err
    assert (tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()[0] == "text;label;predicted;probability"
    assert ended.value["rows"] == sum(ended.value["labels"].values()) == 82
    assert genhub(*words, "--fix", "drop-rare").status == 2


# ---- what is printed ---------------------------------------------------------------------------------------------------


def test_progress_is_single_lines_and_steps_are_thinned(capsys):
    steps = [Metric(step, {"loss": 0.5}) for step in range(1, 500)]
    told = [
        Stage("train", "Training"),
        *steps,
        Metric(500, {"val_loss": 0.25, "val_accuracy": None}),
        Progress(9, 9, 60.0),
        Note("Done early."),
    ]
    assert Output().follow(told) == Note("Done early.")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Training …"
    assert "step 500 · val loss 0.25" in lines[-2]
    assert lines[-1].strip() == "Done early."
    assert len(lines) < 10


def test_only_the_main_process_prints(capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    out = Output()
    out.say("progress")
    out.result({}, "result")
    assert capsys.readouterr() == ("", "")


def test_tables_align_numbers_to_the_right():
    assert table(("name", "rows"), [("a", 5), ("long name", 1234)]) == "name        rows\na              5\nlong name  1,234"
    assert table(("a", "b"), []) == "a  b"
