"""A Space that serves one run and nothing else: the run as it is packed, its own script, and a page of thirty lines around it."""

import re
import shutil
from importlib.metadata import version
from pathlib import Path

from genhub import hub
from genhub.deploy.build import HEADER, REQUIREMENTS, ROOT
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.text import formats, portable
from genhub.text.code.parts import only_here

BASE = "base"
TITLE_CHARS = 60
INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
NEEDED = ("torch", "transformers", "peft", "safetensors", "sentencepiece")

_PAGE = '''\
"""One run of GenHub, served. The model is loaded by {script}, a plain program of transformers and PEFT."""

{base}import gradio as gr
from {module} import {function}

MOST = 20_000  # characters


def answer(text: str){returns}:
    """{docstring}"""
    if not text.strip():
        raise gr.Error("Write a text first.", print_exception=False)
    if len(text) > MOST:
        raise gr.Error(f"The text has {{len(text):,}} characters. At most {{MOST:,}}. Shorten it.", print_exception=False)
    return {call}


page = gr.Interface(answer, gr.Textbox(lines=4, label="Text"), {output}, title="{title}", api_name="{function}", flagging_mode="never")

if __name__ == "__main__":
    page.queue(max_size=32, default_concurrency_limit=1, api_open=False).launch(show_error=False, footer_links=[])
'''
_KINDS = {  # kind → function of its script, what it gives, how it is called, what shows it, what it does
    "classifier": (
        "predict",
        " -> dict[str, float]",
        'predict(text)["scores"]',
        'gr.Label(label="Label")',
        "Labels and their probabilities.",
    ),
    "generator": ("write", " -> str", "write(text)", 'gr.Textbox(label="Continued", lines=8)', "How the model goes on."),
    "translator": ("translate", " -> str", "translate(text)", 'gr.Textbox(label="Translation", lines=4)', "The translation."),
}
_README = """\
---
title: {title}
emoji: 🔬
colorFrom: blue
colorTo: gray
sdk: gradio
sdk_version: {gradio}
python_version: "3.11"
app_file: app.py
license: apache-2.0
short_description: One adapter made with GenHub
tags:
  - genhub
---

This Space serves one run of GenHub; its card follows.

{card}
"""


def space(run_dir: Path, name: str, into: Path) -> Path:
    """Write the folder of a Space called `name` that serves the run. Raises UserError for a run that has no script of its own."""
    passport = RunFolder(run_dir).read("passport.json")
    module = formats.part("code", passport)
    kind = module.__name__.rpartition(".")[2]
    if kind not in _KINDS:
        what = f"This run is an {formats.of(passport).noun.lower()}, and a Space of its own is for text models."
        raise UserError(what, "Classifiers, language models, translators.", "Push it to the Hub, or deploy GenHub itself.", "run")
    into.mkdir(parents=True, exist_ok=True)
    for path, content in portable.contents(run_dir).items():
        place = into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.read_bytes() if isinstance(content, Path) else content)
    base = _carry_base(passport, into)
    title = re.sub(r"[^A-Za-z0-9 ._-]", " ", name)[:TITLE_CHARS]
    function, returns, call, output, docstring = _KINDS[kind]
    page = _PAGE.format(
        script=module.FILE,
        base=f'import os\n\nos.environ.setdefault("BASE", "{BASE}")  # read when the script is imported\n\n' if base else "",
        module=module.FILE.removesuffix(".py"),
        function=function,
        returns=returns,
        docstring=docstring,
        call=call,
        output=output,
        title=title,
    )
    (into / "app.py").write_text(page, encoding="utf-8")
    card = (into / HEADER).read_text(encoding="utf-8") if (into / HEADER).exists() else ""
    body = re.sub(r"\A---\n.*?\n---\n", "", card, flags=re.DOTALL).strip()
    (into / HEADER).write_text(_README.format(title=title, gradio=version("gradio"), card=body), encoding="utf-8")
    (into / REQUIREMENTS).write_text("\n".join([INDEX, *pins(NEEDED)]) + "\n", encoding="utf-8")
    return into


def pins(names: tuple[str, ...]) -> list[str]:
    """The lines of our own requirements for these packages; torch is the build without CUDA."""
    lines = (ROOT / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    chosen = [line for line in lines if line.partition("==")[0] in names and 'python_version < "3.11"' not in line]
    return [re.sub(r";.*", "", line).strip() + ("+cpu" if line.startswith("torch==") else "") for line in chosen]


def _carry_base(passport: dict, into: Path) -> bool:
    """A base that is nowhere but here comes along; whether it did."""
    named = passport.get("base", {}).get("id", "")
    if (into / "model").is_dir() or not only_here(named):
        return False
    shutil.copytree(hub.ZOO / named.removeprefix("embedded/"), into / BASE, ignore=shutil.ignore_patterns("figures.json", "README.md"))
    return True
