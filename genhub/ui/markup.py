"""Hand-made HTML, escaped first: every text that is not a literal in this package passes `esc`.

`gr.HTML` does not escape, and texts, labels and file names belong to strangers; so the pieces of a page are made here and
in `charts`, and nowhere else.
"""

from collections.abc import Iterable
from html import escape

from genhub.data.fixes import BUTTONS
from genhub.errors import UserError
from genhub.ui.glossary import explained

# One listener for every clickable piece: a `data-pick` attribute says what was picked, Gradio's select event carries it. Pieces
# that are no buttons (words of a running text, which must be able to break) are pressed by Enter and the space bar too.
PICK_JS = """
const chosen = event => {
  const target = event.target.closest('[data-pick]');
  if (target) { event.preventDefault(); trigger('select', {pick: target.dataset.pick}); }
};
element.addEventListener('click', chosen);
element.addEventListener('keydown', event => {
  if ((event.key === 'Enter' || event.key === ' ') && event.target.matches('[role="button"][data-pick]')) chosen(event);
});
"""


def esc(value) -> str:
    return escape(str(value), quote=True)


def term(name: str) -> str:
    """A name; where the glossary knows it, its sentence appears on hover."""
    told = explained(name)
    return f'<abbr title="{esc(told)}" tabindex="0">{esc(name)}</abbr>' if told else esc(name)


def page(*parts: str, classes: str = "") -> str:
    """A block of ours on the page."""
    return f'<div class="gh {classes}">{"".join(parts)}</div>'


def picture(png: str, told: str, classes: str = "") -> str:
    """A picture of small images, from a PNG in base64, enlarged pixel by pixel. told: what it shows, for those who do not see it."""
    return f'<img class="gh-pixels {classes}" alt="{esc(told)}" src="data:image/png;base64,{esc(png)}">'


def paragraph(text: str, classes: str = "") -> str:
    return f'<p class="{classes}">{esc(text)}</p>'


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Name and value, side by side, wrapping."""
    cells = "".join(f'<div><span class="k">{term(name)}</span><span class="v">{esc(value)}</span></div>' for name, value in pairs)
    return f'<div class="gh-facts">{cells}</div>'


def table(headers: list[str], rows: Iterable[Iterable[object]], numeric: Iterable[int] = (), classes: str = "scroll") -> str:
    """A table that scrolls inside itself; `numeric` columns are right-aligned. Cells that are `Raw` are kept as they are."""
    right = set(numeric)
    head = "".join(f'<th class="{"num" if i in right else ""}">{term(name)}</th>' for i, name in enumerate(headers))
    body = "".join("<tr>" + "".join(_cell(cell, i in right) for i, cell in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="{classes}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


class Raw(str):
    """HTML made by this package, to be placed in a table cell without escaping."""

    __slots__ = ()


def _cell(value, right: bool) -> str:
    return f'<td class="{"num" if right else ""}">{value if isinstance(value, Raw) else esc(value)}</td>'


def pick(label: str, value: str, pressed: bool | None = None, title: str = "", classes: str = "") -> Raw:
    """A button whose press reaches Python as `value` (see PICK_JS)."""
    state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    hint = f' title="{esc(title)}"' if title else ""
    return Raw(f'<button type="button" class="{classes}" data-pick="{esc(value)}"{state}{hint}>{esc(label)}</button>')


def problem(error: UserError, heard: bool = False) -> str:
    """What is wrong, the limit, what to do; where presses are `heard` (see `wiring.pieces`), with the button of its remedy."""
    rest = " ".join(part for part in (error.limit, error.remedy) if part)
    button = f" {pick(BUTTONS[error.fix], f'fix:{error.fix}')}" if heard and error.fix in BUTTONS else ""
    return page(f'<div class="gh-problem" role="alert"><b>{esc(error.what)}</b> {esc(rest)}{button}</div>')


def note(text: str) -> str:
    return f'<div class="gh-note">{esc(text)}</div>'


def chip(state: str) -> Raw:
    return Raw(f'<span class="gh-chip {esc(state)}">{esc(state)}</span>')


def figure(value: float | None, form: str) -> str:
    """A number in a form of `str.format`; a dash where there is none."""
    return "–" if value is None else form.format(value)


def track(share: float) -> str:
    """A progress bar, `share` from 0 to 1."""
    percent = max(0.0, min(1.0, share)) * 100
    return f'<div class="gh-track" role="progressbar" aria-valuenow="{percent:.0f}" aria-valuemin="0" aria-valuemax="100"><i style="width:{percent:.1f}%"></i></div>'


def seconds(value: float | None) -> str:
    """A duration for people: "8 s", "2 min 5 s", "1 h 4 min"."""
    if value is None:
        return "unknown"
    whole = max(0, round(value))
    if whole < 60:
        return f"{value:.1f} s" if value < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def wait(expected: float | None) -> str:
    """The end of a sentence on the queue; nothing while unknown. An estimate has no tenths."""
    if expected is None:
        return ""
    return f", about {seconds(max(10.0, expected))} to wait" if expected >= 5 else ", next in a moment"


def size(count: float) -> str:
    """A number of bytes for people, in powers of ten."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def millions(count: float) -> str:
    """Parameters: 0.5 M, 109 M."""
    return f"{count / 1e6:.1f} M" if count < 1e7 else f"{count / 1e6:.0f} M"


def percent(value: float) -> str:
    """A percentage for people, two digits after the point, small ones not as zero."""
    return "< 0.01 %" if 0 < value < 0.01 else f"{value:.2f} %"


def plural(count: int, noun: str) -> str:
    """ "1 row", "1,234 rows"; nouns in -s, -x, -ss take -es."""
    ending = "" if count == 1 else ("es" if noun.endswith(("s", "x")) else "s")
    return f"{count:,} {noun}{ending}"
