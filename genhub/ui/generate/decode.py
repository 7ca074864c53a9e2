"""Stage 3 of Generate: the decoding strategies side by side, on one prompt and one seed, each with what can be counted in its text.

Which way repeats itself most and which comes nearest to what people write is read from the figures, beside what Holtzman et al. (2020)
found. Passages that were written for this project stand for people's text, each cut to the length of what was written.
"""

import contextlib
import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr

from genhub import gate
from genhub.data import samples
from genhub.errors import UserError
from genhub.families import CAUSAL
from genhub.lab import Lab
from genhub.training.configs import STRATEGIES, STRATEGY_OPTIONS, GenerateConfig
from genhub.ui import charts, fetching, markup, tokens
from genhub.ui.generate import stored, writer
from genhub.ui.wiring import Wires

STAGE = "3  Decode lab"
TEXTS, MOST_TEXTS = 3, 8
MEANS = ("perplexity", "distinct_1", "distinct_2", "repetition", "seconds")
PEOPLE = "People"
OUTPUTS = ["decode_view", "decode_table", "decode_score", "decode_stop", "decode_go"]
IDLE = {"decode_stop": gr.update(interactive=False), "decode_go": gr.update(interactive=True)}
REFUSED = {**IDLE, "decode_score": "", "decode_going": False}
BEAT_SECONDS = 0.2  # while a text grows, between two moments at which Stop takes hold
INTRO = (
    "One prompt, one seed, one model (those of stage 1), several ways to choose the next token. Commit first: which one will repeat "
    "itself most?"
)
FINDING = (
    "Holtzman et al. (2020) found with GPT-2 Large: the most probable texts, those of greedy and beam search, loop; a text drawn from the "
    "whole distribution goes astray in its unreliable tail; nucleus sampling comes nearest to people. Is it so here?"
)
RECORDED = "Show the figures of these recorded texts"
UNKNOWN = "There is no line of people's text: this model does not know all characters of the passages."
PASSAGES = 8  # of the bundled ones
NEAR = {"perplexity": "{:,.1f}", "repetition": "{:.0%}", "distinct_2": "{:.2f}"}  # in what a strategy is compared with people


@dataclass(frozen=True)
class Way:
    """One column of the comparison: a strategy, with options that differ from those of stage 1."""

    label: str
    values: dict


def _usual(strategy: str) -> Way:
    """A strategy at temperature 1, whatever stage 1 says: so the distribution that is cut is the model's own."""
    tempered = {"temperature": 1.0} if "temperature" in STRATEGY_OPTIONS[strategy] else {}
    return Way(STRATEGIES[strategy][0], {"strategy": strategy, **tempered})


