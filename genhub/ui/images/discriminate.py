"""Stage 10 of Images: twelve images, drawn ones among them. The visitor and the discriminator of that moment say which, moment after moment."""

import secrets

import gradio as gr

from genhub import catalog
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import charts, markup
from genhub.ui.wiring import Wires, pieces

STAGE = "10  Be the discriminator"
INTRO = (
    f"Press the images that you take for drawn ones. They are drawn by {catalog.ALONG} as it was at moments of its training, the first after a "
    "few dozen steps; its discriminator of the same moment says what it takes them for. Who is right more often, and until when?"
)
PLAYED = (
    "No real images are at hand, so that another model plays them: what you tell apart are two models, and the discriminator is out of "
    "its depth, for it has learnt from real ones. Read Fashion-MNIST from the Hub in stage 6 and choose it here."
)
ABSENT = f"{catalog.ALONG} is not here: this GenHub was installed without its models."
PICK = "tile"
OUTPUTS = [
    "guess_round",
    "guess_tiles",
    "guess_told",
    "guess_moment",
    "guess_judge",
    "guess_next",
    "guess_known",
    "guess_real",
    "guess_deal",
]
SEEDS = 2**31


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-guess") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-beside"):
            real = gr.Dropdown([], value=None, label="Real images", elem_id="guess-real", scale=3, min_width=240)
            moment = gr.Slider(
                1,
                2,
                value=1,
                step=1,
                label="Moment",
                info="Of the training, the last one is its end.",
                elem_id="guess-moment",
                min_width=160,
            )
            deal = gr.Button("Deal twelve", variant="primary", elem_id="guess-deal", min_width=140)
        problem = gr.HTML(elem_id="guess-problem")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=280):
                tiles = pieces(elem_id="guess-tiles", elem_classes="gh-reserve-tall")
                with gr.Row():
                    judge = gr.Button("Judge", interactive=False, elem_id="guess-judge", min_width=120)
                    following = gr.Button("Next moment", interactive=False, elem_id="guess-next", min_width=120)
            with gr.Column(scale=3, min_width=300):
                told = gr.HTML(elem_id="guess-told", elem_classes="gh-reserve-tall")
    wires.add(guess_stage=stage, guess_real=real, guess_moment=moment, guess_deal=deal, guess_problem=problem, guess_tiles=tiles)
    wires.add(guess_judge=judge, guess_next=following, guess_told=told)
    wires.add(guess_round=gr.State(None), guess_known=gr.State(None))


