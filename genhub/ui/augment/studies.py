"""What a study says, drawn: a sentence and an interval for each thing tried, the table, and how the guess did."""

import json
import re
from collections.abc import Mapping, Sequence

from genhub.augment.chain import Chain
from genhub.lab import EXAMPLES
from genhub.ui import charts, markup

RECORDED = EXAMPLES / "measured" / "metrics.json"
BESIDE = ("class-weights",)  # arms that stand beside what is tried
TOLD = "A recorded measurement; yours takes its place."


def remembered(value: object) -> dict:
    """{"run", "guesses": by run} as the browser holds them: storage belongs to the visitor and may hold anything."""
    held = value if isinstance(value, dict) else {}
    run, guesses = held.get("run"), held.get("guesses")
    guesses = guesses if isinstance(guesses, dict) else {}
    kept = {str(name): guess for name, guess in guesses.items() if isinstance(guess, str)}
    return {"run": run if isinstance(run, str) else "", "guesses": dict(list(kept.items())[-20:])}


def named(chosen: object, presets: Mapping[str, Chain], own: Chain) -> str:
    """Chains that are tried, as a configuration takes them: those of the presets that were chosen, and the visitor's own."""
    names = [name for name in chosen if isinstance(name, str)] if isinstance(chosen, list) else []
    if not names:
        return ""
    return json.dumps([{"name": name, "chain": presets.get(name, own).to_dict()} for name in names])


def example() -> str:
    """A study that was recorded; "" where none is."""
    if not RECORDED.exists():
        return markup.page(markup.note("Nothing has been measured yet."))
    metrics = json.loads(RECORDED.read_text(encoding="utf-8"))
    told = f"{TOLD} The table: {metrics['data']['title'][:1].lower()}{metrics['data']['title'][1:]} (scikit-learn)."
    return markup.page(markup.paragraph(told, "muted")) + verdict(metrics, None)


def verdict(metrics: dict, guess: str | None) -> str:
    """All that was found."""
    effects = [row for row in metrics["table"] if row["effects"]]
    if not effects:
        return markup.page(*(markup.note(note) for note in metrics["notes"]), _table(metrics))
    main = next(iter(metrics["measures"]))
    tried = next((row for row in effects if row["arm"] not in BESIDE), effects[0])
    parts = [_guessed(tried, metrics["contenders"][tried["contender"]], main, guess)] if guess else []
    parts.append("<h3>Verdict</h3>")
    said = dict(zip(map(id, effects), metrics["sentences"], strict=True))
    several = len({row["size"] for row in effects}) > 1
    for contender, called in metrics["contenders"].items():
        own = [row for row in effects if row["contender"] == contender]
        rows = [
            (
                f"{row['title']}, {row['size']:,}" if several else row["title"],
                *(row["effects"][main][name] for name in ("difference", "low", "high")),
            )
            for row in own
        ]
        caption = f"{called}: {metrics['measures'][main]} with it less without, and its 95 % interval."
        parts.append(charts.interval(rows, caption, _span(effects, main)))
        parts.append(f"<ul>{''.join(f'<li>{markup.esc(_minus(said[id(row)]))}</li>' for row in own)}</ul>")
    if several:
        parts.append(_curve(metrics, main))
    ground = (
        f"{metrics['repetitions']} splits. In each {markup.plural(metrics['test_rows'], metrics['one'].removesuffix('s'))} were split off first, never augmented, "
        "and judged on. Intervals: corrected resampled t-test (Nadeau & Bengio 2003)."
    )
    notes = "".join(markup.paragraph(note, "muted") for note in metrics["notes"])
    whole = f"<details><summary>All figures</summary>{_table(metrics)}</details>"
    return markup.page(*parts, markup.paragraph(ground, "muted"), notes, whole)


def _span(effects: Sequence[dict], main: str) -> tuple[float, float]:
    """The same for all charts, with nothing-at-all in it."""
    low = min(0.0, *(row["effects"][main]["low"] for row in effects))
    high = max(0.0, *(row["effects"][main]["high"] for row in effects))
    pad = 0.05 * (high - low) or 0.01
    return low - pad, high + pad


def _guessed(row: dict, contender: str, main: str, guess: str) -> str:
    effect = row["effects"][main]
    came = "It helps" if effect["clear"] and effect["difference"] > 0 else "It hurts" if effect["clear"] else "No evidence either way"
    right = "Your guess was right" if guess == came else f"You guessed: {guess[:1].lower()}{guess[1:]}"
    return markup.paragraph(f"{right}. {row['title']}, {contender[:1].lower()}{contender[1:]}: {came[:1].lower()}{came[1:]}.")


def _minus(text: str) -> str:
    """With minus signs that are none of hyphens."""
    return re.sub(r"(?<=[\s(\[])-(?=\d)", "−", text)


def _curve(metrics: dict, main: str) -> str:
    """The main figure over the rows that were learnt from."""
    contender = next(iter(metrics["contenders"]))
    series: dict[str, list] = {}
    for row in metrics["table"]:
        if row["contender"] == contender and row["scores"][main] is not None:
            series.setdefault(row["title"], []).append((row["size"], row["scores"][main]))
    return charts.lines(series, f"{metrics['one']} to learn from", metrics["measures"][main])


def _table(metrics: dict) -> str:
    measures = metrics["measures"]
    rows = []
    for row in metrics["table"]:
        cells = [_cell(row["scores"][measure], row["effects"].get(measure)) for measure in measures]
        rows.append([metrics["contenders"][row["contender"]], f"{row['size']:,}", row["title"], *cells])
    return markup.table(["learns", metrics["one"], "with", *measures.values()], rows, (1,))


def _cell(score: float | None, effect: dict | None) -> str:
    if score is None:
        return "–"
    if effect is None:
        return f"{score:.3f}"
    return _minus(f"{score:.3f} ({effect['difference']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}])")
