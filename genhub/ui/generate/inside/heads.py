"""Part: the weights of all heads of a layer as small maps, one of them large."""

import gradio as gr

from genhub.lab import Lab
from genhub.lab.insides import EXAMPLE_PLACES
from genhub.ui import maps, markup
from genhub.ui.generate.inside import shared
from genhub.ui.markup import PICK_JS, Raw, esc
from genhub.ui.wiring import Wires, pieces

TITLE = "Heads"
FIELDS = ["inside_heads_family", "inside_heads_layer", "inside_head"]
OUTPUTS = ["inside_heads", "inside_map", "inside_heads_layer", "inside_head"]
INTRO = "Each layer has several heads, and each head looks in its own way. Rows are tokens that look, columns what they look at; each row adds up to 1."
MEAN = 0  # stands for the average of all heads, which are counted from 1
TOLD = "{row} looks at {column} with a weight of {value}."
HABITS = {"self": "itself", "before": "one before", "after": "one after"}


def layout(wires: Wires) -> None:
    first = EXAMPLE_PLACES["encoder"]
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
    with gr.Row(elem_classes="gi-controls"):
        family = gr.Radio(shared.MODELS, value="encoder", label="Model", elem_id="inside-heads-family", scale=1, min_width=180)
        layer = gr.Slider(1, 6, value=first.layer, step=1, label="Layer", elem_id="inside-heads-layer", scale=2, min_width=220)
    with gr.Row(elem_classes="gh-split"):
        with gr.Column(scale=2, min_width=300):
            heads = pieces(elem_id="inside-heads", elem_classes="gh-reserve-tall")
        with gr.Column(scale=3, min_width=300):
            large = gr.HTML(elem_id="inside-map", elem_classes="gh-reserve-tall", js_on_load=maps.JS + PICK_JS)
    wires.add(inside_heads_family=family, inside_heads_layer=layer, inside_heads=heads, inside_map=large)
    wires.add(inside_head=gr.State(first.head))


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = ["session", "inside_asked", *FIELDS]
    wires.on(part["inside_heads_family"].input, other_model, asked, OUTPUTS, "inside_problem")
    wires.on(part["inside_heads_layer"].input, show, asked, OUTPUTS, "inside_problem", trigger_mode="always_last")
    wires.on_pick(part["inside_heads"].select, pick, asked, OUTPUTS, "inside_problem")


def other_model(lab: Lab, session: dict, inside_asked: dict, inside_heads_family: str, **_) -> dict:
    """Begin where this model has something to show."""
    place = EXAMPLE_PLACES[inside_heads_family]
    return show(lab, session, inside_asked, inside_heads_family, place.layer, place.head)


def pick(lab: Lab, pick: str, session: dict, inside_asked: dict, **fields) -> dict:
    """A head was pressed, or the mean of all."""
    head = pick.removeprefix("head:")
    return show(lab, session, inside_asked, **{**fields, "inside_head": int(head)}) if head.isdecimal() else {}


def show(lab: Lab, session: dict, inside_asked: dict, inside_heads_family: str, inside_heads_layer: int, inside_head: int) -> dict:
    """All heads of the layer; a head that this model does not have gives way to the mean."""

    def ask(layer: int) -> dict:
        return lab.inside_attention(session["visitor"], inside_asked["text"], inside_heads_family, layer, inside_asked["model"])

    told = shared.clipped(ask, layer=inside_heads_layer)
    head = inside_head if inside_head <= told["heads"] else MEAN
    return {
        "inside_heads": overview(told, head),
        "inside_map": large(told, head, shared.named(inside_heads_family, inside_asked), bool(told["splits"])),
        "inside_heads_layer": gr.update(maximum=told["layers"], value=told["layer"]),
        "inside_head": head,
    }


def mean(told: dict) -> list[list[float]]:
    """(H, T, T) → (T, T)"""
    heads = told["weights"]
    places = range(len(told["shown"]))
    return [[sum(head[row][column] for head in heads) / len(heads) for column in places] for row in places]


def overview(told: dict, chosen: int) -> str:
    """Every head small, the mean first."""
    tiles = [_tile(mean(told), MEAN, "Mean", "of all heads", chosen)]
    tiles += [
        _tile(weights, number, f"Head {number}", habit(pattern, told["shown"]), chosen)
        for number, (weights, pattern) in enumerate(zip(told["weights"], told["patterns"], strict=True), start=1)
    ]
    text = "Below each head what gets most of its weight on the average over all tokens that look: the token itself, the one before or after it, the first or the last. Where no key fits, much of the weight often goes to [CLS] or the first token. Press a head to enlarge it."
    return markup.page(f'<div class="gi-tiles">{"".join(tiles)}</div>', markup.paragraph(text, "gi-note"))


def _tile(weights: list[list[float]], number: int, name: str, told: str, chosen: int) -> str:
    return (
        f'<button type="button" data-pick="head:{number}" aria-pressed="{str(number == chosen).lower()}">'
        f"{maps.thumbnail(weights)}<b>{esc(name)}</b><span>{esc(told)}</span></button>"
    )


def habit(pattern: dict, names: list[str]) -> str:
    """What a head does most, of what has a name: “one before 0.98”, “[CLS] 0.52”."""
    most = max(pattern, key=pattern.__getitem__)
    return f"{HABITS.get(most) or names[0 if most == 'first' else -1]} {pattern[most]:.2f}"


def large(told: dict, head: int, reader: str, splits: bool) -> str:
    """One head, or the mean, with its tokens; each token that looks leads to its steps."""
    weights = mean(told) if head == MEAN else told["weights"][head - 1]
    name = "mean of all heads" if head == MEAN else f"head {head}"
    heading = f"<h3>{esc(reader)}, layer {told['layer']} of {told['layers']}, {name}</h3>"
    return markup.page(
        heading,
        maps.tokens(weights, told["shown"], TOLD),
        markup.paragraph(sentence(weights, told["shown"]), "gi-note"),
        steps_of(told, head, splits),
    )


def sentence(weights: list[list[float]], names: list[str]) -> str:
    """The largest weights of the map, on other tokens than the first and the last, in words."""
    inner = [
        (weight, names[row], names[column])
        for row, line in enumerate(weights)
        for column, weight in enumerate(line)
        if row != column and 0 < column < len(names) - 1
    ]
    best = sorted(inner, reverse=True)[:3]
    pairs = "; ".join(f"“{row}” at “{column}” {weight:.2f}" for weight, row, column in best)
    return f"Strongest between two tokens inside the sentence: {pairs}." if pairs else ""


def steps_of(told: dict, head: int, splits: bool) -> str:
    """Which tokens can be followed number by number."""
    if head == MEAN or not splits:
        return ""
    buttons = " ".join(markup.pick(name, f"query:{place}", classes="gi-chip") for place, name in enumerate(told["shown"], start=1))
    return Raw(f'<p class="gi-note">How a row comes about, number by number:</p><div class="gi-chips">{buttons}</div>')
