"""What a page that strangers can reach says of itself."""

import http.client
import json
import os
import subprocess
import sys
import urllib.request
from types import SimpleNamespace
from urllib.parse import urlsplit

import gradio as gr
import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.hub import Push
from genhub.jobs.admission import sender
from genhub.lab import Lab
from genhub.ui import app, shared
from genhub.ui.blocks import GuardedBlocks, address_of
from genhub.ui.guard import waiting
from tests.ui.launched import launched
from tests.ui.served import ROOT, free_port

LINK = "https://abc.gradio.live"


def public(**env: str) -> settings.Settings:
    return settings.get({"GENHUB_PROFILE": "public", "GENHUB_HOME": "/nowhere", **env})


def test_the_banner_tells_the_limits_as_they_are():
    told = shared.banner(public())
    most = settings.PUBLIC
    for part in ("10 MB", f"{most.table_rows:,} rows", "5 minutes", "24 hours", "Models of the list only", "push runs to the Hub"):
        assert part in told
    assert shared.banner(settings.get({})) == ""
    assert "push runs" not in shared.banner(public(GENHUB_ALLOW="adapters,publishing"))
    assert "of the list" not in shared.banner(public(GENHUB_ALLOW="models"))
    assert "Embedded models only" in shared.banner(public(GENHUB_OFFLINE="1"))


def test_the_banner_says_whose_gpu_seconds_are_spent():
    assert "daily quota" in shared.banner(public(GENHUB_PROFILE="zerogpu"))
    assert "quota" not in shared.banner(public())


def test_the_owner_is_told_what_strangers_can_do():
    told = shared.to_the_owner(public(), "http://127.0.0.1:7860/", LINK, signed_in=False)
    assert told.startswith(f"GenHub is at {LINK}\n  on this computer: http://127.0.0.1:7860/")
    assert "Whoever knows the address" in told
    assert "--auth" in told
    assert "GENHUB_ALLOW=adapters,models,publishing" in told
    signed = shared.to_the_owner(public(), "http://0.0.0.0:7860/", "", signed_in=True)
    assert "Whoever signs in" in signed
    assert "--auth" not in signed
    assert "No share link could be made" in shared.to_the_owner(public(), "http://127.0.0.1:7860/", None, signed_in=False)
    assert shared.to_the_owner(settings.get({}), "http://127.0.0.1:7860/", "", signed_in=False) == "GenHub is at http://127.0.0.1:7860/"


def test_what_is_off_is_off_in_the_handlers_too(monkeypatch, tmp_path):
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path))
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    lab, visitor = Lab(settings.get()), "v" * 43
    with pytest.raises(UserError, match="Publishing is off here"):
        lab.publish(visitor, "example-support", Push("me/run", "hf_token"))
    with pytest.raises(UserError, match="Opening a packed run is off here"):
        lab.reopen(visitor, tmp_path / "run.zip")
    with pytest.raises(UserError, match="Opening a packed run is off here"):
        lab.reopen_from_hub(visitor, "me/run")
    hidden = {block.elem_id: block.visible for block in app.build(lab).blocks.values() if getattr(block, "elem_id", None)}
    assert hidden["runs-reopen"] is False
    assert hidden["home-reopen"] is False
    assert hidden["runs-hub"] is False
    assert "gh-shared" in hidden
    lab.close()


def request(peer: str, *forwarded: str, **known) -> SimpleNamespace:
    """forwarded: one header line each. known: what else stands in the scope."""
    lines = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return SimpleNamespace(scope={"type": "http", "method": "POST", "path": "/", "headers": lines, "client": (peer, 1), **known})


def test_where_a_call_came_from():
    assert address_of(request("8.8.8.8")) == "8.8.8.8"
    assert address_of(request("127.0.0.1", "8.8.4.4")) == "8.8.4.4"
    assert address_of(request("2001:db8:1:2::1")) == address_of(request("2001:db8:1:2:3::4")) == "2001:db8:1:2::/64"
    assert address_of(None) == ""
    assert sender.get() == ""


def test_a_call_came_from_where_the_guard_says():
    assert address_of(request("127.0.0.1", "6.6.6.6", "8.8.8.8")) == "8.8.8.8"  # two lines of one header
    assert address_of(gr.Request(request("127.0.0.1", "6.6.6.6", **{waiting.SENT: waiting.Sent("9.9.9.9", 0)}))) == "9.9.9.9"


def test_jobs_and_requests_count_for_the_same_address(tmp_path):
    """Over HTTP, with two lines of the header, of which the first is the visitor's own."""
    seen = []
    with GuardedBlocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        text.submit(lambda value: seen.append(sender.get()) or value, text, text, api_name="echo")
    page.queue()
    with launched(page, tmp_path) as found:
        asked = http.client.HTTPConnection(urlsplit(found.address).netloc, timeout=60)
        asked.putrequest("POST", "/gradio_api/call/echo")
        body = b'{"data": ["hello"]}'
        lines = (("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "8.8.8.8"), ("Content-Type", "application/json"))
        for name, value in (*lines, ("Content-Length", str(len(body)))):
            asked.putheader(name, value)
        asked.endheaders(body)
        event = json.loads(asked.getresponse().read())["event_id"]
        asked.close()
        with urllib.request.urlopen(f"{found.address}gradio_api/call/echo/{event}", timeout=60) as reply:
            assert "event: complete" in reply.read().decode()
        assert seen == ["8.8.8.8"]
        assert "8.8.8.8" in found.guard.rates.addresses
        assert "6.6.6.6" not in found.guard.rates.addresses


@pytest.mark.parametrize(("host", "share"), [("0.0.0.0", False), ("127.0.0.1", True), ("", False)])
def test_strangers_never_have_the_owners_limits(monkeypatch, tmp_path, host, share):
    monkeypatch.setenv("GENHUB_PROFILE", "local")
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))
    with pytest.raises(UserError, match=r"The profile is local, but others can reach this page\. On a Space, .* Unset GENHUB_PROFILE"):
        app.serve(app.Opening(host, share=share))
    assert not (tmp_path / "home").exists()


def test_others_open_what_is_theirs_to_open():
    settings.check_open(settings.get({}), "127.0.0.1", share=False)
    settings.check_open(public(), "0.0.0.0", share=True)


def test_a_space_that_asks_for_the_local_profile_ends_with_a_sentence(tmp_path):
    told = {"SPACE_ID": "me/lab", "GENHUB_PROFILE": "local", "GENHUB_HOME": str(tmp_path / "home"), "PORT": str(free_port())}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("The profile is local, but others can reach this page.")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()
