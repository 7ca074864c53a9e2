"""What bench/generate.py compares, each in a process of its own: `python bench/generate_contenders.py NAME JSON` → one JSON object."""

import hashlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NUCLEUS = {"strategy": "nucleus", "top_p": 0.95, "stop_at_end": False}
GREEDY = {"strategy": "greedy", "stop_at_end": False}
REPEATS = 5


def gpt2_sized(home: Path) -> str:
    """A model of GPT-2's shape with drawn weights, where a download would have put it; its id."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from genhub import disk, hub
    from genhub.jobs.folder import write_json
    from tests.serving.tiny_language import byte_tokenizer

    folder = home / "cache" / "models" / "bench--gpt2-sized" / ("b" * 40)
    if not folder.exists():
        folder.mkdir(parents=True)
        torch.manual_seed(0)
        byte_tokenizer(folder, 1024)
        GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
        weights = folder / hub.WEIGHTS
        facts = {
            "id": "bench/gpt2-sized",
            "family": "causal-lm",
            "pooling": "",
            "sha256": disk.sha256(weights),
            "bytes": weights.stat().st_size,
        }
        write_json(folder / hub.MANIFEST, facts)
        write_json(folder.parent / "current.json", {"revision": "b" * 40})
    return "bench/gpt2-sized"


def opened(model_id: str):
    from genhub import hub, settings
    from genhub.text.causal import load_causal

    return load_causal(hub.model_folder(model_id, settings.get()).path)


def worker():
    from genhub import settings
    from genhub.serving.client import Worker

    made = Worker(settings.get())
    made.start()
    return made


def pipeline(args: dict) -> dict:
    """`pipeline("text-generation")` as a user would call it; seconds of each of REPEATS rounds over the prompts, one after another."""
    import torch
    from transformers import pipeline as make

    causal = opened(args["model"])
    pipe = make("text-generation", model=causal.model, tokenizer=causal.tokenizer)
    how = {
        "max_new_tokens": args["tokens"],
        "min_new_tokens": args["tokens"],
        "do_sample": True,
        "top_p": 0.95,
        "top_k": 0,
        "return_full_text": False,
    }
    pipe(args["prompts"][0], **how)
    torch.manual_seed(0)
    seconds = [_timed(lambda: [pipe(prompt, **how) for prompt in args["prompts"]]) for _ in range(REPEATS)]
    return {"seconds": seconds, "tokens": args["tokens"] * len(args["prompts"])}


def ours(args: dict) -> dict:
    """The same texts through the model worker, as the page asks it: one after another, or all at once."""
    made = worker()
    config = {**NUCLEUS, "max_new_tokens": args["tokens"]}

    def write(prompt: str) -> dict:
        return made.call(
            "generate.write", {"model": args["model"], "prompt": prompt, "config": config, "exact": args["exact"]}, seconds=600
        )

    write(args["prompts"][0])
    with ThreadPoolExecutor(len(args["prompts"]) if args["together"] else 1) as pool:
        seconds = [_timed(lambda: list(pool.map(write, args["prompts"]))) for _ in range(REPEATS)]
    made.close()
    return {"seconds": seconds, "tokens": args["tokens"] * len(args["prompts"])}


def newcomer(args: dict) -> dict:
    """While eight texts are written, a ninth visitor comes: seconds until the first token."""
    made = worker()
    config = {**NUCLEUS, "max_new_tokens": args["tokens"]}

    def first(prompt: str) -> float:
        began = time.perf_counter()
        for event in made.stream("generate.write", {"model": args["model"], "prompt": prompt, "config": config}, seconds=600):
            if event.get("tokens"):
                return time.perf_counter() - began
        raise RuntimeError("no token came")

    def whole(prompt: str) -> None:
        made.call("generate.write", {"model": args["model"], "prompt": prompt, "config": config}, seconds=600)

    first(args["prompts"][0])
    waits = []
    with ThreadPoolExecutor(9) as pool:
        for _ in range(REPEATS):
            writing = [pool.submit(whole, prompt) for prompt in args["prompts"]]
            first(args["prompts"][1])  # the eight are on their way
            waits.append(first(args["prompts"][0]))
            for one in writing:
                one.result()
    made.close()
    return {"seconds": waits}


def changes(args: dict) -> dict:
    """Greedy answers in full precision alone, in eight bits alone, and in eight bits in company: how many differ, and from which token."""
    made = worker()
    config = {**GREEDY, "max_new_tokens": args["tokens"]}

    def write(prompt: str, exact: bool) -> list[int]:
        told = made.call("generate.write", {"model": args["model"], "prompt": prompt, "config": config, "exact": exact}, seconds=600)
        return [token["id"] for token in told["tokens"]]

    full = [write(prompt, True) for prompt in args["prompts"]]
    alone = [write(prompt, False) for prompt in args["prompts"]]
    with ThreadPoolExecutor(8) as pool:
        company = list(pool.map(lambda prompt: write(prompt, False), args["prompts"]))
    made.close()
    return {
        "texts": len(full),
        "tokens": args["tokens"],
        "eight_bit": [_parting(one, other) for one, other in zip(full, alone, strict=True)],
        "company": [_parting(one, other) for one, other in zip(alone, company, strict=True)],
        "perplexity": _perplexities(args["model"], args["text"]),
    }


def _parting(one: list[int], other: list[int]) -> int | None:
    """The first token that differs, counted from 1; None for equal texts."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False), 1) if a != b), None)


