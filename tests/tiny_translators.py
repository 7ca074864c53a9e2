"""A tiny Marian model that has learnt a toy language of 48 sentences in two seconds, as transformers stores it."""

import functools
import shutil
import tempfile
from pathlib import Path

import torch

WHO = (("Tom", "Tom"), ("she", "ella"), ("the cat", "el gato"), ("the dog", "el perro"))
DOES = (("sees", "ve"), ("likes", "quiere"), ("wants", "desea"))
WHAT = (("a house", "una casa"), ("the sun", "el sol"), ("my book", "mi libro"), ("bread", "pan"))
PAIRS = [
    tuple(f"{text[:1].upper()}{text[1:]}." for text in (" ".join(words) for words in zip(who, does, what, strict=True)))
    for who in WHO
    for does in DOES
    for what in WHAT
]
PIECES = 120
MODEL = "tests/opus-mt-en-es"


def trained_translator(folder: Path) -> Path:
    """A copy of the model, trained once a process."""
    shutil.copytree(_trained(), folder, dirs_exist_ok=True)
    return folder


@functools.cache
def _trained() -> Path:
    from transformers import MarianConfig, MarianMTModel

    from genhub.text.lm import MATRICES, REST
    from genhub.text.translation.seq2seq import Pairs, Seq2SeqLogits, Special, TranslationTask, start_row
    from genhub.training.loop import fit
    from genhub.training.plan import Phase, Plan, Session, make_accelerator
    from genhub.zoo.recipes import publish, subwords

    tokenizer = subwords.learn([text for pair in PAIRS for text in pair], PIECES)
    pad, sides = tokenizer.pad_token_id, {}
    for side in ("encoder", "decoder"):
        sides |= {f"{side}_layers": 1, f"{side}_attention_heads": 2, f"{side}_ffn_dim": 64}
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        **sides,
        dropout=0.0,
        scale_embedding=True,
        init_std=32**-0.5,
        max_position_embeddings=64,
        pad_token_id=pad,
        eos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
        activation_function="relu",
    )
    model = MarianMTModel(config)
    model.generation_config.bad_words_ids = [[pad]]
    pairs = Pairs([tuple(tokenizer(text)["input_ids"][:-1] for text in pair) for pair in PAIRS], Special.of(config))
    plan = Plan((Phase(40, {MATRICES: 4e-3, REST: 4e-3}),), batch_size=12, muon=(MATRICES,), precision="fp32")
    task = TranslationTask(Seq2SeqLogits(model), pairs, pairs, zero=start_row(model))
    for _ in fit(task, plan, Session(make_accelerator())):
        pass
    folder = Path(tempfile.mkdtemp(prefix="tiny-translator-"))
    publish.save_transformer(folder, model, tokenizer)
    return folder
