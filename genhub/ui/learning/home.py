"""What one does with what was learnt: let it write beside its base, take it home as a file, as code, as a command."""

from functools import partial
from pathlib import Path

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup, publishing, tokens
from genhub.ui.learning.kinds import Kind
from genhub.ui.learning.run import shown_run
from genhub.ui.wiring import Wires

LENGTH = 120
OUTPUTS = ("beside", "download", "merged", "code", "command", "home_note", "home_problem", "pushed")


def layout(wires: Wires, kind: Kind) -> None:
    with gr.Row(elem_classes="gh-split"):
        with gr.Column(scale=2, min_width=300):
            prompt = gr.Textbox(
                "", label="Text" if kind.learns_from == "pairs" else "Prompt", lines=2, info=_prompt_help(kind), elem_id=kind.name("prompt")
            )
            with gr.Row():
                drawn = kind.learns_from == "text"
                seed = gr.Number(0, label="Seed", precision=0, elem_id=kind.name("beside_seed"), min_width=120, visible=drawn)
                write = gr.Button(_verb(kind), variant="primary", elem_id=kind.name("write"), min_width=160)
            pack = gr.Button("Pack the run", elem_id=kind.name("pack"))
            download = gr.DownloadButton("Download", visible=False, elem_id=kind.name("download"))
            merge = gr.Button("Pack as one merged model", visible=kind.has_base, elem_id=kind.name("merge"))
            merged = gr.DownloadButton("Download merged model", visible=False, elem_id=kind.name("merged"))
            show = gr.Button("Show the code", elem_id=kind.name("show"))
            note = gr.HTML(elem_id=kind.name("home_note"))
            problem = gr.HTML(elem_id=kind.name("home_problem"))
        with gr.Column(scale=3, min_width=300):
            beside = gr.HTML(elem_id=kind.name("beside"), elem_classes="gh-reserve")
            code = gr.Code(
                language="python", label="Does it with plain transformers", visible=False, elem_id=kind.name("code"), wrap_lines=True
            )
            command = gr.Code(language="shell", label="Trains it again", visible=False, elem_id=kind.name("command"), wrap_lines=True)
            publishing.layout(wires, kind.prefix)
    parts = {"prompt": prompt, "beside_seed": seed, "write": write, "pack": pack, "download": download, "merge": merge, "merged": merged}
    parts |= {"show": show, "home_note": note, "home_problem": problem, "beside": beside, "code": code, "command": command}
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    part, asked = wires.parts, ["session", "learn"]

    def on(button: str, handler, inputs: tuple, outputs: tuple) -> None:
        wires.on(
            part[kind.name(button)].click, partial(handler, kind=kind), [*asked, *kind.names(*inputs)], kind.names(*outputs),
            kind.name("home_problem"), trigger_mode="once", show_progress="minimal",
        )  # fmt: skip

    on("write", beside, ("prompt", "beside_seed"), ("beside",))
    on("pack", pack, (), ("download", "home_note"))
    on("merge", merge, (), ("merged", "home_note"))
    on("show", show_code, (), ("code", "command"))
    publishing.wire(wires, kind.prefix, ["learn"], kind.name("home_problem"), lambda session, learn: _run(wires.lab, session, learn, kind))


# ---- handlers -------------------------------------------------------------------------------------------------------


def beside(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """The same prompt and seed through the run and, where it has one, its base."""
    run = _run(lab, session, learn, kind)
    prompt, visitor = given[kind.name("prompt")], session["visitor"]
    if kind.learns_from == "pairs":
        return {kind.name("beside"): _translated(lab, visitor, run, prompt)}
    values = {"max_new_tokens": LENGTH, "seed": given[kind.name("beside_seed")]}
    texts = [("This run", lab.write(visitor, prompt, values, run))]
    if kind.has_base:
        base = lab.folder(visitor, run).read("passport.json")["base"]["id"]
        texts.append((f"The base model: {base}", lab.write(visitor, prompt, {**values, "model": base})))
    cards = "".join(_card(name, prompt, told) for name, told in texts)
    return {kind.name("beside"): markup.page(tokens.scale(), f'<div class="gh-cards">{cards}</div>')}


def _translated(lab: Lab, visitor: str, run: str, text: str) -> str:
    """The same text through the run and its base."""
    passport = lab.folder(visitor, run).read("passport.json")
    base, (source, target) = passport["base"]["id"], passport["languages"]
    values = {"source_language": source, "target_language": target}
    texts = (
        ("This run", lab.translate(visitor, text, values, run)["translation"]),
        (f"The base model: {base}", lab.translate(visitor, text, {**values, "model": base})["translation"]),
    )
    cards = "".join(
        f'<article><h4>{markup.esc(name)}</h4><div class="gh-text small">{markup.esc(told)}</div></article>' for name, told in texts
    )
    return markup.page(f'<div class="gh-cards">{cards}</div>')


def pack(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    return _ready(kind, "download", "Download", lab.export(session["visitor"], _run(lab, session, learn, kind)))


def merge(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    return _ready(kind, "merged", "Download merged model", lab.merged(session["visitor"], _run(lab, session, learn, kind)))


def show_code(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    told = lab.code(session["visitor"], _run(lab, session, learn, kind))
    shown = {"code": told["script"], "command": told["command"]}
    return {kind.name(part): gr.update(value=value, visible=True) for part, value in shown.items()}


def cleared(kind: Kind) -> dict:
    """Another run is in view: what was made of the last one goes."""
    gone = {"download": gr.update(value=None, visible=False), "merged": gr.update(value=None, visible=False)}
    gone |= {"code": gr.update(visible=False), "command": gr.update(visible=False), "beside": "", "home_note": "", "home_problem": ""}
    gone |= {"pushed": ""}
    return {kind.name(part): value for part, value in gone.items()}


def _ready(kind: Kind, button: str, label: str, path: Path) -> dict:
    size = markup.size(path.stat().st_size)
    return {
        kind.name(button): gr.update(value=str(path), visible=True, label=f"{label} ({size})"),
        kind.name("home_note"): markup.page(markup.note(f"{path.name} is ready: {size}.")),
    }


def _run(lab: Lab, session: dict, learn: dict, kind: Kind) -> str:
    run = shown_run(lab, session, learn, kind)
    if not run:
        raise UserError("No run has been chosen.", "This is done with a finished run.", "Train one, or choose one of yours.", "run")
    return run


def _card(name: str, prompt: str, told: dict) -> str:
    perplexity = "it wrote nothing" if told["perplexity"] is None else f"perplexity {told['perplexity']:.2f} under its own writer"
    text = tokens.text(prompt, told["tokens"], pick="", small=True)
    return f'<article><h4>{markup.esc(name)}</h4><p class="aid">{perplexity}</p>{text}</article>'


def _verb(kind: Kind) -> str:
    verb = "Translate" if kind.learns_from == "pairs" else "Write"
    return f"{verb} side by side" if kind.has_base else verb


def _prompt_help(kind: Kind) -> str:
    if kind.learns_from == "pairs":
        return "The same text through the run and its base model."
    return "The same prompt and seed through the run and its base model." if kind.has_base else "What the model goes on from."