def _perplexities(model_id: str, text: str) -> dict:
    """Of a text under the model in full precision and in eight bits."""
    import torch

    causal = opened(model_id)
    ids = causal.encode(text)
    found = {}
    for name, model in (("full", causal), ("eight_bit", causal.quick() or causal)):
        with torch.inference_mode():
            logits = model.logits(ids)
        found[name] = float(torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:])).exp())
    return found


def adapt(args: dict) -> dict:
    """LoRA here: real tokens a second, of the whole training loop."""
    return _trained("generate", args)


def scratch(args: dict) -> dict:
    """A preset of *From scratch*: minutes of the whole run, verdict and samples included, and the loss on the held-out tenth."""
    told = _trained("scratch", args)
    causal_dir = Path(args["out"]) / "model"
    from genhub.text.causal import load_causal

    return {
        **told,
        "held_out": _held_out(
            load_causal(causal_dir).model, Path(args["held_out"]).read_text(encoding="utf-8"), load_causal(causal_dir), args["window"]
        ),
    }


def _trained(task: str, args: dict) -> dict:
    """As a job does it, in the same environment: nothing of torch has been loaded yet."""
    from genhub.jobs.launcher import waiting

    os.environ.update(waiting(slots=1))
    from genhub import tasks
    from genhub.jobs.folder import RunFolder
    from genhub.jobs.new import make_job

    config = tasks.get(task).config.from_dict(args["config"])
    out = Path(args["out"])
    job = make_job(task, config, Path(args["rows"]), {"name": "bench"})
    run = RunFolder.create(out, job)
    (run.data / "train.jsonl").write_bytes(Path(args["rows"]).read_bytes())
    began, rates = time.perf_counter(), []
    for event in tasks.get(task).load()(config, run):
        rates += [rate for rate in [getattr(event, "values", {}).get("tokens_per_second")] if rate]
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    figures = metrics["training"]
    return {
        "seconds": time.perf_counter() - began,
        "steps": figures["steps"],
        "tokens": figures["tokens"],
        "tokens_per_second": len(rates[3:]) / sum(1 / rate for rate in rates[3:]),  # without the first ones, as of Trainer
        "bits_per_character": metrics["bits_per_character"],
        "precision": figures["precision"],
    }


def preset(args: dict) -> dict:
    """A preset of *From scratch* on a bundled text, as a user has it: seconds of the whole run, its verdict beside counting, one sample."""
    told = _trained("scratch", args)
    metrics = json.loads((Path(args["out"]) / "metrics.json").read_text(encoding="utf-8"))
    counted = {name: line["bits_per_character"] for name, line in metrics["baselines"].items() if "bits_per_character" in line}
    return {**told, "baselines": counted, "sample": metrics["samples"][0], "best_epoch": metrics["training"]["best_epoch"]}


