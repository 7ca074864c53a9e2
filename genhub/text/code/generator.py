"""An adapted language model as code: a script that goes on with a prompt.

What loads differs by how the run keeps what it learnt: a PEFT adapter or all weights.
"""

from genhub.errors import UserError
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
    ids = tokenizer(prompt)["input_ids"] if prompt else []
    ids = torch.tensor([ids or [start]])
    how = {{"do_sample": False}} if greedy else {{"do_sample": True, "top_p": 0.95, "top_k": 0}}
    told = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=max(1, min(tokens, most - ids.shape[1])),
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id or 0,
        **how,
    )
    return tokenizer.decode(told[0, ids.shape[1] :], skip_special_tokens=True, clean_up_tokenization_spaces=False)


for prompt in sys.argv[1:] or sys.stdin.read().splitlines():
    print(json.dumps({{"prompt": prompt, "text": write(prompt)}}, ensure_ascii=False))
'''

_BASE = """\
{base}
tokenizer = AutoTokenizer.from_pretrained(BASE{revision})
model = AutoModelForCausalLM.from_pretrained(BASE{revision}, use_safetensors=True, dtype="float32")
model = PeftModel.from_pretrained(model, str(RUN / "adapter")).eval()"""

_MODEL = """\
tokenizer = AutoTokenizer.from_pretrained(RUN / "model")
model = AutoModelForCausalLM.from_pretrained(RUN / "model", use_safetensors=True, dtype="float32").eval()"""

_TRANSFORMERS = "from transformers import AutoModelForCausalLM, AutoTokenizer"
_PEFT = f"from peft import PeftModel\n{_TRANSFORMERS}"


def script_for(passport: dict, *, whole_model: bool) -> str:
    """Raises UserError for a character RNN, which no library but ours loads."""
    if passport["method"] == "rnn":
        what, limit = "There is no script for a character RNN.", "No library but GenHub's own loads one."
        raise UserError(what, limit, "Write with it here: python -m genhub generate --run …", "run")
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
