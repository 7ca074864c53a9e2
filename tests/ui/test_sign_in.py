"""Signing in with the Hub on a Space: Gradio's real routes and authlib, behind our guard, against a provider on the loopback."""

import http.client
import json
from types import SimpleNamespace
from urllib.parse import urlsplit

import gradio as gr
import pytest
from starlette.testclient import TestClient

from genhub.ui import guard, sign_in
from genhub.ui.blocks import GuardedBlocks
from genhub.ui.guard.routes import Routes
from genhub.ui.wiring import Wires
from tests import openid

HOST = "me-lab.hf.space"


@pytest.fixture
def space(monkeypatch):
    """The environment of a Space whose README says `hf_oauth: true`."""
    with openid.Provider() as provider:
        told = {"OAUTH_CLIENT_ID": openid.CLIENT, "OAUTH_CLIENT_SECRET": "secret", "OAUTH_SCOPES": "openid profile manage-repos"}
        told |= {"OPENID_PROVIDER_URL": provider.url}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
            monkeypatch.setattr(gr.oauth, name, value)  # read when Gradio was imported
        for name, value in {"SPACE_ID": "me/lab", "SPACE_HOST": HOST, "SYSTEM": "spaces"}.items():
            monkeypatch.setenv(name, value)
        yield provider


@pytest.fixture
def client(space):
    with GuardedBlocks() as page:
        gr.LoginButton()
        told = gr.Textbox()
        gr.Button().click(sign_in.token, None, told, api_name="who")
    rules = guard.Rules(public=True, upload_bytes=1_000, text_chars=1_000, hosts=(HOST,), routes=Routes(sign_in=True))
    app = gr.routes.App.create_app(page, app_kwargs={"lifespan": guard.guarded(rules)})
    with TestClient(app, base_url=f"https://{HOST}", follow_redirects=False) as client:
        client.get("/gradio_api/startup-events")  # the queue begins
        yield client


def who(client) -> str:
    """What a handler of the page is told of who asks."""
    at = client.post("/gradio_api/call/who", json={"data": []}).json()["event_id"]
    lines = client.get(f"/gradio_api/call/who/{at}").text.splitlines()
    return json.loads(next(line for line in lines if line.startswith("data:")).removeprefix("data:"))[0]


def said_yes(address: str) -> str:
    """Where the provider sends the browser back to."""
    at = urlsplit(address)
    hub = http.client.HTTPConnection(at.netloc, timeout=10)
    try:
        hub.request("GET", f"{at.path}?{at.query}")
        return hub.getresponse().headers["Location"]
    finally:
        hub.close()


def test_a_handler_knows_the_token_of_who_has_signed_in_and_of_nobody_else(client, space):
    assert who(client) == ""
    there = client.get("/login/huggingface?_target_url=/?open=write")
    assert there.headers["location"].startswith(f"{space.url}/authorization?")
    back = said_yes(there.headers["location"])
    assert space.asked[0]["scope"] == "openid profile manage-repos"
    assert urlsplit(back).netloc == HOST
    home = client.get(back.removeprefix(f"https://{HOST}"))
    assert home.headers["location"] == "/?open=write"
    assert who(client) == openid.TOKEN
    assert sign_in.token() == ""
    client.cookies.clear()
    assert who(client) == ""


def test_the_button_is_there_where_signing_in_leads_to_something(space, monkeypatch):
    def buttons(*allowed: str) -> int:
        with gr.Blocks() as page:
            sign_in.layout(Wires(SimpleNamespace(settings=SimpleNamespace(allowed=frozenset(allowed)))))
        return sum(isinstance(block, gr.LoginButton) for block in page.blocks.values())

    assert buttons("publishing") == 1
    assert buttons("models") == 0
    monkeypatch.delenv("SPACE_ID")
    assert buttons("publishing") == 0
