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
    "Another model plays the real images: what you tell apart are two models, and the discriminator is out of its depth, for it has learnt "
    "from real ones. Read Fashion-MNIST from the Hub in stage 6 and choose it here."
)
UNPLAYED = "Nothing is here that could play the real images: read a set of 28 × 28 grey ones in stage 6."
ABSENT = f"{catalog.ALONG} is not here: this GenHub was installed without its models."
PICK = "tile"
OUTPUTS = [
    "tiles_round",
    "tiles_tiles",
    "tiles_told",
    "tiles_moment",
    "tiles_judge",
    "tiles_next",
    "tiles_known",
    "tiles_real",
    "tiles_deal",
]
SEEDS = 2**31


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-tiles") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-beside"):
            real = gr.Dropdown([], value=None, label="Real images", elem_id="tiles-real", scale=3, min_width=240)
            moment = gr.Slider(
                1,
                2,
                value=1,
                step=1,
                label="Moment",
                info="Of the training; the last one is the model that was kept.",
                elem_id="tiles-moment",
                min_width=160,
            )
            deal = gr.Button("Deal twelve", variant="primary", interactive=False, elem_id="tiles-deal", min_width=140)
        problem = gr.HTML(elem_id="tiles-problem")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=280):
                tiles = pieces(elem_id="tiles-tiles", elem_classes="gh-reserve-tall")
                with gr.Row():
                    judge = gr.Button("Judge", interactive=False, elem_id="tiles-judge", min_width=120)
                    following = gr.Button("Next moment", interactive=False, elem_id="tiles-next", min_width=120)
            with gr.Column(scale=3, min_width=300):
                told = gr.HTML(elem_id="tiles-told", elem_classes="gh-reserve-tall")
    wires.add(tiles_stage=stage, tiles_real=real, tiles_moment=moment, tiles_deal=deal, tiles_problem=problem, tiles_tiles=tiles)
    wires.add(tiles_judge=judge, tiles_next=following, tiles_told=told)
    wires.add(tiles_round=gr.State(None), tiles_known=gr.State(None))


def wire(wires: Wires) -> None:
    part, once = wires.parts, {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["tiles_stage"].expand, offer, ["session", "tiles_real", "tiles_known"], OUTPUTS, "tiles_problem")
    wires.on(part["tiles_real"].focus, offer, ["session", "tiles_real", "tiles_known"], OUTPUTS, "tiles_problem")
    asked = ["session", "tiles_real", "tiles_moment", "tiles_known"]
    wires.on(part["tiles_deal"].click, deal, asked, OUTPUTS, "tiles_problem", **once)
    wires.on(part["tiles_next"].click, following, asked, OUTPUTS, "tiles_problem", **once)
    wires.on_pick(part["tiles_tiles"].select, press, ["tiles_round"], OUTPUTS, "tiles_problem")
    wires.on(part["tiles_judge"].click, judge, ["session", "tiles_round", "tiles_known"], OUTPUTS, "tiles_problem", **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def offer(lab: Lab, session: dict, tiles_real: str | None, tiles_known: dict | None) -> dict:
    """What can play the real images, and how many moments there are. `tiles_known`: {steps, scores: [moment, own, machine's, real]}."""
    known = tiles_known or {"steps": lab.moments(), "scores": []}
    if not known["steps"]:
        return {"tiles_tiles": markup.page(markup.note(ABSENT)), "tiles_deal": gr.update(interactive=False)}
    choices = lab.real_images(session["visitor"])
    if not choices:
        return {"tiles_tiles": markup.page(markup.note(UNPLAYED))}
    usual = {} if tiles_real in choices else {"value": next(iter(choices))}
    return {
        "tiles_known": known,
        "tiles_real": gr.update(choices=[(name, key) for key, name in choices.items()], **usual),
        "tiles_moment": gr.update(maximum=len(known["steps"])),
        "tiles_deal": gr.update(interactive=True),
    }


def deal(lab: Lab, session: dict, tiles_real: str | None, tiles_moment, tiles_known: dict | None) -> dict:
    """Twelve new images of a moment."""
    if not tiles_known or not tiles_real:
        raise UserError("The moments are not read yet.", "They are when the stage opens.", "Press again in a moment.", "tiles_deal")
    moment = int(tiles_moment) if isinstance(tiles_moment, int | float) else 1
    seed = secrets.randbelow(SEEDS)
    told = lab.tiles(session["visitor"], tiles_real, moment, seed)
    state = {"real": tiles_real, "moment": moment, "seed": seed, "pressed": [], "picture": told["picture"], "columns": told["columns"]}
    state |= {"count": told["count"], "answer": None}
    return _in_view(tiles_known, state)


def following(lab: Lab, session: dict, tiles_real: str | None, tiles_moment, tiles_known: dict | None) -> dict:
    """The moment after the one in view, dealt at once; after the last the first."""
    moment = int(tiles_moment or 1) % len(tiles_known["steps"]) + 1 if tiles_known else 1
    return {**deal(lab, session, tiles_real, moment, tiles_known), "tiles_moment": moment}


def press(lab: Lab, pick: str, tiles_round: dict | None) -> dict:
    """An image is taken for a drawn one, or no longer."""
    verb, _, number = pick.partition(":")
    if verb != PICK or not number.isdecimal() or not tiles_round or tiles_round["answer"] or int(number) >= tiles_round["count"]:
        return {}
    state = {**tiles_round, "pressed": sorted({int(number)} ^ set(tiles_round["pressed"]))}
    return {"tiles_round": state, "tiles_tiles": tiles(state)}


def judge(lab: Lab, session: dict, tiles_round: dict | None, tiles_known: dict | None) -> dict:
    """What they were, and who was right."""
    if not tiles_round:
        raise UserError("Nothing has been dealt.", "Twelve images are judged.", "Press “Deal twelve” first.", "tiles_tiles")
    if tiles_round["answer"]:
        return {}
    said = [number in tiles_round["pressed"] for number in range(tiles_round["count"])]
    answer = lab.guessed(session["visitor"], tiles_round["real"], tiles_round["moment"], tiles_round["seed"], said)
    state = {**tiles_round, "answer": answer}
    known = {**tiles_known, "scores": [*tiles_known["scores"], [state["moment"], answer["right"], answer["machine_right"], state["real"]]]}
    return _in_view(known, state)


def _in_view(known: dict, state: dict) -> dict:
    """A round, and the button that comes next."""
    judged = state["answer"] is not None
    buttons = {"tiles_judge": not judged, "tiles_next": judged}
    return {
        "tiles_known": known,
        "tiles_round": state,
        "tiles_tiles": tiles(state),
        "tiles_told": standing(known, state),
        **{name: gr.update(interactive=on, variant="primary" if on else "secondary") for name, on in buttons.items()},
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


def standing(known: dict, state: dict) -> str:
    """Which moment it is, the result of the round, and all rounds against the same real images, moment by moment."""
    steps, moment = known["steps"], state["moment"]
    parts = [markup.paragraph(f"Moment {moment} of {len(steps)}: after {steps[moment - 1]:,} steps of the generator.")]
    answer = state["answer"]
    if answer:
        parts.append(
            markup.facts(
                [("you", f"{answer['right']} of {state['count']}"), ("the discriminator", f"{answer['machine_right']} of {state['count']}")]
            )
        )
    scores = [score for score in known["scores"] if score[3] == state["real"]]
    if scores:
        told = "The share that was told apart, in the mean of the rounds of each moment; 0.5 by guessing."
        parts.append(charts.lines(_by_moment(scores, state["count"]), "moment", "told apart", told, (0, 1)))
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
