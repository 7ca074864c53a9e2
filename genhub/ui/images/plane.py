"""The map of an image model as SVG: where images lie, coloured by class, and cells that can be pressed anywhere on it."""

from collections.abc import Callable, Sequence

from genhub.ui import charts
from genhub.ui.markup import esc, page

WIDTH, HEIGHT, EDGE = 640, 460, 8
COLUMNS, ROWS = 40, 28
LETTER, LINE = 12, 24  # of a name, a little more than on a wide page, for on a phone names are larger
PICK, WAY = "at", "way"
# A line drawn with the mouse from a cell to another one is a way; a finger scrolls, and presses two places.
WAY_JS = """
let from = null, line = null;
const middle = cell => ['x', 'y'].map((side, n) => +cell.getAttribute(side) + cell.getAttribute(n ? 'height' : 'width') / 2);
const under = event => document.elementFromPoint(event.clientX, event.clientY)?.closest('#' + element.id + ' rect[data-pick]');
const end = () => { line?.remove(); from = line = null; };
element.addEventListener('pointerdown', event => {
  end();
  if (event.pointerType !== 'touch' && event.button === 0) from = event.target.closest('rect[data-pick]');
});
element.addEventListener('pointermove', event => {
  const here = from && under(event);
  if (!here || !(event.buttons & 1) || (here === from && !line)) return;
  line ??= from.ownerSVGElement.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'line'));
  const [x1, y1] = middle(from), [x2, y2] = middle(here);
  for (const [name, value] of Object.entries({ x1, y1, x2, y2, class: 'way' })) line.setAttribute(name, value);
});
element.addEventListener('pointerup', event => {
  const here = under(event);
  if (from && here && here !== from) trigger('select', {pick: ['way', ...[from, here].flatMap(cell => cell.dataset.pick.split(':').slice(1))].join(':')});
  end();
});
element.addEventListener('pointerleave', end);
"""
MARKED = ["latent_marks", "latent_places"]
Place = tuple[float, float]
Span = tuple[float, float, float, float]  # left, bottom, right, top


def span(places: Sequence[Sequence[float]]) -> Span:
    """All places, with a little room around them."""
    xs, ys = zip(*places, strict=True)
    wide, high = (max(values) - min(values) or 1.0 for values in (xs, ys))
    return min(xs) - 0.05 * wide, min(ys) - 0.05 * high, max(xs) + 0.05 * wide, max(ys) + 0.05 * high


def middle(places: Sequence[Sequence[float]]) -> list[float]:
    """The mean of all places."""
    return [sum(values) / len(places) for values in zip(*places, strict=True)]


def draw(told: dict, *, pressed: bool = True) -> str:
    """`told`: the answer of `lab.image_map`, or of `lab.forming_map`; pressed: it has cells that can be."""
    whole = span(told["places"])
    at = _at(whole)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{charts.colour(max(0, number))}" fill-opacity="0.75"/>'
        for (x, y), number in zip(map(at, told["places"]), told["classes"], strict=True)
    )
    names = dict(zip(told["names"], range(len(told["names"])), strict=True))
    labels = "".join(
        f'<text class="name" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{esc(name)}</text>' for x, y, name in _labels(told, names, at)
    )
    cells = "" if not pressed else "".join(_cell(column, row, whole) for row in range(ROWS) for column in range(COLUMNS))
    told_of = f"A map of {len(told['places']):,} images in {len(names) or 'no'} classes"
    return f'<svg class="gh-plane" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(told_of)}">{dots}{labels}{cells}</svg>'


def marks(whole: Span, chosen: Sequence[Place]) -> str:
    """The last places that were pressed, the newest last, to lie over the map: that one stays as it is."""
    places = [*map(_at(whole), chosen)]
    drawn = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="var(--gh-ink)" stroke-width="2.5"/>' for x, y in places)
    if len(places) > 1:
        (x1, y1), (x2, y2) = places[-2:]
        drawn += f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="var(--gh-ink)" stroke-width="2"/>'
    return f'<svg class="gh-plane marks" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{drawn}</svg>'


def marked(told: dict | None, place: Sequence[float] | None) -> dict:
    """A place comes to be the last one pressed on the map, of which `told` is known: {} where it has none."""
    if not told or place is None:
        return {}
    return {"latent_marks": page(marks(told["span"], [place])), "latent_places": [list(place)]}


def _at(whole: Span) -> Callable[[Sequence[float]], Place]:
    """From places of the map to pixels."""
    left, bottom, right, top = whole

    def at(place: Sequence[float]) -> Place:
        x = EDGE + (place[0] - left) / (right - left) * (WIDTH - 2 * EDGE)
        return x, HEIGHT - EDGE - (place[1] - bottom) / (top - bottom) * (HEIGHT - 2 * EDGE)

    return at


def _labels(told: dict, names: dict[str, int], at: Callable[[Place], Place]) -> list[tuple[float, float, str]]:
    """Where the name of each class that has images is written: in their middle, or above or below it where another name stands."""
    found: list[tuple[float, float, str]] = []
    for name, number in names.items():
        own = [place for place, own in zip(told["places"], told["classes"], strict=True) if own == number]
        if not own:
            continue
        xs, ys = (sorted(values) for values in zip(*own, strict=True))
        x, middle = at((xs[len(xs) // 2], ys[len(ys) // 2]))
        offered = [middle + sign * far * LINE for far in range(4) for sign in (1, -1)]
        free = (y for y in offered if LINE < y < HEIGHT and not any(_touch((x, y, name), other) for other in found))
        found.append((x, next(free, middle), name[:14]))
    return found


def _touch(one: tuple[float, float, str], other: tuple[float, float, str]) -> bool:
    wide = LETTER * (min(14, len(one[2])) + len(other[2])) / 2
    return abs(one[0] - other[0]) < wide and abs(one[1] - other[1]) < LINE


def _cell(column: int, row: int, whole: Span) -> str:
    left, bottom, right, top = whole
    wide, high = (WIDTH - 2 * EDGE) / COLUMNS, (HEIGHT - 2 * EDGE) / ROWS
    x, y = left + (column + 0.5) / COLUMNS * (right - left), top - (row + 0.5) / ROWS * (top - bottom)
    box = f'x="{EDGE + column * wide:.1f}" y="{EDGE + row * high:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect {box} data-pick="{PICK}:{x:.4g}:{y:.4g}"/>'