def wire(wires: Wires) -> None:
    part, once = wires.parts, {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["guess_stage"].expand, offer, ["session", "guess_real", "guess_known"], OUTPUTS, "guess_problem")
    wires.on(part["guess_real"].focus, offer, ["session", "guess_real", "guess_known"], OUTPUTS, "guess_problem")
    asked = ["session", "guess_real", "guess_moment", "guess_known"]
    wires.on(part["guess_deal"].click, deal, asked, OUTPUTS, "guess_problem", **once)
    wires.on(part["guess_next"].click, following, asked, OUTPUTS, "guess_problem", **once)
    wires.on_pick(part["guess_tiles"].select, press, ["guess_round"], OUTPUTS, "guess_problem")
    wires.on(part["guess_judge"].click, judge, ["session", "guess_round", "guess_known"], OUTPUTS, "guess_problem", **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def offer(lab: Lab, session: dict, guess_real: str | None, guess_known: dict | None) -> dict:
    """What can play the real images, and how many moments there are. `guess_known`: {steps, scores: [moment, own, machine's]}."""
    known = guess_known or {"steps": lab.moments(), "scores": []}
    if not known["steps"]:
        return {"guess_tiles": markup.page(markup.note(ABSENT)), "guess_deal": gr.update(interactive=False)}
    choices = lab.real_images(session["visitor"])
    usual = {} if guess_real in choices else {"value": next(iter(choices))}
    return {
        "guess_known": known,
        "guess_real": gr.update(choices=[(name, key) for key, name in choices.items()], **usual),
        "guess_moment": gr.update(maximum=len(known["steps"])),
    }


def deal(lab: Lab, session: dict, guess_real: str | None, guess_moment, guess_known: dict | None) -> dict:
    """Twelve new images of a moment."""
    known = guess_known or offer(lab, session, guess_real, None)["guess_known"]
    moment = int(guess_moment) if isinstance(guess_moment, int | float) else 1
    seed = secrets.randbelow(SEEDS)
    told = lab.tiles(session["visitor"], guess_real, moment, seed)
    state = {"real": guess_real, "moment": moment, "seed": seed, "pressed": [], "picture": told["picture"], "columns": told["columns"]}
    state |= {"count": told["count"], "answer": None}
    return {
        "guess_known": known,
        "guess_round": state,
        "guess_tiles": tiles(state),
        "guess_told": standing(known, state, bool(known["scores"])),
        "guess_judge": gr.update(interactive=True, variant="primary"),
        "guess_next": gr.update(interactive=False, variant="secondary"),
    }


def following(lab: Lab, session: dict, guess_real: str | None, guess_moment, guess_known: dict | None) -> dict:
    """The moment after the one in view, dealt at once; after the last the first."""
    moment = int(guess_moment or 1) % len(guess_known["steps"]) + 1 if guess_known else 1
    return {**deal(lab, session, guess_real, moment, guess_known), "guess_moment": moment}


def press(lab: Lab, pick: str, guess_round: dict | None) -> dict:
    """An image is taken for a drawn one, or no longer."""
    verb, _, number = pick.partition(":")
    if verb != PICK or not number.isdecimal() or not guess_round or guess_round["answer"] or int(number) >= guess_round["count"]:
        return {}
    state = {**guess_round, "pressed": sorted({int(number)} ^ set(guess_round["pressed"]))}
    return {"guess_round": state, "guess_tiles": tiles(state)}


def judge(lab: Lab, session: dict, guess_round: dict | None, guess_known: dict | None) -> dict:
    """What they were, and who was right."""
    if not guess_round:
        raise UserError("Nothing has been dealt.", "Twelve images are judged.", "Press “Deal twelve” first.", "guess_tiles")
    if guess_round["answer"]:
        return {}
    said = [number in guess_round["pressed"] for number in range(guess_round["count"])]
    answer = lab.guessed(session["visitor"], guess_round["real"], guess_round["moment"], guess_round["seed"], said)
    state = {**guess_round, "answer": answer}
    known = {**guess_known, "scores": [*guess_known["scores"], [state["moment"], answer["right"], answer["machine_right"]]]}
    return {
        "guess_round": state,
        "guess_known": known,
        "guess_tiles": tiles(state),
        "guess_told": standing(known, state, True),
        "guess_judge": gr.update(interactive=False, variant="secondary"),
        "guess_next": gr.update(interactive=True, variant="primary"),
    }


# ---- rendering ------------------------------------------------------------------------------------------------------


def tiles(state: dict) -> str:
    """The images, each of which can be pressed; once they are judged, what each was."""
    answer, columns = state["answer"], state["columns"]
    rows = -(-state["count"] // columns)
    cells = "".join(_cell(state, number, answer) for number in range(state["count"]))
    grid = f'<div class="cells" style="grid-template: repeat({rows}, 1fr) / repeat({columns}, 1fr)">{cells}</div>'
    said = "Twelve images, some of them drawn"
    pressed = len(state["pressed"])
    hint = f"You take {markup.plural(pressed, 'image')} for drawn." if answer is None else "✓ you were right, ✗ you were not."
    return markup.page(
        f'<div class="gh-sheet gh-tiles">{markup.picture(state["picture"], said)}{grid}</div>', markup.paragraph(hint, "muted")
    )


def _cell(state: dict, number: int, answer: dict | None) -> str:
    pressed = number in state["pressed"]
    if answer is None:
        return markup.pick("", f"{PICK}:{number}", pressed=pressed, title=f"Image {number + 1}: drawn?")
    was, machine = answer["fake"][number], answer["machine"][number]
    right = pressed == was
    words = f"Image {number + 1} was {_called(was)}. You said {_called(pressed)}, the discriminator {_called(machine)}."
    mark = f"{'✓' if right else '✗'} {_called(was)}"
    return f'<span class="tile {"right" if right else "wrong"}" title="{markup.esc(words)}"><b>{mark}</b></span>'


def _called(fake: bool) -> str:
    return "drawn" if fake else "real"


def standing(known: dict, state: dict, scored: bool) -> str:
    """Which moment it is, the result of the round, and all rounds moment by moment."""
    steps, moment = known["steps"], state["moment"]
    parts = [markup.paragraph(f"Moment {moment} of {len(steps)}: after {steps[moment - 1]:,} steps of the generator.")]
    answer = state["answer"]
    if answer:
        parts.append(
            markup.facts(
                [("you", f"{answer['right']} of {state['count']}"), ("the discriminator", f"{answer['machine_right']} of {state['count']}")]
            )
        )
    if scored and known["scores"]:
        told = (
            f"How many of {state['count']} were told apart, in the mean of the rounds of each moment; by guessing it would be half of them."
        )
        parts.append(charts.lines(_by_moment(known["scores"], state["count"]), "moment", "told apart", told, (0, 1)))
    if state["real"].startswith("model:"):
        parts.append(markup.paragraph(PLAYED, "muted"))
    return markup.page(*parts)


def _by_moment(scores: list, count: int) -> dict[str, list[tuple[float, float]]]:
    found = {}
    for place, name in ((1, "you"), (2, "the discriminator")):
        rounds: dict[int, list[int]] = {}
        for score in scores:
            rounds.setdefault(score[0], []).append(score[place])
        found[name] = [(float(moment), sum(rights) / (len(rights) * count)) for moment, rights in sorted(rounds.items())]
    return found
