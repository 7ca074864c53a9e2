"""Adapted language models on their travels: packed, opened again with the same words, refused when anything does not fit, merged,
as a script and on a card."""

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from genhub import hub, settings
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.runner import Runner
from genhub.text import adapt, card, code, portable
from genhub.text.causal import load_causal
from genhub.text.generator import load_generator
from genhub.training.configs import AdaptConfig
from tests.serving.tiny_generators import make_generator
from tests.serving.tiny_language import MODEL, REVISION, store_language, tiny_causal
from tests.serving.tiny_runs import store
from tests.text.test_portable import edit, repack
from tests.text.tiny_texts import text_run, tiny_text

LLAMA = "tests/tiny-llama"
WHOLE = ("full", "bitfit")
OF_GPT2 = ("lora", "dora", "rslora", "adalora", "ia3", "vera", "lntuning")
LINEAR_ONLY = ("loha", "lokr", "oft", "miss", "shira")
PROMPTS = ("the cat likes", "refund my", "a")
CANARY = "canary parcel"


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A home with two tiny models in its store and one run a method, shared by the tests that only read them."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(home))
        patch.setenv("GENHUB_OFFLINE", "1")
        gpt = store_language()
        llama = store(LLAMA, REVISION, lambda folder: tiny_causal(folder, "llama"))
        for method in (*OF_GPT2, *WHOLE):
            make_generator(home / "made" / method, gpt, method)
        for method in ("lora", *LINEAR_ONLY):
            make_generator(home / "made" / f"llama-{method}", llama, method, model_id=LLAMA)
        trained(home / "made" / "trained")
    return home


def trained(folder: Path) -> Path:
    """A run that was really trained, so that it has figures, a card and samples, on a text that must not leave the machine."""
    config = AdaptConfig(model=MODEL, epochs=1, window=16, batch_size=16, samples=2, sample_tokens=5, precision="fp32", learning_rate=1e-2)
    run = text_run(folder, config, [f"{CANARY}\n{tiny_text()}{CANARY}\n"])
    write_json(run.path / "job.json", {**run.job(), "name": "diary.txt · LoRA", "data": {**run.job()["data"], "name": "diary.txt"}})
    for event in adapt.train(config, run):
        run.append(event)
    return folder


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
    assert not (tmp_path / "opened").exists()
    assert not (tmp_path / "opened.unpacked").exists()
    return str(caught.value)


def logits(model, prompt: str = PROMPTS[0]) -> torch.Tensor:
    with torch.inference_mode():
        return model.model(input_ids=torch.tensor([model.encode(prompt)])).logits


def greedy(model, prompt: str, new: int = 8) -> str:
    ids = torch.tensor([model.encode(prompt)])
    with torch.inference_mode():
        told = model.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, do_sample=False, pad_token_id=0, eos_token_id=0
        )
    return model.tokenizer.decode(told[0, ids.shape[1] :], skip_special_tokens=True, clean_up_tokenization_spaces=False)


# ---- out and in again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*OF_GPT2, "llama-lora", *(f"llama-{method}" for method in LINEAR_ONLY), "trained"])
def test_an_opened_run_writes_exactly_as_the_original(runs, tmp_path, name):
    run = runs / "made" / name
    again = opened(tmp_path, run)
    assert torch.equal(logits(load_generator(again)), logits(load_generator(run)))
    assert not torch.equal(logits(load_generator(again)), logits(load_causal(base_folder(name))))


def base_folder(name: str) -> Path:
    model_id = LLAMA if name.startswith("llama") else MODEL
    return hub.model_folder(model_id, settings.get()).path


@pytest.mark.parametrize("method", WHOLE)
def test_a_whole_model_is_opened_on_ones_own_machine_only(runs, tmp_path, monkeypatch, method):
    monkeypatch.setattr(hub.oneshot, "run", lambda target, args, **_: _inspect(args))
    again = opened(tmp_path, runs / "made" / method)
    assert torch.equal(logits(load_generator(again)), logits(load_generator(runs / "made" / method)))
    shutil.rmtree(again)
    assert "whole model" in refused(tmp_path, runs / "made" / method, settings.PUBLIC)


def _inspect(args: dict) -> dict:
    from genhub import hub_child

    return hub_child.inspect(args)


