"""Models from the Hub, against a loopback Hub: what is loaded, what is refused and in which words."""

import dataclasses
import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from genhub import catalog, disk, hub, hub_config, settings
from genhub.errors import UserError
from genhub.ui import fetching
from tests import hub_here
from tests.hubserver import COMMIT, CONVERTED, Fault, HubServer
from tests.tiny import tiny_encoder

ROOT = Path(hub.__file__).parents[1]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def server(tmp_path, tiny, home, monkeypatch):
    """A Hub that has acme/tiny; GenHub is online and knows nothing yet."""
    with HubServer(tmp_path / "hub") as running:
        shutil.copytree(tiny, running.folder("acme/tiny"))
        hub_here.online(monkeypatch, running, tmp_path / "hf")
        yield running


@pytest.fixture
def inline(monkeypatch):
    hub_here.inline(monkeypatch)


@pytest.fixture
def uninspected(monkeypatch):
    """For tests of the download alone: the files are taken as they come, which saves an import of torch."""

    def taken(repo: str, source: Path, folder: Path, limit: int, family: str = "") -> str:
        shutil.copytree(source, folder)
        return "encoder"

    monkeypatch.setattr(hub, "inspect_folder", taken)


def inspected(source: Path, tmp_path: Path, **changes: bytes) -> str:
    """What `inspect` says about a copy of a model folder with some files replaced."""
    shutil.copytree(source, tmp_path / "source", dirs_exist_ok=True)
    for name, data in changes.items():
        (tmp_path / "source" / name.replace("__", ".")).write_bytes(data)
    with pytest.raises(UserError) as caught:
        hub.inspect_folder("acme/tiny", tmp_path / "source", tmp_path / "clean", 10**9)
    assert caught.value.field == "model"
    return str(caught.value)


def refused(model_id: str = "acme/tiny", **more) -> str:
    with pytest.raises(UserError) as caught:
        hub.model_folder(model_id, settings.get(), **more)
    assert caught.value.field == "model"
    assert caught.value.remedy
    return str(caught.value)


def edit(server: HubServer, name: str = "config.json", repo: str = "acme/tiny", **values) -> None:
    path = server.folder(repo) / name
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | values))


# ---- embedded -------------------------------------------------------------------------------------------------------


def test_the_embedded_encoder_is_checked_once_and_then_remembered(home, monkeypatch):
    found = hub.model_folder("embedded/minilm-l6", settings.get())
    assert found.sha256 == catalog.get("embedded/minilm-l6").sha256
    assert (found.pooling, len(found.revision)) == ("mean", 40)
    monkeypatch.setattr(disk, "sha256", lambda path: pytest.fail("hashed twice"))
    assert hub.model_folder("embedded/minilm-l6", settings.get()) == found


def test_an_embedded_model_with_other_weights_is_refused(home, tiny, monkeypatch):
    monkeypatch.setattr(hub, "_embedded_folder", lambda model_id: tiny)
    assert "not the published ones" in refused("embedded/minilm-l6")


def test_an_embedded_model_that_is_not_installed_comes_from_the_hub(server, uninspected, tiny, monkeypatch):
    entry = dataclasses.replace(catalog.get("embedded/minilm-l6"), sha256="", revision=COMMIT, hub_id="acme/tiny")
    monkeypatch.setitem(catalog.MODELS, "embedded/minilm-l6", entry)
    monkeypatch.setattr(hub, "PACKAGES", {})
    found = hub.model_folder("embedded/minilm-l6", settings.get())
    assert found.id == "embedded/minilm-l6"
    assert found.revision == COMMIT


# ---- Hub ids that load ----------------------------------------------------------------------------------------------


