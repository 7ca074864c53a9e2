"""Push to the Hub: the same block for every kind of run and for augmented sets. Publishing needs a network and somebody's own token; a
page for strangers has it only where its owner says so. On a Space that has OAuth people may sign in with the Hub instead of pasting a token.

    publishing.layout(wires, "home", SERVED)
    publishing.wire(wires, "home", Source(lambda session: session["run"]), "home_problem")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from genhub.errors import UserError
from genhub.hub import STAYS_PRIVATE, Push
from genhub.lab import Lab
from genhub.settings import PUBLISHING
from genhub.ui import markup, sign_in
from genhub.ui.wiring import Wires

WAYS = {"run": "The run", "space": "A Space that serves it", "set": "A data set"}
SERVED = ("run", "space")  # of models of texts
ASKED = ("repo", "token", "push_open", "push_as")


@dataclass(frozen=True)
class Source:
    """What is pushed. of(**inputs): the id of the run in view, or the file of a set; raises UserError where there is none. inputs: names of
    the components that it is told."""

    of: Callable[..., str]
    inputs: Sequence[str] = ()


def of_file(name: str) -> Source:
    """The file that was made last; `name`: of the state that holds where it lies."""

    def of(session: dict, **given) -> str:
        if not given[name]:
            raise UserError("Nothing has been made yet.", "What is pushed is the file that was made last.", "Make it first.", name)
        return given[name]

    return Source(of, [name])


def layout(wires: Wires, prefix: str, ways: Sequence[str] = ("run",)) -> None:
    """Components called `prefix`_repo and so on."""
    settings = wires.lab.settings
    shown = PUBLISHING in settings.allowed and not settings.offline
    with gr.Accordion("Push to the Hub", open=False, visible=shown, elem_id=f"{prefix}-publishing"):
        as_ = gr.Radio(
            [(WAYS[way], way) for way in ways], value=ways[0], label="As", visible=len(ways) > 1, elem_id=f"{prefix}-push-as", min_width=200
        )
        repo = gr.Textbox(label="Repository", info="owner/name; created when it does not exist.", elem_id=f"{prefix}-repo")
        signing = " Not needed when you are signed in." if sign_in.offered() else ""
        token = gr.Textbox(
            label="Access token",
            type="password",
            info=f"Used for this one upload, kept nowhere.{signing}",
            elem_id=f"{prefix}-token",
        )
        everybody = gr.Checkbox(False, label="Everybody may see it", elem_id=f"{prefix}-push-open")
        with gr.Row():
            look = gr.Button("Show what is sent", elem_id=f"{prefix}-look", min_width=120)
            push = gr.Button("Push", elem_id=f"{prefix}-push", min_width=120)
        done = gr.HTML(elem_id=f"{prefix}-pushed")
    wires.add(**{f"{prefix}_repo": repo, f"{prefix}_token": token, f"{prefix}_push": push, f"{prefix}_pushed": done})
    wires.add(**{f"{prefix}_push_open": everybody, f"{prefix}_push_as": as_, f"{prefix}_look": look})


def wire(wires: Wires, prefix: str, source: Source, problem: str) -> None:
    names, pushed = [f"{prefix}_{part}" for part in ASKED], f"{prefix}_pushed"

    def chosen(given: dict) -> tuple[str, str, str, bool]:
        """As what, to which repository, with which token, for everybody to see."""
        repo, token, everybody, what = (given.pop(name) for name in names)
        return what if what in WAYS else "run", str(repo or "").strip(), str(token or "").strip() or sign_in.token(), everybody is True

    def push(lab: Lab, session: dict, **given) -> dict:
        what, repo, token, everybody = chosen(given)
        done = lab.publish(session["visitor"], source.of(session=session, **given), Push(repo, token, not everybody, what))
        return {pushed: markup.page(markup.note(told(what, done, everybody))), f"{prefix}_token": ""}

    def look(lab: Lab, session: dict, **given) -> dict:
        what, repo, _, everybody = chosen(given)
        sent = lab.to_publish(session["visitor"], source.of(session=session, **given), repo, what)
        return {pushed: preview(sent, what, everybody)}

    asked = ["session", *source.inputs, *names]
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(wires.parts[f"{prefix}_push"].click, push, asked, [pushed, f"{prefix}_token"], problem, **once)
    wires.on(wires.parts[f"{prefix}_look"].click, look, asked, [pushed], problem, **once)


# ---- rendering ------------------------------------------------------------------------------------------------------


def told(what: str, done: dict, everybody: bool) -> str:
    """What came of a push: where it is, and who sees it, as the Hub says."""
    seen = "only you, and those you share it with on the Hub, see it" if done["private"] else "everybody may see it"
    stays = f" {STAYS_PRIVATE}" if everybody and done["private"] else ""
    return f"Published: {done['url']} ({seen}).{stays}" + (
        " The Hub builds the Space now; its page says how far that is." if what == "space" else ""
    )


def preview(sent: dict, what: str, everybody: bool) -> str:
    """The files, whether rows of the visitor's are among them, and the card."""
    total = sum(size for _, size in sent["files"])
    rows = "The rows themselves are sent." if what == "set" else "None of the rows that it learnt from is sent."
    head = f"{markup.plural(len(sent['files']), 'file')}, {markup.size(total)}, {'for everybody' if everybody else 'private'}. {rows}"
    most = 30
    listed = [(name, markup.size(size)) for name, size in sent["files"][:most]]
    more = len(sent["files"]) - most
    return markup.page(
        markup.paragraph(head),
        markup.table(["file", "size"], listed, (1,)),
        markup.paragraph(f"… and {markup.plural(more, 'file')} more", "muted") if more > 0 else "",
        f'<details><summary>README.md</summary><pre class="gh-card">{markup.esc(sent["card"])}</pre></details>' if sent["card"] else "",
    )
