"""Charts as SVG in the page's own variables: one palette (Okabe and Ito 2008), both colour schemes, no script to load.

Every function returns a string of HTML with a caption in plain words. Coordinates are in pixels of a fixed view box which
scales with its column; labels are 14 px or more at the usual width.
"""

import math
from collections.abc import Sequence

from genhub.ui.markup import esc, term

COLOURS = 10  # those of Okabe and Ito, and two for the last of ten classes
STRONGEST = 55  # per cent of its colour that the word with the most to say has: the text stays readable on it
WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 72, 14, 12, 42
LETTER = 8.5  # pixels of a label's letter, about

Points = list[tuple[float, float]]


def colour(index: int) -> str:
    """The CSS colour of class or series `index`; the same everywhere."""
    return f"var(--c{index % COLOURS})"


def lines(
    series: dict[str, Points],
    x_title: str,
    y_title: str,
    caption: str = "",
    y_range: tuple[float, float] | None = None,
    mark: float | None = None,
) -> str:
    """Curves over a common axis. `series` maps a name to its points in ascending x; `mark` draws a line at that x."""
    shown = {name: [p for p in points if p[1] is not None] for name, points in series.items()}
    shown = {name: points for name, points in shown.items() if points}
    if not shown:
        return ""
    xs = [x for points in shown.values() for x, _ in points]
    ys = [y for points in shown.values() for _, y in points]
    frame = _Frame((min(xs), max(xs)), y_range or _padded(min(ys), max(ys)))
    body = frame.axes(x_title, y_title, whole=all(x == int(x) for x in xs))
    if mark is not None and frame.x0 <= mark <= frame.x1:
        at = f"{frame.x(mark):.1f}"
        body += (
            f'<line x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{colour(1)}" stroke-width="2" stroke-dasharray="5 4"/>'
        )
    for index, points in enumerate(shown.values()):
        body += _polyline(frame, points, colour(index))
    legend = _legend([(name, colour(i)) for i, name in enumerate(shown)]) if len(shown) > 1 else ""
    return _figure(body, f"{y_title} over {x_title}", caption, legend)


def scatter(points: list[tuple[str, float, float]], x_title: str, y_title: str, caption: str = "", log_x: bool = False) -> str:
    """Named points (name, x, y); with `log_x` the x axis is logarithmic, its ticks 1, 2 and 5 times powers of ten."""
    if not points:
        return ""
    place = math.log10 if log_x else float
    xs = [place(x) for _, x, _ in points]
    ys = [y for _, _, y in points]
    frame = _Frame(_padded(min(xs), max(xs)) if not log_x else (min(xs) - 0.1, max(xs) + 0.25), _padded(min(ys), max(ys)))
    body = frame.axes(x_title, y_title, x_ticks=_log_ticks(frame.x0, frame.x1) if log_x else None)
    places = [(frame.x(x), frame.y(y)) for x, y in zip(xs, ys, strict=True)]
    names = [_short(name, 22) for name, _, _ in points]
    for index, ((x, y), name, label) in enumerate(zip(places, names, _labels(places, names), strict=True)):
        body += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour(index)}"><title>{esc(points[index][0])}</title></circle>'
        body += f'<text x="{label[0]:.1f}" y="{label[1]:.1f}" text-anchor="{label[2]}">{esc(name)}</text>'
    return _figure(body, f"{y_title} against {x_title}", caption)


def cloud(
    points: Sequence[Sequence[float]], classes: Sequence[str], titles: tuple[str, str], lines: Sequence[Sequence[float]], caption: str
) -> str:
    """Points [x, y, number of the class, is new]: those that were there as dots, new ones as rings, and thin lines [x, y, x, y] below them."""
    if not points:
        return ""
    xs, ys = ([point[axis] for point in points] for axis in (0, 1))
    frame = _Frame(_spread(xs), _spread(ys))
    body = frame.axes(*titles)
    for x0, y0, x1, y1 in lines:
        ends = f'x1="{frame.x(x0):.1f}" y1="{frame.y(y0):.1f}" x2="{frame.x(x1):.1f}" y2="{frame.y(y1):.1f}"'
        body += f'<line {ends} stroke="var(--gh-muted)" stroke-width="0.6" opacity="0.6"/>'
    for x, y, number, new in sorted(points, key=lambda point: -point[3]):  # what was there lies on top
        look = f'fill="none" stroke="{colour(int(number))}" stroke-width="1.8"' if new else f'fill="{colour(int(number))}" opacity="0.75"'
        body += f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{4 if new else 3.2}" {look}/>'
    return _figure(
        body, f"{titles[1]} against {titles[0]}", caption, _legend([(name, colour(place)) for place, name in enumerate(classes)])
    )