PRESETS = {
    "The classics": [_usual(name) for name in ("greedy", "beam", "sample", "top-k", "nucleus")],
    "All of them": [_usual(name) for name in STRATEGIES],
    "Temperatures 0.01, 1, 100": [
        Way(f"Temperature {value:g}", {"strategy": "sample", "temperature": value}) for value in (0.01, 1.0, 100.0)
    ],
    "Greedy and its cures": [
        Way("Greedy", {"strategy": "greedy", "repetition_penalty": 1.0, "no_repeat_ngram": 0}),
        Way("Greedy, repetition penalty 1.3", {"strategy": "greedy", "repetition_penalty": 1.3, "no_repeat_ngram": 0}),
        Way("Greedy, no repeated trigram", {"strategy": "greedy", "repetition_penalty": 1.0, "no_repeat_ngram": 3}),
    ],
}
FIRST = "The classics"
CERTAIN = ("greedy", "beam")  # nothing is drawn: every seed gives the same text
SEEDS = 2**31


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-decode") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                preset = gr.Radio(list(PRESETS), value=FIRST, label="What to compare", elem_id="decode-preset")
                texts = gr.Slider(
                    1,
                    MOST_TEXTS,
                    value=TEXTS,
                    step=1,
                    label="Texts of each",
                    info="Seeds one after the other; figures are their means, the first text is shown.",
                    elem_id="decode-texts",
                )
                guess = gr.Radio(_guesses(FIRST), label="Your guess: the most repetition", elem_id="decode-guess")
                with gr.Row():
                    go = gr.Button("Compare", variant="primary", elem_id="decode-go", min_width=140)
                    stop = gr.Button("Stop", interactive=False, elem_id="decode-stop", min_width=100, elem_classes="gh-stop")
                problem = gr.HTML(elem_id="decode-problem")
                score = gr.HTML(elem_id="decode-score")
            with gr.Column(scale=3, min_width=300):
                table = gr.HTML(_folded_table(), elem_id="decode-table", elem_classes="gh-reserve")
        view = gr.HTML(_first_cards(), elem_id="decode-view")
    wires.add(decode_texts=texts)
    wires.add(decode_stage=stage, decode_preset=preset, decode_guess=guess, decode_go=go, decode_stop=stop, decode_score=score)
    wires.add(decode_table=table, decode_view=view, decode_problem=problem, decode_kept=gr.State([0, 0]))
    wires.add(decode_going=gr.State(False))


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["decode_preset"].change, choose_preset, ["decode_preset", "decode_guess"], ["decode_guess"])
    asked = ["session", "decode_preset", "decode_guess", "decode_kept", "decode_texts", "gen_prompt", *writer.FIELDS]
    shared = {"trigger_mode": "once", "concurrency_id": "writing", "concurrency_limit": 16}
    drawn = [*OUTPUTS, "decode_kept", "decode_going"]
    going = wires.on_steps(part["decode_go"].click, compare, asked, drawn, "decode_problem", REFUSED, **shared)
    wires.on(going.then, settle, ["decode_going"], ["decode_going", "decode_score", "decode_stop", "decode_go"])
    part["decode_stop"].click(None, cancels=[going])  # before what follows, which would have to end first
    wires.on(part["decode_stop"].click, lambda lab: IDLE, [], ["decode_stop", "decode_go"])


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose_preset(lab: Lab, decode_preset: str, decode_guess: str | None) -> dict:
    offered = _guesses(decode_preset)
    return {"decode_guess": gr.update(choices=offered, value=decode_guess if decode_guess in offered else None)}


def compare(
    lab: Lab, session: dict, decode_preset: str, decode_guess: str | None, decode_kept: list, decode_texts: int, **fields
) -> Iterator[dict]:
    """Every way of the preset, one after the other, drawn as they end; people's text last."""
    (values, run), prompt = writer.asked(fields), fields["gen_prompt"]
    ways = PRESETS[gate.choice(decode_preset, tuple(PRESETS), "preset")]
    busy = {"decode_stop": gr.update(interactive=True), "decode_go": gr.update(interactive=False), "decode_going": True}
    yield {**busy, "decode_score": _waiting(0, ways)}
    answers: list[tuple[Way, dict]] = []
    for frame in () if run else fetching.shown(lab, values["model"], CAUSAL.name):
        yield {"decode_score": frame}
    for way in ways:
        for told in several(lab, session["visitor"], prompt, {**values, **way.values}, run, decode_texts):
            if not told:
                yield {"decode_going": True}
                continue
            shown = [*answers, (way, told)]
            drawn = {"decode_view": cards(prompt, shown), "decode_table": markup.page(table(shown))}
            yield {**drawn, "decode_score": _waiting(len(answers), ways)}
        answers = shown
    people = written_by_people(lab, session["visitor"], values, run, usual_length(answers))
    score, kept = scored(answers, decode_guess, decode_kept)
    yield {
        "decode_table": _judged(answers, people),
        "decode_score": score,
        "decode_kept": kept,
        "decode_going": False,
        **IDLE,
    }


def _waiting(done: int, ways: list[Way]) -> str:
    return markup.page(markup.note(f"{done} of {len(ways)} …"))


def settle(lab: Lab, decode_going: bool) -> dict:
    """The comparison is over. Where it was stopped, what there is stays."""
    stopped = markup.page(markup.note("Stopped: what was written until then stays."))
    return {**({"decode_score": stopped} if decode_going else {}), "decode_going": False, **IDLE}


def write_several(lab: Lab, visitor: str, prompt: str, values: dict, run: str, texts: int) -> dict:
    """The first text, with the means of `texts` of them, one a seed, where the strategy draws."""
    *_, told = several(lab, visitor, prompt, values, run, texts)
    return told


