from pathlib import Path

import pytest

from genhub import settings
from genhub.errors import UserError


def test_defaults_are_local_and_under_the_home_folder():
    got = settings.get({})
    assert (got.profile, got.public, got.offline, got.data) == ("local", False, False, None)
    assert got.home == Path.home() / ".genhub"
    assert {folder.parent for folder in (got.runs, got.uploads, got.downloads, got.transit, got.cache)} == {got.home}


def test_the_environment_moves_the_home_and_the_data(tmp_path):
    got = settings.get({"GENHUB_HOME": str(tmp_path), "GENHUB_DATA": "/somewhere"})
    assert got.runs == tmp_path / "runs"
    assert got.data == Path("/somewhere")


@pytest.mark.parametrize(
    ("env", "profile"),
    [
        ({"SPACE_ID": "me/lab"}, "public"),
        ({"SPACE_ID": "me/lab", "GENHUB_PROFILE": "zerogpu"}, "zerogpu"),
        ({"SPACE_ID": "me/lab", "SPACES_ZERO_GPU": "true"}, "zerogpu"),
        ({"SPACE_ID": "me/lab", "SPACES_ZERO_GPU": "true", "GENHUB_PROFILE": "public"}, "public"),
        ({"SPACES_ZERO_GPU": "true"}, "local"),
        ({"GENHUB_PROFILE": ""}, "local"),
    ],
)
def test_a_space_is_public_unless_told_otherwise(env, profile):
    assert settings.get(env).profile == profile


@pytest.mark.parametrize("profile", ["public", "zerogpu"])
def test_strangers_get_the_smaller_limits(profile):
    shared, own = settings.get({"GENHUB_PROFILE": profile}), settings.get({})
    assert shared.public
    assert not shared.limits.any_hub_model
    for name in (
        "upload_bytes",
        "table_rows",
        "training_seconds",
        "text_chars",
        "corpus_chars",
        "new_tokens",
        "image_pixels",
        "hub_bytes",
        "jobs_per_visitor",
    ):
        assert getattr(shared.limits, name) < getattr(own.limits, name), name


def test_the_limits_are_those_the_design_states():
    local, public = settings.LOCAL, settings.PUBLIC
    assert (local.upload_bytes, public.upload_bytes) == (50_000_000, 10_000_000)
    assert (local.table_rows, public.table_rows) == (200_000, 20_000)
    assert (local.training_seconds, public.training_seconds) == (3600, 300)
    assert (local.text_chars, public.text_chars) == (100_000, 20_000)
    assert (local.corpus_chars, public.corpus_chars) == (20_000_000, 2_000_000)
    told = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
    assert f"take {public.total_bytes / 1e9:.0f} GB at most, and what browsers send {public.transit_bytes / 1e9:.0f} GB" in " ".join(
        told.split()
    )


def test_an_unknown_profile_is_refused_by_name():
    with pytest.raises(UserError, match=r"GENHUB_PROFILE is “open”.*local, public, zerogpu"):
        settings.get({"GENHUB_PROFILE": "open"})


@pytest.mark.parametrize(("value", "offline"), [("1", True), ("0", False), ("", False), ("yes", True)])
@pytest.mark.parametrize("name", ["GENHUB_OFFLINE", "HF_HUB_OFFLINE"])
def test_either_variable_switches_the_hub_off(name, value, offline):
    assert settings.get({name: value}).offline is offline


def test_an_owner_turns_things_on_for_strangers():
    shared = settings.get({"GENHUB_PROFILE": "public", "GENHUB_ALLOW": "models, publishing"})
    assert shared.allowed == {"models", "publishing"}
    assert shared.limits.any_hub_model
    assert settings.get({"GENHUB_PROFILE": "public"}).allowed == frozenset()
    assert settings.get({}).allowed == settings.ALLOWED.keys()
    with pytest.raises(UserError, match=r"names “everything”. It may name adapters, models, publishing"):
        settings.get({"GENHUB_PROFILE": "public", "GENHUB_ALLOW": "models,everything"})


def test_a_proxy_is_believed_on_a_space_or_when_the_owner_says_so():
    told = [
        settings.proxied(env) for env in ({}, {"SPACE_ID": "me/lab"}, {"GENHUB_PROXIED": "1"}, {"SPACE_ID": "x", "GENHUB_PROXIED": "0"})
    ]
    assert told == [False, True, True, False]


def test_accounts_come_from_the_environment():
    told = settings.accounts({"GENHUB_AUTH": "ana:long enough, ben:has:colons"})
    assert told == [("ana", "long enough"), ("ben", "has:colons")]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "Nobody could sign in"),
        ("ana", "Entry 1 .* not name:password"),
        (":secret-secret", "Entry 1"),
        ("ana:short", "has 5 characters"),
    ],
)
def test_accounts_that_protect_nothing_are_refused(value, said):
    with pytest.raises(UserError, match=said) as raised:
        settings.accounts({"GENHUB_AUTH": value})
    assert "short" not in str(raised.value).replace("Choose a longer one", "")