def _labels(places: Points, names: list[str]) -> list[tuple[float, float, str]]:
    """(x, y, text-anchor) of the name of each point: right of it, left of it, above, below, or further off, where no other point or name
    stands."""
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in places]
    found = []
    for (x, y), name in zip(places, names, strict=True):
        wide = LETTER * len(name)
        middle = min(max(x, wide / 2), WIDTH - wide / 2)
        offered = [(x + 10, y + 5, "start"), (x - 10, y + 5, "end"), (middle, y - 12, "middle"), (middle, y + 22, "middle")]
        offered += [(middle, y + 22 + sign * 17 * far, "middle") for far in range(1, 6) for sign in (1, -1)]
        boxes = [(left - {"start": 0, "end": wide, "middle": wide / 2}[anchor], line - 13) for left, line, anchor in offered]
        spans = [(left, top, left + wide, top + 17) for left, top in boxes]
        free = [
            place
            for place, (left, top, right, low) in enumerate(spans)
            if left >= 0 and right <= WIDTH and top >= 0 and not any(left < c and a < right and top < d and b < low for a, b, c, d in taken)
        ]
        best = free[0] if free else 0
        taken.append(spans[best])
        found.append(offered[best])
    return found


def bars(values: dict[str, float], caption: str = "", labels: Sequence[str] = ()) -> str:
    """Horizontal bars of counts, one a name. `labels`: all classes in their order, so that each has its own colour everywhere."""
    if not values:
        return ""
    most = max(max(values.values()), 1e-9)
    row, label = 30, 190
    height = row * len(values) + 6
    body = ""
    for i, (name, value) in enumerate(values.items()):
        y, width = i * row + 4, max(1.0, (WIDTH - label - 70) * value / most)
        body += f'<text x="{label - 10}" y="{y + 16}" text-anchor="end">{esc(_short(name, 24))}<title>{esc(name)}</title></text>'
        body += f'<rect x="{label}" y="{y}" width="{width:.1f}" height="21" rx="2" fill="{colour(labels.index(name) if name in labels else i)}"/>'
        body += f'<text x="{label + width + 8:.1f}" y="{y + 16}">{value:,}</text>'
    return _figure(body, "bars", caption, height=height)


def probabilities(scores: dict[str, float], labels: list[str], caption: str = "") -> str:
    """Class probabilities, largest first, each class in its own colour."""
    ranked = sorted(scores.items(), key=lambda item: -item[1])[:8]
    row, label = 32, 190
    body = ""
    for i, (name, value) in enumerate(ranked):
        y, width = i * row + 4, max(1.5, (WIDTH - label - 70) * value)
        body += f'<text x="{label - 10}" y="{y + 16}" text-anchor="end">{esc(_short(name, 24))}<title>{esc(name)}</title></text>'
        body += f'<rect x="{label}" y="{y}" width="{width:.1f}" height="21" rx="2" fill="{colour(labels.index(name))}"/>'
        body += f'<text x="{label + width + 8:.1f}" y="{y + 16}">{value:.3f}</text>'
    return _figure(body, "probabilities", caption, height=row * len(ranked) + 6)


def interval(rows: list[tuple[str, float, float, float]], caption: str = "", span: tuple[float, float] | None = None) -> str:
    """Point estimates with intervals: (name, value, low, high) a row, on one axis; a line where zero lies between its ends."""
    low, high = span or _padded(min(r[2] for r in rows), max(r[3] for r in rows))
    row, label = 34, 190
    scale = (WIDTH - label - 84) / max(high - low, 1e-9)
    body = ""
    for i, (name, value, start, end) in enumerate(rows):
        y = i * row + 18
        a, b, m = (label + (max(low, min(high, v)) - low) * scale for v in (start, end, value))
        body += f'<text x="{label - 10}" y="{y + 5}" text-anchor="end">{esc(_short(name, 24))}</text>'
        body += f'<line x1="{label}" x2="{label + (high - low) * scale:.1f}" y1="{y}" y2="{y}" stroke="var(--gh-line)"/>'
        body += f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{y}" y2="{y}" stroke="{colour(i)}" stroke-width="6" stroke-linecap="round" opacity=".45"/>'
        body += f'<circle cx="{m:.1f}" cy="{y}" r="6" fill="{colour(i)}"/>'
        body += f'<text x="{WIDTH - 70}" y="{y + 5}">{f"{value:.3f}".replace("-", "−")}</text>'
    if low < 0 < high:
        at = f"{label - low * scale:.1f}"
        body = f'<line x1="{at}" x2="{at}" y1="2" y2="{row * len(rows) + 2}" stroke="var(--gh-ink)" stroke-dasharray="4 3"/>' + body
    return _figure(body, "intervals", caption, height=row * len(rows) + 8)


