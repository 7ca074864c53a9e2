"""Stage 2 of Translate: what the model looked at while it wrote each word, the recurrent translator's alignment beside it, and what
becomes of the translation when a word is hidden: a cause, not a picture of one.
"""

import difflib

import gradio as gr

from genhub.data.languages import called
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.lab.translating import RECURRENT
from genhub.text.translation import measured
from genhub.ui import maps, markup, tokens
from genhub.ui.markup import PICK_JS, esc
from genhub.ui.translate import by_length, state
from genhub.ui.wiring import Wires, pieces

STAGE = "2  Attention"
NOTHING = "Translate a text first."
BEST, MEAN = "best", "mean"
TOLD = "{row} looks at {column} with a weight of {value}."
INTRO = (
    "Rows are words that were written, columns words of the source; each row adds up to 1. Press a word of the translation to light what it "
    "looked at, press words of the source to hide them from the decoder."
)
WITHOUT = "Without attention there is nothing to hide: all that this decoder sees is the one vector that the encoder ended with."
FIELDS = ["tr_layer", "tr_head", "tr_merged"]
DRAWN = ["tr_pair", "tr_map", "tr_recurrent", "tr_hidden", "tr_layer", "tr_head"]


def layout(wires: Wires) -> None:
    first = _first()
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-attention") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
        problem = gr.HTML(elem_id="attention-problem")
        pair = pieces(first["tr_pair"], elem_id="tr-pair")
        hidden = gr.HTML(elem_id="tr-hidden")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=3, min_width=300):
                with gr.Row(elem_classes="gi-controls"):
                    layer = gr.Dropdown(_places(first["layers"], "layer"), value=BEST, label="Layer", elem_id="tr-layer", min_width=150)
                    head = gr.Dropdown(_places(first["heads"], "head"), value=MEAN, label="Head", elem_id="tr-head", min_width=150)
                    merged = gr.Checkbox(
                        True, label="Whole words", info="Or the pieces that the model reads.", elem_id="tr-merged", min_width=150
                    )
                large = gr.HTML(first["tr_map"], elem_id="tr-map", elem_classes="gh-reserve-tall", js_on_load=maps.JS + PICK_JS)
            with gr.Column(scale=2, min_width=300):
                recurrent = gr.HTML(first["tr_recurrent"], elem_id="tr-recurrent", js_on_load=maps.JS)
        gr.HTML(by_length.exhibit(wires.lab), elem_id="tr-by-length")
    wires.add(attention_stage=stage, attention_problem=problem, tr_pair=pair, tr_hidden=hidden, tr_layer=layer, tr_head=head)
    wires.add(tr_merged=merged, tr_map=large, tr_recurrent=recurrent)


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = ["session", "tr_state", *FIELDS]
    picked = wires.on_pick(part["tr_pair"].select, press, ["tr_state"], ["tr_state", "tr_text"], "attention_problem")
    wires.on(picked.then, redraw, asked, DRAWN, "attention_problem")
    changed = [part[name].input for name in FIELDS]
    for event in changed:
        wires.on(event, redraw, asked, DRAWN, "attention_problem", trigger_mode="always_last")


# ---- handlers -------------------------------------------------------------------------------------------------------


def press(lab: Lab, pick: str, tr_state: dict | None) -> dict:
    """A word of the translation is looked at, or no longer; a word of the source is hidden, or seen again."""
    from genhub.ui.translate.write import render

    if not tr_state:
        return {}
    verb, _, number = pick.partition(":")
    if verb not in ("look", "hide") or not number.isdecimal():
        return {}
    place = int(number)
    if verb == "look":
        chosen = {**tr_state, "word": None if tr_state["word"] == place else place}
    else:
        chosen = {**tr_state, "hidden": sorted(set(tr_state["hidden"]) ^ {place})}
    return {"tr_state": chosen, "tr_text": render(chosen)}