def test_nothing_of_the_text_leaves_with_a_run(runs, tmp_path):
    run = runs / "made" / "trained"
    assert CANARY in (run / "metrics.json").read_text() + (run / "events.jsonl").read_text() + (run / "data" / "train.jsonl").read_text()
    packed = portable.export_zip(run, tmp_path / "run.zip")
    with zipfile.ZipFile(packed) as archive:
        names = set(archive.namelist())
        texts = {name: archive.read(name) for name in names if not name.endswith(".safetensors")}
    assert names == {
        *("README.md", "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "generate.py", "metrics.json", "passport.json")
    }
    assert not any(CANARY.encode() in text for text in texts.values())
    assert "samples" not in json.loads(texts["metrics.json"])
    assert not any(b"diary" in text for name, text in texts.items() if name != "passport.json")
    assert b"diary" not in b"".join(
        content if isinstance(content, bytes) else content.read_bytes() for content in portable.contents(run).values()
    )


def test_the_same_run_packs_to_the_same_bytes_and_can_be_opened_twice(runs, tmp_path):
    run = runs / "made" / "trained"
    one, two = (portable.export_zip(run, tmp_path / name).read_bytes() for name in ("1.zip", "2.zip"))
    assert one == two
    first = opened(tmp_path, run)
    second = portable.open_zip(portable.export_zip(first, tmp_path / "3.zip"), tmp_path / "second", settings.LOCAL)
    assert torch.equal(logits(load_generator(second)), logits(load_generator(run)))


def test_a_reopened_run_is_listed_with_its_figures(runs, tmp_path):
    runner = Runner(settings.get())
    try:
        info = runner.get("local", runner.import_folder("local", opened(tmp_path, runs / "made" / "trained"), "run"))
    finally:
        runner.close()
    assert (info.task, info.name, info.method) == ("generate", "diary.txt · LoRA · opened from a zip", "lora")
    assert info.metrics["bits_per_character"] == RunFolder(runs / "made" / "trained").read("metrics.json")["bits_per_character"]
    assert "train generate --data YOUR-TEXT.txt --model tests/tiny-gpt" in code.command_line(info.path)


def test_nothing_of_the_strangers_words_is_kept(lora, tmp_path):
    (lora / "README.md").write_text("<script>alert(1)</script>")
    edit(lora, "passport.json", note="<b>")
    edit(lora, "adapter/adapter_config.json", megatron_core="os.system", lora_dropout=0.4, runtime_config={"a": 1})
    again = opened(tmp_path, lora)
    assert not (again / "README.md").exists() or "<script>" not in (again / "README.md").read_text()
    assert "os.system" not in (again / "adapter" / "adapter_config.json").read_text()
    assert "note" not in json.loads((again / "passport.json").read_text())


# ---- what is refused ------------------------------------------------------------------------------------------------


def test_another_base_is_refused(lora, tmp_path):
    base = json.loads((lora / "passport.json").read_text())["base"]
    edit(lora, "passport.json", base={**base, "sha256": "c" * 64})
    assert "trained on another version of tests/tiny-gpt" in refused(tmp_path, lora)
    edit(lora, "passport.json", base={**base, "id": "acme/absent"})
    assert "not on this machine" in refused(tmp_path, lora)
    edit(lora, "passport.json", base={**base, "id": "../../etc"})
    assert "two dots" in refused(tmp_path, lora)
    edit(lora, "passport.json", base=base)
    assert "not offered here" in refused(tmp_path, lora, settings.PUBLIC)
    edit(lora, "passport.json", base={**base, "id": LLAMA, "sha256": ""})
    assert "is for “tests/tiny-gpt”" in refused(tmp_path, lora)


ADAPTERS = {
    "says 'IA3' for peft_type": {"peft_type": "IA3"},
    "says 1000000 for r. With the options in its passport that is 4": {"r": 1_000_000},
    "says nan for lora_alpha": {"lora_alpha": float("nan")},
    "says '.*' for target_modules": {"target_modules": ".*"},
    "says ['attn.c_attn', 'wte', 'lm_head'] for target_modules": {"target_modules": ["attn.c_attn", "wte", "lm_head"]},
    "says ['wte'] for modules_to_save. With the options in its passport that is nothing": {"modules_to_save": ["wte"]},
    "says False for fan_in_fan_out": {"fan_in_fan_out": False},
    "says {'a': 1} for rank_pattern": {"rank_pattern": {"a": 1}},
    "says True for use_dora": {"use_dora": True},
    "is for “openai-community/gpt2”": {"base_model_name_or_path": "openai-community/gpt2"},
}


@pytest.mark.parametrize("phrase", ADAPTERS)
def test_an_adapter_that_is_not_ours_is_refused(lora, tmp_path, phrase):
    edit(lora, "adapter/adapter_config.json", **ADAPTERS[phrase])
    assert phrase in refused(tmp_path, lora)


PASSPORTS = {
    "is not the passport of a run": {"format": "genhub-generator-2"},
    "labels is missing": {"format": "genhub-classifier-1", "adapter": "peft"},
    "task is missing or not": {"task": "steal"},
    "is of the method “frozen”": {"method": "frozen"},
    "says “none” for the method lora": {"adapter": "none"},
    "says “peft” for the method full": {"method": "full"},
    "is of the method “lora”. GenHub has these methods: gpt": {"task": "scratch"},
    "window is missing or not": {"window": 10**9},
    "Rank is 65": {"config": {"rank": 65}},
    "There is no option “architecture”": {"config": {"architecture": "gpt"}},
    "config is missing or not": {"config": []},
    "data: sample is missing or not": {"data": {"sample": "--out /"}},
    "fixes[0] is missing or not": {"data": {"fixes": ["rm"]}},
    "column is missing or not": {"data": {"column": "a\nb"}},
    "bits_per_character is missing or not": {"metrics": {"bits_per_character": -1}},
    "cannot be printed": {"name": "a\nb"},
}


@pytest.mark.parametrize("phrase", PASSPORTS)
def test_a_passport_that_does_not_hold_is_refused(lora, tmp_path, phrase):
    packed = portable.export_zip(lora, tmp_path / "run.zip")
    files = repack(packed, {"passport.json": lambda data: json.dumps(json.loads(data) | PASSPORTS[phrase]).encode()})
    with pytest.raises(UserError) as caught:
        portable.open_zip(files, tmp_path / "opened", settings.LOCAL)
    assert phrase in str(caught.value)
    assert not (tmp_path / "opened").exists()


def test_weights_that_are_damaged_or_of_another_shape_are_refused(lora, tmp_path):
    path = lora / "adapter" / "adapter_model.safetensors"
    whole, tensors = path.read_bytes(), load_file(path)
    first = next(iter(tensors))
    cases = {
        "adapter_model.safetensors is empty": lambda: path.write_bytes(b""),
        "not a safetensors file": lambda: path.write_bytes(b"\xff" * 300),
        "is cut off": lambda: path.write_bytes(whole[:-10]),
        "a NaN or an infinity": lambda: save_file(tensors | {first: tensors[first] * float("nan")}, path),
        "in shape [2, 2] instead of": lambda: save_file(tensors | {first: torch.zeros(2, 2)}, path),
        "does not belong there: “more”": lambda: save_file(tensors | {"more": torch.zeros(2)}, path),
        "not a floating-point type": lambda: save_file({name: tensor.to(torch.int32) for name, tensor in tensors.items()}, path),
    }
    for phrase, damage in cases.items():
        damage()
        assert phrase in refused(tmp_path, lora)
    path.unlink()
    assert "has no weights" in refused(tmp_path, lora)


def test_files_that_were_changed_lost_or_slipped_in_are_refused(lora, tmp_path):
    packed = portable.export_zip(lora, tmp_path / "run.zip")
    cases = {
        "adapter_model.safetensors is damaged or was changed": {"adapter/adapter_model.safetensors": lambda data: data[:-1] + b"x"},
        "generate.py is missing": {"generate.py": None},
        "has no passport.json": {"passport.json": None},
        "passport.json is not JSON": {"passport.json": lambda data: data[:-40]},
    }
    for phrase, changes in cases.items():
        with pytest.raises(UserError, match=phrase):
            portable.open_zip(repack(packed, changes), tmp_path / "opened", settings.LOCAL)
    for name in ("head.safetensors", "model/model.safetensors"):
        (lora / name).parent.mkdir(exist_ok=True)
        (lora / name).write_bytes((lora / "adapter" / "adapter_model.safetensors").read_bytes())
        slipped = slip(packed, tmp_path / "slipped.zip", name)
        with pytest.raises(UserError, match=r"does not belong to such a run|Only fully trained runs"):
            portable.open_zip(slipped, tmp_path / "opened", settings.LOCAL)


def slip(packed: Path, out: Path, name: str) -> Path:
    """The zip with one file more, which the passport lists."""
    import hashlib

    with zipfile.ZipFile(packed) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    entries[name] = entries["adapter/adapter_model.safetensors"]
    facts = json.loads(entries["passport.json"])
    facts["files"][name] = hashlib.sha256(entries[name]).hexdigest()
    entries["passport.json"] = json.dumps(facts).encode()
    with zipfile.ZipFile(out, "w") as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data)
    return out


