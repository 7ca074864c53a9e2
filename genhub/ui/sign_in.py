"""Signing in with the Hub, on a Space whose README asks for it (`hf_oauth: true`): Gradio's button, and the token that comes of it.

The token lies in a signed cookie of the visitor's browser. Here it is known while a request of that visitor is answered, and kept nowhere.
Source: https://huggingface.co/docs/hub/spaces-oauth
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec

import gradio as gr

from genhub.settings import PUBLISHING
from genhub.ui.wiring import Wires

NEEDED = ("SPACE_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
_token: ContextVar[str] = ContextVar("token", default="")


def offered() -> bool:
    """Whether this is a Space that people can sign in to, with what Gradio needs for it."""
    return all(os.environ.get(name) for name in NEEDED) and find_spec("authlib") is not None


def layout(wires: Wires) -> None:
    """The button in the header, where signing in leads to something."""
    if offered() and PUBLISHING in wires.lab.settings.allowed:
        gr.LoginButton("Sign in", size="sm", elem_id="gh-sign-in", min_width=90, variant="secondary")


def token() -> str:
    """Of the visitor whose request is being answered; "" for one who has not signed in."""
    return _token.get()


@contextmanager
def known(request) -> Iterator[None]:
    """The token of a Gradio request, to everything inside."""
    before = _token.set(_token_of(request) if offered() else "")
    try:
        yield
    finally:
        _token.reset(before)


def _token_of(request) -> str:
    session = getattr(getattr(request, "request", request), "scope", {}).get("session") or {}
    info = gr.oauth._get_valid_oauth_info_from_session(session)
    return str((info or {}).get("access_token", ""))
