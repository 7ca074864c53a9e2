"""The tab *Start*: tiles that show a computed result and do something when pressed, and two doors."""

import gradio as gr

from genhub.jobs import reading
from genhub.jobs.folder import RunFolder
from genhub.lab import EXAMPLES, Lab
from genhub.ui import charts, markup
from genhub.ui.classify import exhibit, tab, try_it
from genhub.ui.wiring import Wires, merged, pieces

QUESTIONS = (
    (
        "Transfer learning",
        "Freeze the encoder, or let a few parameters learn?",
        "Queue Frozen and LoRA on one table: is the difference larger than its interval?",
        "method",
    ),
    (
        "Adapters",
        "A bottleneck adapter learns some per cent of the parameters.",
        "How many points does full fine-tuning gain for all the others?",
        "method",
    ),
    (
        "Fine-tuning BERT for sentences",
        "A pooled vector, a linear head, cross-entropy.",
        "Which two classes of the sample does it confuse most, and would you?",
        "verdict",
    ),
    (
        "Attention as explanation, and its limits",
        "Attribution shows what a model leans on.",
        "Can you flip the answer by taking out one word?",
        "try",
    ),
    (
        "Learned bias in data",
        "A model takes the shortest way that the table leaves open.",
        "Does accuracy on unseen rows show that it cheats?",
        "cheat",
    ),
)
STAGES = {
    "data": "data_stage",
    "method": "method_stage",
    "train": "train_stage",
    "verdict": "verdict_stage",
    "try": "try_stage",
    "cheat": "cheat_stage",
}
# What an event opened lies further down, often below the fold: once it is drawn, the page moves there.
SHOW_OPEN_STAGE = """() => setTimeout(() => {
  const open = [...document.querySelectorAll('.gh-stage')].find(stage => stage.offsetParent && stage.querySelector(':scope > button.open'));
  if (open) open.scrollIntoView({ block: 'start' });
}, 200)"""
SHOW_INDEX = "() => setTimeout(() => document.querySelector('#start-index')?.scrollIntoView({ block: 'start' }), 200)"


def layout(wires: Wires) -> None:
    gr.HTML(
        markup.page(
            "<h2>Do generative AI, do not just read about it</h2>",
            markup.paragraph(
                "Train small models on your own data in this page, see how good they are on data they have not seen, and look inside. What stands below are stored runs: each can be repeated here, and poked at now.",
                "muted",
            ),
        )
    )
    tiles = pieces(render_tiles(), elem_id="start-tiles")
    answer = gr.HTML(elem_id="start-answer")
    with gr.Row():
        use = gr.Button("Use my data", variant="primary", elem_id="start-use")
        teach = gr.Button("Teach a class", elem_id="start-teach")
    index = pieces(visible=False, elem_id="start-index")
    wires.add(start_tiles=tiles, start_answer=answer, start_use=use, start_teach=teach, start_index=index, start_problem=gr.HTML())


def wire(wires: Wires) -> None:
    part = wires.parts
    opened = ["tabs", *STAGES.values()]
    poked = list(dict.fromkeys([*opened, "try_text", *tab.RUN_VIEW, *exhibit.ASKED, "cheat_text", "cheat_guess"]))
    for event in (
        wires.on_pick(part["start_tiles"].select, poke, ["session"], poked, "start_problem"),
        wires.on_pick(part["start_index"].select, go, [], opened, "start_problem"),
        wires.on(part["start_use"].click, use_my_data, [], ["tabs", "data_stage", "data_source"], "start_problem"),
    ):
        event.then(None, js=SHOW_OPEN_STAGE)
    taught = wires.on(
        part["start_teach"].click,
        lambda lab: {"start_index": gr.update(value=render_index(), visible=True)},
        [],
        ["start_index"],
        "start_problem",
    )
    taught.then(None, js=SHOW_INDEX)


# ---- handlers -------------------------------------------------------------------------------------------------------