def reliability(bins: list[dict], caption: str = "") -> str:
    """Confidence against accuracy, a bar a bin, the diagonal being perfect calibration."""
    frame = _Frame((0, 1), (0, 1))
    body = frame.axes("stated probability", "share correct")
    for item in bins:
        if not item["count"]:
            continue
        x1, x2, y = frame.x(item["low"]), frame.x(item["high"]), frame.y(item["accuracy"])
        tip = f"{item['count']} rows, stated {item['confidence']:.2f}, correct {item['accuracy']:.2f}"
        body += f'<rect x="{x1 + 1:.1f}" y="{y:.1f}" width="{max(1, x2 - x1 - 2):.1f}" height="{frame.y(0) - y:.1f}" fill="{colour(0)}" opacity=".75"><title>{esc(tip)}</title></rect>'
    body += (
        f'<line x1="{frame.x(0)}" y1="{frame.y(0)}" x2="{frame.x(1)}" y2="{frame.y(1)}" stroke="var(--gh-muted)" stroke-dasharray="5 4"/>'
    )
    return _figure(body, "calibration", caption)


def matrix(
    counts: list[list[int]], labels: list[str], picked: tuple[int, int] | None = None, *, of: str = "rows", pressed: bool = True
) -> str:
    """A confusion matrix. Rows are true labels. `of`: what is counted. `pressed`: its cells are buttons, pick "cell:true:predicted"."""
    head = "".join(f'<th class="col" scope="col" title="{esc(label)}">{esc(_short(label, 18))}</th>' for label in labels)
    body = ""
    for i, row in enumerate(counts):
        total = max(1, sum(row))
        cells = "".join(
            _matrix_cell((i, j), (value, value / total, of), labels, picked == (i, j) if pressed else None) for j, value in enumerate(row)
        )
        body += f'<tr><th class="row" scope="row" title="{esc(labels[i])}">{esc(labels[i])}</th>{cells}</tr>'
    corner = '<th class="row muted">true ↓ predicted →</th>'
    return f'<div class="scroll"><table class="gh-matrix"><thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _matrix_cell(place: tuple[int, int], figures: tuple[int, float, str], labels: list[str], pressed: bool | None) -> str:
    """`figures`: how many, of how large a share of its row, of what. `pressed`: of a button; None: it is none."""
    (i, j), (value, share, of) = place, figures
    tone = "var(--c0)" if i == j else "var(--c1)"
    strength = round(8 + 62 * share) if value else 0
    tip = f"{value} {of} of “{labels[i]}” predicted as “{labels[j]}”"
    style = f"background: color-mix(in srgb, {tone} calc({strength}% * var(--tint)), transparent)"
    if pressed is None:
        return f'<td><span title="{esc(tip)}" style="{style}">{value or "·"}</span></td>'
    return (
        f'<td><button type="button" data-pick="cell:{i}:{j}" aria-pressed="{str(pressed).lower()}" '
        f'aria-label="{esc(tip)}" title="{esc(tip)}" style="{style}">{value or "·"}</button></td>'
    )


def words(tokens: list[dict], off: set[int] = frozenset(), clickable: bool = True) -> str:
    """A text as words coloured by their attribution: violet speaks for the class, grey, dashed, against it; pick "word:index". These
    are no class's colours."""
    most = max((abs(token["score"]) for token in tokens), default=0) or 1.0
    parts = []
    for index, token in enumerate(tokens):
        share = token["score"] / most
        tone, strength = ("var(--for)" if share >= 0 else "var(--against)"), round(STRONGEST * abs(share))
        style = f"background: color-mix(in srgb, {tone} calc({strength}% * var(--tint)), transparent); border-bottom-color: color-mix(in srgb, {tone} {min(100, strength + 20)}%, transparent)"
        css = " ".join(name for name, applies in (("off", index in off), ("against", share < 0)) if applies)
        tip = f'class="{css}" style="{style}" title="{token["score"]:+.3f}"'
        if clickable:
            state = str(index in off).lower()
            parts.append(f'<button type="button" data-pick="word:{index}" aria-pressed="{state}" {tip}>{esc(token["text"])}</button>')
        else:
            parts.append(f"<span {tip}>{esc(token['text'])}</span>")
    return f'<div class="gh-words">{" ".join(parts)}</div>'


