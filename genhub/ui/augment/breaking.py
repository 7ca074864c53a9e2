"""Stage 4 of Augment, an exhibit: a digit under one operation, ever more strongly, and what the judge takes it for: where does the label break?"""

import math

import gradio as gr

from genhub.augment.images.table import IMAGES
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import charts, markup
from genhub.ui.images import own
from genhub.ui.markup import esc
from genhub.ui.wiring import Wires

STAGE = "4  When does 6 become 9?"
INTRO = (
    "An augmentation tells a model: it is still the same. Where is that a lie? Choose a digit that a model drew, or draw one, and an operation; first guess at "
    "which strength the judge, a network that names 99 of 100 unseen digits rightly, changes its mind; then move the slider."
)
DRAWN, OWN = "Drawn by a model", "My drawing"
KEPT = [
    name for name, operation in IMAGES.items() if operation.keeps and operation.amount is not None and operation.group != "Light and colour"
]
OFFERED = [(IMAGES[name].title, name) for name in KEPT]
SHOWN = ["break_shown", "break_line", "break_at", "break_told", "break_guessed"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-breaking") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                source = gr.Radio([DRAWN, OWN], value=DRAWN, label="Digit", elem_id="break-source")
                with gr.Row():
                    label = gr.Dropdown(list("0123456789"), value="6", label="Which", elem_id="break-label", min_width=90)
                    seed = gr.Number(0, label="Seed", precision=0, elem_id="break-seed", min_width=90)
                pad = gr.HTML(own.PAD, js_on_load=own.PAD_JS, visible=False, elem_id="break-pad")
                which = gr.Dropdown(OFFERED, value="rotate", label="Operation", elem_id="break-which")
                guess = gr.Number(90, label="My guess", info="The strength at which the judge changes its mind.", elem_id="break-guess")
                go = gr.Button("Commit, and see", variant="primary", elem_id="break-go")
                problem = gr.HTML(elem_id="break-problem")
            with gr.Column(scale=3, min_width=300):
                at = gr.Slider(0, 180, value=0, step=5, label="Strength", visible=False, elem_id="break-at")
                shown = gr.HTML(markup.page(markup.note("Guess first.")), elem_id="break-shown", elem_classes="gh-reserve-tall")
                line = gr.HTML(elem_id="break-line")
    wires.add(
        break_stage=stage, break_source=source, break_label=label, break_seed=seed, break_pad=pad, break_which=which, break_guess=guess
    )
    wires.add(break_go=go, break_problem=problem, break_at=at, break_shown=shown, break_line=line)
    wires.add(break_told=gr.State(None), break_sketch=gr.State(""), break_guessed=gr.State([]))


def wire(wires: Wires) -> None:
    part, problem = wires.parts, "break_problem"
    wires.on(part["break_source"].change, choose, ["break_source"], ["break_label", "break_seed", "break_pad"])
    wires.on_pick(part["break_pad"].select, stroke, [], ["break_sketch"], problem)
    asked = ["session", "break_source", "break_label", "break_seed", "break_sketch", "break_which", "break_guess", "break_guessed"]
    wires.on(part["break_go"].click, commit, asked, SHOWN, problem, trigger_mode="once", show_progress="minimal")
    wires.on(part["break_which"].input, other, ["break_which"], ["break_guess"])
    wires.on(part["break_at"].input, move, ["break_told", "break_at"], ["break_shown"], problem, trigger_mode="always_last")


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, break_source: str) -> dict:
    mine = break_source == OWN
    return {"break_label": gr.update(visible=not mine), "break_seed": gr.update(visible=not mine), "break_pad": gr.update(visible=mine)}


def stroke(lab: Lab, pick: str) -> dict:
    return {"break_sketch": pick.removeprefix("sketch:") if pick.startswith("sketch:") else ""}


def other(lab: Lab, break_which: str) -> dict:
    """Another operation: its strengths are others."""
    amount = IMAGES[break_which].amount if break_which in KEPT else None
    if not amount:
        return {}
    return {
        "break_guess": gr.update(
            value=round((amount.low + amount.high) / 2, 2), info=f"{amount.label}, from {amount.low:g} to {amount.high:g}."
        )
    }