def several(lab: Lab, visitor: str, prompt: str, values: dict, run: str, texts: int) -> Iterator[dict]:
    """The same after each text, of those that have been written by then; {} now and then while one grows."""
    if not isinstance(texts, int | float) or not 1 <= texts <= MOST_TEXTS:
        raise UserError(f"{str(texts)[:20]} texts of each.", f"From 1 to {MOST_TEXTS}.", "Move the slider.", "texts")
    config = gate.filled(GenerateConfig, values)
    count = int(texts) if config.strategy not in CERTAIN else 1
    told: list[dict] = []
    beaten = time.monotonic()
    for place in range(count):
        seeded = {**values, "seed": (config.seed + place) % SEEDS}
        with contextlib.closing(lab.writing(visitor, prompt, seeded, run, exact=True)) as events:
            for event in events:
                if "result" in event:
                    told.append(event["result"])
                elif time.monotonic() - beaten > BEAT_SECONDS:
                    beaten = time.monotonic()
                    yield {}
        means = {name: _mean([one[name] for one in told if one[name] is not None]) for name in MEANS}
        lengths = _mean([len(one["tokens"]) for one in told])
        yield {**told[0], **means, "length": lengths, "texts": len(told), "loops": max(one["loops"] for one in told)}


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def usual_length(answers: list[tuple[Way, dict]]) -> int:
    """Tokens of the texts that are compared, their median: figures of longer and shorter texts are not alike."""
    return round(statistics.median(told["length"] for _, told in answers))


def written_by_people(lab: Lab, visitor: str, values: dict, run: str, length: int) -> dict | None:
    """The same figures of passages that nobody generated, of `length` tokens at most: None where the model does not know their characters."""
    try:
        told = [lab.score(visitor, one.text, values, run, cut=True, most=length) for one in samples.passages()[:PASSAGES]]
    except UserError:
        return None
    means = {name: _mean([one[name] for one in told if one[name] is not None]) for name in MEANS if name != "seconds"}
    lengths = _mean([len(one["tokens"]) for one in told])
    return {**means, "length": lengths, "texts": len(told), "loops": max(one["loops"] for one in told), "units": told[0]["units"]}


def scored(answers: list[tuple[Way, dict]], guess: str | None, kept: list) -> tuple[str, list]:
    """Whether the guess was right, and the score of the visit."""
    known = [(way.label, told["repetition"]) for way, told in answers if told["repetition"] is not None]
    if not guess or not known:
        return "", kept
    most = max(share for _, share in known)
    best = [label for label, share in known if share == most]
    if len(best) == len(known):
        return markup.page(markup.note(f"All repeat themselves alike ({most:.0%}): a guess cannot be right or wrong.")), kept
    score = [kept[0] + (guess in best), kept[1] + 1]
    told = f"Most repetition: {'; '.join(best)} ({most:.0%}). {'You were right' if guess in best else 'Your guess was another'}: {score[0]} of {score[1]} so far."
    return markup.page(markup.note(told)), score


def first(place: int, kept: list) -> dict:
    """The stored comparison as the answer to a guess: the strategy at `place` repeats itself most."""
    shown = _first()
    if place >= len(shown):
        return {}
    guess = shown[place][0].label
    score, kept = scored(shown, guess, kept)
    return {
        "decode_preset": FIRST,
        "decode_guess": gr.update(choices=_guesses(FIRST), value=guess),
        "decode_table": _first_table(),
        "decode_view": _first_cards(),
        "decode_score": score,
        "decode_kept": kept,
    }


# ---- rendering ------------------------------------------------------------------------------------------------------


def _first() -> list[tuple[Way, dict]]:
    """The stored comparison."""
    return list(zip(PRESETS[FIRST], stored.example().get("compared", []), strict=False))


def _first_table() -> str:
    if not _first():
        return markup.page(markup.note("Nothing has been compared yet."))
    people = stored.example()["people"]
    return _judged(_first(), people)


def _folded_table() -> str:
    """The same behind a press: its figures answer the question that stands above them."""
    if not _first():
        return _first_table()
    return markup.page(f"<details><summary>{RECORDED}</summary>{_first_table()}</details>")


def _first_cards() -> str:
    return cards(stored.example()["prompt"], _first()) if _first() else ""


