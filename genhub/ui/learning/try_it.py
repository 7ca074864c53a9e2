"""What was learnt, tried: the same text through the run and its base, side by side."""

from functools import partial

import gradio as gr

from genhub.lab import Lab
from genhub.ui import markup, tokens
from genhub.ui.learning.kinds import Kind
from genhub.ui.learning.run import chosen_run
from genhub.ui.wiring import Wires

LENGTH = 120


def layout(wires: Wires, kind: Kind) -> None:
    label = "Text" if kind.learns_from == "pairs" else "Prompt"
    prompt = gr.Textbox("", label=label, lines=2, info=_prompt_help(kind), elem_id=kind.name("prompt"))
    with gr.Row():
        drawn = kind.learns_from == "text"
        seed = gr.Number(0, label="Seed", precision=0, elem_id=kind.name("beside_seed"), min_width=120, visible=drawn)
        write = gr.Button(_verb(kind), variant="primary", elem_id=kind.name("write"), min_width=160)
    wires.add(**{kind.name(part): component for part, component in (("prompt", prompt), ("beside_seed", seed), ("write", write))})


def wire(wires: Wires, kind: Kind) -> None:
    wires.on(
        wires.parts[kind.name("write")].click,
        partial(beside, kind=kind),
        ["session", "learn", *kind.names("prompt", "beside_seed")],
        [kind.name("beside")],
        kind.name("home_problem"),
        trigger_mode="once",
        show_progress="minimal",
    )


# ---- handlers -------------------------------------------------------------------------------------------------------


def beside(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """The same prompt and seed through the run and, where it has one, its base."""
    run = chosen_run(lab, session, learn, kind)
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
