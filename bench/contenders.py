"""One contender of a benchmark in a process of its own: `python bench/contenders.py NAME '{"json": "arguments"}'`.

Each prints one JSON object as its last line. What a user would run instead of GenHub is written here the way its
documentation shows it: transformers' Trainer at its defaults, Trainer with the same LoRA, the text-classification pipeline,
a bare Gradio page.
"""

import json
import sys
import time
from pathlib import Path

MODEL = "embedded/minilm-l6"
LORA = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.0}


def rows_of(path: str, limit: int) -> list[dict]:
    with Path(path).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file][:limit]


def base() -> str:
    from genhub import hub, settings

    return str(hub.model_folder(MODEL, settings.get()).path)


def tokens_in(tokenizer, texts: list[str], max_length: int) -> int:
    """Real tokens, special ones included, padding not."""
    return sum(len(ids) for ids in tokenizer(texts, truncation=True, max_length=max_length)["input_ids"])


def trainer(args: dict, lora: bool) -> dict:
    """transformers' Trainer in fp32. Without LoRA: its defaults, padded to 128, all weights. With: dynamic padding, our rates."""
    import tempfile

    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments

    torch.manual_seed(args["seed"])
    folder = base()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows, test = rows_of(args["train"], args["rows"]), rows_of(args["test"], args["test_rows"])
    labels = sorted({row["label"] for row in rows})
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(labels))
    extra = {}
    if lora:
        from peft import LoraConfig, TaskType, get_peft_model

        model = get_peft_model(
            model,
            LoraConfig(
                task_type=TaskType.SEQ_CLS, target_modules=args["targets"], **{**LORA, "r": args["rank"], "lora_alpha": args["alpha"]}
            ),
        )
        extra = {"per_device_train_batch_size": args["batch_size"], "learning_rate": args["learning_rate"], "warmup_steps": 0.1}
    padding = False if lora else "max_length"

    def encode(items):
        made = tokenizer([item["text"] for item in items], truncation=True, max_length=128, padding=padding)
        return [{**{key: values[i] for key, values in made.items()}, "labels": labels.index(item["label"])} for i, item in enumerate(items)]

    with tempfile.TemporaryDirectory() as out:
        options = TrainingArguments(
            out,
            num_train_epochs=args["epochs"],
            seed=args["seed"],
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            disable_tqdm=True,
            max_steps=args.get("steps", -1),
            **extra,
        )
        run = Trainer(model=model, args=options, train_dataset=encode(rows), data_collator=DataCollatorWithPadding(tokenizer))
        began = time.perf_counter()
        told = run.train()
        seconds = time.perf_counter() - began
        logits = None if "steps" in args else run.predict(encode(test)).predictions  # with steps: for its speed alone
    share = told.metrics["epoch"]
    tokens = tokens_in(tokenizer, [row["text"] for row in rows], 128) * share
    figures = {"tokens_per_second": tokens / seconds, "seconds": seconds}
    if logits is None:
        return figures
    right = sum(labels[int(row.argmax())] == item["label"] for row, item in zip(logits, test, strict=True))
    return {**figures, "accuracy": right / len(test)}


def ours(args: dict) -> dict:
    """GenHub's own training, as the command line runs it, on a given test table.

    Tokens a second by the wall clock, from the first training step to the last figure: validation after each epoch counts as
    our time, though Trainer does none.
    """
    import tempfile

    from genhub import tasks
    from genhub.events import Metric, Stage
    from genhub.jobs import process
    from genhub.jobs.folder import RunFolder
    from genhub.jobs.new import make_job

    config = tasks.get("classify").config.from_dict({"model": MODEL, "text_column": "text", "label_column": "label", **args["config"]})
    rows = rows_of(args["train"], args["rows"])
    test = [
        {**row, "part": "test", "row": row["row"] + 10_000_000, "group": row["group"] + 10_000_000}
        for row in rows_of(args["test"], args["test_rows"])
    ]
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch) / "rows.jsonl"
        table.write_text("\n".join(json.dumps(row) for row in rows + test) + "\n", encoding="utf-8")
        run = RunFolder.create(Path(scratch) / "run", make_job("classify", config, table, {"name": "bench"}))
        run.rows.write_bytes(table.read_bytes())
        started = began = ended = time.perf_counter()
        for event in process.inline(config, run):
            if isinstance(event, Stage) and event.name == "train":
                began = time.perf_counter()
            elif isinstance(event, Metric):
                ended = time.perf_counter()
        seconds = time.perf_counter() - started
        metrics = run.read("metrics.json")
    training = metrics["training"]
    kept = (
        "tokens",
        "trainable_parameters",
        "trainable_percent",
        "precision",
        "best_epoch",
        "epochs_run",
        "peak_memory_mb",
    )
    return {
        **{name: training.get(name) for name in kept},
        "tokens_per_second": training["tokens"] / (ended - began),
        "seconds": seconds,
        "accuracy": metrics["accuracy"],
        "macro_f1": metrics["macro_f1"],
        "test_rows": metrics["test_rows"],
        "tfidf": metrics["baselines"]["tfidf"]["accuracy"],
    }


def predict(args: dict) -> dict:
    """1,000 texts through GenHub's classifier and through the pipeline, on the same weights, in turn; labels compared."""
    from transformers import AutoTokenizer, pipeline

    from genhub.text import classifier

    loaded = classifier.load_run(Path(args["run"]))
    texts = [row["text"] for row in rows_of(args["test"], args["texts"])]
    model = same_weights(loaded)
    pipe = pipeline("text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(base()), batch_size=32, device="cpu")
    loaded.predict(texts[:64])
    pipe(texts[:64], truncation=True, max_length=128)
    mine, theirs = [], []
    for _ in range(args["repeats"]):
        began = time.perf_counter()
        answer = loaded.predict(texts)
        mine.append(time.perf_counter() - began)
        began = time.perf_counter()
        told = pipe(texts, truncation=True, max_length=128)
        theirs.append(time.perf_counter() - began)
    same = sum(a == b["label"] for a, b in zip(answer.labels, told, strict=True)) / len(texts)
    return {"genhub": mine, "pipeline": theirs, "same_labels": same, "texts": len(texts)}


def same_weights(loaded):
    """The run as a model that the pipeline takes: encoder merged with its adapter, our sentence vector, our head."""
    import copy

    import torch
    from transformers import BertConfig, BertForSequenceClassification

    source = copy.deepcopy(loaded.classifier)
    encoder = source.encoder.merge_and_unload() if hasattr(source.encoder, "merge_and_unload") else source.encoder

    class Pooled(BertForSequenceClassification):
        def forward(self, input_ids=None, attention_mask=None, token_type_ids=None, **_):
            from transformers.modeling_outputs import SequenceClassifierOutput

            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1)
            return SequenceClassifierOutput(logits=self.classifier(torch.nn.functional.normalize(mean, dim=-1) * 16.0))

    config = BertConfig.from_pretrained(base(), num_labels=len(loaded.labels))
    config.id2label = dict(enumerate(loaded.labels))
    config.label2id = {name: index for index, name in enumerate(loaded.labels)}
    model = Pooled(config)
    model.bert.load_state_dict(encoder.state_dict())
    model.classifier.load_state_dict(source.head.state_dict())
    return model.eval()


CONTENDERS = {
    "ours": ours,
    "trainer-defaults": lambda args: trainer(args, lora=False),
    "trainer-lora": lambda args: trainer(args, lora=True),
    "predict": predict,
}

if __name__ == "__main__":
    print(json.dumps(CONTENDERS[sys.argv[1]](json.loads(sys.argv[2]))))