def trainer(args: dict) -> dict:
    """The same LoRA with transformers' Trainer in fp32 on the same windows: real tokens a second, of its own loop."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Trainer, TrainerCallback, TrainingArguments

    from genhub.text import corpus

    causal = opened(args["model"])
    documents = corpus.read(Path(args["rows"]))
    parts = corpus.divide(documents, 0.1, 0.1, 0)
    ids = corpus.ids(parts.train, causal.encode, next(iter(causal.ends), None))
    size = args["window"]
    windows = [torch.tensor(ids[at : at + size]) for at in range(0, len(ids) - size, size)]
    lora = LoraConfig(r=args["rank"], lora_alpha=args["alpha"], target_modules=args["targets"], fan_in_fan_out=True, task_type="CAUSAL_LM")
    model = get_peft_model(causal.model, lora)
    times: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_, **__):
            times.append(time.perf_counter())

    options = TrainingArguments(
        output_dir=args["out"], per_device_train_batch_size=args["batch"], max_steps=args["steps"], learning_rate=1e-3, report_to=[],
        save_strategy="no", logging_strategy="no", use_cpu=True, dataloader_pin_memory=False, disable_tqdm=True,
    )  # fmt: skip
    rows = [{"input_ids": row, "labels": row} for row in windows]
    Trainer(model=model, args=options, train_dataset=rows, callbacks=[Clock()]).train()
    return {"tokens_per_second": (len(times) - 3) * args["batch"] * size / (times[-1] - times[2])}


def nanogpt(args: dict) -> dict:
    """nanoGPT's code with its preset for a CPU, so many iterations: seconds, and its loss on the held-out tenth."""
    import numpy as np

    home = Path(args["nanogpt"])
    data = home / "data" / "shakespeare_char"
    (data / "input.txt").write_bytes(Path(args["whole"]).read_bytes())
    (data / "requests.py").write_text("")  # its script imports it for a download that is not needed
    subprocess.run([sys.executable, "prepare.py"], cwd=data, check=True, capture_output=True)
    held_out = np.fromfile(data / "val.bin", dtype=np.uint16)
    steps = args["steps"]
    command = [
        sys.executable, "train.py", "config/train_shakespeare_char.py", "--device=cpu", "--compile=False", "--eval_iters=20",
        "--log_interval=100", "--block_size=64", "--batch_size=12", "--n_layer=4", "--n_head=4", "--n_embd=128", f"--max_iters={steps}",
        f"--lr_decay_iters={steps}", "--dropout=0.0", f"--out_dir={args['out']}", f"--eval_interval={args.get('eval_interval', 250)}",
        "--always_save_checkpoint=False",
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    losses = [float(line.rpartition(" ")[2]) for line in done.stdout.splitlines() if "val loss" in line]
    code = hashlib.sha256(b"".join((home / name).read_bytes() for name in ("train.py", "model.py"))).hexdigest()[:12]
    return {"seconds": seconds, "steps": steps, "said": min(losses), "code": code, **_nano_measured(home, args["out"], held_out)}


def _nano_measured(home: Path, out: str, held_out) -> dict:
    """The best checkpoint on all of the held-out text, windows of its 64 characters side by side."""
    import numpy as np
    import torch

    sys.path.insert(0, str(home))
    from model import GPT, GPTConfig

    saved = torch.load(Path(home, out) / "ckpt.pt", weights_only=True)  # noqa: TID251 - what nanoGPT itself has just written
    model = GPT(GPTConfig(**saved["model_args"]))
    model.load_state_dict(saved["model"])
    model.eval()
    ids, size = torch.from_numpy(held_out.astype(np.int64)), saved["model_args"]["block_size"]
    starts = range(0, len(ids) - size - 1, size)
    total = 0.0
    with torch.inference_mode():
        for at in starts[::1]:
            total += float(model(ids[None, at : at + size], ids[None, at + 1 : at + size + 1])[1])
    return {"held_out": total / len(starts)}


def _held_out(model, text: str, causal, window: int) -> float:
    """Nats a character, windows of the training's length side by side."""
    import numpy as np

    from genhub.text.lm import Logits, Windows, window_loss

    known = causal.tokenizer.get_vocab()
    return window_loss(Logits(model), Windows(np.array([known[sign] for sign in text]), window))


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


CONTENDERS = {function.__name__: function for function in (pipeline, ours, newcomer, changes, adapt, scratch, preset, trainer, nanogpt)}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(CONTENDERS[sys.argv[1]](json.loads(sys.argv[2]))) + "\n")
