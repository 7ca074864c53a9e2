"""Grids of numbers as pictures: each number a square, darker for more, and a line below that tells the one under the pointer.

A picture is a mask of the accent colour, so that it follows the reader's colour scheme; negative numbers are a second mask in
another colour. Arrow keys move from square to square.
"""

import base64
import json
import struct
import zlib
from collections.abc import Sequence

from genhub.ui.markup import esc

Rows = Sequence[Sequence[float]]
CELL, SMALL_CELL, MANY = 24, 16, 24  # pixels a square with a label; where there are many or little room, the labels stand closer
BESIDE = 136  # pixels of the longest name of a row and what is around it
# Follows pointer and arrow keys over the squares of every map in the component, and writes what is there into its line.
JS = """
const tell = (map, row, column) => {
  const rows = JSON.parse(map.dataset.rows), columns = JSON.parse(map.dataset.columns), words = JSON.parse(map.dataset.words);
  row = Math.max(0, Math.min(rows.length - 1, row)); column = Math.max(0, Math.min(columns.length - 1, column));
  map.dataset.at = row + ' ' + column;
  const number = Number(map.dataset.values.split(' ')[row * columns.length + column]) / 1000;
  const value = words.length ? words[number > 0 ? 1 : 0] : number.toFixed(Number(map.dataset.digits)).replace('-', '−');
  const mark = map.querySelector('.mark');
  mark.style.left = (100 * column / columns.length) + '%'; mark.style.top = (100 * row / rows.length) + '%';
  mark.style.width = (100 / columns.length) + '%'; mark.style.height = (100 / rows.length) + '%';
  mark.hidden = false;
  map.closest('.gi-map').querySelector('.gi-told').textContent =
    map.dataset.told.replace('{row}', rows[row]).replace('{column}', columns[column]).replace('{value}', value);
};
const point = event => {
  const map = event.target.closest('.gi-squares');
  if (!map) return;
  const box = map.getBoundingClientRect();
  const columns = JSON.parse(map.dataset.columns).length, rows = JSON.parse(map.dataset.rows).length;
  tell(map, Math.floor((event.clientY - box.top) / box.height * rows), Math.floor((event.clientX - box.left) / box.width * columns));
};
element.addEventListener('pointermove', point);
element.addEventListener('pointerdown', point);
element.addEventListener('keydown', event => {
  const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
  if (!step || !event.target.matches('.gi-squares')) return;
  event.preventDefault();
  const [row, column] = (event.target.dataset.at || '-1 -1').split(' ').map(Number);
  tell(event.target, row + (row < 0 ? 1 : step[0]), column + (column < 0 ? 1 : step[1]));
});
"""


def tokens(
    values: Rows, names: Sequence[str], told: str, words: Sequence[str] = (), tone: str = "var(--c0)", mark: int | None = None
) -> str:
    """Tokens against tokens: each row looks at the columns. `told`: a sentence with {row}, {column} and {value}; `words`: what 0 and
    1 are called, where they are no numbers; `mark`: the row that stands out."""
    numbered = [f"“{name}” ({place})" for place, name in enumerate(names, start=1)]
    labels = "".join(_label(name, place == mark) for place, name in enumerate(names))
    return _labelled((labels, labels), (len(names), len(names)), _squares(values, numbered, numbered, told, words=words, tone=tone))


def cross(values: Rows, rows: Sequence[str], columns: Sequence[str], told: str, *, mark: int | None = None, tone: str = "var(--c0)") -> str:
    """As `tokens`, where those that look are others than those that are looked at."""
    labels = "".join(_label(name, place == mark) for place, name in enumerate(rows)), "".join(_label(name, False) for name in columns)
    squares = _squares(values, [f"“{name}”" for name in rows], [f"“{name}”" for name in columns], told, tone=tone)
    return _labelled(labels, (len(rows), len(columns)), squares)


