"""What a page that strangers can reach says of itself."""

from types import SimpleNamespace

import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.hub import Push
from genhub.jobs.admission import sender
from genhub.lab import Lab
from genhub.ui import app, shared
from genhub.ui.blocks import address_of

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
    hidden = {block.elem_id: block.visible for block in app.build(lab).blocks.values() if getattr(block, "elem_id", None)}
    assert hidden["runs-reopen"] is False
    assert hidden["home-reopen"] is False
    assert "gh-shared" in hidden
    lab.close()


def request(peer: str, forwarded: str = "") -> SimpleNamespace:
    return SimpleNamespace(headers={"x-forwarded-for": forwarded} if forwarded else {}, client=SimpleNamespace(host=peer))


def test_where_a_call_came_from():
    assert address_of(request("8.8.8.8")) == "8.8.8.8"
    assert address_of(request("127.0.0.1", "8.8.4.4")) == "8.8.4.4"
    assert address_of(None) == ""
    assert sender.get() == ""
