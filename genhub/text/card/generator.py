"""The card of a language model that learnt from a text: bits a character beside its base and n-grams, and how much it copies."""

from genhub import catalog
from genhub.jobs.folder import RunFolder
from genhub.text import code, sentences
from genhub.text.card.parts import Figure, Source, escaped, header, listed, training

TASK = "text-generation"
NAMES = {"base": "the base model", "ngrams": "{order}-grams, counted on the same text", "unigram": "frequencies of single tokens"}

_BODY = """\
# {title}

{summary}

## Figures

{ground}

| | bits a character | 95 % interval | perplexity a token | bits a byte |
|---|---|---|---|---|
{figures}

{sentences}
{usage}
## How it was made

{training}

The same text and seed train it again:

```
{command}
```

## Limits

{limits}
"""
_USAGE = """
## How to use it

Save this as `{file}` in this folder.

```python
{script}```
"""


def text(run: RunFolder, metrics: dict, passport: dict) -> str:
    whole_model = (run.path / "model").is_dir()
    base = catalog.hub_id(passport["base"]["id"])
    title = f"Language model: {base.rpartition('/')[2] or 'from scratch'}, {passport['method']}"
    body = _BODY.format(
        title=title,
        summary=_summary(passport, base),
        ground=_ground(metrics),
        figures=_figures(metrics),
        sentences=listed([escaped(sentence) for sentence in metrics["sentences"]]),
        usage=_USAGE.format(file=code.file_of(passport), script=code.script_for(passport, whole_model=whole_model)),
        training=training(metrics["training"], passport, "Documents"),
        command=code.command_line(run.path, metrics, named=False),
        limits=listed(_limits(metrics, passport)),
    )
    where = f"on {metrics['test_characters']} unseen characters"
    interval = f"95 % interval {_interval(metrics)}"
    figures = (
        Figure("perplexity", metrics["perplexity"], f"Perplexity a token {where}"),
        Figure("bits_per_character", metrics["bits_per_character"], f"Bits a character {where}, {interval}"),
    )
    source = Source.of(run, passport["data"], "text")
    return header(passport, title, TASK, source, metrics["split"]["kind"], figures) + "\n" + body


def _summary(passport: dict, base: str) -> str:
    if passport["task"] == "scratch":
        return f"A character model trained from drawn weights (`{passport['method']}`); all of it is in `model/`."
    link = f"`{base}` of the project GenHub" if base.startswith("embedded/") else f"[{base}](https://huggingface.co/{base})"
    kept = "a PEFT adapter in `adapter/`" if passport["adapter"] == "peft" else "the whole model in `model/`"
    return f"{link}, adapted to a text with method `{passport['method']}`: {kept}. It goes on with a text as that text might."


def _ground(metrics: dict) -> str:
    split, tokens = metrics["split"], metrics["test_tokens"]
    cut = f"{split['documents']:,} documents were divided whole" if split["by"] == "document" else "the last stretch of the text"
    return (
        f"Measured on {metrics['test_characters']:,} characters ({tokens:,} tokens) that nothing was learnt from: {cut} (seed {split['seed']}). "
        f"{split['train']:,} characters taught, {split['validation']:,} chose the best epoch. Every token is predicted from at least half a "
        "window of tokens before it (all there are at the beginning)."
    )


def _figures(metrics: dict) -> str:
    lines = [("this model", metrics, _interval(metrics))]
    lines += [(NAMES[name].format(**line), line, "") for name, line in metrics["baselines"].items()]
    return "\n".join(
        f"| {name} | {line['bits_per_character']:.3f} | {interval} | {line['perplexity']:.2f} | {line['bits_per_byte']:.3f} |"
        for name, line, interval in lines
    )


def _limits(metrics: dict, passport: dict) -> list[str]:
    entry = catalog.MODELS.get(passport["base"]["id"])
    lines = [
        f"The figures hold for text like this one: {metrics['test_characters']:,} characters of one source. Measure again on your own.",
        "It writes what is probable after a text, not what is true.",
        "It may repeat stretches of the text it learnt from: publish it only where that text may be published.",
        f"It learnt from windows of {passport['window']} tokens; what lies further back was not practised.",
    ]
    if entry and entry.languages != ("*",):
        lines.append(f"The base model was trained on: {', '.join(entry.languages)}. Other languages were not tested.")
    if metrics["stopped"]:
        lines.append(sentences.stopped(metrics))
    return lines


def _interval(figures: dict) -> str:
    return f"[{figures['bits_per_character_low']:.3f}, {figures['bits_per_character_high']:.3f}]"
