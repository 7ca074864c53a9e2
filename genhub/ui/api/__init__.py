"""The endpoints for scripts: what `gradio_client` can call, named, typed and documented here; `docs/api.md` is made from it.

Events of the page itself are private. A script is a visitor like any other: it asks for a token first and passes it along
(in the local profile there is one owner and the token does not matter). Every value goes through the same gate as the page's.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    me = client.predict(api_name="/new_visitor")
"""

import contextlib
import inspect
from collections.abc import Callable
from functools import wraps

import gradio as gr

from genhub.data.fixes import hint
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui.api import answers, augmenting, files, images, language, pairs, runs, tables, texts, translation
from genhub.ui.wiring import guarded


def register(lab: Lab) -> None:
    """Add every endpoint to the page that is being built."""
    for function in endpoints(lab):
        gr.api(_checked(function), api_name=function.__name__, api_description=_described(function), concurrency_limit=4)
    files.register(lab, _checked, _described)
    augmenting.register(lab, _checked, _described)


def endpoints(lab: Lab) -> list[Callable]:
    """The endpoints without files; names and docstrings are what clients see."""
    return [
        function
        for part in (tables, texts, images, runs, answers, language, translation, pairs, augmenting)
        for function in part.endpoints(lab)
    ]


def _checked(function: Callable) -> Callable:
    """`function` whose errors reach the client as one sentence each; what a remedy would mend names its code."""

    def failed(error: UserError):
        raise gr.Error(f"{error}{hint(error.fix, 'give the fix')}", print_exception=False)

    if not inspect.isgeneratorfunction(function):
        return wraps(function)(guarded(function, failed))

    @wraps(function)
    def steps(*args, **kwargs):
        with contextlib.closing(function(*args, **kwargs)) as made:
            step = guarded(lambda: next(made, None), failed)
            while (answer := step()) is not None:
                yield answer

    return steps


def _described(function: Callable) -> str:
    return " ".join((function.__doc__ or "").split())
