"""A finished model into its folder under genhub/zoo: weights in fp16, configuration, tokeniser, figures, card.

The folder appears as a whole, card included. What the card says is measured on the stored weights.
"""

import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

LIMIT_BYTES = 16_000_000
FIGURES, CARD = "figures.json", "README.md"


def replace_folder(folder: Path, fill: Callable[[Path], None], limit: int = LIMIT_BYTES) -> Path:
    """Let `fill` write a new folder and put it in the place of `folder`. Raises ValueError when it is larger than `limit` bytes."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        fill(new)
        size = sum(path.stat().st_size for path in new.iterdir())
        if size > limit:
            raise ValueError(f"{folder.name} takes {size:,} bytes; {limit:,} are allowed")
        for path in new.iterdir():
            path.chmod(0o644)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder


def save_transformer(folder: Path, model: torch.nn.Module, tokenizer) -> None:
    """As `AutoModelForCausalLM` and `AutoTokenizer` load it: stored in fp16, opened in fp32, which is what a CPU computes in."""
    state = model.state_dict()
    halves = {tensor.data_ptr(): tensor.half() for tensor in state.values()}  # what is shared stays shared, and is stored once
    model.save_pretrained(folder, state_dict={name: halves[tensor.data_ptr()] for name, tensor in state.items()})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tokenizer.save_pretrained(folder)
    learnt = folder / "tokenizer.json"
    if learnt.exists():  # without the blanks that make up half of it
        learnt.write_text(
            json.dumps(json.loads(learnt.read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
        )


def machine() -> str:
    """The processor that did the work, in words."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {os.cpu_count()} cores, torch {torch.__version__}"


def training(told: Mapping) -> str:
    """One sentence on how it was trained, from what `stage.train` answers."""
    whole = "" if told["steps"] == told["total"] else f" (stopped there, of {told['total']:,} planned)"
    return (
        f"{told['steps']:,} steps{whole}, {told['tokens'] / 1e6:.1f} million tokens, {told['seconds'] / 3600:.1f} hours of steps on "
        f"a machine that did other work too ({told.get('machine') or machine()}), in {told['precision']}; epoch {told['best_epoch']} of "
        f"{len(told['history'])} had the lowest validation loss and is what is kept."
    )


def table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows))


def write_card(
    folder: Path,
    figures: Mapping,
    body: str,
    library: str = "transformers",
    task: str = "text-generation",
    languages: Sequence[str] = ("en",),
) -> None:
    """`figures.json` and the card. `body` begins with the title."""
    (folder / FIGURES).write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    spoken = languages[0] if len(languages) == 1 else f"[{', '.join(languages)}]"
    head = f"---\nlicense: apache-2.0\nlanguage: {spoken}\npipeline_tag: {task}\nlibrary_name: {library}\n---\n\n"
    (folder / CARD).write_text(head + body.strip() + "\n", encoding="utf-8")


def samples(model, tokenizer, prompt: str, seeds: Sequence[int], tokens: int) -> list[str]:
    """What the model writes after `prompt` at temperature 0.8, once a seed, not chosen from anything; as far as its context goes."""
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    tokens = min(tokens, model.config.n_positions - ids.shape[1])
    written = []
    for seed in seeds:
        torch.manual_seed(seed)
        how = {"do_sample": True, "temperature": 0.8, "top_k": 0, "max_new_tokens": tokens, "pad_token_id": 0}
        answer = model.generate(ids, attention_mask=torch.ones_like(ids), **how)
        written.append(tokenizer.decode(answer[0], skip_special_tokens=True))
    return written


def quoted(texts: Sequence[str]) -> str:
    """Samples as Markdown: seed 0, 1, 2 …"""
    return "\n\n".join(f"Seed {seed}:\n\n```text\n{text}\n```" for seed, text in enumerate(texts))