def test_a_hub_model_is_fetched_pinned_and_found_again_offline(server, tiny, monkeypatch):
    (server.folder("acme/tiny") / "pytorch_model.bin").write_bytes(b"not wanted")
    (server.folder("acme/tiny") / "1_Pooling").mkdir()
    (server.folder("acme/tiny") / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    edit(server, output_attentions=True, _attn_implementation="somebody/kernels", num_labels=3)
    found = hub.model_folder("acme/tiny", settings.get())
    assert (found.revision, found.pooling, found.id) == (COMMIT, "cls", "acme/tiny")
    assert found.sha256 == disk.sha256(tiny / "model.safetensors")
    assert not any(path.suffix == ".bin" for path in found.path.rglob("*"))
    kept = json.loads((found.path / "config.json").read_text())
    assert not {"output_attentions", "_attn_implementation"} & set(kept)
    same_vectors(found.path, tiny)
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    asked = len(server.requests)
    assert hub.model_folder("acme/tiny", settings.get()) == found
    assert hub.model_folder("acme/tiny", settings.get(), revision=COMMIT) == found
    assert len(server.requests) == asked


def test_a_model_on_its_way_tells_how_far_it_is(server, tiny, uninspected, monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "TOLD_SECONDS", 0.02)
    total = sum(path.stat().st_size for path in tiny.iterdir())
    told = list(hub.fetching("acme/tiny", settings.get(), "encoder"))
    assert told[0] == hub.Fetched(0, 0)
    assert {one.total for one in told} <= {0, total}
    assert all(one.bytes <= one.total for one in told)
    assert hub.stored_folder("acme/tiny", settings.get())
    assert list(hub.fetching("acme/tiny", settings.get())) == []
    half = tmp_path / "half" / "deep" / "model.incomplete"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"x" * 100)
    (tmp_path / "half" / hub.SIZE).write_text('{"bytes": 300}')
    assert hub._fetched(tmp_path / "half") == hub.Fetched(114, 300)
    assert fetching.told(hub.Fetched(114_000_000, 300_000_000), "acme/tiny") == "acme/tiny comes from the Hub: 114 of 300 MB"
    with pytest.raises(UserError, match="acme/nothing"):
        list(hub.fetching("acme/nothing", settings.get()))


