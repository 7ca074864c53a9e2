"""The tab *Start*: tiles that show a computed result and do something when pressed, and two doors.

What stands on the tiles is stored. A press opens the stage that it belongs to, with all that is stored about it at once
(`poke`); what a model must be asked for follows when it has answered (`answer`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from genhub.errors import UserError
from genhub.lab import EXAMPLE_PREFIX, Lab
from genhub.ui import course, markup, tiles, tokens
from genhub.ui.augment import editor
from genhub.ui.augment import images as pictures
from genhub.ui.augment import stored as varying
from genhub.ui.classify import data, exhibit, tab, try_it, verdict
from genhub.ui.generate import decode, write
from genhub.ui.generate.inside import heads, shared
from genhub.ui.images import stored as drawing
from genhub.ui.images import tab as images
from genhub.ui.translate import tab as translate
from genhub.ui.ways import OPENED, SHOW_STAGE, Way, follow
from genhub.ui.wiring import Wires, merged, pieces

INTRO = (
    "Train small models on your own data in this page, see how good they are on data they have not seen, and look inside. What stands "
    "below is stored: each can be repeated here, and poked at now."
)
SHOW_INDEX = "() => setTimeout(() => document.querySelector('#start-index')?.scrollIntoView({ block: 'start' }), 200)"
RUN = EXAMPLE_PREFIX + "support"
READING = "Reading …"
MANY = 1_000  # more than a tile has of anything
VARIED = ("image_grid", "image_sheet", "image_photo", "image_own", "image_chain", "image_editor", "image_closer", "augment_arrived")
HELD = ["session", "decode_kept", "cheat_score"]  # what a press is answered from


def layout(wires: Wires) -> None:
    with gr.Row(elem_id="start-doors"):
        with gr.Column(scale=5, min_width=300):
            gr.HTML(markup.page("<h2>Do generative AI, do not just read about it</h2>", markup.paragraph(INTRO, "muted")))
        with gr.Column(scale=2, min_width=300), gr.Row():
            use = gr.Button("Use my data", variant="primary", elem_id="start-use", min_width=130)
            teach = gr.Button("Teach a class", elem_id="start-teach", min_width=130)
    shown = pieces(tiles.render(wires.lab), elem_id="start-tiles")
    index = pieces(visible=False, elem_id="start-index")
    wires.add(
        start_tiles=shown,
        start_use=use,
        start_teach=teach,
        start_index=index,
        start_problem=gr.HTML(),
        start_pick=gr.State(""),
        start_line=gr.State(""),
    )


def wire(wires: Wires) -> Any:
    """The answered press of a tile is what comes back."""
    part = wires.parts
    poked = list(dict.fromkeys([*OPENED, "start_pick", *(name for poke in POKES.values() for name in poke.outputs)]))
    picked = wires.on_pick(part["start_tiles"].select, poke, HELD, poked, "start_problem")
    picked.then(None, js=SHOW_STAGE)
    answered = list(
        dict.fromkeys(["start_pick", *(name for poke in POKES.values() if poke.later for name in (*poke.outputs, poke.problem))])
    )
    wires.on(picked.then, answer, ["start_pick", *HELD], answered, "start_problem")
    opened = [*OPENED, *course.FIELDS, "link_shown", "start_line"]
    went = wires.on_pick(part["start_index"].select, go, [], opened, "start_problem")
    went.then(None, js=SHOW_STAGE)
    tables = {"concurrency_id": "tables", "concurrency_limit": 4}
    wires.on(went.then, read_sample, ["session", "start_line", *data.OPTIONS], data.OUTPUTS, "data_problem", **tables)
    used = wires.on(part["start_use"].click, use_my_data, [], [*OPENED, "data_source"], "start_problem")
    used.then(None, js=SHOW_STAGE)
    taught = wires.on(part["start_teach"].click, teach, [], ["start_index"], "start_problem")
    taught.then(None, js=SHOW_INDEX)
    return picked


# ---- handlers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Poke:
    """What a press on a tile does. `at_once(lab, pick, **held)`: what needs no model; `later`, likewise: what a model says, with the
    component that `waits` for it and that for its `problem`. `outputs`: all that these may touch besides the way."""

    way: Way
    outputs: tuple[str, ...] = ()
    at_once: Callable[..., dict] | None = None
    later: Callable[..., dict] | None = None
    waits: str = ""
    problem: str = ""


def poke(lab: Lab, pick: str, **held) -> dict:
    """A tile was pressed: its stage opens."""
    pressed = POKES.get(pick.partition(":")[0])
    if not pressed:
        return {"start_pick": ""}
    waiting = {pressed.waits: markup.page(markup.note(READING))} if pressed.waits else {}
    drawn = pressed.at_once(lab, pick, **held) if pressed.at_once else {}
    return merged(waiting, drawn, follow(pressed.way), {"start_pick": pick})


def answer(lab: Lab, start_pick: str, **held) -> dict:
    """What a model says to it; a refusal stands where the visitor is by then."""
    pressed = POKES.get(start_pick.partition(":")[0])
    if not pressed or not pressed.later:
        return {}
    try:
        return {pressed.problem: "", **pressed.later(lab, start_pick, **held)}
    except UserError as error:
        return {pressed.waits: "", pressed.problem: markup.problem(error), "start_pick": ""}


def draws_run(start_pick: str) -> bool:
    """Has this press drawn the run in view?"""
    pressed = POKES.get(start_pick.partition(":")[0])
    return bool(pressed) and "run" in pressed.outputs


def teach(lab: Lab) -> dict:
    return {"start_index": gr.update(value=course.render(), visible=True)}


def go(lab: Lab, pick: str) -> dict:
    """A line of the course was pressed: its place opens."""
    return {**course.go(pick), "start_line": pick}


def read_sample(lab: Lab, session: dict, start_line: str, **options) -> dict:
    """The sample that the line has chosen is read, as if it had been chosen there; a table of the visitor's own stays."""
    sample = course.sample(start_line)
    return data.take_sample(lab, session, sample, **options) if sample and not data.own(lab, session) else {}


