"""A chain of operations, built by hand: which, how strongly, how often, in which order. One piece of HTML over a table of operations, so that
whatever stands in the table can be chosen, with its help and its bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from genhub.augment.chain import MOST, Chain, Step
from genhub.augment.kinds import PRESETS, TABLES, chain_of
from genhub.augment.operations import Operation
from genhub.errors import UserError
from genhub.ui import markup
from genhub.ui.markup import esc

# Its fields tell what they are set to once they are let go of; a slider shows its number while it moves.
JS = (
    markup.PICK_JS
    + """
element.addEventListener('change', event => {
  const field = event.target.closest('[data-set]');
  if (field) trigger('select', {pick: field.dataset.set + ':' + field.value});
});
element.addEventListener('input', event => {
  const shown = event.target.type === 'range' && event.target.parentElement.querySelector('output');
  if (shown) shown.value = Number(event.target.value);
});
"""
)
CALLED = {"all": "all, in this order", "one": "one, drawn at random", "few": "a random few"}
FILLED = {"reflect": "a reflection", "constant": "black", "edge": "the edge, drawn out"}
STEPS = 100  # of a slider
DIGITS = 12


@dataclass(frozen=True)
class Kind:
    """What a chain is for. first: the preset that it begins with."""

    name: str
    groups: tuple[str, ...]
    first: str

    @property
    def table(self) -> Mapping[str, Operation]:
        return TABLES[self.name]

    @property
    def presets(self) -> Mapping[str, Chain]:
        return PRESETS[self.name]

    def begin(self) -> dict:
        """The chain that stands there at first."""
        return self.presets[self.first].to_dict()

    def held(self, value: object) -> Chain:
        """The chain that the browser holds; the first one where it holds none that can be read."""
        try:
            return chain_of(value, self.name)
        except UserError:
            return self.presets[self.first]


def changed(kind: Kind, chain: Chain, pick: str) -> tuple[Chain, bool]:
    """(the chain after a press or a move, whether its steps are others now). Raises UserError for a value out of bounds."""
    verb, _, rest = pick.partition(":")
    if verb == "preset" and rest in kind.presets:
        return replace(kind.presets[rest], seed=chain.seed, fill=chain.fill), True
    if verb in ("way", "fill"):
        return replace(chain, **{verb: rest}).checked(kind.table), verb == "way"
    if verb in ("seed", "few"):
        return replace(chain, **{verb: int(rest) if _short_number(rest) else rest[:24]}).checked(kind.table), False
    steps = list(chain.steps)
    if verb == "add" and rest in kind.table:
        steps.append(Step(rest))
        return replace(chain, steps=tuple(steps)).checked(kind.table), True
    place, _, value = rest.partition(":")
    if not _short_number(place) or int(place) >= len(steps):
        return chain, False
    at = int(place)
    if verb == "remove":
        if len(steps) == 1:
            raise UserError("This is the only operation.", "A chain has at least one.", "Add another one first.", "ops")
        del steps[at]
    elif verb in ("up", "down"):
        other = at + (1 if verb == "down" else -1)
        if 0 <= other < len(steps):
            steps[at], steps[other] = steps[other], steps[at]
    elif verb in ("amount", "chance"):
        steps[at] = replace(steps[at], **{verb: _number(value)})
    return replace(chain, steps=tuple(steps)).checked(kind.table), verb not in ("amount", "chance")


def _short_number(text: str) -> bool:
    """Is it a whole number, of no more digits than any that is asked for?"""
    return text.isdecimal() and len(text) <= DIGITS


def _number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value  # which the check then names


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(kind: Kind, chain: Chain) -> str:
    steps = "".join(_step(kind, chain, place) for place in range(len(chain.steps)))
    return markup.page(
        '<div class="ga-row">', _preset(kind, chain), "</div>",
        f'<ol class="ga-steps">{steps}</ol>',
        _adding(kind) if len(chain.steps) < MOST else "",
        '<div class="ga-row">', _how(kind, chain), "</div>",
        classes="ga-editor",
    )  # fmt: skip


def _preset(kind: Kind, chain: Chain) -> str:
    same = next((name for name, ready in kind.presets.items() if (ready.steps, ready.way) == (chain.steps, chain.way)), "")
    offered = {} if same else {"": "Your own"}
    return _choice("Chain", "preset", {**offered, **{name: name for name in kind.presets}}, same)


def _step(kind: Kind, chain: Chain, place: int) -> str:
    step, operation = chain.steps[place], kind.table[chain.steps[place].name]
    last = len(chain.steps) - 1
    moves = [
        markup.pick("↑", f"up:{place}", title="Earlier") if place else "",
        markup.pick("↓", f"down:{place}", title="Later") if place < last else "",
        markup.pick("×", f"remove:{place}", title=f"Leave {operation.title.lower()} out"),
    ]
    amount = operation.amount
    slides = ""
    if amount is not None:
        fine = 1 if amount.whole else (amount.high - amount.low) / STEPS
        slides += _slide(f"amount:{place}", amount.label, amount.help, (amount.low, amount.high, fine, step.amount))
    slides += _slide(f"chance:{place}", "Chance", "Of how many it is done to.", (0, 1, 0.05, step.chance))
    title = f'<b title="{esc(operation.help)}">{esc(operation.title)}</b>'
    return f'<li>{title}<span class="moves">{"".join(moves)}</span><div class="slides">{slides}</div></li>'


def _slide(name: str, label: str, help: str, bounds: tuple[float, float, float, float | None]) -> str:
    low, high, fine, value = bounds
    return (
        f'<label title="{esc(help)}"><span>{esc(label)}</span><input type="range" data-set="{name}" min="{low:g}" max="{high:g}" step="{fine:g}" '
        f'value="{value:g}" aria-label="{esc(label)}"><output>{value:g}</output></label>'
    )


def _adding(kind: Kind) -> str:
    rows = []
    for group in kind.groups:
        chips = "".join(markup.pick(one.title, f"add:{one.name}", title=one.help) for one in kind.table.values() if one.group == group)
        rows.append(f'<div class="chips"><span>{esc(group)}</span>{chips}</div>')
    return f"<details><summary>Add an operation</summary>{''.join(rows)}</details>"


def _how(kind: Kind, chain: Chain) -> str:
    parts = [_choice("Done are", "way", CALLED, chain.way)]
    if chain.way == "few":
        parts.append(_whole("so many", "few", chain.few))
    if kind.name == "image":
        parts.append(_choice("Outside an image is", "fill", FILLED, chain.fill))
    parts.append(_whole("Seed", "seed", chain.seed))
    return "".join(parts)


def _choice(label: str, name: str, offered: Mapping[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{esc(value)}"{" selected" if value == chosen else ""}>{esc(called)}</option>' for value, called in offered.items()
    )
    return f'<label>{esc(label)} <select data-set="{name}">{options}</select></label>'


def _whole(label: str, name: str, value: int) -> str:
    return f'<label>{esc(label)} <input type="number" data-set="{name}" min="0" value="{value}"></label>'
