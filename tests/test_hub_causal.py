"""Language models from the Hub, against a loopback Hub: what is loaded and writes as its own library says, what is refused."""

import dataclasses
import json
import shutil
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from genhub import catalog, families, hub, hub_config, settings, steps
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.serving import generating, ops
from genhub.text.causal import load_causal, open_causal
from tests import hub_here
from tests.hubserver import COMMIT, HubServer
from tests.serving.tiny_language import tiny_causal
from tests.tiny import tiny_encoder

WANTED = families.CAUSAL.name
TOKENS = 12


@pytest.fixture(scope="module")
def gpt(tmp_path_factory) -> Path:
    return tiny_causal(tmp_path_factory.mktemp("gpt"), "gpt2")


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    """A Hub that has nothing yet; GenHub is online and knows nothing yet."""
    with HubServer(tmp_path / "hub") as running:
        hub_here.online(monkeypatch, running, tmp_path / "hf")
        yield running


@pytest.fixture
def inline(monkeypatch):
    """What is fetched is looked at in this process, where torch is imported already."""
    hub_here.inline(monkeypatch, lambda target: target.endswith(":inspect"))


def looked_at(source: Path, tmp_path: Path) -> Path:
    """The clean copy that `inspect` makes of a copy of a model folder."""
    shutil.copytree(source, tmp_path / "source", dirs_exist_ok=True)
    assert hub.inspect_folder("acme/tiny", tmp_path / "source", tmp_path / "clean", 10**9) == WANTED
    return tmp_path / "clean"


def refused(folder: Path, tmp_path: Path) -> str:
    """What `inspect` says about a model folder that it does not take; the folder is used up."""
    with pytest.raises(UserError) as caught:
        hub.inspect_folder("acme/tiny", folder, tmp_path / "clean", 10**9, WANTED)
    assert caught.value.field == "model"
    assert caught.value.limit
    assert caught.value.remedy
    return str(caught.value)


def changed(source: Path, folder: Path, name: str = "config.json", **values) -> Path:
    """A copy of a model folder with other values in one of its JSON files; None takes a key out."""
    shutil.copytree(source, folder)
    facts = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
    (folder / name).write_text(json.dumps({key: value for key, value in (facts | values).items() if value is not None}))
    return folder


def rewritten(source: Path, folder: Path, change) -> Path:
    """A copy of a model folder whose tensors are what `change` makes of them."""
    shutil.copytree(source, folder)
    tensors = {name: tensor.clone().contiguous() for name, tensor in change(load_file(source / hub.WEIGHTS)).items()}
    save_file(tensors, folder / hub.WEIGHTS, metadata={"format": "pt"})
    return folder


def logits(folder: Path) -> torch.Tensor:
    """(1, T, V) of a folder as plain transformers loads it."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    with torch.inference_mode():
        return model(input_ids=torch.arange(1, 24)[None]).logits


def theirs(folder: Path, prompt: str) -> list[int]:
    """What transformers' own greedy search writes, from the files as they were published."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    ids = AutoTokenizer.from_pretrained(folder)(prompt, return_tensors="pt")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    told = model.generate(**ids, max_new_tokens=TOKENS, do_sample=False, pad_token_id=0, eos_token_id=None)
    return told[0, ids["input_ids"].shape[1] :].tolist()


def ours(model_id: str, prompt: str) -> list[int]:
    """What the model worker writes with a model id."""
    config = {"strategy": "greedy", "max_new_tokens": TOKENS, "stop_at_end": False}
    told = steps.result(generating.write(ops.context(10**9, {}), {"model": model_id, "prompt": prompt, "config": config, "exact": True}))
    return [token["id"] for token in told["tokens"]]


# ---- the whole way --------------------------------------------------------------------------------------------------


def test_a_language_model_is_fetched_writes_and_is_found_again_offline(server, gpt, monkeypatch):
    changed(gpt, server.folder("acme/gpt"), "generation_config.json", eos_token_id=[0, 7])
    found = hub.model_folder("acme/gpt", settings.get(), family=WANTED)
    assert (found.revision, found.pooling, found.family) == (COMMIT, "", WANTED)
    assert json.loads((found.path / hub.MANIFEST).read_text())["family"] == WANTED
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    asked = len(server.requests)
    assert hub.model_folder("acme/gpt", settings.get()) == found
    assert hub.stored_revision("acme/gpt", "", settings.get()) == COMMIT
    assert ours("acme/gpt", "the cat likes") == theirs(gpt, "the cat likes")
    model = open_causal("acme/gpt")
    assert (model.id, model.revision, model.sha256, model.ends) == ("acme/gpt", COMMIT, found.sha256, {0, 7})
    assert len(server.requests) == asked


