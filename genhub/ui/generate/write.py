"""Stage 1 of Generate: a prompt, a writer, and the text token by token; and stage 2, why each token.

The text streams from the model worker. A press on a token asks how it was chosen and offers the other candidates, from each of
which the text can branch off.
"""

import contextlib
import math
import time
from collections.abc import Iterator

import gradio as gr

from genhub.families import CAUSAL
from genhub.lab import Lab
from genhub.training.configs import STRATEGIES
from genhub.ui import fetching, markup, tokens
from genhub.ui.generate import stored, writer
from genhub.ui.wiring import Wires, pieces

STAGE = "1  Write"
WHY = "2  Why this token"
FRAME_SECONDS = 0.12  # between two pictures of a text that grows
EXAMPLES = (
    ("A story", "embedded/stories", "Once upon a time there was a little hedgehog who could not sleep."),
    ("A play", "embedded/shakespeare", "GLOUCESTER:\n"),
    ("A speech", "embedded/shakespeare", "KING RICHARD III:\nMy lords, the night is"),
    ("A first line", "embedded/char-rnn", "ROMEO:\n"),
    ("A question", "embedded/shakespeare", "To be or not to be"),
)
EXACT = (
    "In full precision and alone: slower, and the same seed gives the same text always. Without it a text is written in eight bits and "
    "together with other visitors' texts, which changes about one token of greedy text in a hundred, and what follows from it."
)
NOTHING = "Press Write. Each token is coloured by how probable it was; press one to see what else could have stood there."
UNPICKED = "No token has been pressed."
GROWING = "The text is still growing: press a token once it has ended, or was stopped."
OUTPUTS = ["gen_text", "gen_figures", "gen_course", "gen_state", "gen_stop", "gen_go", "gen_why", "gen_why_head"]
IDLE = {"gen_stop": gr.update(interactive=False), "gen_go": gr.update(interactive=True)}
BUSY = {"gen_stop": gr.update(interactive=True), "gen_go": gr.update(interactive=False)}
UNASKED = {"picked": None, "why": None, "branches": []}  # the token that was pressed, what was told of it, where the visitor chose


def layout(wires: Wires) -> None:
    first = _first()
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-write") as stage, gr.Row(elem_classes="gh-split"):
        with gr.Column(scale=2, min_width=300):
            prompt = gr.Textbox(
                first["prompt"] if first else "",
                label="Prompt",
                lines=3,
                info="The text to go on with. Ctrl+Enter writes, Escape stops.",
                elem_id="gen-prompt",
            )
            examples = pieces(_examples(wires.lab), elem_id="gen-examples")
            with gr.Row():
                go = gr.Button("Write", variant="primary", elem_id="gen-go", min_width=140)
                stop = gr.Button("Stop", interactive=False, elem_id="gen-stop", min_width=100, elem_classes="gh-stop")
            problem = gr.HTML(elem_id="gen-problem")
            writer.layout(wires)
            exact = gr.Checkbox(
                False,
                label="Exact",
                info=EXACT,
                elem_id="gen-exact",
            )
        with gr.Column(scale=3, min_width=300):
            gr.HTML(markup.page(tokens.scale()))
            text = pieces(_text(first) if first else markup.page(markup.note(NOTHING)), elem_id="gen-text", elem_classes="gh-reserve-tall")
            told = stored.example().get("told")
            figures = gr.HTML(counted(told) if told else "", elem_id="gen-figures")
            course = gr.HTML(markup.page(tokens.course(told["tokens"])) if told else "", elem_id="gen-course")
    with gr.Accordion(WHY, open=True, elem_classes="gh-stage", elem_id="stage-why") as why_stage:
        shown = _why(first or UNASKED)
        head = gr.HTML(shown["gen_why_head"], elem_id="gen-why-head")
        why = pieces(shown["gen_why"], elem_id="gen-why")
        why_problem = gr.HTML()
    wires.add(write_stage=stage, gen_prompt=prompt, gen_examples=examples, gen_exact=exact, gen_go=go, gen_stop=stop, gen_text=text)
    wires.add(gen_figures=figures, gen_course=course, write_problem=problem, gen_state=gr.State(first))
    wires.add(why_stage=why_stage, gen_why_head=head, gen_why=why, why_problem=why_problem, gen_pick=gr.State(""), gen_forced=gr.State([]))


