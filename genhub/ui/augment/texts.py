"""Stage 2 of Augment: texts and what a chain of operations makes of them, word by word, with how similar they still are."""

import gradio as gr

from genhub.augment.options import TextVariantsConfig
from genhub.augment.texts.table import GROUPS, TEXTS
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import forms, markup
from genhub.ui.augment import chains, editor, stored
from genhub.ui.markup import esc
from genhub.ui.wiring import Wires

STAGE = "2  Texts"
INTRO = (
    "Variants of texts: what goes is struck through, what comes is underlined. The figure beside each is its similarity to the text that it was made of, "
    "by the encoder: 1 says the same. Does the label still hold? That is for you to judge, and for stage 5 to measure."
)
KIND = editor.Kind("text", GROUPS, "Easy data augmentation")
SAMPLE = (
    "The film was slow at first, but the ending made me cry.\n"
    "I would like to cancel my order and get my money back.\n"
    "Nobody in this cast can act, and the jokes are older than I am."
)
COPIES = 4
SHOWN = ["text_shown", "text_made"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-words") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                given = gr.Textbox(
                    SAMPLE, label="Texts", info="One a line.", lines=5, max_lines=12, elem_id="text-given", elem_classes="gh-enter"
                )
                copies = gr.Number(
                    COPIES, precision=0, label="Copies", info=TextVariantsConfig.option("copies").help, elem_id="text-copies"
                )
                built = gr.HTML(editor.render(KIND, KIND.held(None)), js_on_load=editor.JS, elem_id="text-editor")
                go = gr.Button("Make variants", variant="primary", elem_id="text-go")
                problem = gr.HTML(elem_id="text-problem")
                chains.layout(wires, KIND)
            with gr.Column(scale=3, min_width=300):
                least = gr.Slider(
                    0, 1, value=0, step=0.01, label="At least so similar", info="Variants below are left out.", elem_id="text-least"
                )
                shown = gr.HTML(opening(), elem_id="text-shown", elem_classes="gh-reserve-tall")
    wires.add(words_stage=stage, text_given=given, text_copies=copies, text_editor=built, text_go=go, text_problem=problem)
    wires.add(text_least=least, text_shown=shown, text_made=gr.State(stored.example().get("texts")))


def wire(wires: Wires) -> None:
    part, asked, problem = wires.parts, ["session", "text_given", "text_copies", "text_chain", "text_least"], "text_problem"
    drawn = {"trigger_mode": "always_last", "show_progress": "minimal"}
    wires.on_pick(part["text_editor"].select, edited, asked, ["text_chain", "text_editor", *SHOWN], problem, **drawn)
    loaded = chains.wire(wires, KIND)
    for event in (loaded.then, part["text_go"].click):
        wires.on(event, vary, asked, SHOWN, problem, **drawn)
    wires.on(part["text_least"].input, filtered, ["text_made", "text_least"], ["text_shown"], problem, trigger_mode="always_last")


# ---- handlers -------------------------------------------------------------------------------------------------------


def edit(lab: Lab, pick: str, text_chain: dict) -> dict:
    """As `images.edit`."""
    chain, redrawn = editor.changed(KIND, KIND.held(text_chain), pick)
    return {"text_chain": chain.to_dict(), **({"text_editor": editor.render(KIND, chain)} if redrawn else {})}


def edited(lab: Lab, pick: str, session: dict, text_chain: dict, **given) -> dict:
    """As `images.edited`."""
    changed = edit(lab, pick, text_chain)
    try:
        return {**changed, **vary(lab, session, text_chain=changed["text_chain"], **given)}
    except UserError as error:
        return {**changed, "text_problem": markup.problem(error)}


def lines(text: str) -> list[str]:
    """The texts that stand there. Raises UserError where there is none."""
    found = [line.strip() for line in str(text or "").splitlines() if line.strip()]
    if not found:
        raise UserError("There is no text.", "At least one, one a line.", "Enter some.", "text_given")
    return found


def vary(lab: Lab, session: dict, text_given: str, text_copies, text_chain: dict, text_least) -> dict:
    """Variants as the chain stands."""
    texts, copies = lines(text_given), forms.value(TextVariantsConfig.option("copies"), text_copies)
    told = lab.vary_texts(session["visitor"], texts, KIND.held(text_chain).to_dict(), copies)
    made = {"texts": texts, "variants": told["variants"], "seconds": told["seconds"]}
    return {"text_shown": render(made, text_least), "text_made": made}


def filtered(lab: Lab, text_made: dict | None, text_least) -> dict:
    return {"text_shown": render(text_made, text_least)} if text_made else {}


# ---- rendering ------------------------------------------------------------------------------------------------------


def opening() -> str:
    """The stored example."""
    told = stored.example()
    return render(told["texts"], 0) if told else markup.page(markup.note("Press “Make variants”."))


def render(made: dict, least) -> str:
    """Each text with its variants; of those that are not similar enough only how many."""
    bound = least if isinstance(least, int | float) and 0 <= least <= 1 else 0.0
    kept = [one for one in made["variants"] if bound == 0 or one["similarity"] >= bound]
    parts = []
    for number, text in enumerate(made["texts"]):
        own = "".join(_variant(one) for one in kept if one["of"] == number)
        parts.append(f'<p class="ga-text">{esc(text)}</p><ul class="ga-variants">{own or "<li>None is similar enough.</li>"}</ul>')
    out = len(made["variants"]) - len(kept)
    said = f"{markup.plural(len(made['variants']), 'variant')} in {made['seconds']:.2f} s" + (f", {out} of them left out." if out else ".")
    return markup.page(*parts, markup.paragraph(said, "muted"))


def _variant(one: dict) -> str:
    how = ", ".join(TEXTS[name].title.lower() for name in one["done"]) or "nothing was drawn for it"
    return f'<li><span class="alike">{one["similarity"]:.2f}</span><span title="{esc(how)}">{marked(one["difference"])}</span></li>'


def marked(difference: list) -> str:
    """A text with what went and what came."""
    tags = {"gone": "del", "new": "ins"}
    return "".join(f"<{tags[kind]}>{esc(piece)}</{tags[kind]}>" if kind in tags else esc(piece) for kind, piece in difference)