def test_a_program_that_ends_does_not_wait_for_a_model_on_its_way(server, until):
    """As a server that is told to: each answer of the Hub is ten seconds in coming, and there are six before the first byte of the weights.
    Nor does it leave the child behind that fetches."""
    server.fault("acme/tiny", Fault(silent=10))
    code = """
import json, time
from genhub import hub, oneshot, settings
steps = hub.fetching("acme/tiny", settings.get())
told = [(one.bytes, one.total) for one in (next(steps), next(steps))]
while not oneshot._running:
    time.sleep(0.01)
print(json.dumps({"told": told, "children": [child.pid for child in oneshot._running]}))
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    said = json.loads(ended.stdout)
    assert said["told"] == [[0, 0], [0, 0]]
    assert ended.stderr == ""
    assert len(said["children"]) == 1
    until(lambda: gone(said["children"][0]))


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_commit_that_was_asked_for_is_not_what_the_name_means_from_then_on(server, uninspected, tiny, monkeypatch):
    (shutil.copytree(tiny, server.pull("acme/tiny")) / "vocab.txt").write_text("another commit")
    assert hub.model_folder("acme/tiny", settings.get(), revision=CONVERTED).revision == CONVERTED
    assert hub.stored_folder("acme/tiny", settings.get()) is None
    assert hub.model_folder("acme/tiny", settings.get()).revision == COMMIT
    shutil.rmtree(settings.get().cache / "models" / "acme--tiny" / CONVERTED)
    assert hub.model_folder("acme/tiny", settings.get(), revision=CONVERTED).revision == CONVERTED
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert hub.model_folder("acme/tiny", settings.get()).revision == COMMIT
    assert hub.model_folder("acme/tiny", settings.get(), revision=CONVERTED).revision == CONVERTED
    assert hub.stored_revision("acme/tiny", "", settings.get()) == COMMIT


def test_weights_in_the_old_format_come_as_the_bot_of_the_hub_has_converted_them(server, uninspected, tiny):
    folder = server.folder("acme/tiny")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    shutil.copytree(tiny, server.pull("acme/tiny"))
    found = hub.model_folder("acme/tiny", settings.get())
    assert (found.revision, found.sha256) == (CONVERTED, disk.sha256(tiny / "model.safetensors"))
    assert not any(seen.method == "GET" and seen.path.endswith(".bin") for seen in server.requests)


@pytest.mark.parametrize("other", [{"author": "somebody"}, {"title": "Better weights"}])
def test_a_copy_by_anybody_else_is_not_taken(server, tiny, other):
    folder = server.folder("acme/tiny")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    shutil.copytree(tiny, server.pull("acme/tiny", **other))
    assert "spaces/safetensors/convert" in refused()


def same_vectors(one: Path, other: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    states = []
    for folder in (one, other):
        batch = AutoTokenizer.from_pretrained(folder)(["the good film", "a bad dog"], return_tensors="pt", padding=True)
        states.append(AutoModel.from_pretrained(folder).eval()(**batch).last_hidden_state)
    assert torch.equal(*states)


def test_what_lies_in_the_cache_of_the_hub_is_not_fetched_again(server, uninspected, tiny, tmp_path):
    """As on a Space that was built with `preload_from_hub`; a damaged file in the cache is no model."""
    stored = tmp_path / "hf" / "hub" / "models--acme--tiny"
    (stored / "refs").mkdir(parents=True)
    (stored / "refs" / "main").write_text(COMMIT)
    shutil.copytree(tiny, stored / "snapshots" / COMMIT)
    found = hub.model_folder("acme/tiny", settings.get())
    assert (found.path / "model.safetensors").read_bytes() == (tiny / "model.safetensors").read_bytes()
    assert not [seen.path for seen in server.requests if "/resolve/" in seen.path]
    shutil.rmtree(settings.get().cache)
    weights = stored / "snapshots" / COMMIT / "model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    assert "arrived damaged" in refused()


def test_a_download_that_is_cut_half_way_is_completed(server, uninspected, tiny):
    server.fault("acme/tiny", Fault(cut=True, times=1, path="model.safetensors"))
    assert hub.model_folder("acme/tiny", settings.get()).sha256 == disk.sha256(tiny / "model.safetensors")


def test_a_checkpoint_with_a_head_and_a_prefix_loads(inline, tiny, tmp_path):
    from transformers import BertForMaskedLM

    shutil.copytree(tiny, tmp_path / "source")
    BertForMaskedLM.from_pretrained(tiny).save_pretrained(tmp_path / "source")
    hub.inspect_folder("acme/tiny", tmp_path / "source", tmp_path / "clean", 10**9)
    same_vectors(tmp_path / "clean", tiny)


def test_an_encoder_without_the_pooler_loads(inline, tiny, tmp_path):
    """Nothing here uses it, and many repositories leave it out."""
    from safetensors.numpy import load_file, save_file

    shutil.copytree(tiny, tmp_path / "source")
    kept = {name: tensor for name, tensor in load_file(tiny / "model.safetensors").items() if not name.startswith("pooler.")}
    save_file(kept, tmp_path / "source" / "model.safetensors", metadata={"format": "pt"})
    hub.inspect_folder("acme/tiny", tmp_path / "source", tmp_path / "clean", 10**9)
    same_vectors(tmp_path / "clean", tiny)


def test_a_private_model_needs_its_token_which_is_kept_nowhere(server, uninspected, tmp_path):
    server.private.add("acme/tiny")
    assert "private, or does not exist" in refused()
    assert "does not accept this token" in refused(token="hf_wrong")
    assert "characters that no token has" in _token_error("hf_\r\nX-Evil: 1")
    found = hub.model_folder("acme/tiny", settings.get(), token="hf_right")
    assert found.revision == COMMIT
    for path in [*settings.get().home.rglob("*"), *tmp_path.joinpath("hf").rglob("*")]:
        assert not path.is_file() or b"hf_right" not in path.read_bytes(), path


def _token_error(token: str) -> str:
    with pytest.raises(UserError) as caught:
        hub.model_folder("acme/tiny", settings.get(), token=token)
    assert caught.value.field == "token"
    return str(caught.value)


def test_no_token_is_sent_unless_one_is_given(server, uninspected, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text("hf_right")
    hub.model_folder("acme/tiny", settings.get())
    assert {seen.token for seen in server.requests} == {""}


# ---- what the Hub says no to ----------------------------------------------------------------------------------------


def test_each_refusal_of_the_hub_has_its_own_words(server):
    server.gated.add("acme/gated")
    said = [refused("acme/nothing"), refused("acme/gated")]
    for status, code in ((401, ""), (403, ""), (429, ""), (500, ""), (503, "")):
        server.fault("acme/tiny", Fault(status=status, code=code))
        said.append(refused())
    phrases = ("knows no", "is gated", "private, or does not exist", "does not let you", "asks for a pause", "status 500", "status 503")
    for phrase, sentence in zip(phrases, said, strict=True):
        assert phrase in sentence
    assert len(set(said)) == len(said)


def test_a_hub_that_is_not_there_is_unreachable(server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in refused()


def test_a_hub_that_does_not_answer_is_unreachable(server, monkeypatch):
    monkeypatch.setattr("genhub.hub.FETCH_SECONDS", 3)
    server.fault("acme/tiny", Fault(silent=60))
    assert "took more than 3 s" in refused_without_field()


def refused_without_field() -> str:
    with pytest.raises(UserError) as caught:
        hub.model_folder("acme/tiny", settings.get())
    return str(caught.value)


def test_offline_says_so_and_asks_nobody(server, monkeypatch):
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert "set to stay offline" in refused()
    assert server.requests == []


def test_a_shared_page_takes_its_list_only_and_nothing_private(server, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    assert "not offered here" in refused()
    entry = dataclasses.replace(catalog.get("google-bert/bert-base-uncased"), id="acme/tiny")
    monkeypatch.setitem(catalog.MODELS, "acme/tiny", entry)
    server.private.add("acme/tiny")
    assert "not public" in refused(token="hf_right")


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "https://huggingface.co/a/b", "embedded/nothing", "just-a-name"])
def test_what_is_no_id_never_reaches_the_hub(server, name):
    assert refused(name)
    assert server.requests == []


# ---- what we say no to ----------------------------------------------------------------------------------------------

CONFIGS = {
    "brings its own code": {"auto_map": {"AutoModel": "modeling.Evil"}},
    "is of the type “whisper”": {"model_type": "whisper"},
    "is a language model: it does not classify texts": {"model_type": "gpt2"},
    "is quantized": {"quantization_config": {"bits": 4}},
    "hidden_size = 1000000000": {"hidden_size": 10**9},
    "num_hidden_layers = 5000": {"num_hidden_layers": 5000},
    "num_labels = 100000000": {"num_labels": 10**8},
    "hidden_size = 32.5": {"hidden_size": 32.5},
    "vocab_size = True": {"vocab_size": True},
    "attention heads": {"num_attention_heads": 7},
    "layer_norm_eps": {"layer_norm_eps": 1e300},
}


@pytest.mark.parametrize("phrase", CONFIGS)
def test_a_config_we_do_not_accept_is_refused(tiny, phrase):
    config = json.loads((tiny / "config.json").read_text())
    assert hub_config.check("acme/tiny", config, "encoder").name == "encoder"
    with pytest.raises(UserError, match=phrase):
        hub_config.check("acme/tiny", config | CONFIGS[phrase], "encoder")


def test_a_refused_config_comes_before_the_weights(server):
    edit(server, auto_map={"AutoModel": "modeling.Evil"})
    assert "brings its own code" in refused()
    assert not any(seen.method == "GET" and "model.safetensors" in seen.path for seen in server.requests)


def test_repositories_that_are_no_safe_model_are_refused(server):
    folder = server.folder("acme/tiny")
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "evil/model"}')
    assert "is an adapter" in refused()
    (folder / "adapter_config.json").unlink()
    weights = folder / "model.safetensors"
    weights.rename(folder / "pytorch_model.bin")
    assert "old .bin format" in refused()
    (folder / "pytorch_model.bin").rename(folder / "model-00001-of-00002.safetensors")
    assert "several files" in refused()
    (folder / "model-00001-of-00002.safetensors").unlink()
    assert "no model.safetensors" in refused()
    weights.write_bytes(b"x")
    (folder / "tokenizer.json").unlink()
    assert "no tokenizer" in refused()
    (folder / "config.json").write_text("[1, 2")
    (folder / "vocab.txt").write_text("a")
    assert "not a JSON object" in refused()
    (folder / "config.json").unlink()
    assert "no config.json" in refused()


def test_a_model_over_the_limit_is_refused_before_it_is_fetched(server, monkeypatch):
    limits = dataclasses.replace(settings.LOCAL, hub_bytes=20_000)
    monkeypatch.setattr(settings, "LOCAL", limits)
    assert "is too large" in refused()
    assert not any("model.safetensors" in seen.path for seen in server.requests)


def test_weights_of_another_shape_are_refused(inline, tiny, tmp_path):
    config = json.loads((tiny / "config.json").read_text())
    assert "in another shape" in inspected(tiny, tmp_path, config__json=json.dumps(config | {"intermediate_size": 32}).encode())
    assert "must belong together" in inspected(tiny, tmp_path, config__json=json.dumps(config | {"num_hidden_layers": 3}).encode())


def test_missing_tensors_are_refused(inline, tiny, tmp_path):
    from safetensors.numpy import load, save

    tensors = load((tiny / "model.safetensors").read_bytes())
    tensors["renamed"] = tensors.pop("encoder.layer.1.output.dense.weight")
    assert "lack 1 tensors (“encoder.layer.1.output.dense.weight”)" in inspected(tiny, tmp_path, model__safetensors=save(tensors))


def test_damaged_weights_are_refused_each_in_its_own_words(inline, tiny, tmp_path):
    whole = (tiny / "model.safetensors").read_bytes()
    damaged = {
        "is empty": b"",
        "is not a safetensors file": b"\xff" * 200,
        "is cut off": whole[:-100],
        "after its last tensor": whole + b"x",
        "a NaN or an infinity": whole[:-4] + struct.pack("<f", float("nan")),
    }
    for phrase, data in damaged.items():
        assert phrase in inspected(tiny, tmp_path, model__safetensors=data)


def test_a_refused_download_leaves_nothing_behind(server):
    (server.folder("acme/tiny") / "model.safetensors").write_bytes(b"\xff" * 200)
    assert "is not a safetensors file" in refused()
    assert not list(settings.get().cache.rglob("*.safetensors"))


def test_a_tokenizer_that_does_not_fit_is_refused(inline, tiny, tmp_path):
    parts = json.loads((tiny / "tokenizer.json").read_text())
    assert "cannot be loaded" in inspected(tiny, tmp_path, tokenizer__json=b'{"version": "1.0", "model": 7}')
    parts["model"]["vocab"] |= {f"extra{number}": len(parts["model"]["vocab"]) + number for number in range(9)}
    assert "pieces" in inspected(tiny, tmp_path, tokenizer__json=json.dumps(parts).encode())
    assert "own code" in inspected(tiny, tmp_path, tokenizer_config__json=b'{"auto_map": {"AutoTokenizer": ["x.Y", null]}}')
    facts = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}
    assert "no padding token" in inspected(tiny, tmp_path, tokenizer_config__json=json.dumps(facts).encode())


def test_what_breaks_in_the_child_is_the_files_fault():
    with pytest.raises(UserError, match=r"files of “acme/tiny” cannot be loaded \(IndexError"):
        hub._strangers("tests.oneshot_targets:defect", {"index": 3}, {}, "acme/tiny", "model")


@pytest.mark.parametrize("kind", [kind for kind in catalog.ENCODER_TYPES if kind != "bert"])
def test_every_architecture_of_the_list_loads_as_it_was(inline, tmp_path, kind):
    source = tiny_encoder(tmp_path / "original", kind)
    shutil.copytree(source, tmp_path / "source")
    hub.inspect_folder("acme/tiny", tmp_path / "source", tmp_path / "clean", 10**9)
    same_vectors(tmp_path / "clean", source)
