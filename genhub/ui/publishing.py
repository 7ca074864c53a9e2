"""Push to the Hub: the same block for every kind of run. Publishing needs a network and somebody's own token; a page for
strangers has it only where its owner says so."""

from collections.abc import Callable

import gradio as gr

from genhub.lab import Lab
from genhub.settings import PUBLISHING
from genhub.ui import markup
from genhub.ui.wiring import Wires


def layout(wires: Wires, prefix: str) -> None:
    """Components called `prefix`_repo and so on."""
    settings = wires.lab.settings
    with gr.Accordion("Push to the Hub", open=False, visible=PUBLISHING in settings.allowed and not settings.offline):
        repo = gr.Textbox(label="Repository", info="owner/name; created private when it does not exist.", elem_id=f"{prefix}-repo")
        token = gr.Textbox(label="Access token", type="password", info="Used for this one upload, kept nowhere.", elem_id=f"{prefix}-token")
        push = gr.Button("Push, private", elem_id=f"{prefix}-push")
        done = gr.HTML(elem_id=f"{prefix}-pushed")
    wires.add(**{f"{prefix}_repo": repo, f"{prefix}_token": token, f"{prefix}_push": push, f"{prefix}_pushed": done})


def wire(wires: Wires, prefix: str, inputs: list[str], problem: str, run_of: Callable[..., str]) -> None:
    """`run_of(**inputs)`: the id of the run in view. Raises UserError where there is none."""
    names = [f"{prefix}_{part}" for part in ("repo", "token")]

    def push(lab: Lab, session: dict, **given) -> dict:
        repo, token = (given.pop(name) for name in names)
        address = lab.publish(session["visitor"], run_of(session=session, **given), repo, token)
        return {f"{prefix}_pushed": markup.page(markup.note(f"Published: {address}")), f"{prefix}_token": ""}

    asked = ["session", *inputs, *names]
    wires.on(wires.parts[f"{prefix}_push"].click, push, asked, [f"{prefix}_pushed", f"{prefix}_token"], problem, trigger_mode="once")