@pytest.mark.parametrize("tied", [True, False])
def test_a_llama_writes_with_a_head_of_its_own_and_without(server, inline, tmp_path, tied):
    source = tiny_causal(tmp_path / "llama", "llama", tie_word_embeddings=tied)
    assert ("lm_head.weight" in load_file(source / hub.WEIGHTS)) is not tied
    shutil.copytree(source, server.folder("acme/llama"))
    hub.model_folder("acme/llama", settings.get(), family=WANTED)
    assert ours("acme/llama", "refund my order") == theirs(source, "refund my order")
    model = open_causal("acme/llama").model
    assert (model.lm_head.weight is model.get_input_embeddings().weight) is tied


def test_a_model_is_of_one_family_and_nothing_else(server, inline, gpt, tmp_path):
    shutil.copytree(gpt, server.folder("acme/gpt"))
    shutil.copytree(tiny_encoder(tmp_path / "bert"), server.folder("acme/bert"))
    for model_id, wanted, sentence in (
        ("acme/gpt", "encoder", "“acme/gpt” is a language model: it does not classify texts."),
        ("acme/bert", WANTED, "“acme/bert” is an encoder: it does not write text."),
    ):
        with pytest.raises(UserError) as fetched:
            hub.model_folder(model_id, settings.get(), family=wanted)
        assert not any("model.safetensors" in seen.path for seen in server.requests if seen.method == "GET")
        assert fetched.value.what == sentence
        assert catalog.names(wanted) in fetched.value.remedy
    for model_id, wanted in (("acme/gpt", "encoder"), ("acme/bert", WANTED)):
        found = hub.model_folder(model_id, settings.get())  # whatever it is
        assert found.family != wanted
        asked = len(server.requests)
        with pytest.raises(UserError, match="it does not"):  # what is stored as one family is not used as another
            hub.model_folder(model_id, settings.get(), family=wanted)
        assert hub.stored_folder(model_id, settings.get(), wanted) is None
        assert len(server.requests) == asked


def test_what_was_stored_before_there_were_families_is_an_encoder(home, gpt):
    folder = settings.get().cache / "models" / "acme--old" / COMMIT
    shutil.copytree(gpt, folder)
    write_json(folder / hub.MANIFEST, {"pooling": "mean", "sha256": "", "bytes": (folder / hub.WEIGHTS).stat().st_size})
    write_json(folder.parent / "current.json", {"revision": COMMIT})
    assert hub.stored_folder("acme/old", settings.get(), "encoder").pooling == "mean"
    with pytest.raises(UserError, match="is an encoder: it does not write text"):
        open_causal("acme/old")


def test_the_catalogs_model_of_another_task_is_refused_before_anybody_is_asked(server):
    with pytest.raises(UserError) as caught:
        open_causal("google-bert/bert-base-uncased")
    assert "“google-bert/bert-base-uncased” is an encoder: it does not write text." in str(caught.value)
    assert "openai-community/gpt2" in caught.value.remedy
    with pytest.raises(UserError, match="it does not classify texts"):
        hub.model_folder("openai-community/gpt2", settings.get(), family="encoder")
    assert server.requests == []