def poke(lab: Lab, pick: str, session: dict) -> dict:
    """A tile was pressed: a cell opens the verdict, a word Try it, a guess the exhibit with the answer to it."""
    verb, _, value = pick.partition(":")
    if verb == "train":
        return go(lab, "go:data")
    if verb == "guess" and value in exhibit.GUESSES:
        asked = exhibit.ask(lab, session, exhibit.TEXT, value, [0, 0], "")
        return {**go(lab, "go:cheat"), **asked, "cheat_text": exhibit.TEXT, "cheat_guess": value, "cheat_ask": gr.update(interactive=True)}
    shown = {**session, "run": "example-support"}
    if verb == "word":
        text = try_it.START
        answers = try_it.classify(lab, shown, text, "", try_it.WAYS[0], [])
        return merged(go(lab, "go:try"), tab.refresh(lab, shown), *answers, {"try_text": text})
    return merged(tab.refresh(lab, shown), go(lab, "go:verdict"))


def go(lab: Lab, pick: str) -> dict:
    """Open Classify at one stage, the others folded."""
    wanted = pick.removeprefix("go:")
    if wanted not in STAGES:
        return {}
    folds = {component: gr.update(open=name == wanted) for name, component in STAGES.items()}
    return {"tabs": gr.Tabs(selected="classify"), **folds}


def use_my_data(lab: Lab) -> dict:
    return {"tabs": gr.Tabs(selected="classify"), "data_stage": gr.update(open=True), "data_source": "My file"}


# ---- rendering ------------------------------------------------------------------------------------------------------


def render_tiles() -> str:
    """Four tiles, each a verb and a computed picture; figures come from the example runs' own files."""
    tiles = [_classify_tile(), _learn_tile(), _look_inside_tile(), _cheat_tile()]
    return markup.page(f'<div class="gh-tiles">{"".join(tile for tile in tiles if tile)}</div>')


def _tile(title: str, body: str) -> str:
    return f'<div class="gh-tile"><h3>{markup.esc(title)}</h3>{body}</div>'


def _classify_tile() -> str:
    metrics = _example("support", "metrics.json")
    if not metrics:
        return ""
    told = f"LoRA on {metrics['test_rows']} support requests: accuracy {metrics['accuracy']:.3f}, TF-IDF {metrics['baselines']['tfidf']['accuracy']:.3f}, majority {metrics['baselines']['majority']['accuracy']:.3f}. Press a cell."
    return _tile("Classify", markup.paragraph(told, "muted") + charts.matrix(metrics["confusion"], metrics["labels"]))


def _learn_tile() -> str:
    folder = RunFolder(EXAMPLES / "support")
    view = reading.read(folder)
    if not view.curves:
        return ""
    values = list(view.curves.values())[-1]
    curves = charts.lines({"training": values.get("loss", []), "validation": values.get("val_loss", [])}, "step", "loss")
    done = view.done.metrics if view.done else {"training": {}}
    taken = f"{done['training'].get('steps', 0)} steps in {markup.seconds(done['training'].get('seconds'))}"
    models = f", {markup.plural(done['folds'], 'fold')} and the model to keep" if done.get("folds") else ""
    text = f"The same run while it learnt: {taken}{models}."
    return _tile("Watch it learn", markup.paragraph(text, "muted") + curves + markup.pick("Train one", "train:open"))


def _look_inside_tile() -> str:
    told = _example("support", "explained.json")
    if not told:
        return ""
    text = f"What speaks for “{told['label']}” ({told['score']:.2f}), by integrated gradients. Press a word to go on in Try it."
    return _tile("Look inside", markup.paragraph(text, "muted") + charts.words(told["words"]))


def _cheat_tile() -> str:
    metrics = _example("shortcut", "metrics.json")
    if not metrics:
        return ""
    text = f"This model is right on {metrics['accuracy']:.1%} of the rows it had not seen. What will it call this one?"
    guesses = " ".join(markup.pick(guess, f"guess:{guess}") for guess in exhibit.GUESSES)
    return _tile("Catch it cheating", markup.paragraph(text, "muted") + markup.paragraph(f"“{exhibit.TEXT}”") + guesses)


def _example(name: str, file: str) -> dict:
    folder = RunFolder(EXAMPLES / name)
    return folder.read(file) if folder.has(file) else {}


def render_index() -> str:
    """Topic, what it is, one question to answer by experiment, and the way there."""
    rows = [[topic, told, question, markup.pick("Go there", f"go:{stage}")] for topic, told, question, stage in QUESTIONS]
    return markup.page("<h3>Course index</h3>", markup.table(["topic", "in a sentence", "answer by experiment", ""], rows))
