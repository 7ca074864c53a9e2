"""What a measurement says, as a card in Markdown."""

from collections.abc import Mapping


def card(job: Mapping, metrics: Mapping) -> str:
    """Of a run's job and its metrics."""
    lines = [f"# Does augmentation help? {job.get('name', '')}".rstrip(), ""]
    lines += [f"- {sentence}" for sentence in metrics["sentences"]] or ["Nothing can be said yet: fewer than two repetitions are whole."]
    lines += [
        "",
        f"{metrics['repetitions']} repetitions with splits of their own; in each {metrics['test_rows']:,} {metrics['one']} were split off first, never augmented, "
        f"and judged on, and {metrics['train_rows']:,} were learnt from. In brackets: 95 % intervals of the paired difference to the "
        f"{metrics['one']} as they are, by the corrected resampled t-test (Nadeau & Bengio 2003).",
        "",
        *table(metrics),
        "",
        f"Options: `{job.get('config')}`. Data: {job.get('data', {}).get('name', '')}, sha256 {str(job.get('data', {}).get('sha256'))[:16]}….",
    ]
    return "\n".join([*lines, *(f"\n{note}" for note in metrics["notes"])]) + "\n"


def table(metrics: Mapping) -> list[str]:
    """Lines of a Markdown table: every contender, size and arm."""
    measures = metrics["measures"]
    lines = [f"| learns | {metrics['one']} | arm | {' | '.join(measures.values())} |", f"| --- | ---: | --- |{' --- |' * len(measures)}"]
    for row in metrics["table"]:
        cells = [_cell(row["scores"][measure], row["effects"].get(measure)) for measure in measures]
        title = str(row["title"]).replace("|", "\\|")
        lines.append(f"| {metrics['contenders'][row['contender']]} | {row['size']:,} | {title} | {' | '.join(cells)} |")
    return lines


def _cell(score: float | None, effect: Mapping | None) -> str:
    if score is None:
        return "–"
    if effect is None:
        return f"{score:.3f}"
    told = f"{effect['difference']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}]"
    return f"{score:.3f}, {f'**{told}**' if effect['clear'] else told}"
