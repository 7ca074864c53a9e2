"""Translation models from the Hub, as their folders come: what is loaded and computes as before, what is refused."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, M2M100Config, MarianConfig, MBartConfig, T5Config

from genhub import families, hub, hub_config
from genhub.errors import UserError
from genhub.zoo.recipes import subwords
from tests import hub_here

WANTED = families.SEQ2SEQ.name
TEXTS = ["I run home.", "You see the old dog.", "Yo corro a casa.", "Tú ves al perro viejo."]
SIDES = {
    f"{side}_{part}": size for side in ("encoder", "decoder") for part, size in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 16))
}


def tiny_translator(folder: Path, kind: str) -> Path:
    """A drawn model of a few thousand weights with a tokeniser of its own."""
    tokenizer = subwords.learn(TEXTS, 60)
    shared = {"vocab_size": len(tokenizer), "d_model": 16, "pad_token_id": tokenizer.pad_token_id, "eos_token_id": 0}
    torch.manual_seed(0)
    config = {
        "marian": lambda: MarianConfig(
            **shared, **SIDES, max_position_embeddings=32, decoder_start_token_id=tokenizer.pad_token_id, forced_eos_token_id=None
        ),
        "mbart": lambda: MBartConfig(**shared, **SIDES, max_position_embeddings=32, decoder_start_token_id=0),
        "m2m_100": lambda: M2M100Config(**shared, **SIDES, max_position_embeddings=128, decoder_start_token_id=0),
        "t5": lambda: T5Config(**shared, d_kv=5, d_ff=16, num_layers=1, num_heads=3),
    }[kind]()
    model = AutoModelForSeq2SeqLM.from_config(config)
    if kind == "t5":
        model.generation_config.decoder_start_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def inline(home, monkeypatch):
    hub_here.inline(monkeypatch, lambda target: target.endswith(":inspect"))


def looked_at(source: Path, tmp_path: Path) -> Path:
    shutil.copytree(source, tmp_path / "source", dirs_exist_ok=True)
    assert hub.inspect_folder("acme/tiny", tmp_path / "source", tmp_path / "clean", 10**9) == WANTED
    return tmp_path / "clean"


def test_an_old_t5_says_how_it_begins_in_its_config(tmp_path):
    source = tiny_translator(tmp_path / "made", "t5")
    start = json.loads((source / "generation_config.json").read_text(encoding="utf-8"))["decoder_start_token_id"]
    (source / "generation_config.json").unlink()
    edit(source, decoder_start_token_id=start)
    assert AutoModelForSeq2SeqLM.from_pretrained(looked_at(source, tmp_path)).generation_config.decoder_start_token_id == start


def edit(folder: Path, **changes) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **changes}), encoding="utf-8")


@pytest.mark.parametrize("kind", families.SEQ2SEQ.types)
def test_the_clean_copy_computes_the_same(kind, tmp_path):
    source = tiny_translator(tmp_path / "made", kind)
    clean = looked_at(source, tmp_path)
    before, after = (AutoModelForSeq2SeqLM.from_pretrained(folder).eval() for folder in (source, clean))
    ids = AutoTokenizer.from_pretrained(clean)(TEXTS[1], return_tensors="pt")["input_ids"]
    torch.testing.assert_close(*(model(input_ids=ids, decoder_input_ids=ids).logits for model in (before, after)))
    assert after.generation_config.decoder_start_token_id == before.generation_config.decoder_start_token_id is not None
    asked = {"max_new_tokens": 6, "num_beams": 2, "do_sample": False}
    assert before.generate(ids, **asked).tolist() == after.generate(ids, **asked).tolist()


def opus_tokenizer(folder: Path) -> None:
    """A tokeniser as OPUS-MT models bring it: a sentencepiece model for each language, one vocabulary."""
    import io

    import sentencepiece

    pieces = {"</s>": 0, "<unk>": 1}
    for name, texts in (("source", TEXTS[:2]), ("target", TEXTS[2:])):
        made = io.BytesIO()
        how = {"vocab_size": 30, "hard_vocab_limit": False, "bos_id": -1, "eos_id": 0, "unk_id": 1, "minloglevel": 2}
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts * 20), model_writer=made, **how)
        (folder / f"{name}.spm").write_bytes(made.getvalue())
        known = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
        pieces |= {known.id_to_piece(number): len(pieces) for number in range(len(known)) if known.id_to_piece(number) not in pieces}
        pieces = {piece: number for number, piece in enumerate(pieces)}
    pieces["<pad>"] = len(pieces)
    (folder / "vocab.json").write_text(json.dumps(pieces), encoding="utf-8")
    told = {"source_lang": "en", "target_lang": "es", "tokenizer_class": "MarianTokenizer", "model_max_length": 32}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")


def test_a_model_with_the_tokeniser_of_opus_translates_here_as_in_eight_bits(tmp_path):
    from genhub.text.translation.engine import Engine, convert
    from genhub.text.translation.translator import load_translator

    source = tmp_path / "made"
    source.mkdir()
    opus_tokenizer(source)
    size = len(json.loads((source / "vocab.json").read_text(encoding="utf-8")))
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=size, d_model=16, pad_token_id=size - 1, eos_token_id=0, decoder_start_token_id=size - 1, forced_eos_token_id=None,
        max_position_embeddings=32, init_std=0.5, **SIDES,
    )  # fmt: skip
    model = AutoModelForSeq2SeqLM.from_config(config)
    model.model.shared.weight.data[size - 1] = 0  # as Marian has it
    model.save_pretrained(source)
    translator = load_translator(looked_at(source, tmp_path), id="acme/opus-mt-en-es")
    assert (translator.source, translator.target) == ("en", "es")
    ids = translator.encode(TEXTS[0])
    assert ids[-1] == 0
    assert translator.tokenizer.unk_token_id not in ids
    assert translator.text(translator.tokenizer(text_target=TEXTS[2])["input_ids"]) == TEXTS[2]
    asked = {"max_new_tokens": 8, "num_beams": 1, "do_sample": False, "bad_words_ids": [[size - 1]]}
    full = translator.model.generate(torch.tensor([ids]), **asked)[0].tolist()[1:]
    convert(translator.folder, tmp_path / "converted")
    ((best,),) = Engine(tmp_path / "converted", 1).translate([translator.pieces(ids)], beams=1, limit=8)
    assert best.pieces[:4] == translator.pieces(full)[:4]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"d_model": 10**9}, "d_model = 1000000000"),
        ({"decoder_layers": 999}, "decoder_layers = 999"),
        ({"decoder_attention_heads": 0}, "decoder_attention_heads = 0"),
        ({"encoder_attention_heads": 3, "num_attention_heads": 3}, "3 attention heads for hidden_size 16"),
        ({"vocab_size": None}, "does not say its vocab_size"),
        ({"auto_map": {"AutoModel": "x.Y"}}, "brings its own code"),
        ({"max_position_embeddings": 10**6}, "max_position_embeddings = 1000000"),
    ],
)
def test_sizes_beyond_reason_are_refused(changes, said, tmp_path):
    source = tiny_translator(tmp_path / "made", "marian")
    edit(source, **changes)
    with pytest.raises(UserError, match=said) as caught:
        hub.inspect_folder("acme/tiny", source, tmp_path / "clean", 10**9, WANTED)
    assert caught.value.remedy


def test_weights_of_another_shape_and_numbers_that_are_none_are_refused(tmp_path):
    source = tiny_translator(tmp_path / "made", "marian")
    tensors = load_file(source / "model.safetensors")
    name = next(key for key in tensors if key.endswith("fc1.weight"))
    save_file({**tensors, name: torch.full_like(tensors[name], torch.nan)}, source / "model.safetensors")
    with pytest.raises(UserError, match="holds a NaN"):
        hub.inspect_folder("acme/tiny", source, tmp_path / "clean", 10**9, WANTED)


def test_a_translator_is_not_taken_for_another_task():
    config = json.loads(json.dumps(MarianConfig(vocab_size=60, d_model=16, **SIDES).to_dict()))
    with pytest.raises(UserError, match="is a translation model: it does not write text"):
        hub_config.check("acme/tiny", config, families.CAUSAL.name)
    with pytest.raises(UserError, match="it does not translate"):
        hub_config.check("acme/tiny", {"model_type": "bert"}, WANTED)