def wire(wires: Wires) -> None:
    part = wires.parts
    writer.wire(wires)
    asked = ["session", "gen_prompt", "gen_exact", "gen_forced", *writer.FIELDS]
    shared = {"trigger_mode": "once", "concurrency_id": "writing", "concurrency_limit": 16}
    going = wires.on_steps(part["gen_go"].click, write, asked, OUTPUTS, "write_problem", IDLE, **shared)
    for other in ("gen_prompt", "gen_writer"):  # the beginning that a link brought belongs to what it set
        wires.on(part[other].input, lambda lab: {"gen_forced": []}, [], ["gen_forced"])
    wires.on_pick(part["gen_examples"].select, choose_example, [], ["gen_prompt", "gen_writer", "gen_forced"], "write_problem")
    why = ["gen_why", "gen_why_head", "gen_text", "gen_state"]
    wires.on_pick(part["gen_text"].select, explain, ["session", "gen_state"], why, "why_problem")
    picked = wires.on_pick(part["gen_why"].select, lambda lab, pick: {"gen_pick": pick}, [], ["gen_pick"])
    branching = wires.on_steps(picked.then, branch, ["session", "gen_state", "gen_pick"], OUTPUTS, "write_problem", IDLE, **shared)
    left = ["gen_text", "gen_state", "gen_figures", "gen_course", "gen_stop", "gen_go"]
    for writing in (going, branching):
        wires.on(writing.then, settle, ["gen_state"], left)
    part["gen_stop"].click(None, cancels=[going, branching])  # before what follows, which would have to end first
    wires.on(part["gen_stop"].click, lambda lab: IDLE, [], ["gen_stop", "gen_go"])


# ---- handlers -------------------------------------------------------------------------------------------------------


def write(lab: Lab, session: dict, gen_prompt: str, gen_exact: bool, gen_forced: list[int], **fields) -> Iterator[dict]:
    """The text as it grows, its figures at the end. gen_forced: the tokens that it begins with, as a link has them."""
    values, run = writer.asked(fields)
    begun = {"prompt": gen_prompt, "values": values, "run": run, "exact": gen_exact, "prompt_ids": [], "tokens": []}
    branches = {"branches": [len(gen_forced) - 1]} if gen_forced else {}
    yield BUSY
    yield from _follow(lab, session, {**begun, **UNASKED, **branches}, gen_forced)


def branch(lab: Lab, session: dict, gen_state: dict | None, gen_pick: str) -> Iterator[dict]:
    """Another candidate was pressed: the same text up to there, then that candidate, then what the writer makes of it."""
    verb, _, number = gen_pick.partition(":")
    why, place = (gen_state or UNASKED)["why"], (gen_state or UNASKED)["picked"]
    if verb != "branch" or not why or number not in {str(candidate["id"]) for candidate in why["candidates"]}:
        return
    taken = {**why, "candidates": [{**candidate, "chosen": str(candidate["id"]) == number} for candidate in why["candidates"]]}
    forced = [*(token["id"] for token in gen_state["tokens"][:place]), int(number)]
    branches = [other for other in gen_state["branches"] if other < place] + [place]
    yield BUSY
    yield from _follow(lab, session, {**gen_state, "tokens": [], "why": taken, "branches": branches}, forced)


def _follow(lab: Lab, session: dict, state: dict, forced) -> Iterator[dict]:
    """Frames of the text while it grows. What stood there before goes with the first of them: a refusal leaves it."""
    asked = (session["visitor"], state["prompt"], state["values"], state["run"])
    state |= {"growing": True}
    drawn, told, grown = 0.0, None, state
    for frame in () if state["run"] else fetching.shown(lab, state["values"]["model"], CAUSAL.name):
        yield {"gen_figures": frame}
    with contextlib.closing(lab.writing(*asked, exact=state["exact"], forced=forced)) as events:
        for event in events:
            if "restarted" in event:
                grown = state
            elif "result" in event:
                told = event["result"]
            elif "depth" in event:
                yield {"gen_figures": markup.page(markup.note(f"Searching: {event['depth']:,} of at most {event['most']:,} tokens."))}
            elif "tokens" in event:
                begun = event.get("prompt_ids", grown["prompt_ids"])
                grown = {**grown, "tokens": [*grown["tokens"], *event["tokens"]], "prompt_ids": begun}
                if time.monotonic() - drawn > FRAME_SECONDS:
                    before = {} if drawn else {"gen_figures": "", "gen_course": "", **_why(grown)}
                    drawn = time.monotonic()
                    yield {"gen_text": markup.page(tokens.growing(grown["prompt"], grown["tokens"])), "gen_state": grown, **before}
    state |= {"tokens": told["tokens"], "prompt_ids": told["prompt_ids"], "growing": False}
    yield {
        "gen_text": _text(state),
        "gen_state": state,
        "gen_figures": counted(told),
        "gen_course": markup.page(tokens.course(told["tokens"])),
        **_why(state),
        **IDLE,
    }


def settle(lab: Lab, gen_state: dict | None) -> dict:
    """The writing is over. Where it was cut short (by Stop, or a refusal in the middle), what there is stays, and can be pressed."""
    if not gen_state or not gen_state.get("growing"):
        return IDLE
    figures = markup.note(f"Stopped after {markup.plural(len(gen_state['tokens']), 'token')}.")
    return {
        "gen_text": _text(gen_state),
        "gen_state": {**gen_state, "growing": False},
        "gen_figures": markup.page(figures),
        "gen_course": markup.page(tokens.course(gen_state["tokens"])),
        **IDLE,
    }


