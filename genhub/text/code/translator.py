"""A translation model as code: a script that translates sentences."""

from genhub.text.code import parts

FILE = "translate.py"
STANDS_IN = "YOUR-PAIRS.tsv"  # what the command calls the pairs of users
CALLED = "set of pairs"

_SCRIPT = '''\
"""Translate sentences:  python {file} "How are you?" "I am fine."    (or one sentence a line on standard input)

It needs `pip install {packages}` and lies in the run's folder; RUN=folder names another one.{base_help}
BEAMS=4 says how many hypotheses are kept.
"""

{search}import json
import os
import sys
from pathlib import Path

import torch
{imports}

RUN = Path(os.environ.get("RUN", Path(__file__).parent))
{load}
{languages}special = model.generation_config
pad = model.config.pad_token_id


@torch.inference_mode()
def translate(text, beams=int(os.environ.get("BEAMS", 4))):
    tokens = tokenizer({prefix}text, return_tensors="pt")
    asked = {{name: tokens[name] for name in ("input_ids", "attention_mask")}}
    how = {{"num_beams": beams, "do_sample": False, "max_new_tokens": 2 * tokens["input_ids"].shape[1] + 16, "bad_words_ids": [[pad]]}}
    told = model.generate(**asked, **how, length_penalty=special.length_penalty or 1.0{forced})
    return tokenizer.decode(told[0], skip_special_tokens=True, clean_up_tokenization_spaces=False).strip()


if __name__ == "__main__":
    for text in sys.argv[1:] or sys.stdin.read().splitlines():
        print(json.dumps({{"text": text, "translation": translate(text)}}, ensure_ascii=False))
'''

_BASE = """\
{base}
tokenizer = AutoTokenizer.from_pretrained(BASE{revision})
model = AutoModelForSeq2SeqLM.from_pretrained(BASE, use_safetensors=True, dtype="float32"{revision})
model = PeftModel.from_pretrained(model, str(RUN / "adapter")).eval()"""

_MODEL = """\
tokenizer = AutoTokenizer.from_pretrained(RUN / "model")
model = AutoModelForSeq2SeqLM.from_pretrained(RUN / "model", use_safetensors=True, dtype="float32").eval()"""

_TRANSFORMERS = "from transformers import AutoModelForSeq2SeqLM, AutoTokenizer"
_PEFT = f"from peft import PeftModel\n{_TRANSFORMERS}"
_LANGUAGES = """\
codes = getattr(tokenizer, "lang_code_to_id", None) or {{}}  # of a model for many languages
source, target = (next((code for code in codes if code.partition("_")[0] == name), None) for name in ({source}, {target}))
if target:
    tokenizer.src_lang = source
asked_for = {{"forced_bos_token_id": codes[target]}} if target else {{}}
words = {{"en": "English", "de": "German", "fr": "French", "ro": "Romanian"}}
said = [words.get(name, name) for name in ({source}, {target})]
prefix = "translate {{}} to {{}}: ".format(*said) if model.config.model_type == "t5" else ""
"""


def script_for(passport: dict, *, whole_model: bool) -> str:
    model_id, revision = passport["base"]["id"], passport["base"].get("revision")
    load = _MODEL
    if not whole_model:
        load = _BASE.format(base=parts.base(model_id), revision=f", revision={parts.literal(revision)}" if revision else "")
    source, target = passport["languages"]
    return _SCRIPT.format(
        file=FILE,
        packages="torch transformers sentencepiece" if whole_model else "torch transformers sentencepiece peft",
        base_help="" if whole_model else f"\nThe base model comes from {parts.comes_from(model_id)}; BASE=folder uses a local copy.",
        search=parts.SEARCH if parts.carrier(model_id)[0] and not whole_model else "",
        imports=_TRANSFORMERS if whole_model else _PEFT,
        load=load,
        languages=_LANGUAGES.format(source=parts.literal(source), target=parts.literal(target)),
        prefix="prefix + ",
        forced=", **asked_for",
    )


def source_words(origin: dict, metrics: dict) -> list[str]:
    """What the command says of the pairs besides --data."""
    columns = origin.get("columns") or ()
    return [word for flag, column in zip(("--source-column", "--target-column"), columns, strict=False) for word in (flag, column)]


def more_stand_ins(metrics: dict) -> list[str]:
    return []