def use_my_data(lab: Lab) -> dict:
    return {**follow(Way("data")), "data_source": "My file"}


def _cell(lab: Lab, pick: str, session: dict, **_) -> dict:
    """A cell of the confusion matrix: its rows."""
    shown = {**session, "run": RUN}
    return {**tab.refresh(lab, shown), **verdict.pick_cell(lab, pick, shown)}


def _word(lab: Lab, pick: str, session: dict, **_) -> dict:
    """A word of a text: the text is asked about."""
    drawn = tab.refresh(lab, {**session, "run": RUN})
    drawn.pop("try_bars")  # it waits for the answer
    return {**drawn, "try_text": try_it.START}


def _word_answer(lab: Lab, pick: str, session: dict, **_) -> dict:
    return merged(*try_it.classify(lab, {**session, "run": RUN}, try_it.START, "", try_it.WAYS[0], []))


def _guess(lab: Lab, pick: str, **_) -> dict:
    """What the visitor expects of the flawed model."""
    return {"cheat_text": exhibit.TEXT, "cheat_guess": _guessed(pick), "cheat_ask": gr.update(interactive=True)}


def _guess_answer(lab: Lab, pick: str, session: dict, cheat_score: list, **_) -> dict:
    return exhibit.ask(lab, session, exhibit.TEXT, _guessed(pick), cheat_score, "")


def _guessed(pick: str) -> str | None:
    guess = pick.partition(":")[2]
    return guess if guess in exhibit.GUESSES else None


def _token(lab: Lab, pick: str, **_) -> dict:
    """A token of the stored text."""
    place = tokens.picked(pick, "token", MANY)
    return write.first(place) if place is not None else {}


def _token_answer(lab: Lab, pick: str, session: dict, **held) -> dict:
    state = _token(lab, pick).get("gen_state")
    return write.explain(lab, pick, session, state) if state and not state["why"] else {}


