"""The card of a translation model that learnt from pairs: BLEU and chrF beside its base, and what became of everyday sentences."""

from genhub import catalog
from genhub.data.languages import called
from genhub.jobs.folder import RunFolder
from genhub.text import code
from genhub.text.card.parts import Figure, Source, escaped, header, listed, training

TASK = "translation"
NAMES = {"base": "the base model", "copy": "the source as it is"}

_BODY = """\
# {title}

{summary}

## Figures

{ground}

| | BLEU | 95 % interval | chrF | 95 % interval |
|---|---|---|---|---|
{figures}

{sentences}

sacrebleu: {signatures}

## How to use it

Save this as `{file}` in this folder.

```python
{script}```

## How it was made

{training}

The same pairs and seed train it again:

```
{command}
```

## Limits

{limits}
"""


def text(run: RunFolder, metrics: dict, passport: dict) -> str:
    base = catalog.hub_id(passport["base"]["id"])
    title = f"Translation model: {base.rpartition('/')[2]}, {passport['method']}"
    body = _BODY.format(
        title=title,
        summary=_summary(passport, base),
        ground=_ground(metrics),
        figures=_figures(metrics),
        sentences=listed([escaped(sentence) for sentence in metrics["sentences"]]),
        signatures=", ".join(f"`{one}`" for one in metrics["signatures"]),
        file=code.file_of(passport),
        script=code.script_for(passport, whole_model=(run.path / "model").is_dir()),
        training=training(metrics["training"], passport, "Pairs"),
        command=code.command_line(run.path, metrics, named=False),
        limits=listed(_limits(metrics, passport)),
    )
    where = f"on {metrics['test_sources']} unseen sources"
    figures = tuple(
        Figure(kind, metrics[kind], f"{name} {where}, 95 % interval {_interval(metrics, kind)}")
        for kind, name in (("bleu", "BLEU"), ("chrf", "chrF"))
    )
    return header(passport, title, TASK, Source.of(run, passport["data"], "set of pairs"), metrics["split"]["kind"], figures) + "\n" + body


def _summary(passport: dict, base: str) -> str:
    link = f"`{base}` of the project GenHub" if base.startswith("embedded/") else f"[{base}](https://huggingface.co/{base})"
    kept = "a PEFT adapter in `adapter/`" if passport["adapter"] == "peft" else "the whole model in `model/`"
    spoken = " into ".join(called(code) for code in passport["languages"] if code)
    return (
        f"{link}, adapted to pairs of sentences with method `{passport['method']}`: {kept}. It translates {spoken or 'as its base does'}."
    )


def _ground(metrics: dict) -> str:
    split = metrics["split"]
    return (
        f"Measured on {metrics['test_sources']:,} sources that nothing was learnt from (seed {split['seed']}), with all their "
        f"{metrics['test_references']:,} references. {split['train']:,} sources taught, {split['validation']:,} chose the best epoch; no source "
        "stands in two parts."
    )


def _figures(metrics: dict) -> str:
    lines = [("this model", metrics, [_interval(metrics, kind) for kind in ("bleu", "chrf")])]
    lines += [(NAMES[name], line, ["", ""]) for name, line in metrics["baselines"].items()]
    if general := metrics.get("general"):
        lines += [
            (f"{general['sources']} everyday sentences", general["model"], ["", ""]),
            ("the base model on these", general["base"], ["", ""]),
        ]
    return "\n".join(f"| {name} | {line['bleu']:.1f} | {ends[0]} | {line['chrf']:.1f} | {ends[1]} |" for name, line, ends in lines)


def _limits(metrics: dict, passport: dict) -> list[str]:
    lines = [
        f"The figures hold for sentences like these: {metrics['test_sources']:,} of one source. Measure again on your own.",
        "A fluent translation may be wrong, and the model can be sure of it.",
        "It may repeat the translations it learnt from: publish it only where these may be published.",
    ]
    if metrics["stopped"]:
        lines.append("The training was stopped: the best so far was kept, and the verdict rests on few sources.")
    return lines


def _interval(figures: dict, kind: str) -> str:
    return f"[{figures[kind + '_low']:.1f}, {figures[kind + '_high']:.1f}]"
