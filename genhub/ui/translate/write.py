"""Stage 1 of Translate: a text, sentence by sentence in another language, each word coloured by how sure the model was.

A press on a word brings its sentence into view for the stages below; each sentence has the best hypotheses of its search.
"""

import contextlib
from collections.abc import Callable, Iterator

import gradio as gr

from genhub.data.languages import called
from genhub.families import SEQ2SEQ
from genhub.lab import Lab
from genhub.ui import fetching, markup, tokens
from genhub.ui.markup import esc
from genhub.ui.translate import chooser, state
from genhub.ui.wiring import Wires, pieces

STAGE = "1  Translate"
FIRST = "I like soccer and also going to the beach. She has lived here since 2010, hasn't she?"
EXAMPLES = (
    ("The course's sentence", "en", "I like soccer and also going to the beach."),
    ("A longer one", "en", "When I was a child, my grandmother told me stories about the sea every night before I went to sleep."),
    ("A story", "en", "The old man looked for his keys. They were on the table! He laughed, took them and left the house."),
    ("Spanish", "es", "Me gusta el fútbol y también ir a la playa."),
)
NOTHING = "Press Translate. Each word is coloured by how probable it was; press one to see what the model looked at."
OUTPUTS = ["tr_text", "tr_told", "tr_best", "tr_state", "tr_stop", "tr_go"]
SWAPPED = ["tr_model", "tr_source_language", "tr_target_language", "tr_source"]
IDLE = {"tr_stop": gr.update(interactive=False), "tr_go": gr.update(interactive=True)}
BUSY = {"tr_stop": gr.update(interactive=True), "tr_go": gr.update(interactive=False)}


def layout(wires: Wires) -> None:
    stored, first = state.example(), state.first()
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-translate") as stage, gr.Row(elem_classes="gh-split"):
        with gr.Column(scale=2, min_width=300):
            source = gr.Textbox(
                stored.get("text", FIRST),
                label="Text",
                lines=5,
                info="One sentence or many. Ctrl+Enter translates, Escape stops.",
                elem_id="tr-source",
            )
            examples = pieces(_examples(wires.lab), elem_id="tr-examples")
            with gr.Row():
                go = gr.Button("Translate", variant="primary", elem_id="tr-go", min_width=140)
                stop = gr.Button("Stop", interactive=False, elem_id="tr-stop", min_width=100, elem_classes="gh-stop")
            problem = gr.HTML(elem_id="tr-problem")
            chooser.layout(wires)
            back = gr.Checkbox(
                False,
                label="Translate back",
                info="The translation in the first language again: what got lost on the way shows there.",
                elem_id="tr-back",
            )
        with gr.Column(scale=3, min_width=300):
            gr.HTML(markup.page(tokens.scale("Probability of a word:")))
            text = pieces(render(first) if first else markup.page(markup.note(NOTHING)), elem_id="tr-text", elem_classes="gh-reserve")
            told = pieces(summary(first) if first else "", elem_id="tr-told")
            back_problem = gr.HTML(elem_id="tr-back-problem")
            returned = gr.HTML(elem_id="tr-returned")
            best = pieces(hypotheses(first) if first else "", elem_id="tr-best")
    wires.add(translate_stage=stage, tr_source=source, tr_examples=examples, tr_go=go, tr_stop=stop, translate_problem=problem)
    wires.add(tr_text=text, tr_told=told, tr_best=best, tr_state=gr.State(first), tr_back=back, tr_returned=returned)
    wires.add(back_problem=back_problem)