def _guesses(preset: str) -> list[str]:
    return [way.label for way in PRESETS.get(preset, PRESETS[FIRST])]


def cards(prompt: str, answers: list[tuple[Way, dict]]) -> str:
    """Each text under its strategy, with the reading aid."""
    return markup.page(f'<div class="gh-cards">{"".join(_card(prompt, way, told) for way, told in answers)}</div>')


def _card(prompt: str, way: Way, told: dict) -> str:
    strategy = way.values["strategy"]
    return (
        f"<article><h4>{markup.esc(way.label)}</h4>"
        f'<p class="aid">{markup.esc(STRATEGIES[strategy][2])} {markup.esc(_options(way))}</p>'
        f"{tokens.text(prompt, told['tokens'], pick='', small=True)}</article>"
    )


def _options(way: Way) -> str:
    """Options that the preset itself decides, besides the strategy."""
    said = [
        f"{GenerateConfig.option(name).label} {value:g}"
        for name, value in way.values.items()
        if name != "strategy" and name in STRATEGY_OPTIONS[way.values["strategy"]]
    ]
    return f"{', '.join(said)}." if said else ""


def table(answers: list[tuple[Way, dict]], people: dict | None = None) -> str:
    rows = [_row(way.label, told, told["seconds"]) for way, told in answers]
    if people:
        rows.append(_row(f"{PEOPLE} (passages of this project)", people, None))
    names = ["strategy", "texts", "tokens", "perplexity", "distinct-1", "distinct-2", "repetition", "exact loop", "seconds"]
    return markup.table(names, rows, range(1, 9))


def _row(label: str, told: dict, seconds: float | None) -> list:
    figures = [
        markup.figure(told[name], form)
        for name, form in (("perplexity", "{:,.2f}"), ("distinct_1", "{:.2f}"), ("distinct_2", "{:.2f}"), ("repetition", "{:.0%}"))
    ]
    loop = f"{told['loops']} {told['units']}" if told["loops"] else "none"
    return [label, told["texts"], f"{told['length']:.0f}", *figures, loop, markup.figure(seconds, "{:.2f}")]


def _judged(answers: list[tuple[Way, dict]], people: dict | None) -> str:
    """The table, the picture, and what is read from them."""
    return markup.page(
        table(answers, people),
        picture(answers, people),
        markup.paragraph(finding(answers, people)),
        "" if people else markup.paragraph(UNKNOWN, "muted"),
        markup.paragraph(FINDING, "muted"),
    )


def finding(answers: list[tuple[Way, dict]], people: dict | None) -> str:
    """Which way is at the ends of these figures, and which is nearest to people's text."""
    known = [(way.label, told) for way, told in answers if all(told[name] is not None for name in NEAR)]
    if len(known) < 2:
        return ""
    low, loud = min(known, key=lambda one: one[1]["perplexity"]), max(known, key=lambda one: one[1]["repetition"])
    told = f"Here {low[0]} has the lowest perplexity ({low[1]['perplexity']:,.1f}), {loud[0]} the most repetition ({loud[1]['repetition']:.0%})."
    if not people:
        return told
    near = []
    for name, form in NEAR.items():
        label, one = min(known, key=lambda one: _distance(name, one[1][name], people[name]))
        near.append(f"in {name.replace('_', '-')} {label} ({form.format(one[name])}; people {form.format(people[name])})")
    return f"{told} Nearest to people come {', '.join(near)}."


def _distance(name: str, one: float, other: float) -> float:
    """How far two figures are apart: perplexities by their ratio."""
    return abs(math.log(one / other)) if name == "perplexity" else abs(one - other)


def picture(answers: list[tuple[Way, dict]], people: dict | None) -> str:
    """Perplexity against repetition, a point a strategy."""
    points = [
        (way.label, told["perplexity"], told["repetition"])
        for way, told in answers
        if told["perplexity"] and told["repetition"] is not None
    ]
    if people:
        points.append((PEOPLE, people["perplexity"], people["repetition"]))
    return charts.scatter(
        points,
        "perplexity under the model, logarithmic",
        "repetition",
        "Near people's point: as probable and as varied as their text.",
        log_x=True,
    )
