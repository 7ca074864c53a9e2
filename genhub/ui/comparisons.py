"""Finished runs of one kind as a table: what each cost, its figure with the interval, and the difference to the first."""

from genhub.images.compare import PaintersCompared
from genhub.images.drawn.compare import DrawersCompared
from genhub.text.adapting.compare import WritersCompared
from genhub.text.translation.tuning.compare import TranslatorsCompared
from genhub.text.verdict import Comparison
from genhub.ui import markup


def table(told: Comparison | WritersCompared | TranslatorsCompared | PaintersCompared | DrawersCompared) -> str:
    """The answer of `lab.compare`."""
    if isinstance(told, WritersCompared):
        return _writers(told)
    if isinstance(told, TranslatorsCompared):
        return _translators(told)
    if isinstance(told, PaintersCompared):
        return _painters(told)
    if isinstance(told, DrawersCompared):
        return _drawers(told)
    rows = [_compared(run) for run in told.runs]
    headers = ["run", "trainable", "time", "memory", "learnt weights", "accuracy", "difference to the first"]
    return markup.page(
        f"<h3>The same {told.test_rows:,} unseen rows</h3>",
        markup.table(headers, rows, classes="scroll compact"),
        *(markup.paragraph(run.sentence, "muted") for run in told.runs[1:]),
    )


def _writers(told: WritersCompared) -> str:
    """Language models on one text."""
    rows = [
        [
            run.name,
            *_costs(run),
            _with_interval(f"{run.bits_per_character:.3f}", f"[{run.bits_per_character_low:.3f}–{run.bits_per_character_high:.3f}]"),
            "–" if run.fewer is None else f"{-run.fewer:+.3f}",
            "–" if run.gain is None else f"{-run.gain:+.3f}",
            "–" if run.copied is None else f"{run.copied:.1%}",
        ]
        for run in told.runs
    ]
    headers = ["run", "trainable", "time", "memory", "learnt weights", "bits a character", "to the first", "to its base", "copied"]
    return markup.page(
        f"<h3>The same {told.test_characters:,} unseen characters</h3>", markup.table(headers, rows, classes="scroll compact")
    )


def _translators(told: TranslatorsCompared) -> str:
    """Translation models on the same pairs."""
    rows = [
        [
            run.name,
            *_costs(run),
            _with_interval(f"{run.bleu:.1f}", f"[{run.bleu_low:.1f}–{run.bleu_high:.1f}]"),
            *("–" if change is None else f"{change:+.1f}" for change in (run.more, run.gain)),
            _with_interval(f"{run.chrf:.1f}", f"[{run.chrf_low:.1f}–{run.chrf_high:.1f}]"),
            "–" if run.general is None else f"{run.general:+.1f}",
        ]
        for run in told.runs
    ]
    headers = ["run", "trainable", "time", "memory", "learnt weights", "BLEU", "to the first", "to its base", "chrF", "BLEU in general"]
    return markup.page(
        f"<h3>The same {told.test_sources:,} unseen sources</h3>",
        markup.table(headers, rows, classes="scroll compact"),
        markup.paragraph(
            "“In general”: what became of the base model's own sentences, in BLEU; below 0, some of it was forgotten.", "muted"
        )
        if any(run.general is not None for run in told.runs)
        else "",
    )


def _painters(told: PaintersCompared) -> str:
    """Image models on one set."""
    rows = [
        [
            run.name,
            *_costs(run)[1:],
            f"{run.active:,} of {run.coding:,}",
            _with_interval(f"{run.mse:.4f}", f"[{run.mse_low:.4f}–{run.mse_high:.4f}]"),
            "–" if run.more is None else f"{run.more:+.4f}",
            f"{run.pca:.4f}",
            markup.figure(run.nats, "{:.1f}"),
        ]
        for run in told.runs
    ]
    headers = ["run", "time", "memory", "learnt weights", "code in use", "squared error a pixel", "to the first", "PCA", "nats an image"]
    return markup.page(f"<h3>The same {told.test_images:,} unseen images</h3>", markup.table(headers, rows, classes="scroll compact"))


def _drawers(told: DrawersCompared) -> str:
    """Models that only draw, on one set."""
    rows = [
        [
            run.name,
            *_costs(run)[1:],
            _with_interval(f"{run.judge_fid:.1f}", f"real: {run.judge_fid_floor:.1f}"),
            "–" if run.more is None else f"{run.more:+.1f}",
            f"{run.precision:.0%}",
            f"{run.recall:.0%}",
            "–" if run.classes is None else f"{run.covered} of {run.classes}",
        ]
        for run in told.runs
    ]
    headers = ["run", "time", "memory", "learnt weights", "judge FID", "to the first", "precision", "recall", "classes drawn"]
    return markup.page(
        f"<h3>The same {told.test_images:,} unseen images, and as many drawn ones, by {markup.esc(told.judge)}</h3>",
        markup.table(headers, rows, classes="scroll compact"),
    )


def _costs(run) -> list[str]:
    return [
        "–" if run.trainable_percent is None else markup.percent(run.trainable_percent),
        "–" if run.seconds is None else markup.seconds(run.seconds),
        "–" if run.peak_memory_mb is None else f"{run.peak_memory_mb:,.0f} MB",
        "–" if run.file_bytes is None else markup.size(run.file_bytes),
    ]


def _compared(run) -> list:
    """A row; an interval stands below its figure, so that the table is narrow."""
    gap = run.difference
    return [
        run.name,
        *_costs(run),
        _with_interval(f"{run.accuracy:.3f}", f"[{run.accuracy_low:.3f}–{run.accuracy_high:.3f}]"),
        "–" if gap is None else _with_interval(f"{gap.mean:+.3f}", f"[{gap.low:+.3f}, {gap.high:+.3f}]"),
    ]


def _with_interval(figure: str, interval: str) -> markup.Raw:
    return markup.Raw(f"{markup.esc(figure)}<br><small>{markup.esc(interval)}</small>")
