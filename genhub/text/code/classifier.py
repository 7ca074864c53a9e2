"""A classifier as code: a script that puts labels on texts. Labels are read from passport.json when it runs.

What loads differs by how the run keeps what it learnt: a PEFT adapter, bottleneck adapters, all weights, or a head alone.
"""

from genhub.text.code import parts

FILE = "predict.py"
STANDS_IN, TEST_TABLE = "YOUR-TABLE.csv", "YOUR-TEST-TABLE.csv"  # what the command calls the tables of users
CALLED = "table"

_SCRIPT = '''\
"""Put labels on texts with this run:  python {file} "a text" "another one"    (or one text a line on standard input)

It needs `pip install {packages}` and lies in the run's folder; RUN=folder names another one.{base_help}
"""

{search}import json
import os
import sys
from pathlib import Path

import torch
{imports}

RUN = Path(os.environ.get("RUN", Path(__file__).parent))
{load}
head = load_file(RUN / "head.safetensors")
labels = json.loads((RUN / "passport.json").read_text(encoding="utf-8"))["labels"]


@torch.inference_mode()
def predict(text):
    tokens = tokenizer(text, truncation=True, max_length=min({max_length}, tokenizer.model_max_length), return_tensors="pt")
    states = encoder(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).last_hidden_state
    vector = {pooled}
{normalise}    scores = (vector @ head["weight"].T + head["bias"]).softmax(-1)[0]
    return {{"text": text, "label": labels[scores.argmax()], "scores": dict(zip(labels, scores.tolist()))}}


if __name__ == "__main__":
    for text in sys.argv[1:] or sys.stdin.read().splitlines():
        print(json.dumps(predict(text), ensure_ascii=False))
'''

_BASE = """\
{base}
tokenizer = AutoTokenizer.from_pretrained(BASE{revision})
encoder = AutoModel.from_pretrained(BASE{revision}, use_safetensors=True).eval()"""

_PEFT = """
encoder = PeftModel.from_pretrained(encoder, str(RUN / "adapter")).eval()"""

_MODEL = """\
tokenizer = AutoTokenizer.from_pretrained(RUN / "model")
encoder = AutoModel.from_pretrained(RUN / "model", use_safetensors=True).eval()"""

_BOTTLENECK = '''


def bottleneck(down_weight, down_bias, up_weight, up_bias):
    """What follows a linear map of the encoder: x + up(gelu(down(x))), Houlsby et al. 2019."""
    return lambda module, inputs, x: x + F.linear(F.gelu(F.linear(x, down_weight, down_bias)), up_weight, up_bias)


learnt = load_file(RUN / "bottleneck.safetensors")
for name, module in encoder.named_modules():
    place = f"bottleneck.{name.replace('.', '-')}"
    if f"{place}.down.weight" in learnt:
        parts = ("down.weight", "down.bias", "up.weight", "up.bias")
        module.register_forward_hook(bottleneck(*(learnt[f"{place}.{part}"] for part in parts)))
encoder.load_state_dict({name: value for name, value in learnt.items() if not name.startswith("bottleneck.")}, strict=False)'''

_SAFETENSORS = "from safetensors.torch import load_file"
_TRANSFORMERS = "from transformers import AutoModel, AutoTokenizer"
_WAYS = {  # how the run keeps what it learnt → (imports, what loads it, packages)
    "peft": (("from peft import PeftModel", _SAFETENSORS, _TRANSFORMERS), _BASE + _PEFT, "torch transformers peft safetensors"),
    "bottleneck": (
        ("import torch.nn.functional as F", _SAFETENSORS, _TRANSFORMERS),
        _BASE + "{bottleneck}",
        "torch transformers safetensors",
    ),
    "model": ((_SAFETENSORS, _TRANSFORMERS), _MODEL, "torch transformers safetensors"),
    "none": ((_SAFETENSORS, _TRANSFORMERS), _BASE, "torch transformers safetensors"),
}


def script_for(passport: dict, *, whole_model: bool) -> str:
    imports, load, packages = _WAYS["model" if whole_model else passport["adapter"]]
    model_id, revision = passport["base"]["id"], passport["base"].get("revision")
    normalise = f"    vector = {passport['scale']:g} * torch.nn.functional.normalize(vector, dim=-1)\n" if passport["normalize"] else ""
    return _SCRIPT.format(
        file=FILE,
        packages=packages,
        base_help="" if whole_model else f"\nThe encoder comes from {parts.comes_from(model_id)}; BASE=folder uses a local copy.",
        search=parts.SEARCH if parts.carrier(model_id)[0] and not whole_model else "",
        imports="\n".join(imports),
        load=load.format(
            base=parts.base(model_id),
            revision=f", revision={parts.literal(revision)}" if revision else "",
            bottleneck=_BOTTLENECK,
        ),
        max_length=int(passport["max_length"]),
        pooled="states[:, 0]" if passport["pooling"] == "cls" else "states.mean(1)  # one text at a time: no padding among the tokens",
        normalise=normalise,
    )


def source_words(origin: dict, metrics: dict) -> list[str]:
    """What the command says of the table besides --data."""
    words = ["--counterexamples"] if origin.get("sample") and origin.get("counterexamples") else []
    return words + (["--test", TEST_TABLE] if _given(metrics) else [])


def more_stand_ins(metrics: dict) -> list[str]:
    return [f"{TEST_TABLE} stands for your test table"] if _given(metrics) else []


def _given(metrics: dict) -> bool:
    """Was there a separate test table?"""
    return metrics.get("split", {}).get("kind") == "given"
