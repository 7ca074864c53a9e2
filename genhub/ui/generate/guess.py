"""Stage 6 of Generate: guess the next token of a text before the model's probabilities are shown, both scored in bits.

Who guesses says how sure they are, and thereby gives a distribution: the stated share to the guess, the rest evenly to all other
tokens of the vocabulary. The cost of a token is -log2 of the share that it was given, as for the model (Shannon 1951 let people
guess in the same way, letter by letter).
"""

import math

import gradio as gr

from genhub import gate
from genhub.data import samples
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import charts, markup, tokens
from genhub.ui.generate import stored, writer
from genhub.ui.wiring import Wires

STAGE = "6  Beat the model"
OWN = "my own text"
GIVEN_CHARACTERS = 60  # of the text that are shown at the beginning
SURE = {"a hunch: 20 %": 0.2, "likely: 50 %": 0.5, "sure: 80 %": 0.8, "certain: 97 %": 0.97}
SPELLED = {"␣": " ", "space": " ", "blank": " ", "↵": "\n", "newline": "\n"}
OUTPUTS = ["guess_text", "guess_shown", "guess_state", "guess_typed"]
INTRO = (
    "A language model gives every token of its vocabulary a share; what the text then says costs it -log2 of that share, in bits. Play the "
    "same game: type the next token and say how sure you are. The rest of your share is spread evenly over all other tokens."
)
LADDER = "The same measure ranks whole texts: bits a character under the model of stage 1, from plain English to nonsense."


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-guess") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                passages = [(f"{passage.title} ({passage.kind})", passage.id) for passage in samples.passages()]
                choice = gr.Dropdown(
                    [*passages, (OWN, OWN)],
                    value=passages[0][1],
                    label="Text",
                    info="Written for this project, or your own.",
                    elem_id="guess-choice",
                )
                own = gr.Textbox("", label="My own text", lines=3, visible=False, elem_id="guess-own")
                begin = gr.Button("Begin", elem_id="guess-begin")
                typed = gr.Textbox(
                    "",
                    label="The next token",
                    max_lines=1,
                    info="A word: right if the token is that word or its beginning. For a character model one character, ␣ for a blank. Enter guesses.",
                    elem_id="guess-typed",
                )
                sure = gr.Radio(list(SURE), value=list(SURE)[1], label="How sure", elem_id="guess-sure")
                with gr.Row():
                    go = gr.Button("Guess", variant="primary", elem_id="guess-go", min_width=140)
                    skip = gr.Button("I have no idea", elem_id="guess-skip", min_width=140)
                problem = gr.HTML(elem_id="guess-problem")
            with gr.Column(scale=3, min_width=300):
                text = gr.HTML(
                    markup.page(markup.note("Press Begin: the text starts to show, and stops before each token.")),
                    elem_id="guess-text",
                    elem_classes="gh-reserve",
                )
                shown = gr.HTML(elem_id="guess-shown", elem_classes="gh-reserve-tall")
        gr.HTML(markup.page("<h3>From plain to nonsense</h3>", markup.paragraph(LADDER)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                sentence = gr.Textbox("", label="A sentence of yours among them", max_lines=2, elem_id="ladder-own")
                rank = gr.Button("Rank", elem_id="ladder-go", elem_classes="gh-enter")
                ladder_problem = gr.HTML(elem_id="ladder-problem")
            with gr.Column(scale=3, min_width=300):
                ladder = gr.HTML(
                    _first_ladder(),
                    elem_id="ladder-view",
                    elem_classes="gh-reserve",
                )
    wires.add(guess_stage=stage, guess_choice=choice, guess_own=own, guess_begin=begin, guess_typed=typed, guess_sure=sure, guess_go=go)
    wires.add(guess_skip=skip, guess_text=text, guess_shown=shown, guess_problem=problem, guess_state=gr.State(None))
    wires.add(ladder_own=sentence, ladder_go=rank, ladder_view=ladder, ladder_problem=ladder_problem)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(
        part["guess_choice"].change,
        lambda lab, guess_choice: {"guess_own": gr.update(visible=guess_choice == OWN)},
        ["guess_choice"],
        ["guess_own"],
    )
    wires.on(
        part["guess_begin"].click,
        begin,
        ["session", "guess_choice", "guess_own", *writer.FIELDS],
        OUTPUTS,
        "guess_problem",
        trigger_mode="once",
    )
    asked = ["session", "guess_state", "guess_typed", "guess_sure"]
    for event in (part["guess_go"].click, part["guess_typed"].submit):
        wires.on(event, guess, asked, OUTPUTS, "guess_problem", trigger_mode="once")
    wires.on(part["guess_skip"].click, skip, ["session", "guess_state"], OUTPUTS, "guess_problem", trigger_mode="once")
    shown = {"trigger_mode": "once", "show_progress": "minimal"}
    for event in (part["ladder_go"].click, part["ladder_own"].submit):
        wires.on(event, rank, ["session", "ladder_own", *writer.FIELDS], ["ladder_view"], "ladder_problem", **shown)


# ---- handlers -------------------------------------------------------------------------------------------------------


def begin(lab: Lab, session: dict, guess_choice: str, guess_own: str, **fields) -> dict:
    """The beginning of the text; its tokens are judged once, here."""
    values, run = writer.asked(fields)
    text = guess_own if guess_choice == OWN else next((one.text for one in samples.passages() if one.id == guess_choice), "")
    told = lab.score(session["visitor"], text, values, run, cut=True)
    judged, place, characters = told["tokens"], 0, 0
    while place < len(judged) - 1 and characters < GIVEN_CHARACTERS:
        characters += len(judged[place]["text"])
        place += 1
    state = {
        "ids": told["ids"],
        "tokens": judged,
        "begun": place,
        "place": place,
        "before": told["begun"],
        "vocabulary": told["vocabulary"],
        "yours": [],
        "right": 0,
        "model": "" if run else values["model"],
        "run": run,
    }
    return {"guess_text": _text(state), "guess_shown": "", "guess_state": state, "guess_typed": ""}


def guess(lab: Lab, session: dict, guess_state: dict | None, guess_typed: str, guess_sure: str) -> dict:
    """The guess is scored, then the model's probabilities are shown."""
    if not isinstance(guess_typed, str) or not guess_typed:
        raise UserError("Nothing was typed.", "A guess is a word, or a character.", "Type one, or press “I have no idea”.", "guess")
    return _reveal(lab, session, guess_state, guess_typed, SURE[gate.choice(guess_sure, tuple(SURE), "sure")])


def skip(lab: Lab, session: dict, guess_state: dict | None) -> dict:
    """No guess: every token gets the same share."""
    return _reveal(lab, session, guess_state, "", 0.0)


def _reveal(lab: Lab, session: dict, state: dict | None, typed: str, sure: float) -> dict:
    if not state or state["place"] >= len(state["tokens"]):
        raise UserError("There is no text to guess.", "The game begins with a text, and ends with it.", "Press Begin.", "guess")
    token, size = state["tokens"][state["place"]], state["vocabulary"]
    right = bool(typed) and hits(typed, token["text"])
    share = (sure if right else (1 - sure) / (size - 1)) if typed else 1 / size
    first = len(state["ids"]) - len(state["tokens"])
    values = {"strategy": "greedy", **({"model": state["model"]} if state["model"] else {})}
    told = lab.inspect(session["visitor"], state["ids"], first + state["place"], values, state["run"])
    state = {**state, "place": state["place"] + 1, "yours": [*state["yours"], -math.log2(share)], "right": state["right"] + right}
    return {"guess_text": _text(state), "guess_shown": _shown(state, token, told, typed, right), "guess_state": state, "guess_typed": ""}


def hits(typed: str, token: str) -> bool:
    """Whether what was typed is the token, or a word that begins with it. Blanks at the ends do not count, unless the token is one."""
    if not token.strip():
        return token == SPELLED.get(typed.strip().lower(), typed)
    return typed.strip().startswith(token.strip())


def rank(lab: Lab, session: dict, ladder_own: str, **fields) -> dict:
    """Bits a character of every sentence; one that the model cannot read says why."""
    values, run = writer.asked(fields)
    return {"ladder_view": ladder(*ranked(lab, session["visitor"], values, run, ladder_own))}


def ranked(lab: Lab, visitor: str, values: dict, run: str, own: str) -> tuple[list, list]:
    """([bits a character, sentence, why it is there], cheapest first; [sentence, why it cannot be read])."""
    rungs = [(rung.text, rung.about) for rung in samples.ladder()]
    if isinstance(own, str) and own.strip():
        rungs.append((own, "Yours."))
    found, refused = [], []
    for text, about in rungs:
        try:
            found.append([lab.score(visitor, text, values, run)["bits_per_character"], text, about])
        except UserError as error:
            if about == "Yours.":
                raise
            refused.append([text, error.what])
    return sorted(found), refused


# ---- rendering ------------------------------------------------------------------------------------------------------


def _text(state: dict) -> str:
    given = state["before"] + "".join(token["text"] for token in state["tokens"][: state["begun"]])
    return markup.page(
        tokens.text(given, state["tokens"][state["begun"] : state["place"]], pick="", writing=state["place"] < len(state["tokens"]))
    )


def _shown(state: dict, token: dict, told: dict, typed: str, right: bool) -> str:
    yours, models = state["yours"], [-one["logprob"] / math.log(2) for one in state["tokens"][state["begun"] : state["place"]]]
    verdict = "" if not typed else "Right. " if right else "Not this time. "
    sentence = f"{verdict}This token cost you {yours[-1]:.2f} bits, the model {models[-1]:.2f}."
    facts = [
        ("tokens guessed", len(yours)),
        ("you, bits a token", f"{sum(yours) / len(yours):.2f}"),
        ("the model, bits a token", f"{sum(models) / len(models):.2f}"),
        ("guessed right", state["right"]),
    ]
    ended = markup.note("That was the last token.") if state["place"] >= len(state["tokens"]) else ""
    line = charts.lines(
        {"you": list(enumerate(_running(yours), 1)), "the model": list(enumerate(_running(models), 1))},
        "tokens",
        "bits in all",
        "Bits so far: the lower line is ahead.",
    )
    head = f"<p>{tokens.piece(token['text'])} {markup.esc(sentence)}</p>"
    return markup.page(
        head,
        markup.facts(facts),
        ended,
        tokens.candidates({**told, "candidates": told["candidates"][:8]}, branch="", stages=("raw",)),
        line if len(yours) > 1 else "",
    )


def _running(costs: list[float]) -> list[float]:
    return [sum(costs[: place + 1]) for place in range(len(costs))]


def _first_ladder() -> str:
    """The stored ranking."""
    told = stored.example()
    if not told:
        return markup.page(markup.note("Nothing has been ranked yet."))
    return markup.page(markup.paragraph(f"Under {told['model']}, computed before:", "muted")) + ladder(**told["ladder"])


def ladder(found: list, refused: list[list[str]]) -> str:
    """Sentences by what they cost, cheapest first."""
    most = max((bits for bits, _, _ in found), default=1.0)
    rows = []
    for bits, text, about in found:
        bar = f'<div class="cell"><span>{bits:.2f}</span><span><i style="width:{100 * bits / most:.1f}%;background:{charts.colour(0)}"></i></span></div>'
        rows.append([markup.Raw(bar), text, about])
    table = markup.table(["bits a character", "sentence", "why it is here"], rows, classes="scroll gh-candidates gh-ladder")
    note = f"For comparison: a letter drawn evenly from 27 costs {math.log2(27):.2f} bits; the longer and the more usual a text, the fewer."
    unread = markup.table(["not read by this model", "why"], refused) if refused else ""
    return markup.page(table, markup.paragraph(note, "muted"), unread)