def _way(lab: Lab, pick: str, decode_kept: list, **_) -> dict:
    """A way of choosing was named as the one that repeats itself most: the stored comparison answers."""
    place = tokens.picked(pick, "way", MANY)
    return decode.first(place, decode_kept) if place is not None else {}


def _head(lab: Lab, pick: str, session: dict, **_) -> dict:
    """A head of the stored attention, on the stored sentence."""
    head = tokens.picked(pick, "head", MANY)
    if head is None:
        return {}
    place, asked = tiles.ATTENTION, shared.FIRST
    drawn = heads.show(lab, session, asked, place.family, place.layer, head)
    read = {"inside_text": asked["text"], "inside_asked": asked, "inside_tab": "heads", "inside_drawn": {"heads": asked}}
    return {**read, "inside_heads_family": place.family, **drawn}


def _drawn_answer(lab: Lab, pick: str, session: dict, **_) -> dict:
    """An image on the tile: drawn again by its model, and looked at."""
    told, number = drawing.example(), tokens.picked(pick, "drawn", MANY)
    if not told or number is None or number >= told["drawn"]["count"]:
        return {}
    return images.pressed(lab, session, told["model"], told["values"], number)


def _translated(lab: Lab, pick: str, **_) -> dict:
    """The stored translation: what one of its words looked at, or a word of the source that is to be hidden."""
    return translate.stored(pick)


def _hidden_answer(lab: Lab, pick: str, session: dict, **_) -> dict:
    return translate.answered(lab, session, pick)


CHEAT = ("cheat_text", "cheat_guess", *exhibit.ASKED)
WROTE = ("gen_prompt", *write.OUTPUTS)
READ = ("inside_text", "inside_asked", "inside_tab", "inside_drawn", *heads.OUTPUTS, "inside_heads_family")


def _varied(lab: Lab, pick: str, **_) -> dict:
    """A variant of the stored photograph, with the chain that it was made by."""
    told, number = varying.example(), tokens.picked(pick, "varied", MANY)
    if number is None or number >= len(told["sheet"]["variants"]):
        return {}
    chain = pictures.KIND.begin()
    shown = {
        "image_grid": pictures.render(told["sheet"], number),
        "image_sheet": told["sheet"],
        "image_photo": told["photo"],
        "image_own": "",
        "augment_arrived": True,
    }
    return {**shown, "image_chain": chain, "image_editor": editor.render(pictures.KIND, pictures.KIND.held(chain))}


def _varied_answer(lab: Lab, pick: str, session: dict, **_) -> dict:
    number = tokens.picked(pick, "varied", MANY)
    told = lab.vary_closer(session["visitor"], varying.example()["photo"], pictures.KIND.begin(), number or 0)
    return {"image_closer": pictures.beside(told)}


POKES = {
    "train": Poke(Way("data")),
    "cell": Poke(Way("verdict"), tuple(tab.RUN_VIEW), _cell),
    "word": Poke(Way("try"), (*tab.RUN_VIEW, "try_text"), _word, _word_answer, "try_bars", "try_problem"),
    "guess": Poke(Way("cheat"), CHEAT, _guess, _guess_answer, "cheat_view", "cheat_problem"),
    "token": Poke(Way("why", beside="write"), WROTE, _token, _token_answer, "gen_why_head", "why_problem"),
    "way": Poke(Way("decode"), ("decode_preset", "decode_guess", *decode.OUTPUTS, "decode_kept"), _way),
    "head": Poke(Way("inside", "heads"), READ, _head),
    "look": Poke(Way("attention", beside="translate"), tuple(translate.STORED), _translated),
    "hide": Poke(
        Way("attention", beside="translate"), tuple(translate.STORED), _translated, _hidden_answer, "tr_hidden", "attention_problem"
    ),
    "varied": Poke(Way("pictures"), VARIED, _varied, _varied_answer, "image_closer", "image_problem"),
    "drawn": Poke(Way("play"), tuple(images.PRESSED), None, _drawn_answer, "play_look", "play_problem"),
}