def explain(lab: Lab, pick: str, session: dict, gen_state: dict | None) -> dict:
    """How the pressed token was chosen."""
    place = tokens.picked(pick, "token", len(gen_state["tokens"]) if gen_state else 0)
    if place is None:
        return {}
    if gen_state.get("growing"):  # what comes next draws the text anew
        return {"gen_why_head": markup.page(markup.note(GROWING))}
    begun, ids = gen_state["prompt_ids"], [token["id"] for token in gen_state["tokens"]]
    asked = (session["visitor"], [*begun, *ids], len(begun) + place, gen_state["values"], gen_state["run"])
    told = lab.inspect(*asked, exact=gen_state["exact"] is True)
    state = {**gen_state, "picked": place, "why": told}
    return {"gen_text": _text(state), "gen_state": state, **_why(state)}


def choose_example(lab: Lab, pick: str) -> dict:
    place = tokens.picked(pick, "example", len(EXAMPLES))
    if place is None:
        return {}
    _, model, prompt = EXAMPLES[place]
    return {"gen_prompt": prompt, "gen_writer": model, "gen_forced": []}


def first(place: int) -> dict:
    """The stored text with the token at `place` pressed; how that was chosen is there where it is stored too."""
    told, state = stored.example(), _first()
    if not state or place >= len(state["tokens"]):
        return {}
    known = place == state["picked"]
    state |= {"picked": place, "why": state["why"] if known else None}
    return {
        "gen_prompt": state["prompt"],
        "gen_text": _text(state),
        "gen_state": state,
        "gen_figures": counted(told["told"]),
        "gen_course": markup.page(tokens.course(state["tokens"])),
        **(_why(state) if known else {"gen_why": ""}),
    }


# ---- rendering ------------------------------------------------------------------------------------------------------


def _first() -> dict | None:
    """The stored text as the state of one that was just written."""
    told = stored.example()
    if not told:
        return None
    made = {"prompt_ids": told["told"]["prompt_ids"], "tokens": told["told"]["tokens"]}
    asked = {**UNASKED, "picked": told["picked"], "why": told["why"]}
    return {"prompt": told["prompt"], "values": told["values"], "run": "", "exact": True, **made, **asked}


def _examples(lab: Lab) -> str:
    here = {entry.id for entry in lab.language_models()}
    shown = [markup.pick(name, f"example:{place}") for place, (name, model, _) in enumerate(EXAMPLES) if model in here]
    return markup.page(" ".join(["Examples:", *shown])) if shown else ""


def _text(state: dict) -> str:
    return markup.page(tokens.text(state["prompt"], state["tokens"], picked=state["picked"]))


def counted(told: dict) -> str:
    """What can be counted in a continuation."""
    ending = {"end": "the model ended the text", "length": "the limit of new tokens", "positions": "the model's positions are full"}
    shown = [
        ("tokens", f"{len(told['tokens']):,}"),
        ("perplexity", markup.figure(told["perplexity"], "{:,.2f}")),
        ("distinct-2", markup.figure(told["distinct_2"], "{:.2f}")),
        ("repetition", markup.figure(told["repetition"], "{:.0%}")),
        ("seconds", f"{told['seconds']:.2f}"),
        ("tokens a second, generated", markup.figure(told["tokens_per_second"], "{:,.0f}")),
        ("ended by", ending[told["ended"]]),
    ]
    loop = (
        markup.note(f"It ends in a loop: the same {markup.plural(told['loops'], told['units'][:-1])} again and again.")
        if told["loops"]
        else ""
    )
    unread = len(told["prompt_ids"]) - told.get("prompt_read", len(told["prompt_ids"]))
    left = (
        markup.note(f"The model's positions hold only the last {told['prompt_read']:,} tokens of the prompt: {unread:,} were not read.")
        if unread
        else ""
    )
    return markup.page(markup.facts(shown), loop, left)


def _why(state: dict) -> dict:
    """How the pressed token was chosen, and what else could have stood there."""
    told, place = state["why"], state["picked"]
    if told is None or place >= len(state["tokens"]):
        return {"gen_why": "", "gen_why_head": markup.page(markup.note(UNPICKED))}
    by = "you" if place in state["branches"] else STRATEGIES[state["values"]["strategy"]][0]
    return {"gen_why": markup.page(tokens.candidates(told)), "gen_why_head": _chosen(state["tokens"][place], told, by)}


def _chosen(token: dict, told: dict, by: str) -> str:
    share, bits = math.exp(token["logprob"]), told["entropy"] / math.log(2)
    sentence = (
        f"chosen by {by} at a probability of {tokens.probability(share)} under the model, rank {token['rank'] + 1:,}. The entropy of the "
        f"choice was {bits:.2f} bits, as open as between {2**bits:,.1f} equally probable tokens."
    )
    return markup.page(f"<p>{tokens.piece(token['text'])} {markup.esc(sentence)}</p>")