def test_figures_that_are_none_are_refused(runs, tmp_path):
    run = Path(shutil.copytree(runs / "made" / "trained", tmp_path / "run"))
    figures = json.loads((run / "metrics.json").read_text())
    changes = ({"loss": "low"}, {"bits_per_character": -1.0}, {"baselines": {}}, {"sentences": "many"}, {"stopped": 1}, {"copying": {}})
    for change in changes:
        write_json(run / "metrics.json", figures | change)
        assert "metrics.json" in refused(tmp_path, run)
    without = {name: line for name, line in figures["baselines"].items() if name != "base"}
    write_json(run / "metrics.json", figures | {"baselines": without})
    assert "beside its base" in refused(tmp_path, run)


# ---- one plain model ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lora", "dora", "ia3", "lntuning", "full", "llama-lora"])
def test_a_merged_run_is_a_plain_model_with_the_same_words(runs, tmp_path, name):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = portable.merged(runs / "made" / name, tmp_path / "merged")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(out).eval(), AutoTokenizer.from_pretrained(out)
    loaded = load_generator(runs / "made" / name)
    ids = tokenizer(PROMPTS[0], return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        assert torch.allclose(model(ids).logits, logits(loaded), atol=1e-4)
    assert not (out / "adapter_config.json").exists()
    assert greedy(load_causal(out), PROMPTS[0]) == greedy(loaded, PROMPTS[0])


# ---- code -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lora", "full"])
def test_the_script_writes_the_same_words_offline(runs, tmp_path, name):
    run = Path(shutil.copytree(runs / "made" / name, tmp_path / name))
    (run / "generate.py").write_text(code.script(run), encoding="utf-8")
    known = {key: value for key, value in os.environ.items() if key not in ("BASE", "RUN", "PYTHONPATH", "GENHUB_HOME")}
    env = {**known, "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8", "BASE": str(base_folder(name)), "GREEDY": "1", "TOKENS": "8"}
    done = subprocess.run(
        [sys.executable, str(run / "generate.py"), *PROMPTS],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    model = load_generator(run)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == [{"prompt": prompt, "text": greedy(model, prompt)} for prompt in PROMPTS]


def test_the_script_is_short_and_needs_nothing_of_ours(runs, lora):
    for name in ("lora", "full"):
        source = code.script(runs / "made" / name)
        tree = ast.parse(source)
        imported = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert imported <= {"json", "os", "sys", "pathlib", "torch", "transformers", "peft"}
        assert ("peft" in imported) == (name == "lora")
        assert len([line for line in source.splitlines() if line.strip()]) <= 47
        assert max(map(len, source.splitlines())) <= 140
    wicked = "x'); \"); import os; os._exit(3); (\"('\\"
    edit(lora, "passport.json", base={"id": wicked, "revision": wicked})
    tree = ast.parse(code.script(lora))
    assert sum(isinstance(node, ast.Constant) and node.value == wicked for node in ast.walk(tree)) == 3


def test_the_script_of_an_embedded_base_says_where_it_is(lora):
    edit(lora, "passport.json", base={"id": "embedded/shakespeare", "revision": ""})
    source = code.script(lora)
    assert 'find_spec("genhub")' in source
    assert '"zoo/shakespeare"' in source
    assert "Set BASE to the folder genhub/zoo/shakespeare" in source


# ---- the card -------------------------------------------------------------------------------------------------------


def test_the_card_tells_figures_and_ground_and_nothing_of_the_text(runs):
    folder = RunFolder(runs / "made" / "trained")
    told, metrics = (folder.path / card.FILE).read_text(), folder.read("metrics.json")
    assert CANARY not in told
    assert "diary" not in told
    about = yaml.safe_load(told.split("---\n")[1])
    assert (about["pipeline_tag"], about["base_model"], about["library_name"]) == ("text-generation", MODEL, "peft")
    [result] = about["model-index"][0]["results"]
    assert result["metrics"][0] == {
        "type": "perplexity",
        "value": pytest.approx(metrics["perplexity"], rel=1e-3),
        "name": f"Perplexity a token on {metrics['test_characters']} unseen characters",
    }
    assert f"| this model | {metrics['bits_per_character']:.3f} |" in told
    assert f"| the base model | {metrics['baselines']['base']['bits_per_character']:.3f} |" in told
    assert "PeftModel" in told
    assert "train generate --data YOUR-TEXT.txt" in told
    assert "It may repeat stretches" in told


def test_the_card_of_an_embedded_base_names_no_page_that_is_not_there(runs):
    folder = RunFolder(runs / "made" / "trained")
    passport = {**folder.read("passport.json"), "base": {"id": "embedded/shakespeare", "revision": ""}}
    told = card.text(folder, folder.read("metrics.json"), passport)
    assert "huggingface.co/embedded" not in told
    assert "base_model" not in yaml.safe_load(told.split("---\n")[1])


def test_the_command_reads_the_same_text(runs, tmp_path):
    run = Path(shutil.copytree(runs / "made" / "trained", tmp_path / "run"))
    job = json.loads((run / "job.json").read_text())
    write_json(run / "job.json", {**job, "data": {"sample": "harbour"}})
    assert code.command_line(run).startswith("python -m genhub train generate --data harbour --model")
    column = {"name": "letters.csv", "column": "what they said", "fixes": ["windows-1252"]}
    write_json(run / "job.json", {**job, "data": column})
    told = code.command_line(run)
    assert told.startswith("# YOUR-TEXT.txt stands for the text of yours that this run was trained on (letters.csv).\n")
    assert "--data YOUR-TEXT.txt --text-column 'what they said'" in told
    assert "--fix windows-1252" in told
