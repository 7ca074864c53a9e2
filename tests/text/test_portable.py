"""Runs on their travels: packed, opened again with the same answers, refused when anything does not fit, merged."""

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from genhub import hub, settings
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.runner import Runner
from genhub.text import code, portable
from genhub.text.classifier import load_run
from genhub.training.configs import MORE_METHODS
from tests.serving.tiny_runs import BASE, LABELS, REVISION, make_run, store_base

TEXTS = ["the good film", "a bad dog and a late parcel", "money", "not very fine thanks"]
WHOLE = ("full", "bitfit")
METHODS = ("frozen", "bottleneck", *WHOLE, "lora", *(method for method in MORE_METHODS if method != "bitfit"))
SHARES = dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "macro_f1"), 0.5)
FIGURES = {
    **SHARES,
    "test_rows": 6,
    "folds": 0,
    "labels": LABELS,
    "per_class": [{"label": label, "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2} for label in LABELS],
    "confusion": [[1, 1, 0], [0, 1, 1], [1, 0, 1]],
    "calibration": {"ece": 0.1, "bins": [{"low": 0.0, "high": 0.1, "count": 0, "confidence": None, "accuracy": None}]},
    "coverage": [{"threshold": 0.0, "coverage": 1.0, "accuracy": 0.5}],
    "baselines": {
        "majority": {"accuracy": 0.4, "macro_f1": 0.2, "label": "blame"},
        "tfidf": {**SHARES, "difference": {"mean": 0.0, "low": -0.1, "high": 0.1}},
    },
    "training": {"method": "lora", "seconds": 1.5, "steps": 4, "precision": "fp32"},
    "split": {"kind": "hold-out", "train": 20, "validation": 4, "test": 6, "seed": 0, "groups_kept_together": True},
    "stopped": False,
    "suspects": 1,
    "sentences": ["Accuracy 0.5: 3 of 6."],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A home with a tiny base in its store and one run a method, shared by the tests that only read them."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(home))
        base = store_base()
        for method in METHODS:
            finish(make_run(home / "made" / method, base, method))
    return home


def finish(run: Path) -> None:
    """What training leaves besides the weights, among it what must never leave the machine."""
    facts = json.loads((run / "passport.json").read_text())
    more = {"head": {"in": 32, "out": 3}, "data": {"sha256": "b" * 64, "rows": 30}, "versions": {"torch": "2.13.0"}}
    write_json(run / "passport.json", facts | more)
    write_json(run / "metrics.json", FIGURES | {"sentences": ["Accuracy 0.5: 3 of 6."]})
    write_json(run / "job.json", {"task": "classify", "config": {"method": facts["method"]}, "data": {"name": "customers.csv"}})
    (run / "data").mkdir()
    (run / "data" / "train.jsonl").write_text('{"text": "canary text", "label": "praise"}\n')
    (run / "predictions.jsonl").write_text('{"text": "canary text"}\n')
    (run / "README.md").write_text("# card\n")
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "head.safetensors").write_bytes(b"canary text")


@pytest.fixture(autouse=True)
def _home(runs, monkeypatch):
    monkeypatch.setenv("GENHUB_HOME", str(runs))
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    monkeypatch.delenv("GENHUB_PROFILE", raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)
    torch.set_num_threads(1)


@pytest.fixture
def lora(runs, tmp_path) -> Path:
    """A copy of the LoRA run that a test may spoil."""
    return Path(shutil.copytree(runs / "made" / "lora", tmp_path / "lora"))


def opened(tmp_path: Path, run: Path, limits=settings.LOCAL) -> Path:
    return portable.open_zip(portable.export_zip(run, tmp_path / "run.zip"), tmp_path / "opened", limits)


def refused(tmp_path: Path, run: Path, limits=settings.LOCAL) -> str:
    with pytest.raises(UserError) as caught:
        opened(tmp_path, run, limits)
    assert caught.value.what
    assert not (tmp_path / "opened").exists()
    assert not (tmp_path / "opened.unpacked").exists()
    return str(caught.value)


def edit(run: Path, file: str, /, **values) -> None:
    path = run / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


# ---- out and in again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [name for name in METHODS if name not in WHOLE])
def test_an_opened_run_predicts_exactly_as_the_original(runs, tmp_path, method):
    run = runs / "made" / method
    again = opened(tmp_path, run)
    before, after = load_run(run).predict(TEXTS), load_run(again).predict(TEXTS)
    assert after.labels == before.labels
    assert np.array_equal(after.scores, before.scores)
    assert {"passport.json", "metrics.json", "README.md", "head.safetensors"} <= {path.name for path in again.iterdir()}


@pytest.mark.parametrize("method", WHOLE)
def test_a_full_model_is_opened_on_ones_own_machine_only(runs, tmp_path, monkeypatch, method):
    monkeypatch.setattr(hub.oneshot, "run", lambda target, args, **_: _inspect(args))
    again = opened(tmp_path, runs / "made" / method)
    assert np.array_equal(load_run(again).predict(TEXTS).scores, load_run(runs / "made" / method).predict(TEXTS).scores)
    shutil.rmtree(again)
    assert "whole model" in refused(tmp_path, runs / "made" / method, settings.PUBLIC)


def _inspect(args: dict) -> dict:
    from genhub import hub_child

    return hub_child.inspect(args)


def test_no_row_of_the_table_leaves_with_a_run(runs, tmp_path):
    packed = portable.export_zip(runs / "made" / "lora", tmp_path / "run.zip")
    with zipfile.ZipFile(packed) as archive:
        names = set(archive.namelist())
        assert not any(b"canary" in archive.read(name) or b"customers.csv" in archive.read(name) for name in names)
        facts = json.loads(archive.read("passport.json"))
        assert facts["files"] == {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names - {"passport.json"}}
    adapter = {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"}
    assert names == adapter | {"README.md", "head.safetensors", "metrics.json", "passport.json", "predict.py"}


def test_the_same_run_packs_to_the_same_bytes(runs, tmp_path):
    one, two = (portable.export_zip(runs / "made" / "lora", tmp_path / name).read_bytes() for name in ("1.zip", "2.zip"))
    assert one == two


def test_an_opened_run_can_be_packed_and_opened_again(runs, tmp_path):
    first = opened(tmp_path, runs / "made" / "lora")
    second = portable.open_zip(portable.export_zip(first, tmp_path / "2.zip"), tmp_path / "second", settings.LOCAL)
    assert np.array_equal(load_run(second).predict(TEXTS).scores, load_run(first).predict(TEXTS).scores)


def test_a_reopened_run_keeps_its_name_and_what_its_code_is_made_of(runs, lora, tmp_path):
    config = {"method": "lora", "model": BASE, "seed": 3, "epochs": 2}
    about = {"sha256": "b" * 64, "rows": 30, "sample": "shortcut", "counterexamples": True, "fixes": ["merge-labels"]}
    edit(lora, "job.json", name="Mine, the second", data={"name": "customers.csv", **about})
    edit(lora, "passport.json", config=config, data=about)
    runner = Runner(settings.get())
    try:
        run_id = runner.import_folder("local", opened(tmp_path, lora), "run")
        info = runner.get("local", run_id)
    finally:
        runner.close()
    job = RunFolder(info.path).job()
    assert (info.name, job["name"]) == ("Mine, the second · opened from a zip",) * 2
    assert job["data"] == {"name": "", **about}
    assert (job["config"]["seed"], job["versions"]) == (3, {"torch": "2.13.0"})
    assert "--epochs 2 --seed 3" in code.command_line(info.path)
    assert "PeftModel" in code.script(info.path)


def test_a_published_run_does_not_tell_its_name(lora):
    edit(lora, "job.json", name="customers.csv · lora")
    assert not any(
        b"customers" in (content if isinstance(content, bytes) else content.read_bytes()) for content in portable.contents(lora).values()
    )


def test_a_run_without_a_passport_cannot_be_packed(tmp_path):
    with pytest.raises(UserError, match=r"no passport\.json"):
        portable.export_zip(tmp_path, tmp_path / "run.zip")


def test_nothing_of_the_strangers_words_is_kept(lora, tmp_path):
    (lora / "README.md").write_text("<script>alert(1)</script>")
    edit(lora, "passport.json", note="<b>", config={"method": "lora", "epochs": 3})
    edit(lora, "adapter/adapter_config.json", megatron_core="os.system", lora_dropout=0.4, runtime_config={"a": 1})
    again = opened(tmp_path, lora)
    assert "<script>" not in (again / "README.md").read_text()
    assert "os.system" not in (again / "adapter" / "adapter_config.json").read_text()
    assert "note" not in json.loads((again / "passport.json").read_text())


# ---- what is refused ------------------------------------------------------------------------------------------------


def test_another_base_is_refused(lora, tmp_path, monkeypatch):
    edit(lora, "passport.json", base={"id": BASE, "revision": REVISION, "sha256": "c" * 64})
    assert "trained on another version of tests/tiny" in refused(tmp_path, lora)
    edit(lora, "passport.json", base={"id": "acme/absent", "revision": REVISION, "sha256": ""})
    assert "not on this machine" in refused(tmp_path, lora)
    edit(lora, "passport.json", base={"id": "../../etc", "revision": "", "sha256": ""})
    assert "two dots" in refused(tmp_path, lora)
    edit(lora, "passport.json", base={"id": BASE, "revision": REVISION, "sha256": ""})
    assert "not offered here" in refused(tmp_path, lora, settings.PUBLIC)
    edit(lora, "adapter/adapter_config.json", base_model_name_or_path="google-bert/bert-base-uncased")
    assert "is for “google-bert/bert-base-uncased”" in refused(tmp_path, lora)


ADAPTERS = {
    "says 'IA3' for peft_type": {"peft_type": "IA3"},
    "says 1000000 for r. With the options in its passport that is 8": {"r": 1_000_000},
    "says 0 for r": {"r": 0},
    "says True for r": {"r": True},
    "says nan for lora_alpha": {"lora_alpha": float("nan")},
    "says '.*' for target_modules": {"target_modules": ".*"},
    "says ['os.system'] for target_modules": {"target_modules": ["os.system"]},
    "says ['key', 'query', 'value'] for target_modules": {"target_modules": ["key", "query", "value"]},
    "says ['embeddings'] for modules_to_save. With the options in its passport that is nothing": {"modules_to_save": ["embeddings"]},
    "says {'a': 1} for rank_pattern": {"rank_pattern": {"a": 1}},
    "says 'all' for bias": {"bias": "all"},
    "says True for use_dora": {"use_dora": True},
}


@pytest.mark.parametrize("phrase", ADAPTERS)
def test_an_adapter_that_is_not_ours_is_refused(lora, tmp_path, phrase):
    edit(lora, "adapter/adapter_config.json", **ADAPTERS[phrase])
    assert phrase in refused(tmp_path, lora)


def test_an_adapter_has_the_tensors_that_its_options_make(lora, tmp_path):
    edit(lora, "passport.json", config={"rank": 4})
    edit(lora, "adapter/adapter_config.json", r=4)
    assert "in shape [8, 32] instead of [4, 32]" in refused(tmp_path, lora)
    edit(lora, "passport.json", config={"rank": 65})
    assert "Rank is 65" in refused(tmp_path, lora)
    (lora / "adapter" / "adapter_config.json").write_text("[]")
    edit(lora, "passport.json", config={"rank": 8})
    assert "has no configuration" in refused(tmp_path, lora)


def test_indices_of_a_sparse_adapter_stay_within_the_weight(runs, tmp_path):
    run = Path(shutil.copytree(runs / "made" / "shira", tmp_path / "shira"))
    path = run / "adapter" / "adapter_model.safetensors"
    tensors = load_file(path)
    name = next(name for name in tensors if name.endswith("shira_indices"))
    for place in (-1, 32):
        wrong = tensors[name].clone()
        wrong[1, 0] = place
        save_file(tensors | {name: wrong}, path)
        assert "points outside the weight" in refused(tmp_path, run)
    save_file(tensors | {name: tensors[name].float()}, path)
    assert "not a type for indices" in refused(tmp_path, run)


PASSPORTS = {
    "data: sample is missing or not": {"data": {"sample": "--out /"}},
    "fixes[0] is missing or not": {"data": {"fixes": ["rm"]}},
    "cannot be printed": {"name": "a\nb"},
    "is not the passport of a run": {"format": "something"},
    "labels for a head": {"labels": ["one", "two"]},
    "is of the method “magic”": {"method": "magic"},
    "says “peft” for the method full": {"method": "full"},
    "says “none”": {"adapter": "none"},
    "max_length is missing or not": {"max_length": 10**9},
    "scale is missing or not": {"scale": float("inf")},
    "pooling is missing or not": {"pooling": "max"},
    "labels[1] is missing or not": {"labels": ["one", " ", "three"]},
    "Epochs is -1": {"config": {"epochs": -1}},
    "The head reads 64": {"head": {"in": 64, "out": 3}},
}


@pytest.mark.parametrize("phrase", PASSPORTS)
def test_a_passport_that_does_not_hold_is_refused(lora, tmp_path, phrase):
    packed = portable.export_zip(lora, tmp_path / "run.zip")
    files = repack(packed, {"passport.json": lambda data: json.dumps(json.loads(data) | PASSPORTS[phrase]).encode()})
    with pytest.raises(UserError) as caught:
        portable.open_zip(files, tmp_path / "opened", settings.LOCAL)
    assert phrase in str(caught.value)


def repack(path: Path, changes: dict) -> Path:
    """The zip with some entries changed (a function of their bytes), or left out (None)."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    out = path.with_name("changed.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            change = changes.get(name, lambda data: data)
            if change is not None:
                archive.writestr(name, change(data))
    return out


def test_weights_that_are_damaged_or_of_another_shape_are_refused(lora, tmp_path):
    path = lora / "adapter" / "adapter_model.safetensors"
    whole, tensors = path.read_bytes(), load_file(path)
    first = next(iter(tensors))
    path.write_bytes(b"")
    assert "adapter_model.safetensors is empty" in refused(tmp_path, lora)
    path.write_bytes(b"\xff" * 300)
    assert "not a safetensors file" in refused(tmp_path, lora)
    path.write_bytes(whole[:8] + b"!" + whole[9:])
    assert "header that is not JSON" in refused(tmp_path, lora)
    path.write_bytes(whole[:-10])
    assert "is cut off" in refused(tmp_path, lora)
    save_file(tensors | {first: tensors[first] * float("nan")}, path)
    assert "a NaN or an infinity" in refused(tmp_path, lora)
    save_file(tensors | {first: torch.zeros(2, 2)}, path)
    assert "in shape [2, 2] instead of" in refused(tmp_path, lora)
    save_file(tensors | {"more": torch.zeros(2)}, path)
    assert "does not belong there: “more”" in refused(tmp_path, lora)
    save_file({name: tensor.to(torch.int32) for name, tensor in tensors.items()}, path)
    assert "not a floating-point type" in refused(tmp_path, lora)
    path.write_bytes(whole)
    save_file({"weight": torch.zeros(3, 31), "bias": torch.zeros(3)}, lora / "head.safetensors")
    assert "head.safetensors has “weight”" in refused(tmp_path, lora)
    (lora / "adapter" / "adapter_model.safetensors").unlink()
    save_file({"weight": torch.zeros(3, 32), "bias": torch.zeros(3)}, lora / "head.safetensors")
    assert "has no adapter/adapter_model.safetensors" in refused(tmp_path, lora)


def test_files_that_were_changed_or_lost_are_refused(lora, tmp_path):
    packed = portable.export_zip(lora, tmp_path / "run.zip")
    cases = {
        "head.safetensors is damaged or was changed": {"head.safetensors": lambda data: data[:-1] + b"x"},
        "predict.py is missing": {"predict.py": None},
        "has no passport.json": {"passport.json": None},
        "passport.json is not JSON": {"passport.json": lambda data: data[:-40]},
        "lists no files": {"passport.json": lambda data: json.dumps(json.loads(data) | {"files": 3}).encode()},
    }
    for phrase, changes in cases.items():
        with pytest.raises(UserError, match=phrase):
            portable.open_zip(repack(packed, changes), tmp_path / "opened", settings.LOCAL)


def test_figures_that_are_none_are_refused(lora, tmp_path):
    for change in ({"accuracy": 2.0}, {"labels": ["a", "b", "c"]}, {"confusion": [[1]]}, {"sentences": "many"}, {"stopped": 1}):
        write_json(lora / "metrics.json", FIGURES | change)
        assert "metrics.json" in refused(tmp_path, lora)


def test_how_much_may_come_out_of_a_zip_follows_from_how_large_it_may_be(runs, lora, tmp_path):
    packed = portable.export_zip(runs / "made" / "full", tmp_path / "run.zip").stat().st_size
    tight = replace(settings.LOCAL, archive_bytes=packed // 4)
    assert "too large" in refused(tmp_path, runs / "made" / "full", tight) or "unpacks to more" in refused(
        tmp_path, runs / "made" / "full", tight
    )
    assert opened(tmp_path, lora, tight).exists()


def test_what_is_no_zip_is_refused(tmp_path):
    (tmp_path / "run.zip").write_text("hello")
    with pytest.raises(UserError, match="damaged"):
        portable.open_zip(tmp_path / "run.zip", tmp_path / "opened", settings.LOCAL)


# ---- one plain model ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["frozen", "lora", "dora", "full"])
def test_a_merged_run_is_a_plain_model_with_the_same_answers(runs, tmp_path, method):
    from transformers import AutoModel, AutoTokenizer

    out = portable.merged(runs / "made" / method, tmp_path / "merged")
    model, tokenizer = AutoModel.from_pretrained(out).eval(), AutoTokenizer.from_pretrained(out)
    head = load_file(out / "head.safetensors")
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        mask = batch["attention_mask"].unsqueeze(-1)
        vectors = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
        vectors = 16 * torch.nn.functional.normalize(vectors, dim=-1)
        scores = (vectors @ head["weight"].T + head["bias"]).softmax(-1).numpy()
    assert np.abs(scores - load_run(runs / "made" / method).predict(TEXTS).scores).max() < 1e-4
    assert not (out / "adapter_config.json").exists()


def test_bottlenecks_cannot_be_merged(runs, tmp_path):
    with pytest.raises(UserError, match="cannot be merged"):
        portable.merged(runs / "made" / "bottleneck", tmp_path / "merged")