def redraw(lab: Lab, session: dict, tr_state: dict | None, tr_layer: str, tr_head: str, tr_merged: bool) -> dict:
    """All of the stage for the sentence in view."""
    if not tr_state or not tr_state["told"]["sentences"] or tr_state["told"].get("growing"):
        return {}
    visitor, values, pair = session["visitor"], tr_state["values"], state.pair(tr_state)
    asked = (visitor, pair, values, tr_state["run"])
    told, tr_layer, tr_head = _attended(lab, asked, (tr_layer, tr_head))
    shown = told if tr_merged else lab.attend(*asked, **_place(tr_layer, tr_head), merged=False)
    hidden = [at for at in tr_state["hidden"] if at < len(told["source_words"])]
    goes = lab.has_recurrent() and tuple(tr_state["told"].get("languages") or ()) == RECURRENT
    other = lab.recurrent(visitor, state.sentence(tr_state)["source"]) if goes else None
    return {
        "tr_pair": lines(told, tr_state["word"], hidden),
        "tr_map": large(shown),
        "tr_recurrent": alignment(other) if other else "",
        "tr_hidden": exhibit(lab, visitor, tr_state, told, hidden, other) if hidden else "",
        "tr_layer": gr.update(choices=_places(told["layers"], "layer"), value=tr_layer),
        "tr_head": gr.update(choices=_places(told["heads"], "head"), value=tr_head),
    }


def _attended(lab: Lab, asked: tuple, chosen: tuple[str, str]) -> tuple[dict, str, str]:
    """What was looked at in the layer and head that are chosen; where this model has no such ones, in what is shown first."""
    try:
        return lab.attend(*asked, **_place(*chosen)), *chosen
    except UserError as error:
        if error.field not in ("layer", "head"):
            raise
        return lab.attend(*asked, **_place(BEST, MEAN)), BEST, MEAN


def exhibit(lab: Lab, visitor: str, shown: dict, told: dict, hidden: list[int], other: dict | None) -> str:
    """The translations with and without the hidden words, what changed marked."""
    source, values, words = state.pair(shown)["source"], shown["values"], told["source_words"]
    places = [piece for at in hidden for piece in told["source_places"][at]]
    whole, less = (
        lab.translation_tree(visitor, source, values, shown["run"], hidden=some)["hypotheses"][0]["text"] for some in ([], places)
    )
    rows = [["Transformer", esc_raw(whole), changes(whole, less)]]
    if other and [other["source_words"][at : at + 1] for at in hidden] == [
        [words[at]] for at in hidden
    ]:  # another model may part words otherwise
        without = lab.recurrent(visitor, state.sentence(shown)["source"], hidden)
        rows.append(
            ["RNN with attention", esc_raw(other["attention"]["text"]), changes(other["attention"]["text"], without["attention"]["text"])]
        )
        rows.append(["RNN without attention", esc_raw(other["plain"]["text"]), markup.Raw(f'<span class="muted">{esc(WITHOUT)}</span>')])
    named = ", ".join(f"“{words[at]}”" for at in hidden)
    note = "The encoder has read the hidden words: what its states of their neighbours tell of them is still there."
    return markup.page(
        f"<h3>Without {esc(named)}</h3>",
        markup.table(["", "every word seen", f"{markup.plural(len(hidden), 'word')} hidden"], rows),
        markup.paragraph(note, "gi-note"),
    )


def esc_raw(text: str) -> markup.Raw:
    return markup.Raw(esc(text))


def changes(before: str, after: str) -> markup.Raw:
    """`after` with the words that are not in `before` marked."""
    old, new = before.split(), after.split()
    parts = []
    for kind, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        run = esc(" ".join(new[start:end]))
        parts.append(run if kind == "equal" else f"<mark>{run}</mark>" if run else '<mark title="left out">…</mark>')
    return markup.Raw(" ".join(parts))


# ---- rendering ------------------------------------------------------------------------------------------------------


def first(shown: dict) -> dict:
    """The stage for the stored text, `shown` as `state.first` has it: all but what a hidden word changes."""
    drawn = _first()
    layer, head = (
        gr.update(choices=_places(drawn.pop(f"{noun}s"), noun), value=value) for noun, value in (("layer", BEST), ("head", MEAN))
    )
    lit = lines(state.example()["attention"], shown["word"], shown["hidden"])
    said = {} if shown["hidden"] else {"tr_hidden": ""}
    return {**drawn, **said, "tr_pair": lit, "tr_layer": layer, "tr_head": head, "tr_merged": True}