def wire(wires: Wires, drawn: list[str], fields: list[str], redraw: Callable[..., dict]) -> None:
    """`redraw(lab, session, tr_state, **fields)` answers with `drawn`: what stands below about the sentence in view."""
    part, below = wires.parts, ["session", "tr_state", *fields]
    chooser.wire(wires)
    asked = ["session", "tr_source", *chooser.FIELDS]
    shared = {"trigger_mode": "once", "concurrency_id": "translating", "concurrency_limit": 16}
    going = wires.on_steps(part["tr_go"].click, translate, asked, [*OUTPUTS, "tr_returned"], "translate_problem", IDLE, **shared)
    settled = wires.on(going.then, settle, ["tr_state"], OUTPUTS)
    seen = wires.on(settled.then, redraw, below, drawn, "attention_problem")
    for event in (seen.then, part["tr_back"].input):
        wires.on(event, return_back, ["session", "tr_state", "tr_back"], ["tr_returned"], "back_problem")
    part["tr_stop"].click(None, cancels=[going])
    wires.on(part["tr_stop"].click, lambda lab: IDLE, [], ["tr_stop", "tr_go"])
    wires.on(part["tr_swap"].click, swap, ["tr_source", "tr_state", *chooser.FIELDS], SWAPPED, "translate_problem")
    wires.on_pick(part["tr_examples"].select, choose_example, [], ["tr_source", "tr_model"], "translate_problem")
    for name in ("tr_text", "tr_told", "tr_best"):
        picked = wires.on_pick(part[name].select, choose, ["tr_state", *chooser.FIELDS], [*SWAPPED, "tr_text", "tr_best", "tr_state"])
        wires.overtaken(seen, part[name].select, picked)
        wires.on(picked.then, redraw, below, drawn, "attention_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def translate(lab: Lab, session: dict, tr_source: str, **fields) -> Iterator[dict]:
    """Sentence by sentence, as they come."""
    values, run = chooser.asked(fields)
    grown = state.begun(values, {"sentences": []}, run)
    yield BUSY
    for frame in () if run else fetching.shown(lab, values["model"], SEQ2SEQ.name):
        yield {"tr_told": frame}
    with contextlib.closing(lab.translating(session["visitor"], tr_source, values, run)) as events:
        for event in events:
            if "restarted" in event:
                grown = state.begun(values, {"sentences": []}, run)
            elif "sentence" in event:
                found = [*grown["told"]["sentences"], event["sentence"]]
                grown = state.begun(values, {"sentences": found, "growing": True}, run)
                yield {"tr_text": render(grown), "tr_state": grown, "tr_told": "", "tr_best": "", "tr_returned": ""}
            elif "result" in event:
                grown = state.begun(values, {**event["result"], "sentences": grown["told"]["sentences"]}, run)
    yield {"tr_state": grown, **_drawn(grown), **IDLE}


def settle(lab: Lab, tr_state: dict | None) -> dict:
    """Where it was cut short, what there is stays."""
    if not tr_state or not tr_state["told"].get("growing"):
        return IDLE
    ended = state.begun(tr_state["values"], {**tr_state["told"], "growing": False, "stopped": True}, tr_state["run"])
    return {"tr_state": ended, **_drawn(ended), **IDLE}


def choose(lab: Lab, pick: str, tr_state: dict | None, **fields) -> dict:
    """A word, a sentence or a hypothesis was pressed; or the remedy of a misfit: the opposite direction."""
    if not tr_state or tr_state["told"].get("growing"):
        return {}
    verb, sentences = pick.partition(":")[0], tr_state["told"]["sentences"]
    if verb == "swap":
        return chooser.turned(lab, fields)
    chosen = dict(tr_state)
    if verb == "word" and (place := state.picked_word(pick, tr_state)):
        chosen |= {"sentence": place[0], **state.UNPICKED, "word": place[1]}
    elif (at := tokens.picked(pick, "sentence", len(sentences))) is not None:
        chosen |= {"sentence": at, **state.UNPICKED}
    elif (at := tokens.picked(pick, "hypothesis", len(state.sentence(tr_state)["hypotheses"]))) is not None:
        chosen |= {**state.UNPICKED, "hypothesis": at}
    else:
        return {}
    return {"tr_state": chosen, "tr_text": render(chosen), "tr_best": hypotheses(chosen)}


def swap(lab: Lab, tr_source: str, tr_state: dict | None, **fields) -> dict:
    """The opposite direction; the text becomes its translation where that is what was translated last."""
    turned = chooser.turned(lab, fields)
    told = tr_state["told"] if tr_state else {}
    same = told.get("translation") and "".join(one["source"] + one["gap"] for one in told["sentences"]).strip() == str(tr_source).strip()
    return {**turned, "tr_source": told["translation"]} if same else turned


def return_back(lab: Lab, session: dict, tr_state: dict | None, tr_back: bool) -> dict:
    """The translation in the first language again, with how much of it is as it was."""
    if not tr_back or not tr_state or not tr_state["told"].get("translation"):
        return {"tr_returned": ""}
    told, values, visitor = tr_state["told"], tr_state["values"], session["visitor"]
    if tr_state["run"]:
        values = {**values, "model": lab.folder(visitor, tr_state["run"]).read("passport.json")["base"]["id"]}
    back = lab.translate_back(visitor, told["translation"], values, told["languages"])
    source = "".join(one["source"] + one["gap"] for one in told["sentences"])
    score = lab.likeness(session["visitor"], back["translation"], source)
    words = f"Back in {called(told['languages'][0])}, by {back['model']}: chrF {score:.0f} of 100 to what you wrote."
    return {
        "tr_returned": markup.page("<h3>Translated back</h3>", f'<p class="gh-text">{esc(back["translation"])}</p>', markup.note(words))
    }


def choose_example(lab: Lab, pick: str) -> dict:
    place = tokens.picked(pick, "example", len(EXAMPLES))
    if place is None:
        return {}
    _, language, text = EXAMPLES[place]
    model = next((entry.id for entry in lab.translators() if entry.languages[:1] == (language,)), None)
    return {"tr_source": text, **({"tr_model": model} if model else {})}


# ---- rendering ------------------------------------------------------------------------------------------------------


def _drawn(shown: dict) -> dict:
    return {"tr_text": render(shown), "tr_told": summary(shown), "tr_best": hypotheses(shown), "tr_returned": ""}


def drawn(shown: dict) -> dict:
    """A text that was translated, as the stage shows it when nothing is going on."""
    source = "".join(one["source"] + one["gap"] for one in shown["told"]["sentences"])
    return {"tr_source": source, "tr_state": shown, **_drawn(shown), **IDLE}


def _examples(lab: Lab) -> str:
    here = {entry.languages[0] for entry in lab.translators() if entry.languages}
    shown = [markup.pick(name, f"example:{place}") for place, (name, language, _) in enumerate(EXAMPLES) if language in here]
    return markup.page(" ".join(["Examples:", *shown])) if shown else ""


def render(shown: dict) -> str:
    """Every word of the translation coloured by its probability; the sentence in view is marked. Once it has ended words can be pressed."""
    growing = bool(shown["told"].get("growing"))
    parts = []
    for at, one in enumerate(shown["told"]["sentences"]):
        picked = shown["word"] if at == shown["sentence"] and not shown["hypothesis"] else None
        words = "".join(
            _word(word, "" if growing else f"word:{at}:{place}", place == picked, bool(place)) for place, word in enumerate(one["words"])
        )
        view = " view" if at == shown["sentence"] and len(shown["told"]["sentences"]) > 1 and not growing else ""
        parts.append(f'<span class="sentence{view}">{words}</span>{esc(one["gap"])}')
    cursor = '<span class="cursor" aria-hidden="true"></span>' if growing else ""
    return markup.page(f'<div class="gh-text">{"".join(parts)}{cursor}</div>')


def _word(word: dict, pick: str, pressed: bool, inner: bool) -> str:
    tone = tokens.strength_of(word["probability"])
    tip = f"probability {tokens.probability(word['probability'])}"
    blank = " " if word["blank"] and inner else ""
    button = f'role="button" tabindex="0" data-pick="{pick}" aria-pressed="{str(pressed).lower()}" ' if pick else ""
    return f'{blank}<span class="tok" {button}style="--s:{tone}" title="{tip}">{esc(word["text"])}</span>'


def summary(shown: dict) -> str:
    """What was counted, a misfit of languages, and every doubt, each leading to its sentence."""
    told = shown["told"]
    parts = []
    if told.get("stranger"):
        source, target = told["languages"]
        words = f"This text looks like {called(told['stranger'])}; the model translates from {called(source)}."
        turn = markup.pick(f"Translate from {called(told['stranger'])}", "swap:") if told["stranger"] == target else ""
        parts.append(f'<div class="gh-finding warning"><b>{esc(words)}</b> {turn}</div>')
    parts += [_doubt(at, one, doubt, len(told["sentences"]) > 1) for at, one in enumerate(told["sentences"]) for doubt in one["doubts"]]
    if told.get("stopped"):
        parts.append(markup.note(f"Stopped after {markup.plural(len(told['sentences']), 'sentence')}."))
    elif "seconds" in told:
        counted = [("sentences", f"{len(told['sentences']):,}"), ("seconds", f"{told['seconds']:.2f}")]
        parts.append(markup.facts(counted))
    return markup.page(*parts)


def _doubt(at: int, one: dict, doubt: dict, several: bool) -> str:
    where = markup.pick(f"Sentence {at + 1}", f"sentence:{at}") + " " if several else ""
    return f'<div class="gh-finding warning">{where}{esc(doubt["text"])}</div>'


def hypotheses(shown: dict) -> str:
    """The best translations that the search found for the sentence in view."""
    found = state.sentence(shown)["hypotheses"] if shown["told"]["sentences"] else []
    if len(found) < 2:
        return ""
    rows = [
        [
            place + 1,
            one["text"],
            f"{one['score']:.3f}",
            markup.pick("in view" if place == shown["hypothesis"] else "look at", f"hypothesis:{place}", place == shown["hypothesis"]),
        ]
        for place, one in enumerate(found)
    ]
    title = "<h3>Hypotheses</h3>" if len(shown["told"]["sentences"]) == 1 else f"<h3>Hypotheses of sentence {shown['sentence'] + 1}</h3>"
    return markup.page(title, markup.table(["", "text", "score a token", ""], rows, (0, 2)))