def commit(lab: Lab, session: dict, break_source: str, break_sketch: str, break_guess, break_guessed: list, **given) -> dict:
    """The judge is asked at every strength; the guess is compared with where it changed its mind."""
    if given["break_which"] not in KEPT:
        raise UserError("This operation has no strength.", "The guess is of one.", "Choose another.", "break_which")
    if not _finite(break_guess):
        raise UserError("There is no guess yet.", "A number: the strength at which it changes.", "Enter one.", "break_guess")
    sketch = break_sketch if break_source == OWN else ""
    told = lab.breaking_points(session["visitor"], given["break_which"], str(given["break_label"]), given["break_seed"], sketch)
    told["name"] = given["break_which"]
    broken = broken_at(told)
    guess, amount = float(break_guess), IMAGES[told["name"]].amount
    came = told["amounts"][-1 if broken is None else broken]  # it holds to the strongest: that is what was to be said
    guessed = [*break_guessed, min(1.0, abs(guess - came) / (amount.high - amount.low))]
    step = told["amounts"][1] - told["amounts"][0]
    low, high = min(told["amounts"]), max(told["amounts"])
    at = gr.update(
        visible=True,
        minimum=low,
        maximum=high,
        step=abs(step),
        value=told["amounts"][0],
        label=f"{IMAGES[told['name']].title}: {amount.label}",
    )
    return {
        "break_told": told,
        "break_shown": render(told, 0),
        "break_line": verdict(told, broken, guess, guessed),
        "break_at": at,
        "break_guessed": guessed,
    }


def _finite(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def move(lab: Lab, break_told: dict | None, break_at) -> dict:
    if not break_told or not _finite(break_at):
        return {}
    amounts = break_told["amounts"]
    return {"break_shown": render(break_told, min(range(len(amounts)), key=lambda place: abs(amounts[place] - break_at)))}


def broken_at(told: dict) -> int | None:
    """The place of the first strength at which the likeliest class is another than at the beginning."""
    best = [max(range(len(shares)), key=shares.__getitem__) for shares in told["shares"]]
    return next((place for place, one in enumerate(best) if one != best[0]), None)


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(told: dict, place: int) -> str:
    """The digit at one strength, and what the judge says."""
    names, shares = told["names"], told["shares"][place]
    best = max(range(len(shares)), key=shares.__getitem__)
    image = f'<img class="gh-pixels one" src="{esc(told["pictures"][place])}" alt="The digit at strength {told["amounts"][place]:g}">'
    said = f"At {told['amounts'][place]:.3g} the judge takes it for “{names[best]}” ({shares[best]:.2f})."
    bars = charts.probabilities(dict(zip(names, shares, strict=True)), list(names))
    return markup.page(f'<div class="gh-side-by-side ga-judged">{image}<div class="ga-bars">{bars}</div></div>', markup.paragraph(said))


def verdict(told: dict, broken: int | None, guess: float, guessed: list[float]) -> str:
    """Where the label broke, how close the guess was, and all probabilities over the strength."""
    names, amounts = told["names"], told["amounts"]
    first = max(range(len(names)), key=told["shares"][0].__getitem__)
    if broken is None:
        said = f"The judge takes it for “{names[first]}” at every strength."
    else:
        then = max(range(len(names)), key=told["shares"][broken].__getitem__)
        last = max(range(len(names)), key=told["shares"][-1].__getitem__)
        said = f"It stops being “{names[first]}” at {amounts[broken]:.3g}, where it becomes “{names[then]}”; at {amounts[-1]:.3g} it is “{names[last]}”."
    close = f"Your guess: {guess:g}. Off by {guessed[-1]:.0%} of the range" + (
        f", {sum(guessed) / len(guessed):.0%} on average of {len(guessed)} guesses." if len(guessed) > 1 else "."
    )
    ascending = list(zip(amounts, told["shares"], strict=True))[:: 1 if amounts[-1] > amounts[0] else -1]
    series = {names[place]: [(amount, shares[place]) for amount, shares in ascending] for place in range(len(names))}
    drawn = charts.lines(series, IMAGES[told["name"]].amount.label, "probability", "What the judge takes it for.", (0.0, 1.0))
    lesson = "Up to there this operation keeps the label; beyond it a training that uses it is told something false."
    return markup.page(f"<p><b>{esc(said)}</b> {esc(close)}</p>", drawn, markup.paragraph(lesson if broken is not None else "", "muted"))