def _first() -> dict:
    """What the stage opens on: the stored example, or nothing yet."""
    stored = state.example()
    if not stored:
        return {"tr_pair": markup.page(markup.note(NOTHING)), "tr_map": "", "tr_recurrent": "", "layers": 0, "heads": 0}
    told, other = stored["attention"], stored["recurrent"]
    drawn = {"tr_pair": lines(told, stored["word"], []), "tr_map": large(told), "tr_recurrent": alignment(other) if other else ""}
    return {**drawn, "layers": told["layers"], "heads": told["heads"]}


def lines(told: dict, word: int | None, hidden: list[int]) -> str:
    """Source and translation, word by word: the source lit by what the pressed word looked at."""
    weights = told["attention"][word] if word is not None and word < len(told["attention"]) else []
    source = "".join(
        _piece(name, f"hide:{at}", at in hidden, f"--s:{round(tokens.STRONGEST * weights[at]) if weights else 0}", _weight(weights, at))
        for at, name in enumerate(told["source_words"])
    )
    target = "".join(
        _piece(name, f"look:{at}", at == word, "", f"probability {tokens.probability(told['probability'][at])}")
        for at, name in enumerate(told["target_words"])
    )
    return markup.page(
        f'<div class="gt-pair"><span class="muted">Source</span><div class="gh-text source">{source}</div>'
        f'<span class="muted">Translation</span><div class="gh-text">{target}</div></div>'
    )


def _piece(name: str, pick: str, pressed: bool, style: str, tip: str) -> str:
    return (
        f'<span class="tok" role="button" tabindex="0" data-pick="{pick}" aria-pressed="{str(pressed).lower()}" style="{style}" '
        f'title="{esc(tip)}">{esc(name)}</span> '
    )


def _weight(weights: list[float], at: int) -> str:
    return f"weight {weights[at]:.2f}: press to hide" if weights else "press to hide"


def large(told: dict) -> str:
    """The heat map, and what is known of how well this attention aligns."""
    return markup.page(
        f"<h3>Transformer: {measured.named(told['layer'], told['head'])}</h3>",
        maps.cross(told["attention"], told["target_words"], told["source_words"], TOLD),
        markup.paragraph(_aligned(told), "gi-note"),
    )


def _aligned(told: dict) -> str:
    if not told["errors"]:
        return "Nobody has measured which layer of this model aligns words best; what is shown first is the mean of all."
    return measured.told(told["errors"], told["layer"], told["head"])


def alignment(told: dict) -> str:
    """What the recurrent translator looked at for the same sentence, and what it writes."""
    one = told["attention"]
    pair = " to ".join(called(language) for language in RECURRENT)
    return markup.page(
        "<h3>RNN with attention</h3>",
        maps.cross(one["weights"], one["words"], told["source_words"], TOLD, tone="var(--c2)") if one["weights"] else "",
        markup.facts([("with attention", one["text"]), ("without attention", told["plain"]["text"])]),
        markup.paragraph(f"The course's LSTM encoder–decoder, {pair}: embedded/en-es-rnn, the same sentence.", "gi-note"),
    )


def _places(size: int, noun: str) -> list[tuple[str, str]]:
    """What can be chosen: numbers from 1, the mean, and of layers what aligns best, which is the mean of all where nobody has measured."""
    first = [("Best aligned", BEST)] if noun == "layer" else []
    return [*first, ("Mean of all", MEAN), *((f"{noun.capitalize()} {number}", str(number)) for number in range(1, size + 1))]


def _place(layer: str, head: str) -> dict:
    """What was chosen, as `Lab.attend` takes it."""
    if layer == BEST:
        return {"place": (None, None if head == MEAN else _number(head))}
    return {"place": (_number(layer), _number(head))}


def _number(chosen: str) -> int:
    return int(chosen) - 1 if isinstance(chosen, str) and chosen.isdecimal() and len(chosen) < 4 else -1
