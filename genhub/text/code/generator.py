"""A language model as code: a script that goes on with a prompt.

What loads differs by how the run keeps what it learnt: a PEFT adapter, all weights, or those of a character RNN.
"""

from genhub.text.code import parts

FILE = "generate.py"
STANDS_IN = "YOUR-TEXT.txt"  # what the command calls the text of users
CALLED = "text"

_SCRIPT = '''\
"""Go on with a text:  python {file} "Once upon a time" "Another one"    (or one prompt a line on standard input)

It needs `pip install {packages}` and lies in the run's folder; RUN=folder names another one.{base_help}
TOKENS=80, SEED=1 and GREEDY=1 say how much is written, what is drawn, and that nothing is.
"""

{search}import json
import os
import sys
from pathlib import Path

import torch
{imports}

RUN = Path(os.environ.get("RUN", Path(__file__).parent))
{load}
ends = model.generation_config.eos_token_id
ends = tokenizer.eos_token_id if ends is None else ends
start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
most = getattr(model.config, "max_position_embeddings", None) or 1_000_000


@torch.inference_mode()
def write(prompt, greedy=bool(os.environ.get("GREEDY")), tokens=int(os.environ.get("TOKENS", 120))):
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    how = {{"do_sample": False}} if greedy else {{"do_sample": True, "top_p": 0.95, "top_k": 0}}
    how |= {{"eos_token_id": ends, "pad_token_id": tokenizer.pad_token_id or 0}}
    ids = tokenizer(prompt or ("\\n" if start is None else ""))["input_ids"]
    text = torch.tensor([ids or [start]])
    text = text if start is None else text[:, -max(1, most - tokens) :]
    new, goes_on, stride = text[:, :0], True, most - most // 2
    while goes_on:
        ids = text[:, -(-max(0, text.shape[1] - most) // stride) * stride :]  # characters: when all positions are full, half are let go
        how["max_new_tokens"] = min(tokens - new.shape[1], most + (start is None) - ids.shape[1])
        told = model.generate(ids, attention_mask=torch.ones_like(ids), **how)[:, ids.shape[1] :]
        text, new = torch.cat([text, told], 1), torch.cat([new, told], 1)
        goes_on = start is None and new.shape[1] < tokens
    return tokenizer.decode(new[0], skip_special_tokens=True, clean_up_tokenization_spaces=False)


if __name__ == "__main__":
    for prompt in sys.argv[1:] or sys.stdin.read().splitlines():
        print(json.dumps({{"prompt": prompt, "text": write(prompt)}}, ensure_ascii=False))
'''

_BASE = """\
{base}
tokenizer = AutoTokenizer.from_pretrained(BASE{revision})
how = {{"use_safetensors": True, "dtype": "float32"}}
model = AutoModelForCausalLM.from_pretrained(BASE, **how{revision})
model = PeftModel.from_pretrained(model, str(RUN / "adapter")).eval()"""

_MODEL = """\
tokenizer = AutoTokenizer.from_pretrained(RUN / "model")
model = AutoModelForCausalLM.from_pretrained(RUN / "model", use_safetensors=True, dtype="float32").eval()"""

_TRANSFORMERS = "from transformers import AutoModelForCausalLM, AutoTokenizer"
_PEFT = f"from peft import PeftModel\n{_TRANSFORMERS}"


_RNN = '''\
"""Go on with a text:  python {file} "Once upon a time" "Another one"    (or one prompt a line on standard input)

It needs `pip install torch safetensors` and lies in the run's folder; RUN=folder names another one.
TOKENS=80, SEED=1 and GREEDY=1 say how much is written, what is drawn, and that nothing is.
"""

import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

FOLDER = Path(os.environ.get("RUN", Path(__file__).parent)) / "model"
config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
number = json.loads((FOLDER / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
character = {{place: letter for letter, place in number.items()}}
rnn = torch.nn.ModuleDict(
    {{
        "embedding": torch.nn.Embedding(config["vocabulary"], config["embedding"]),
        "gru": torch.nn.GRU(config["embedding"], config["units"], config["layers"], batch_first=True),
        "dense": torch.nn.Linear(config["units"], config["vocabulary"]),
    }}
)
rnn.load_state_dict({{name.partition(".")[2]: tensor.float() for name, tensor in load_file(FOLDER / "model.safetensors").items()}})


@torch.inference_mode()
def write(prompt, greedy=bool(os.environ.get("GREEDY")), tokens=int(os.environ.get("TOKENS", 120))):
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    ids, state, new = torch.tensor([[number[letter] for letter in prompt or "\\n"]]), None, []
    for _ in range(tokens):
        hidden, state = rnn["gru"](rnn["embedding"](ids), state)
        found, order = rnn["dense"](hidden[0, -1]).softmax(-1).sort(descending=True)
        found[found.cumsum(0) - found >= 0.95] = 0.0  # the fewest characters that hold so much of the probability
        new.append(int(order[0 if greedy else torch.multinomial(found, 1)]))
        ids = torch.tensor([new[-1:]])
    return "".join(character[place] for place in new)


if __name__ == "__main__":
    for prompt in sys.argv[1:] or sys.stdin.read().splitlines():
        print(json.dumps({{"prompt": prompt, "text": write(prompt)}}, ensure_ascii=False))
'''


def script_for(passport: dict, *, whole_model: bool) -> str:
    if passport["method"] == "rnn":
        return _RNN.format(file=FILE)
    model_id, revision = passport["base"]["id"], passport["base"].get("revision")
    load = _MODEL
    if not whole_model:
        load = _BASE.format(base=parts.base(model_id), revision=f", revision={parts.literal(revision)}" if revision else "")
    return _SCRIPT.format(
        file=FILE,
        packages="torch transformers" if whole_model else "torch transformers peft",
        base_help="" if whole_model else f"\nThe base model comes from {parts.comes_from(model_id)}; BASE=folder uses a local copy.",
        search=parts.SEARCH if parts.carrier(model_id)[0] and not whole_model else "",
        imports=_TRANSFORMERS if whole_model else _PEFT,
        load=load,
    )


def source_words(origin: dict, metrics: dict) -> list[str]:
    """What the command says of the text besides --data."""
    return ["--text-column", origin["column"]] if origin.get("column") else []


def more_stand_ins(metrics: dict) -> list[str]:
    return []
