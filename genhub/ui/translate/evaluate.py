"""Stage 4 of Translate: pairs of one's own, and how well models translate them, side by side on the same sentences."""

import contextlib
from collections.abc import Iterator
from functools import partial

import gradio as gr

from genhub import catalog
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.lab.pairs import COPY, MODELS, PairsInfo
from genhub.ui import markup
from genhub.ui.markup import PICK_JS, esc
from genhub.ui.translate import by_length, chooser
from genhub.ui.wiring import Wires

STAGE = "4  Evaluate"
PASTED, FILE = "Paste", "My file"
SHOWN = 12  # of the worst sentences
INTRO = (
    "BLEU counts runs of one to four words that a translation shares with a reference, chrF runs of one to six characters; both go from 0 to "
    "100, and a source may have several references. Intervals and differences come from drawing the sentences again, a thousand times."
)
EXAMPLE = "\n".join(
    (
        "I like soccer and also going to the beach.\tMe gusta el fútbol y también ir a la playa.",
        "Where is the train station?\t¿Dónde está la estación de tren?",
        "She has never been to Spain.\tElla nunca ha estado en España.",
        "My brother has a white dog.\tMi hermano tiene un perro blanco.",
    )
)
OUTPUTS = ["tr_judge_told", "tr_judge_scores", "tr_judge_worst", "tr_judge_state", "tr_judge_go", "tr_judge_stop"]
IDLE = {"tr_judge_stop": gr.update(interactive=False), "tr_judge_go": gr.update(interactive=True)}
BUSY = {"tr_judge_stop": gr.update(interactive=True), "tr_judge_go": gr.update(interactive=False)}


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-evaluate") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                source = gr.Radio([PASTED, FILE], value=PASTED, label="Pairs", elem_id="tr-pairs-source")
                pasted = gr.Textbox(
                    EXAMPLE,
                    label="Pasted pairs",
                    lines=6,
                    max_lines=12,
                    info="A pair a line, a tab between source and translation; or a table with a header.",
                    elem_id="tr-pairs-pasted",
                )
                file = gr.File(label="CSV, TSV, JSONL or Parquet", height=110, visible=False, elem_id="tr-pairs-file")
                with gr.Row():
                    columns = [
                        gr.Textbox(
                            "", label=label, info="Empty: found by its name.", max_lines=1, elem_id=f"tr-pairs-{name}", min_width=140
                        )
                        for name, label in (("source-column", "Source column"), ("target-column", "Translation column"))
                    ]
                models = gr.Dropdown(
                    chooser.choices(wires.lab),
                    value=[entry for _, entry in chooser.choices(wires.lab)[:1]],
                    multiselect=True,
                    allow_custom_value=True,
                    max_choices=MODELS,
                    label="Models and runs",
                    info="The first is what the others are compared with.",
                    elem_id="tr-judged",
                )
                with gr.Row():
                    go = gr.Button("Evaluate", variant="primary", elem_id="tr-judge-go", min_width=140)
                    stop = gr.Button("Stop", interactive=False, elem_id="tr-judge-stop", elem_classes="gh-stop", min_width=100)
                problem = gr.HTML(elem_id="tr-judge-problem")
            with gr.Column(scale=3, min_width=300):
                told = gr.HTML(elem_id="tr-judge-told")
                scored = gr.HTML(elem_id="tr-judge-scores", elem_classes="gh-reserve")
        worst = gr.HTML(elem_id="tr-judge-worst", js_on_load=PICK_JS)
    wires.add(evaluate_stage=stage, tr_pairs_source=source, tr_pairs_pasted=pasted, tr_pairs_file=file, tr_source_column=columns[0])
    wires.add(tr_target_column=columns[1], tr_judged=models, tr_judge_go=go, tr_judge_stop=stop, tr_judge_problem=problem)
    wires.add(tr_judge_told=told, tr_judge_scores=scored, tr_judge_worst=worst, tr_judge_state=gr.State(None))


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["tr_pairs_source"].change, choose_source, ["tr_pairs_source"], ["tr_pairs_pasted", "tr_pairs_file"])
    focus = partial(gr.on, [part["tr_judged"].focus])
    wires.on(focus, lambda lab, session: {"tr_judged": gr.update(choices=chooser.choices(lab, session))}, ["session"], ["tr_judged"])
    given = ["tr_pairs_source", "tr_pairs_pasted", "tr_pairs_file", "tr_source_column", "tr_target_column", "tr_judged"]
    going = wires.on_steps(
        part["tr_judge_go"].click, judge, ["session", *given, *chooser.FIELDS], OUTPUTS, "tr_judge_problem", IDLE, trigger_mode="once"
    )
    part["tr_judge_stop"].click(None, cancels=[going])
    wires.on(part["tr_judge_stop"].click, stopped, [], ["tr_judge_told", "tr_judge_stop", "tr_judge_go"])
    wires.on_pick(part["tr_judge_worst"].select, choose_system, ["tr_judge_state"], ["tr_judge_worst"], "tr_judge_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose_source(lab: Lab, tr_pairs_source: str) -> dict:
    return {"tr_pairs_pasted": gr.update(visible=tr_pairs_source == PASTED), "tr_pairs_file": gr.update(visible=tr_pairs_source == FILE)}


def judge(lab: Lab, session: dict, tr_judged: list[str], **given) -> Iterator[dict]:
    """The pairs are read, each model translates their sources, and the figures come."""
    yield {**BUSY, "tr_judge_told": markup.page(markup.note("Reading the pairs."))}
    models = tr_judged if isinstance(tr_judged, list) else []
    info = _taken(lab, session["visitor"], models, given)
    facts = read(info)
    yield {"tr_judge_told": facts, "tr_judge_scores": "", "tr_judge_worst": "", "tr_judge_state": None}
    with contextlib.closing(lab.judging(session["visitor"], info.id, models, chooser.asked(given)[0])) as steps:
        for doing, share, told in steps:
            if told is None:
                at = markup.page(markup.paragraph(f"{doing}."), markup.track(share))
                yield {"tr_judge_told": facts + at}
            else:
                state = {"told": told, "system": 0}
                yield {
                    "tr_judge_told": facts,
                    "tr_judge_scores": scored(told),
                    "tr_judge_worst": worst(state),
                    "tr_judge_state": state,
                    **IDLE,
                }


def _taken(lab: Lab, visitor: str, models: list[str], given: dict) -> PairsInfo:
    """The pairs that were pasted or uploaded."""
    columns = given["tr_source_column"], given["tr_target_column"]
    known = catalog.languages_of(str(models[0])) if models else ("", "")
    spoken = [given["tr_source_language"] or known[0], given["tr_target_language"] or known[1]]
    if given["tr_pairs_source"] != FILE:
        return lab.take_pairs(visitor, given["tr_pairs_pasted"], languages=spoken, columns=columns)
    if not given["tr_pairs_file"]:
        raise UserError("No file has been chosen.", "One file is needed.", "Choose a table of pairs.", "file")
    return lab.take_pairs_file(visitor, given["tr_pairs_file"], languages=spoken, columns=columns)


def stopped(lab: Lab) -> dict:
    return {"tr_judge_told": markup.page(markup.note("Stopped: no figures were made.")), **IDLE}


def choose_system(lab: Lab, pick: str, tr_judge_state: dict | None) -> dict:
    """Whose worst sentences are shown."""
    number = pick.removeprefix("system:")
    if not tr_judge_state or not number.isdecimal() or int(number) >= len(tr_judge_state["told"]["systems"]):
        return {}
    return {"tr_judge_worst": worst({**tr_judge_state, "system": int(number)})}


# ---- rendering ------------------------------------------------------------------------------------------------------


def read(info: PairsInfo) -> str:
    """What was read, and what is out of the ordinary."""
    found = "".join(markup.paragraph(finding["text"], "muted") for finding in info.findings)
    sides = f"{info.source_column} → {info.target_column}"
    return markup.page(f"<h3>{esc(info.name)}</h3>", markup.facts([("pairs", f"{info.pairs:,}"), ("columns", sides)]), found)


def scored(told: dict) -> str:
    """Both scores of each system with their intervals, and BLEU by length."""
    rows = [
        [
            one["name"],
            _score(one["bleu"]),
            _score(one["chrf"]),
            _difference(one["difference"] and one["difference"]["bleu"]),
            _difference(one["difference"] and one["difference"]["chrf"]),
        ]
        for one in told["systems"]
    ]
    head = ["model", "BLEU", "chrF", "BLEU to the first", "chrF to the first"]
    count = f"{markup.plural(told['sentences'], 'source')} with {markup.plural(told['references'], 'reference')}"
    ground = f"{count}; 95 % intervals from {told['samples']:,} resamples, differences on the same ones (Koehn 2004). sacrebleu {' · '.join(told['signatures'])}"
    few = "Fewer than a hundred sentences: these figures move much with each of them." if told["sentences"] < 100 else ""
    return markup.page(
        markup.table(head, rows, (1, 2, 3, 4)),
        markup.note(few) if few else "",
        markup.paragraph(ground, "muted"),
        by_length.chart([one for one in told["systems"] if one["name"] != COPY]),
    )


def _score(one: dict) -> str:
    return f"{one['score']:.1f} [{one['low']:.1f}–{one['high']:.1f}]"


def _difference(one: dict | None) -> str:
    if not one:
        return "–"
    return f"{one['score']:+.1f} [{one['low']:+.1f}, {one['high']:+.1f}]".replace("-", "−")


def worst(state: dict) -> str:
    """The sentences with the lowest chrF, of the system in view."""
    systems, at = state["told"]["systems"], state["system"]
    picks = " ".join(markup.pick(one["name"], f"system:{place}", place == at) for place, one in enumerate(systems) if one["name"] != COPY)
    rows = [
        [one["source"], one["translation"], " / ".join(one["references"][:3]), f"{one['chrf']:.0f}"] for one in systems[at]["worst"][:SHOWN]
    ]
    return markup.page(
        "<h3>Worst sentences first</h3>",
        f"<p>{picks}</p>" if len(systems) > 2 else "",
        markup.table(["source", "translation", "reference", "chrF"], rows, (3,)),
    )
