"""What a visitor can do, without a page: the use cases of `Lab`, on a runner that has not been started."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import cli, hub, oneshot, settings
from genhub.commands import table_reading, train_classify, training
from genhub.commands.output import Output
from genhub.data import samples
from genhub.data.tables import write_jsonl
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json
from genhub.lab import Lab
from genhub.text import code, portable
from genhub.training.configs import ClassifyConfig
from tests.serving.tiny_runs import make_run, store_base

ME, OTHER = "a" * 32, "b" * 32


def give(lab: Lab, visitor: str, method: str = "frozen") -> str:
    """A finished run of this visitor, on a tiny base that lies in the home; its id."""
    base = lab.settings.cache / "models" / "tests--tiny" / ("a" * 40)
    folder = make_run(lab.settings.home / "made" / method, base if base.exists() else store_base(), method)
    return lab.runner.import_folder(lab.owner(visitor), folder, method)


# ---- the command of a run ----------------------------------------------------------------------------------------------


def test_the_command_of_a_run_gives_the_same_rows_and_options(lab, tmp_path):
    table = lab.take_sample(ME, "shortcut", counterexamples=True)
    lab.examine(ME, table.id, ("text", "label"), ["drop-duplicates"])
    values = {"method": "bottleneck", "epochs": 3, "folds": 0, "learning_rate": 2e-4, "text_column": "text", "seed": 5}
    run = lab.folder(ME, lab.train(ME, table.id, values))
    command = code.command_line(run.path)
    assert "YOUR-TABLE" not in command
    args = cli.parser().parse_args(shlex.split(command)[3:])
    args.out = str(tmp_path / "again")
    again = training.new_run(train_classify.TRAINING, args, Output(quiet=True))
    assert again.job()["config"] == run.job()["config"]
    assert again.job()["data"] == run.job()["data"]
    assert again.job()["data"]["rows"] > 329
    assert again.rows.read_bytes() == RunFolder(run.path).rows.read_bytes()


def test_what_a_run_was_forecast_to_take_goes_with_it_while_rows_and_options_are_the_same(lab, monkeypatch):
    monkeypatch.setattr(lab.runner, "call", lambda *_, **__: {"seconds": 77.0})
    table = lab.take_sample(ME, "support")
    lab.examine(ME, table.id)
    values = {"method": "frozen", "folds": 0}

    def expected(values: dict) -> float | None:
        return lab.folder(ME, lab.train(ME, table.id, values)).job()["forecast"]["seconds"]

    assert expected(values) is None
    lab.forecast(ME, table.id, values)
    assert expected(values) == 77.0
    assert expected({**values, "epochs": 9}) is None
    lab.examine(ME, table.id, fixes=["drop-duplicates"])
    assert expected(values) is None


# ---- what is no id -----------------------------------------------------------------------------------------------------

ACTS = {
    "view": lambda lab, key: lab.view(ME, key),
    "stop": lambda lab, key: lab.stop(ME, key),
    "resume": lambda lab, key: lab.resume(ME, key),
    "rename": lambda lab, key: lab.rename(ME, key, "name"),
    "delete": lambda lab, key: lab.delete(ME, key),
    "compare": lambda lab, key: lab.compare(ME, [key, key]),
    "predict": lambda lab, key: lab.predict(ME, key, ["a"]),
    "explain": lambda lab, key: lab.explain(ME, key, "a"),
    "without": lambda lab, key: lab.without(ME, key, "a", []),
    "predict_table": lambda lab, key: lab.predict_table(ME, key, samples.path("support")),
    "export": lambda lab, key: lab.export(ME, key),
    "merged": lambda lab, key: lab.merged(ME, key),
    "code": lambda lab, key: lab.code(ME, key),
}
TABLE_ACTS = {
    "table": lambda lab, key: lab.table(ME, key),
    "examine": lambda lab, key: lab.examine(ME, key),
    "forecast": lambda lab, key: lab.forecast(ME, key, {}),
    "train": lambda lab, key: lab.train(ME, key, {}),
    "add_test": lambda lab, key: lab.add_test(ME, key, samples.path("support")),
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_no_run_is_refused_in_a_sentence(lab, act):
    for nothing in (None, ""):
        with pytest.raises(UserError, match="No run has been chosen"):
            ACTS[act](lab, nothing)
    for value in (5, ["x"], {}, "../x", "example-", "example-../support", "0" * 32):
        with pytest.raises(UserError) as caught:
            ACTS[act](lab, value)
        assert "run" in str(caught.value)


@pytest.mark.parametrize("act", TABLE_ACTS)
def test_whatever_is_no_table_is_refused_in_a_sentence(lab, act):
    for nothing in (None, ""):
        with pytest.raises(UserError, match="No table has been chosen"):
            TABLE_ACTS[act](lab, nothing)
    for value in (5, ["x"], "../x", "0" * 32):
        with pytest.raises(UserError, match="table"):
            TABLE_ACTS[act](lab, value)


@pytest.mark.parametrize("value", [None, 5, "x", []])
def test_comparing_what_is_no_list_of_runs(lab, value):
    with pytest.raises(UserError):
        lab.compare(ME, value)


# ---- a table of texts --------------------------------------------------------------------------------------------------


def test_a_table_is_classified_by_the_column_the_run_was_trained_on(lab, monkeypatch, tmp_path):
    run = give(lab, ME)
    folder = lab.folder(ME, run)
    write_json(folder.path / "passport.json", folder.read("passport.json") | {"config": {"text_column": "message"}})
    asked = []

    def answer(op, args, seconds):
        asked.append(args["texts"])
        yield {"done": 1, "total": 2}
        yield {"result": {"labels": ["praise"], "predicted": ["praise"] * len(args["texts"]), "scores": [[0.9]] * len(args["texts"])}}

    monkeypatch.setattr(lab.worker, "stream", answer)
    table = tmp_path / "mails.csv"
    table.write_text("id,subject,message\n1,a much longer subject,hello\n2,x,\n3,y,bye\n")
    out = lab.predict_table(ME, run, table)
    assert asked == [["hello", "bye"]]
    assert out.name == "mails-predicted.csv"
    assert out.read_text().splitlines()[1:] == ["1,a much longer subject,hello,praise,0.9000", "2,x,,,", "3,y,bye,praise,0.9000"]
    assert list((lab.settings.uploads / "local").iterdir()) == []


# ---- a table of the Hub ------------------------------------------------------------------------------------------------


def test_a_hub_table_says_that_it_was_cut_and_of_which_revision_it_is(lab, monkeypatch):
    facts = {"dataset": "acme/sorted", "config": "default", "split": "train", "revision": "c" * 40, "columns": ["text", "label"]}
    facts |= {"rows": 30, "left_out": ["image"], "cut": True, "drawn": False, "shortened": 2, "splits": ["train"]}

    def stream(request, settings):
        write_jsonl(Path(request["out"]), [{"text": f"the text number {n}", "label": labels[n % len(labels)]} for n in range(30)])
        return facts

    monkeypatch.setattr(hub, "dataset", stream)
    labels = "a"
    table = lab.take_hub(ME, "acme/sorted")
    assert lab.table(ME, table.id).hub == facts
    told = {finding["code"]: finding for finding in lab.examine(ME, table.id)["findings"]}
    assert told["hub"]["severity"] == "warning"
    assert told["hub"]["what"] == (
        "The first 30 rows of the split “train” of “acme/sorted” (configuration “default”, revision cccccccccc), which has more."
    )
    for words in ("others may follow later in the set", "“image”", "may not be longer: 2 rows"):
        assert words in told["hub"]["will_do"]
    assert "one-class" in told
    labels, facts["drawn"], facts["shortened"] = "ab", True, 0
    table = lab.take_hub(ME, "acme/sorted")
    report = lab.examine(ME, table.id)
    (finding,) = [finding for finding in report["findings"] if finding["code"] == "hub"]
    assert (finding["severity"], "drawn from a shuffled stream" in finding["what"]) == ("info", True)
    origin = lab.folder(ME, lab.train(ME, table.id, {})).job()["data"]["hub"]
    assert origin == {"dataset": "acme/sorted", "config": "default", "split": "train", "revision": "c" * 40, "cut": True, "drawn": True}


def test_long_texts_are_found_for_an_encoder_of_the_hub_that_is_here(lab):
    rows = "\n".join(f"{'great ' * 20}{n},{'ab'[n % 2]}" for n in range(20))
    table = lab.take_pasted(ME, f"text,label\n{rows}")
    options = {"model": "tests/tiny", "max_length": 16}

    def told() -> tuple[str, str]:
        report = lab.examine(ME, table.id, options=options)
        return report["lengths"]["unit"], next(item["what"] for item in report["findings"] if item["code"] == "long-texts")

    assert told() == ("words", "At least 20 texts are longer than the 16 tokens the encoder reads.")
    store_base()
    assert told() == ("tokens", "20 texts are longer than the 16 tokens the encoder reads.")
    with table_reading.opened("reviews") as read:
        assert read.examine(ClassifyConfig(model="tests/tiny"))["lengths"]["unit"] == "tokens"


# ---- the disk ----------------------------------------------------------------------------------------------------------


def test_a_language_model_is_no_encoder_and_an_encoder_writes_nothing(lab):
    gpt, bert = "openai-community/gpt2", "google-bert/bert-base-uncased"
    table = lab.take_sample(ME, "support")
    lab.examine(ME, table.id)
    attempts = (
        lambda: lab.fetch_model(gpt),
        lambda: lab.examine(ME, table.id, options={"model": gpt}),
        lambda: lab.train(ME, table.id, {"model": gpt}),
    )
    for attempt in attempts:
        with pytest.raises(UserError, match="“openai-community/gpt2” is a language model: it does not classify texts") as caught:
            attempt()
        assert bert in caught.value.remedy
    with pytest.raises(UserError, match="“google-bert/bert-base-uncased” is an encoder: it does not write text") as caught:
        lab.write(ME, "Once", {"model": bert})
    assert gpt in caught.value.remedy


def test_what_is_taken_home_lies_apart_from_tables(lab):
    table = lab.take_sample(ME, "support")
    packed = lab.export(ME, give(lab, ME))
    assert packed.is_relative_to(lab.settings.downloads / "local")
    assert len(packed.parent.name) == 32
    assert (lab.settings.uploads / "local" / table.id / "table.jsonl").exists()
    lab.delete_all(ME)
    assert not packed.exists()
    with pytest.raises(UserError, match="not here any more"):
        lab.table(ME, table.id)


def test_a_visitor_at_the_limit_reads_no_more_tables(home, monkeypatch):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, visitor_bytes=10_000))
    full = Lab(settings.get())
    full.take_pasted(ME, "text,label\na,b\n")
    with pytest.raises(UserError, match="Delete some runs"):
        full.take_sample(ME, "reviews")
    full.close()


# ---- take home ---------------------------------------------------------------------------------------------------------


def test_a_whole_model_may_be_packed_and_every_failure_is_named_for_its_work(lab, monkeypatch, tmp_path):
    asked = {}

    def note(target, args, **limits):
        asked[target] = limits
        Path(args.get("out", tmp_path / "x")).touch()
        return {"bytes": 0, "script": "", "command": ""}

    monkeypatch.setattr(oneshot, "run", note)
    run = give(lab, ME, "full")
    lab.export(ME, run)
    lab.merged(ME, run)
    lab.code(ME, run)
    packing, merging, scripting = asked.values()
    assert packing["file_bytes"] > lab.settings.limits.hub_bytes
    assert (packing["what"], merging["what"], scripting["what"]) == ("Packing the run", "Packing the merged model", "Writing the script")


def test_a_zip_of_a_whole_model_larger_than_any_table_comes_back(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, upload_bytes=1_000))
    again = Lab(settings.get())
    run = give(again, ME, "full")
    facts = again.folder(ME, run).read("passport.json")
    write_json(again.folder(ME, run).path / "passport.json", facts | {"head": {"in": 32, "out": 3}})
    packed = portable.export_zip(again.folder(ME, run).path, tmp_path / "run.zip")
    assert packed.stat().st_size > again.settings.limits.upload_bytes
    assert again.run(ME, again.reopen(ME, packed)).name == "full · opened from a zip"
    again.close()
    with pytest.raises(UserError, match="not a ZIP file"):
        lab.reopen(ME, __file__)
