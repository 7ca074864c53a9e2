"""What bench/translate.py compares, each in a process of its own: `python bench/translate_contenders.py NAME JSON` → one JSON object."""

import json
import os
import random
import sys
import time

BATCH = 32
ROWS = 192  # pairs of a step, as the recipe has them


def _split():
    from genhub.zoo.recipes import sentence_pairs, stage

    return sentence_pairs.read(stage.data(*sentence_pairs.FILES), "en", "es")


def _test(sentences: int) -> tuple[list[str], list[list[str]]]:
    """Sources drawn from the test split, which begins with short ones, and all their references."""
    from genhub.zoo.recipes import sentence_pairs

    known = sentence_pairs.with_references(_split().test)
    sources = random.Random(0).sample(list(known), sentences)
    return sources, [known[source] for source in sources]


def _opened(model_id: str):
    from genhub.text.translation.translator import open_translator

    return open_translator(model_id)


def _worker():
    from genhub import settings
    from genhub.serving.client import Worker

    made = Worker(settings.get())
    made.start()
    return made


def _scored(translations: list[str], references: list[list[str]], seconds: float) -> dict:
    from genhub.text.translation import scores

    found = scores.score(translations, references)
    return {"per_second": len(translations) / seconds, "bleu": found.bleu, "chrf": found.chrf, "translations": translations}


def generate(args: dict) -> dict:
    """`generate` as a user would call it."""
    import torch

    sources, references = _test(args["sentences"])
    translator = _opened(args["model"])
    model, tokenizer = translator.model, translator.tokenizer

    def write(some: list[str]) -> list[str]:
        batch = tokenizer(some, return_tensors="pt", padding=True)
        with torch.inference_mode():
            asked = {name: batch[name] for name in ("input_ids", "attention_mask")}
            answer = model.generate(**asked, num_beams=args["beams"], max_new_tokens=128)
        return tokenizer.batch_decode(answer, skip_special_tokens=True)

    write(sources[:BATCH])
    began, found = time.perf_counter(), []
    for at in range(0, len(sources), BATCH):
        found += write(sources[at : at + BATCH])
    return _scored(found, references, time.perf_counter() - began)


def ours(args: dict) -> dict:
    """The same through the model worker, as files are translated."""
    sources, references = _test(args["sentences"])
    made = _worker()
    asked = {"model": args["model"], "config": {"beams": args["beams"]}}
    made.call("translate.lines", {**asked, "lines": sources[:BATCH]}, seconds=600)
    began = time.perf_counter()
    found = made.call("translate.lines", {**asked, "lines": sources}, seconds=600)["translations"]
    seconds = time.perf_counter() - began
    made.close()
    return _scored(found, references, seconds)


def single(args: dict) -> dict:
    """Seconds of each of a hundred sentences of so many words, one after the other."""
    sources = [text for text, _ in _split().test if len(text.split()) == args["words"]][:100]
    made = _worker()

    def write(text: str) -> float:
        began = time.perf_counter()
        made.call("translate.write", {"model": args["model"], "text": text, "config": {}}, seconds=60)
        return time.perf_counter() - began

    for text in sources[:5]:
        write(text)
    seconds = [write(text) for text in sources]
    made.close()
    return {"seconds": seconds}


def train(args: dict) -> dict:
    """The recipe's training loop, its threads waiting as those of a job do: real tokens a second of its steps."""
    from genhub.jobs.launcher import waiting

    os.environ.update(waiting(slots=1))
    from genhub import steps
    from genhub.text.lm import MATRICES, REST
    from genhub.text.translation.seq2seq import Seq2SeqLogits, TranslationTask, start_row
    from genhub.training.loop import fit
    from genhub.training.plan import Phase, Plan, Session, make_accelerator
    from genhub.zoo.recipes import translators

    material = translators.prepare(_split(), ("en", "es"), 0, translators.VOCABULARY)
    train, model = material.train, translators.build(material.tokenizer, translators.DECODER_LAYERS["en-es"], 0)
    train.hold(train.pairs[: ROWS * args["steps"]])
    material.valid.hold(material.valid.pairs[:ROWS])
    task = TranslationTask(Seq2SeqLogits(model), train, material.valid, translators.SMOOTHING, start_row(model))
    plan = Plan((Phase(1, {MATRICES: 4e-3, REST: 2e-3}),), batch_size=ROWS, muon=(MATRICES,), betas=(0.9, 0.98))
    fitted = steps.result(fit(task, plan, Session(make_accelerator())))
    return {"tokens_per_second": fitted.tokens / fitted.seconds, "seconds": fitted.seconds, "steps": fitted.steps}


def trainer(args: dict) -> dict:
    """transformers' Seq2SeqTrainer in fp32 on the same pairs: real tokens a second of its steps but the first ones."""
    from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerCallback

    from genhub.zoo.recipes import translators

    material = translators.prepare(_split(), ("en", "es"), 0, translators.VOCABULARY)
    model = translators.build(material.tokenizer, translators.DECODER_LAYERS["en-es"], 0)
    end = material.special.end
    rows = [{"input_ids": [*source, end], "labels": [*target, end]} for source, target in material.train.pairs[: ROWS * args["steps"]]]
    tokens: list[int] = []
    times: list[float] = []

    class Collator(DataCollatorForSeq2Seq):
        def __call__(self, features, return_tensors=None):
            tokens.append(sum(len(row["input_ids"]) + len(row["labels"]) for row in features))
            return super().__call__(features, return_tensors)

    class Clock(TrainerCallback):
        def on_step_end(self, *_, **__):
            times.append(time.perf_counter())

    options = Seq2SeqTrainingArguments(
        output_dir=args["out"], per_device_train_batch_size=ROWS, max_steps=args["steps"], learning_rate=1e-3, report_to=[],
        label_smoothing_factor=translators.SMOOTHING, save_strategy="no", logging_strategy="no", use_cpu=True,
        dataloader_pin_memory=False, disable_tqdm=True,
    )  # fmt: skip
    collate = Collator(material.tokenizer, model=model)
    Seq2SeqTrainer(model=model, args=options, train_dataset=rows, data_collator=collate, callbacks=[Clock()]).train()
    return {"tokens_per_second": sum(tokens[3 : len(times)]) / (times[-1] - times[2])}


CONTENDERS = {function.__name__: function for function in (generate, ours, single, train, trainer)}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(CONTENDERS[sys.argv[1]](json.loads(sys.argv[2]))) + "\n")
