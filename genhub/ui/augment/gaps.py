"""Stage 6 of Augment, an exhibit: how a masked-language model learns, on a sentence of one's own. What was hidden, what it says, and who is better at it."""

import gradio as gr

from genhub.lab import Lab
from genhub.ui import charts, markup, tokens
from genhub.ui.markup import esc
from genhub.ui.wiring import Wires, pieces

STAGE = "6  Fill the mask"
INTRO = (
    "BERT learns from texts without labels: 15 % of the tokens are gaps. Eight of ten of them are masked, one becomes any token, one stays as it is, and the "
    "model has to say what stood there. Hide a sentence of yours, press a gap, guess, and see what the model proposes. The same proposals are the operation "
    "“Words in context” of stage 2."
)
SAMPLE = "My sister plays the piano in the evening, and on Sundays we all go for a walk in the park."
TOLD = {
    "mask": "Here the model sees a mask.",
    "swap": "Here it sees another token, and is not told that it is wrong.",
    "keep": "Here it sees the right token, and is asked all the same.",
}
SHOWN = ["gaps_told", "gaps_text", "gaps_look"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-gaps") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                text = gr.Textbox(SAMPLE, label="A sentence", lines=3, max_lines=6, elem_id="gaps-given", elem_classes="gh-enter")
                seed = gr.Number(0, label="Seed", info="Decides what is hidden.", precision=0, minimum=0, elem_id="gaps-seed")
                go = gr.Button("Hide some of it", variant="primary", elem_id="gaps-go")
                problem = gr.HTML(elem_id="gaps-problem")
            with gr.Column(scale=3, min_width=300):
                shown = pieces(markup.page(markup.note("Press “Hide some of it”.")), elem_id="gaps-text", elem_classes="gh-reserve")
                with gr.Row(elem_classes="gh-beside"):
                    guess = gr.Textbox("", label="My guess for the chosen gap", max_lines=1, elem_id="gaps-guess", min_width=200)
                    see = gr.Button("Commit, and see", elem_id="gaps-see", min_width=150)
                look = gr.HTML(elem_id="gaps-look")
    wires.add(gaps_stage=stage, gaps_given=text, gaps_seed=seed, gaps_go=go, gaps_problem=problem, gaps_text=shown, gaps_look=look)
    wires.add(gaps_guess=guess, gaps_see=see, gaps_told=gr.State(None))


def wire(wires: Wires) -> None:
    part, problem = wires.parts, "gaps_problem"
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["gaps_go"].click, hide, ["session", "gaps_given", "gaps_seed"], SHOWN, problem, **once)
    wires.on_pick(part["gaps_text"].select, choose, ["gaps_told"], [*SHOWN, "gaps_guess"], problem)
    for event in (part["gaps_see"].click, part["gaps_guess"].submit):
        wires.on(event, see, ["gaps_told", "gaps_guess"], SHOWN, problem)


# ---- handlers -------------------------------------------------------------------------------------------------------


def hide(lab: Lab, session: dict, gaps_given: str, gaps_seed) -> dict:
    """Another draw; nothing is told of any gap yet."""
    told = {**lab.fill_gaps(session["visitor"], gaps_given, gaps_seed), "chosen": 0, "guessed": {}}
    return {"gaps_told": told, "gaps_text": render(told), "gaps_look": markup.page(markup.paragraph("Press a gap, and guess.", "muted"))}


def choose(lab: Lab, pick: str, gaps_told: dict | None) -> dict:
    """A gap was pressed."""
    number = tokens.picked(pick, "gap", len(gaps_told["gaps"])) if gaps_told else None
    if number is None:
        return {}
    told = {**gaps_told, "chosen": number}
    known = str(number) in told["guessed"]
    return {"gaps_told": told, "gaps_text": render(told), "gaps_look": look(told) if known else "", "gaps_guess": ""}


def see(lab: Lab, gaps_told: dict | None, gaps_guess: str) -> dict:
    """The guess is in; the model's proposals are told."""
    if not gaps_told or not gaps_told["gaps"]:
        return {}
    guessed = {**gaps_told["guessed"], str(gaps_told["chosen"]): str(gaps_guess or "").strip()[:40]}
    told = {**gaps_told, "guessed": guessed}
    return {"gaps_told": told, "gaps_text": render(told), "gaps_look": look(told)}


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(told: dict) -> str:
    """The text as the model sees it: gaps can be pressed, those that were guessed show what stood there."""
    gaps = {gap["place"]: number for number, gap in enumerate(told["gaps"])}
    parts = []
    for place, token in enumerate(told["tokens"]):
        number, joined = gaps.get(place), token["text"].startswith("##")
        space = "" if joined or not place else " "
        if number is None:
            parts.append(space + esc(token["text"].removeprefix("##")))
            continue
        known = str(number) in told["guessed"]
        said = token["text"] if known else ("?" if token["how"] == "mask" else token["shown"])
        pressed = str(number == told["chosen"]).lower()
        parts.append(
            f'{space}<button type="button" class="gap {token["how"]}" data-pick="gap:{number}" aria-pressed="{pressed}">{esc(said)}</button>'
        )
    count = {how: sum(told["tokens"][gap["place"]]["how"] == how for gap in told["gaps"]) for how in TOLD}
    ground = f"{len(told['gaps'])} of {len(told['tokens'])} tokens are gaps: {count['mask']} masked, {count['swap']} swapped (dashed), {count['keep']} kept (green)."
    return markup.page(f'<p class="ga-gaps">{"".join(parts)}</p>', markup.paragraph(ground, "muted"))


def look(told: dict) -> str:
    """What the model says of the chosen gap, and who was right so far."""
    gap = told["gaps"][told["chosen"]]
    token = told["tokens"][gap["place"]]
    guess = told["guessed"].get(str(told["chosen"]), "")
    bars = charts.probabilities(dict(gap["likeliest"]), [piece for piece, _ in gap["likeliest"]])
    right = f"“{token['text']}” stood there; the model gives it {gap['share']:.3f}."
    mine = f" Your guess: “{guess}”, {'right' if _same(guess, token['text']) else 'wrong'}." if guess else ""
    score = [(number, told["gaps"][int(number)]) for number in told["guessed"]]
    own = sum(_same(told["guessed"][number], told["tokens"][one["place"]]["text"]) for number, one in score)
    its = sum(one["likeliest"][0][0] == told["tokens"][one["place"]]["text"] for _, one in score)
    total = f"Of {markup.plural(len(score), 'gap')} so far: you {own}, the model {its}."
    return markup.page(markup.paragraph(TOLD[token["how"]] + " " + right + mine), bars, markup.paragraph(total, "muted"))


def _same(guess: str, token: str) -> bool:
    return guess.lower() == token.removeprefix("##").lower()