def test_a_shared_page_names_the_models_for_the_task(server, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    for wanted, other in (("encoder", WANTED), (WANTED, "encoder")):
        with pytest.raises(UserError, match="not offered here") as caught:
            hub.model_folder("acme/gpt", settings.get(), family=wanted)
        assert all(entry.id in caught.value.remedy for entry in catalog.of_task(wanted))
        assert not any(entry.id in caught.value.remedy for entry in catalog.of_task(other))


# ---- models of ours -------------------------------------------------------------------------------------------------


@pytest.fixture
def embedded(home, monkeypatch, tmp_path) -> catalog.Model:
    """An entry for a language model that is nowhere but in our zoo, which is empty."""
    like = catalog.get("openai-community/gpt2")
    entry = dataclasses.replace(like, id="embedded/tiny", hub_id="", revision="", sha256="", mask_megabytes=0.0)
    monkeypatch.setitem(catalog.MODELS, entry.id, entry)
    monkeypatch.setattr(hub, "ZOO", tmp_path / "zoo")
    return entry


def test_an_embedded_model_of_ours_needs_neither_hub_nor_hash(embedded, gpt):
    shutil.copytree(gpt, hub.ZOO / "tiny")
    model = open_causal(embedded.id)
    assert (model.revision, len(model.sha256)) == ("", 64)
    assert ours(embedded.id, "the dog") == theirs(gpt, "the dog")
    with pytest.raises(UserError, match="it does not classify texts"):
        hub.model_folder(embedded.id, settings.get(), family="encoder")


def test_an_embedded_model_of_ours_whose_files_are_missing_is_not_sought_on_the_hub(server, embedded):
    with pytest.raises(UserError, match="come with GenHub"):
        open_causal(embedded.id)
    assert server.requests == []


# ---- what loads as it was -------------------------------------------------------------------------------------------


def test_no_architecture_is_in_two_families():
    kinds = [kind for family in families.FAMILIES.values() for kind in family.types]
    assert len(kinds) == len(set(kinds))
    assert families.of_type("no such type") is families.of_type(["gpt2"]) is None


@pytest.mark.parametrize("kind", catalog.CAUSAL_TYPES)
def test_every_architecture_of_the_list_loads_as_it_was(inline, tmp_path, kind):
    source = tiny_causal(tmp_path / "original", kind)
    assert torch.equal(logits(looked_at(source, tmp_path)), logits(source))


# As repositories from before 2024 say it; None takes out what transformers writes today.
OLD_WORDS = {
    "gpt2": {"n_head": None, "num_attention_heads": 4},
    "gpt_neox": {"rope_parameters": None, "rotary_pct": 1.0, "rotary_emb_base": 50},
    "bloom": {"hidden_size": None, "n_embed": 32, "n_head": None, "num_attention_heads": 2},
    "llama": {"rope_parameters": None, "rope_theta": 50.0, "rope_scaling": {"type": "linear", "factor": 4.0}},
    "qwen2": {"rope_parameters": None, "rope_theta": 50.0, "rope_scaling": None},
    "phi": {"rope_parameters": None, "rope_theta": 50.0, "partial_rotary_factor": 1.0},
}


@pytest.mark.parametrize("kind", OLD_WORDS)
def test_what_old_repositories_call_otherwise_is_kept(inline, tmp_path, kind):
    original = tiny_causal(tmp_path / "original", kind)
    source = changed(original, tmp_path / "old", **OLD_WORDS[kind])
    assert not torch.allclose(logits(source), logits(original), atol=1e-3)
    assert torch.equal(logits(looked_at(source, tmp_path)), logits(source))


def test_a_gpt_2_of_2019_loads(inline, gpt, tmp_path):
    """Without the prefix, with the masks that its code kept among the weights."""

    def old(tensors: dict) -> dict:
        masks = {f"h.{layer}.attn.bias": torch.tril(torch.ones(64, 64))[None, None] for layer in range(2)}
        return {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()} | masks

    source = rewritten(gpt, tmp_path / "old", old)
    assert torch.equal(logits(looked_at(source, tmp_path)), logits(gpt))


def test_a_gpt_2_that_learnt_to_classify_still_writes(inline, gpt, tmp_path):
    source = rewritten(gpt, tmp_path / "classifier", lambda tensors: tensors | {"score.weight": torch.zeros(3, 32)})
    source = changed(
        source, tmp_path / "labelled", architectures=["GPT2ForSequenceClassification"], id2label={"0": "a", "1": "b", "2": "c"}
    )
    assert torch.equal(logits(looked_at(source, tmp_path)), logits(gpt))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_stored_as_it_came_and_computed_in_full(inline, gpt, tmp_path, dtype):
    halves = rewritten(gpt, tmp_path / "half", lambda tensors: {name: tensor.to(dtype) for name, tensor in tensors.items()})
    clean = looked_at(halves, tmp_path)
    assert (clean / hub.WEIGHTS).read_bytes() == (halves / hub.WEIGHTS).read_bytes()
    model = load_causal(clean).model
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    stored = load_file(halves / hub.WEIGHTS)["transformer.wte.weight"]
    assert torch.equal(model.lm_head.weight, stored.float())


def test_how_to_generate_is_not_the_repositorys_to_say(inline, gpt, tmp_path):
    wild = {"num_beams": 10**6, "do_sample": True, "eos_token_id": [0, 7], "bos_token_id": 10**9, "pad_token_id": "x"}
    clean = looked_at(changed(gpt, tmp_path / "wild", "generation_config.json", **wild), tmp_path)
    assert json.loads((clean / "generation_config.json").read_text()) == {"eos_token_id": [0, 7]}
    model = load_causal(clean)
    assert model.ends == {0, 7}
    assert model.model.generation_config.num_beams in (None, 1)


def test_ends_that_cannot_be_are_left_out(inline, gpt, tmp_path):
    clean = looked_at(changed(gpt, tmp_path / "wild", "generation_config.json", eos_token_id=[True, -1], bos_token_id=-1), tmp_path)
    assert not (clean / "generation_config.json").exists()
    assert load_causal(clean).ends == {0}


# ---- what we say no to ----------------------------------------------------------------------------------------------

CONFIGS = {
    "brings its own code": ("gpt2", {"auto_map": {"AutoModelForCausalLM": "modeling.Evil"}}),
    "is of the type “rwkv”": ("gpt2", {"model_type": "rwkv"}),
    "is of the type “None”": ("gpt2", {"model_type": None}),
    "is an encoder: it does not write text": ("gpt2", {"model_type": "bert"}),
    "is quantized": ("llama", {"quantization_config": {"bits": 4}}),
    "n_embd = 1000000000": ("gpt2", {"n_embd": 10**9}),
    "n_positions = 1000000000": ("gpt2", {"n_positions": 10**9}),
    "n_layer = 5000": ("gpt2", {"n_layer": 5000}),
    "n_inner = 4000000": ("gpt2", {"n_inner": 4_000_000}),
    "hidden_size = 1000000000": ("llama", {"hidden_size": 10**9}),
    "num_layers = 97": ("gpt_neo", {"num_layers": 97}),
    "n_embed = 8200": ("bloom", {"n_embed": 8200}),
    "ffn_dim = 0": ("opt", {"ffn_dim": 0}),
    "max_position_embeddings = 1000000000": ("llama", {"max_position_embeddings": 10**9}),
    "vocab_size = True": ("gpt2", {"vocab_size": True}),
    "does not say its n_head": ("gpt2", {"n_head": None}),
    "does not say its vocab_size": ("llama", {"vocab_size": None}),
    "n_head = 2 and num_attention_heads = 4": ("gpt2", {"num_attention_heads": 4}),
    "5 attention heads for hidden_size 32": ("gpt2", {"n_head": 5}),
    "4 attention heads for 3 of keys and values": ("llama", {"num_key_value_heads": 3}),
    "rope_theta = 1e\\+300": ("llama", {"rope_parameters": {"rope_theta": 1e300}}),
    "attention_types = 1000000000000": ("gpt_neo", {"attention_types": [[["global"], 10**12]]}),
    "layer_norm_epsilon = nan": ("gpt2", {"layer_norm_epsilon": float("nan")}),
    "20,000 entries under layer_types": ("qwen2", {"layer_types": ["full_attention"] * 20_000}),
}


@pytest.fixture(scope="module")
def configs(tmp_path_factory) -> dict[str, dict]:
    """config.json of tiny models, by architecture."""
    kinds = {kind for kind, _ in CONFIGS.values()}
    folders = {kind: tiny_causal(tmp_path_factory.mktemp(kind), kind) for kind in sorted(kinds)}
    return {kind: json.loads((folder / "config.json").read_text()) for kind, folder in folders.items()}


@pytest.mark.parametrize("phrase", CONFIGS)
def test_a_config_we_do_not_accept_is_refused(configs, phrase):
    kind, values = CONFIGS[phrase]
    assert hub_config.check("acme/tiny", configs[kind], WANTED) is families.CAUSAL
    with pytest.raises(UserError, match=phrase) as caught:
        hub_config.check("acme/tiny", configs[kind] | values, WANTED)
    assert caught.value.limit
    assert caught.value.remedy


def test_a_large_base_of_rotary_positions_is_nothing_unusual(configs):
    assert hub_config.check("acme/tiny", configs["llama"] | {"rope_parameters": None, "rope_theta": 5_000_000.0}, WANTED)


def test_weights_in_several_files_are_refused(server, gpt):
    folder = server.folder("acme/gpt")
    shutil.copytree(gpt, folder)
    (folder / hub.WEIGHTS).rename(folder / "model_part.safetensors")
    (folder / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(UserError, match="keeps its weights in several files"):
        hub.model_folder("acme/gpt", settings.get(), family=WANTED)


def test_a_refused_config_comes_before_the_weights(server, gpt):
    changed(gpt, server.folder("acme/gpt"), n_positions=10**9)
    with pytest.raises(UserError, match="n_positions = 1000000000"):
        hub.model_folder("acme/gpt", settings.get())
    assert not any(seen.method == "GET" and "model.safetensors" in seen.path for seen in server.requests)


def test_weights_that_do_not_fit_are_refused(inline, gpt, tmp_path):
    assert "in another shape" in refused(changed(gpt, tmp_path / "shape", n_inner=64), tmp_path)
    assert "must belong together" in refused(changed(gpt, tmp_path / "layers", n_layer=3), tmp_path)

    def renamed(tensors: dict) -> dict:
        return {("other" if name == "transformer.h.1.ln_1.weight" else name): tensor for name, tensor in tensors.items()}

    assert "lack 1 tensors (“transformer.h.1.ln_1.weight”)" in refused(rewritten(gpt, tmp_path / "renamed", renamed), tmp_path)


def test_a_head_of_its_own_must_be_there(inline, tmp_path):
    source = tiny_causal(tmp_path / "llama", "llama", tie_word_embeddings=False)

    def headless(tensors: dict) -> dict:
        head = tensors.pop("lm_head.weight")
        return tensors | {"other": head}

    assert "lack 1 tensors (“lm_head.weight”)" in refused(rewritten(source, tmp_path / "headless", headless), tmp_path)


def test_numbers_that_are_none_are_refused(inline, gpt, tmp_path):
    shutil.copytree(gpt, tmp_path / "nan")
    whole = (gpt / hub.WEIGHTS).read_bytes()
    (tmp_path / "nan" / hub.WEIGHTS).write_bytes(whole[:-4] + struct.pack("<f", float("nan")))
    assert "a NaN or an infinity" in refused(tmp_path / "nan", tmp_path)
    huge = rewritten(gpt, tmp_path / "huge", lambda tensors: {name: torch.full_like(tensor, 3e38) for name, tensor in tensors.items()})
    assert "does not compute with finite numbers" in refused(huge, tmp_path)


def test_whole_numbers_do_not_count_as_weights(inline, gpt, tmp_path):
    """A file is not made large enough by what no weight can be."""
    folder = changed(gpt, tmp_path / "padded", n_layer=40)
    tensors = load_file(folder / hub.WEIGHTS) | {"padding": torch.zeros(10**6, dtype=torch.uint8)}
    save_file(tensors, folder / hub.WEIGHTS, metadata={"format": "pt"})
    assert "must belong together" in refused(folder, tmp_path)


def test_tables_that_grow_with_the_positions_have_a_limit(inline, tmp_path):
    source = tiny_causal(tmp_path / "neo", "gpt_neo")
    folder = changed(source, tmp_path / "long", max_position_embeddings=20_000)
    tensors = load_file(folder / hub.WEIGHTS) | {"transformer.wpe.weight": torch.zeros(20_000, 32)}
    save_file(tensors, folder / hub.WEIGHTS, metadata={"format": "pt"})
    assert "would keep tables of 800 MB beside its weights" in refused(folder, tmp_path)


def test_a_tokenizer_must_name_tokens_that_the_model_has(inline, gpt, tmp_path):
    parts = json.loads((gpt / "tokenizer.json").read_text())
    parts["model"]["vocab"]["zzzz"] = 5_000
    shutil.copytree(gpt, tmp_path / "strange")
    (tmp_path / "strange" / "tokenizer.json").write_text(json.dumps(parts))
    assert "numbers 5,001 pieces" in refused(tmp_path / "strange", tmp_path)