class _Frame:
    """The mapping from data to pixels of one chart, and its axes."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]):
        (self.x0, self.x1), (self.y0, self.y1) = x_range, y_range
        self.x1 = self.x1 if self.x1 > self.x0 else self.x0 + 1
        self.y1 = self.y1 if self.y1 > self.y0 else self.y0 + 1

    def x(self, value: float) -> float:
        return LEFT + (value - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        value = max(self.y0, min(self.y1, value))
        return HEIGHT - BOTTOM - (value - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)

    def axes(self, x_title: str, y_title: str, whole: bool = False, x_ticks: list[tuple[float, str]] | None = None) -> str:
        """Grid, ticks and titles; `whole`: x counts something, there is nothing between two numbers. x_ticks: places and what stands there."""
        body = ""
        for tick in _ticks(self.y0, self.y1, 4):
            y = self.y(tick)
            body += f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--gh-line)"/>'
            body += f'<text class="soft" x="{LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{_tick(tick)}</text>'
        usual = ((tick, f"{tick:g}") for tick in _ticks(self.x0, self.x1, 6) if not whole or tick == int(tick))
        for tick, told in usual if x_ticks is None else x_ticks:
            x = self.x(tick)
            x, anchor = (WIDTH, "end") if x + len(told) * LETTER / 2 > WIDTH else (x, "middle")
            body += f'<text class="soft" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="{anchor}">{told}</text>'
        body += f'<text class="soft" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 5}" text-anchor="middle">{esc(x_title)}</text>'
        middle = (HEIGHT - BOTTOM) / 2
        return body + f'<text class="soft" transform="translate(13 {middle}) rotate(-90)" text-anchor="middle">{esc(y_title)}</text>'


def _polyline(frame: _Frame, points: Points, stroke: str) -> str:
    path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
    dot = f'<circle cx="{frame.x(points[-1][0]):.1f}" cy="{frame.y(points[-1][1]):.1f}" r="4" fill="{stroke}"/>'
    return f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="2.5" stroke-linejoin="round"/>{dot}'


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers between low and high, about `count` of them."""
    raw = (high - low) / max(1, count)
    magnitude = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1
    step = next((m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= raw), magnitude)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """1, 2 and 5 times the powers of ten, as their logarithms from low to high, and in words; over more than four decades, the powers alone."""
    steps = (1, 2, 5) if high - low <= 4 else (1,)
    ticks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    return [(math.log10(tick), f"{tick:,.0f}" if tick >= 1 else f"{tick:g}") for tick in ticks if low <= math.log10(tick) <= high]


def _tick(value: float) -> str:
    """A number short enough to stand beside the axis title, at the phone's size too."""
    if value == 0 or abs(value) >= 0.01:
        return f"{value:g}"
    digits, _, power = f"{value:e}".partition("e")
    return f"{float(digits):g}e{int(power)}"


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """All values, with a little room around them."""
    low, high = min(values), max(values)
    pad = (high - low) * 0.04 or 1.0
    return low - pad, high + pad


def _padded(low: float, high: float) -> tuple[float, float]:
    pad = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (max(0.0, low - pad) if low >= 0 else low - pad), high + pad


def _legend(entries: list[tuple[str, str]]) -> str:
    items = "".join(f'<span><i style="background:{tone}"></i>{term(name)}</span>' for name, tone in entries)
    return f'<div class="gh-legend">{items}</div>'


def _figure(body: str, label: str, caption: str, legend: str = "", height: int = HEIGHT) -> str:
    text = f"<figcaption>{esc(caption)}</figcaption>" if caption else ""
    return f'<figure>{legend}<svg viewBox="0 0 {WIDTH} {height}" width="100%" style="max-width:{WIDTH + 120}px" role="img" aria-label="{esc(label)}">{body}</svg>{text}</figure>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