def _labelled(labels: tuple[str, str], size: tuple[int, int], squares: str) -> str:
    """Squares with the names of rows and columns, and the line that tells the one under the pointer."""
    cell = f"clamp({SMALL_CELL}px, (100cqw - {BESIDE}px) / {size[1]}, {CELL if size[1] <= MANY else SMALL_CELL}px)"
    return (
        f'<figure class="gi-map"><div class="scroll gi-sticky"><div class="gi-grid" style="--n:{size[1]};--m:{size[0]};--cell:{cell}">'
        f'<div class="corner">looks at →</div><div class="columns">{labels[1]}</div><div class="rows">{labels[0]}</div>{squares}</div></div>'
        f'<figcaption class="gi-told" aria-live="polite">Point at a square, or move with the arrow keys.</figcaption></figure>'
    )


def numbers(values: Rows, titles: tuple[str, str], told: str, cell: float, every: int = 16) -> str:
    """Numbers from −1 to 1, rows and columns counted from 0; `titles`: of rows and columns; `cell`: pixels a square, less on a phone."""
    height, width = len(values), len(values[0])
    rows, columns = [str(row) for row in range(height)], [str(column) for column in range(width)]
    ticks = ["".join(f"<span>{name if place % every == 0 else ''}</span>" for place, name in enumerate(names)) for names in (columns, rows)]
    squares = _squares(values, rows, columns, told)
    size = f"--n:{width};--m:{height};--cell:min({cell:g}px, calc((100vw - 110px) / {width}))"
    return (
        f'<figure class="gi-map"><div class="scroll gi-sticky"><div class="gi-grid counted" style="{size}">'
        f'<div class="corner"></div><div class="columns">{ticks[0]}</div><div class="rows">{ticks[1]}</div>{squares}</div></div>'
        f'<div class="gi-axes">{esc(titles[0])} ↓ · {esc(titles[1])} → · <i class="plus"></i>1 <i class="minus"></i>−1</div>'
        f'<figcaption class="gi-told" aria-live="polite">Point at a square, or move with the arrow keys.</figcaption></figure>'
    )


def thumbnail(values: Rows, tone: str = "var(--c0)") -> str:
    """The same picture without labels."""
    return f'<span class="gi-thumb"><span class="gi-ink" style="background:{tone};--mask:url({png(values)})"></span></span>'


def _squares(values: Rows, rows: list[str], columns: list[str], told: str, words: Sequence[str] = (), tone: str = "var(--c0)") -> str:
    inks = f'<span class="gi-ink" style="background:{tone};--mask:url({png(values)})"></span>'
    if any(value < 0 for row in values for value in row):
        negative = [[-value for value in row] for row in values]
        inks += f'<span class="gi-ink" style="background:var(--c1);--mask:url({png(negative)})"></span>'
    thousandths = " ".join(str(round(1000 * value)) for row in values for value in row)
    attributes = {
        "data-values": thousandths,
        "data-rows": json.dumps(rows, ensure_ascii=False),
        "data-columns": json.dumps(columns, ensure_ascii=False),
        "data-words": json.dumps(list(words), ensure_ascii=False),
        "data-digits": "3",
        "data-told": told,
    }
    given = " ".join(f'{name}="{esc(value)}"' for name, value in attributes.items())
    label = f"A picture of {len(rows)} times {len(columns)} squares: the arrow keys tell them one by one"
    return f'<div class="gi-squares" tabindex="0" role="application" aria-label="{label}" {given}>{inks}<span class="mark" hidden></span></div>'


def _label(name: str, marked: bool) -> str:
    return f'<span title="{esc(name)}"{" class=marked" if marked else ""}>{esc(name)}</span>'


def png(values: Rows) -> str:
    """Numbers from 0 to 1 (less counts as 0, more as 1) as a PNG of opacities, in the form of a data URL."""
    height, width = len(values), len(values[0])
    raw = b"".join(b"\0" + b"".join(bytes((0, round(255 * max(0.0, min(1.0, value))))) for value in row) for row in values)
    header = struct.pack(">IIBBBBB", width, height, 8, 4, 0, 0, 0)  # eight bits, grey with opacity
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    chunks = b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()
