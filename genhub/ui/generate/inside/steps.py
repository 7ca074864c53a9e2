"""Part: one token, one head, the four steps of attention with their numbers."""

import gradio as gr

from genhub.lab import Lab
from genhub.lab.insides import EXAMPLE_PLACES
from genhub.ui import markup
from genhub.ui.generate.inside import shared
from genhub.ui.markup import Raw, esc
from genhub.ui.wiring import Wires, pieces

TITLE = "Attention in four steps"
PLACE = ["inside_steps_family", "inside_steps_layer", "inside_steps_head", "inside_query"]
FIELDS = [*PLACE, "inside_steps_guess"]
OUTPUTS = ["inside_queries", "inside_steps", "inside_steps_layer", "inside_steps_head", "inside_query"]
INTRO = "Attention is a look-up. The token that looks puts a question (its query q), every token offers a key k and a value v, and the better a key fits, the more of its value is taken along."
FORMULA = Raw(
    '<p class="gi-formula">Attention(Q, K, V) = softmax( Q K<sup>⊤</sup> / √d ) V <span class="gi-note">Vaswani et al. 2017</span></p>'
)


def layout(wires: Wires) -> None:
    first = EXAMPLE_PLACES["encoder"]
    gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text"), FORMULA))
    with gr.Row(elem_classes="gi-controls"):
        family = gr.Radio(shared.MODELS, value="encoder", label="Model", elem_id="inside-steps-family", scale=1, min_width=180)
        layer = gr.Slider(1, 6, value=first.layer, step=1, label="Layer", elem_id="inside-steps-layer", scale=2, min_width=300)
        head = gr.Slider(1, 12, value=first.head, step=1, label="Head", elem_id="inside-steps-head", scale=2, min_width=300)
    guess = gr.Checkbox(False, label="Guess first: which token gets the largest weight?", elem_id="inside-steps-guess")
    queries = pieces(elem_id="inside-queries")
    view = pieces(elem_id="inside-steps", elem_classes="gh-reserve-tall")
    wires.add(inside_steps_family=family, inside_steps_layer=layer, inside_steps_head=head, inside_queries=queries, inside_steps=view)
    wires.add(inside_query=gr.State(first.query), inside_steps_guess=guess)


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = ["session", "inside_asked", *FIELDS]
    wires.on(part["inside_steps_family"].input, other_model, asked, OUTPUTS, "inside_problem")
    for changed in ("inside_steps_layer", "inside_steps_head", "inside_steps_guess"):
        wires.on(part[changed].input, show, asked, OUTPUTS, "inside_problem", trigger_mode="always_last")
    wires.on_pick(part["inside_queries"].select, pick, asked, OUTPUTS, "inside_problem")
    wires.on_pick(part["inside_steps"].select, guess, [*asked, "inside_score"], ["inside_steps", "inside_score"], "inside_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def other_model(lab: Lab, session: dict, inside_asked: dict, inside_steps_family: str, inside_steps_guess: bool, **_) -> dict:
    """Begin where this model has something to show."""
    place = EXAMPLE_PLACES[inside_steps_family].to_dict()
    fields = dict(zip(PLACE, place.values(), strict=True))
    return show(lab, session, inside_asked, inside_steps_guess=inside_steps_guess, **fields)


def pick(lab: Lab, pick: str, session: dict, inside_asked: dict, **fields) -> dict:
    """Another token looks."""
    query = pick.removeprefix("query:")
    return show(lab, session, inside_asked, **{**fields, "inside_query": int(query)}) if query.isdecimal() else {}


def show(lab: Lab, session: dict, inside_asked: dict, **fields) -> dict:
    """A place that this model or sentence does not have gives way to one that it has."""
    told = _told(lab, session, inside_asked, fields)
    return {
        "inside_queries": queries(told),
        "inside_steps": render(told, *_reader(inside_asked, fields), hidden=fields["inside_steps_guess"]),
        "inside_steps_layer": gr.update(maximum=told["layers"], value=told["layer"]),
        "inside_steps_head": gr.update(maximum=told["heads"], value=told["head"]),
        "inside_query": told["query"],
    }


def guess(lab: Lab, pick: str, session: dict, inside_asked: dict, inside_score: list[int], **fields) -> dict:
    """The visitor has said which token gets the largest weight."""
    told = _told(lab, session, inside_asked, fields)
    place = pick.removeprefix("guess:")
    if not place.isdecimal() or int(place) >= len(told["shown"]) or "closed" in told:
        return {}
    weights = [seen["weight"] for seen in told["seen"] if seen["allowed"]]
    own, best = told["seen"][int(place)]["weight"], max(weights)
    score, words = shared.scored(inside_score, own == best)
    said = f"You said “{told['shown'][int(place)]}”: {own:.3f}, number {1 + sum(weight > own for weight in weights)} of {len(weights)}."
    answer = f"Right. {said}" if own == best else f"{said} The largest weight, {best:.3f}, is on “{told['shown'][weights.index(best)]}”."
    return {"inside_steps": render(told, *_reader(inside_asked, fields), guessed=f"{answer} {words}"), "inside_score": score}


def _told(lab: Lab, session: dict, asked: dict, fields: dict) -> dict:
    family, layer, head, query = (fields[name] for name in PLACE)
    visitor = session["visitor"]
    known = lab.inside_tokens(visitor, asked["text"], family, asked["model"])["pieces"]

    def ask(**place) -> dict:
        return lab.inside_steps(visitor, asked["text"], {"family": family, "query": min(query, len(known)), **place}, asked["model"])

    return shared.clipped(ask, layer=layer, head=head)


def _reader(asked: dict, fields: dict) -> tuple[str, bool]:
    """Who reads, and whether each of its layers begins with a norm."""
    family = fields[PLACE[0]]
    return shared.named(family, asked), family == "causal"


# ---- rendering ------------------------------------------------------------------------------------------------------


def queries(told: dict) -> str:
    """The tokens, of which one looks."""
    buttons = _chips(told["shown"], "query", told["query"] - 1, first=1)
    return markup.page(markup.paragraph("Which token looks?", "gi-label"), buttons)


def _chips(names: list[str], verb: str, pressed: int | None = None, first: int = 0) -> str:
    chips = (
        markup.pick(name, f"{verb}:{place + first}", None if pressed is None else place == pressed, classes="gi-chip")
        for place, name in enumerate(names)
    )
    return f'<div class="gi-chips">{" ".join(chips)}</div>'


def render(told: dict, reader: str, norm_first: bool, hidden: bool = False, guessed: str = "") -> str:
    """The four steps, or why they cannot be shown; `hidden`: the last two wait for a guess."""
    if "closed" in told:
        return markup.page(markup.note(f"{told['closed']} Its weights are in the tab Heads."))
    token = told["shown"][told["query"] - 1]
    where = f"{reader}, layer {told['layer']} of {told['layers']}, head {told['head']} of {told['heads']}; “{token}” looks."
    steps = [position(told, token), extract(told, token, norm_first)]
    steps += [question(told, token)] if hidden else [weights(told, token, guessed), features(told, token)]
    return markup.page(markup.paragraph(where, "gi-note"), f'<ol class="gi-steps">{"".join(steps)}</ol>', "" if hidden else check(told))


def question(told: dict, token: str) -> str:
    """In the place of step 3."""
    seen = [name for name, one in zip(told["shown"], told["seen"], strict=True) if one["allowed"]]
    text = f"Commit first: which token gets the largest weight from “{token}” in this head? Press it."
    return _step("Compute weights", text, _chips(seen, "guess"))


def _step(name: str, text: str, *inside: str) -> str:
    return f"<li><h3>{esc(name)}</h3>{markup.paragraph(text, 'gi-text')}{''.join(inside)}</li>"


def position(told: dict, token: str) -> str:
    """Step 1."""
    where = f"“{token}” is token {told['query']} of {len(told['shown'])}."
    if told["positions"]:
        text = f"{where} This model adds no position to the vector x. {told['positions']}"
    else:
        below = "" if told["layer"] == 1 else " and the layers below have worked on the sum"
        text = f"{where} An embedding of that position was added to the token's own at the bottom of the model{below}: x, which enters this layer, holds both."
    return _step("Position", text, _vectors([("x", told["x"], told["hidden"])]))


def extract(told: dict, token: str, norm_first: bool) -> str:
    """Step 2."""
    source = "x, which is first brought to a common scale by a norm" if norm_first else "x"
    text = f"Three matrices that this head has learnt make three short vectors of {told['width']} numbers from {source}: what “{token}” asks for, what it offers to be found by, and what it hands over."
    rows = [(name, told[name], told["width"]) for name in ("q", "k", "v")]
    return _step("Extract query, key and value", text, _vectors(rows))


def weights(told: dict, token: str, guessed: str) -> str:
    """Step 3, a row a token."""
    width = told["width"]
    hidden = sum(not seen["allowed"] for seen in told["seen"])
    masked = f" The mask sets the scores of the {markup.plural(hidden, 'token')} after it to −∞." if hidden else " No token is masked."
    text = f"The query of “{token}” is multiplied with the key of every token, the product divided by √{width} = {width**0.5:.2f}, and softmax makes weights of the scores that add up to 1.{masked}"
    headers = ["token", "cosine", "q·k", f"÷ √{width}", "mask", "weight"]
    rows = [_row(name, seen) for name, seen in zip(told["shown"], told["seen"], strict=True)]
    table = markup.table(headers, rows, (1, 2, 3), classes="scroll gi-scores gi-narrow")
    answer = markup.paragraph(guessed, "gi-label") if guessed else ""
    return _step("Compute weights", text, answer, table, markup.paragraph(cosine_note(told), "gi-note"))


def _row(name: str, seen: dict) -> list:
    numbers = [shared.signed(seen[key]) for key in ("cosine", "dot", "scaled")]
    if not seen["allowed"]:
        return [name, *numbers, "− ∞", Raw('<span class="gi-note">0.000</span>')]
    bar = shared.cell(f"{seen['weight']:.3f}", seen["weight"])
    return [name, *numbers, "+ 0", bar]


def cosine_note(told: dict) -> str:
    """The dot product is no cosine: both, and whether they would choose the same token."""
    seen = [(one, name) for one, name in zip(told["seen"], told["shown"], strict=True) if one["allowed"]]
    by_dot, dot_name = max(seen, key=lambda pair: pair[0]["dot"])
    by_cosine, cosine_name = max(seen, key=lambda pair: pair[0]["cosine"])
    text = (
        f"The dot product is sometimes called cosine similarity; it is that only for vectors of length one. Both stand in the table. Here q has length {told['query_norm']:.2f}, "
        f"so q·k for “{dot_name}” is {shared.signed(by_dot['dot'])} and the cosine {shared.signed(by_dot['cosine'])}. "
    )
    if by_dot is by_cosine:
        return text + "Both find the same token first."
    return (
        text
        + f"By cosine “{cosine_name}” would come first ({shared.signed(by_cosine['cosine'])}): a long key wins a dot product, not a cosine."
    )


def features(told: dict, token: str) -> str:
    """Step 4."""
    ranked = sorted(zip(told["seen"], told["shown"], strict=True), key=lambda pair: -pair[0]["weight"])
    most = ", ".join(f"{seen['weight']:.2f} of “{name}”" for seen, name in ranked[:3] if seen["weight"] >= 0.01)
    text = f"The values of all tokens, each times its weight, add up to what this head tells “{token}”: {most} and less of the others. The vectors of the {told['heads']} heads are put side by side, multiplied by one more matrix and added to x."
    return _step("Extract features", text, _vectors([("Σ w v", told["context"], told["width"])]))


def check(told: dict) -> str:
    """How far the model's answer is from the one computed with these numbers."""
    text = f"Checked: with attention computed as shown here in every layer and head, the model's output differs from its usual one by at most {shared.small(told['difference'])}, the rounding of sums."
    return markup.paragraph(text, "gi-note")


def _vectors(rows: list[tuple[str, list[float], int]]) -> str:
    lines = "".join(f"<dt>{esc(name)}</dt><dd>{shared.vector(numbers, length)}</dd>" for name, numbers, length in rows)
    return f'<dl class="gi-vectors">{lines}</dl>'
