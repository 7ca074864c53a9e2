"""Deploying to a loopback Hub with the real huggingface_hub, step by step and through the command line."""

import json
from pathlib import Path

import pytest

from genhub import settings
from genhub.cli import main
from genhub.deploy import build, publish
from genhub.deploy.publish import Target, cause, deploy
from genhub.errors import UserError
from tests import hub_here
from tests.hubserver import COMMIT, Fault

TOKEN = "hf_right"
SUPPORT = Path(build.ROOT) / "genhub" / "examples" / "support"


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with hub_here.empty(monkeypatch, tmp_path, TOKEN) as running:
        yield running


@pytest.fixture
def folder(tmp_path) -> Path:
    place = tmp_path / "space"
    (place / "genhub").mkdir(parents=True)
    (place / "app.py").write_text("print('hello')\n")
    (place / "genhub" / "model.safetensors").write_bytes(b"weights " * 1000)
    return place


def steps(folder: Path, **more) -> tuple[list[str], dict]:
    """What is said on the way, and what comes of it."""
    pauses = []
    said, going = (
        [],
        deploy(folder, Target(**({"repo": "acme/lab", "sdk": "gradio", "token": TOKEN} | more)), settings.get(), pauses.append),
    )
    while True:
        try:
            said.append(next(going))
        except StopIteration as end:
            return said, end.value


def refused(folder: Path, **more) -> UserError:
    with pytest.raises(UserError) as raised:
        steps(folder, **more)
    assert TOKEN not in str(raised.value)
    return raised.value


def test_a_folder_becomes_a_space(server, folder):
    said, done = steps(folder, variables={"GENHUB_ALLOW": "models"}, secrets={"GENHUB_AUTH": "ana:long enough"})
    assert said[0] == f"Created {server.url}/spaces/acme/lab"
    assert said[2:] == ["The Space is building", "The Space is app starting", "The Space is running"]
    assert done == {
        "url": f"{server.url}/spaces/acme/lab",
        "page": "https://acme-lab.hf.space",
        "commit": COMMIT,
        "stage": "RUNNING",
        "private": True,
    }
    there = server.folder("acme/lab", "spaces")
    assert (there / "genhub" / "model.safetensors").read_bytes() == b"weights " * 1000
    assert server.settings == {
        ("acme/lab", "variables"): {"GENHUB_ALLOW": "models"},
        ("acme/lab", "secrets"): {"GENHUB_AUTH": "ana:long enough"},
    }
    assert "acme/lab" in server.private


def test_a_space_has_its_variables_and_secrets_before_it_has_a_program(server, folder):
    steps(folder, variables={"GENHUB_PROFILE": "zerogpu"}, secrets={"GENHUB_AUTH": "ana:long enough"})
    asked = [seen.path.rpartition("/acme/lab/")[2] for seen in server.requests if seen.method == "POST" and "/acme/lab/" in seen.path]
    assert asked == ["variables", "secrets", "preupload/main", "commit/main"]


def test_a_private_space_stays_so_and_that_is_told(server, folder, monkeypatch, capsys):
    steps(folder)
    server.stages = ["RUNNING"]
    assert steps(folder, private=False)[1]["private"]
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(["deploy", "adapter", str(SUPPORT), "acme/lab", "--space", "--public"]) == 0
    told = capsys.readouterr().out
    assert "It is private: only you see it. You asked for a public one" in told
    assert "Strangers" not in told


def test_deploying_again_updates_it(server, folder):
    steps(folder)
    (folder / "genhub" / "new.py").write_text("new = 1\n")
    (folder / "genhub" / "model.safetensors").unlink()
    server.stages = ["RUNNING"]
    said, _ = steps(folder)
    assert said[0].startswith("Found ")
    there = server.folder("acme/lab", "spaces")
    assert (there / "genhub" / "new.py").exists()
    assert not (there / "genhub" / "model.safetensors").exists()


def test_a_build_that_fails_says_why(server, folder):
    server.stages = ["BUILDING", "BUILD_ERROR"]
    server.log = ["Collecting torch", "ERROR: No matching distribution found for torch==99", "cleaning up"]
    error = refused(folder)
    assert "(build error)" in error.what
    assert "No matching distribution found for torch==99" in error.limit
    assert server.folder("acme/lab", "spaces").exists()  # it is there to be mended
    server.stages, server.log = ["RUNTIME_ERROR"], ["Traceback (most recent call last):", "OSError: disk"]
    assert "OSError: disk" in refused(folder).limit


def test_a_space_that_never_comes_up_is_not_waited_for_for_ever(server, folder, monkeypatch):
    monkeypatch.setattr(publish, "BUILD_SECONDS", 1)
    server.stages = ["BUILDING"]
    assert "still building" in refused(folder).what


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=401, code="RepoNotFound"), "private, or does not exist"),
        (Fault(status=403), "does not let you"),
        (Fault(status=429), "asks for a pause"),
        (Fault(status=402), "wants a paid plan"),
        (Fault(status=500), "problem of its own"),
    ],
)
def test_each_refusal_has_its_sentence(server, folder, fault, said):
    server.fault("acme/lab", fault)
    assert said in refused(folder).what
    assert not server.folder("acme/lab", "spaces").exists()


def test_an_upload_that_fails_leaves_nothing(server, folder):
    server.fault("acme/lab", Fault(status=403, path="/commit/"))
    assert "does not let you" in refused(folder).what
    assert not server.folder("acme/lab", "spaces").exists()
    server.fault("acme/lab", Fault(status=500, path="/secrets"))
    assert "problem of its own" in refused(folder, secrets={"GENHUB_AUTH": "ana:long enough"}).what
    assert not server.folder("acme/lab", "spaces").exists()


def test_a_line_that_is_cut_leaves_nothing(server, folder):
    for path in ("/commit/", "/repos/create", "/variables"):
        server.fault("acme/lab", Fault(lost=True, path=path))
        assert "cannot be reached" in refused(folder, variables={"GENHUB_ALLOW": "models"}).what
        assert server.made.pop("acme/lab")
        assert not server.folder("acme/lab", "spaces").exists()


def test_an_upload_that_is_killed_leaves_nothing(server, folder, monkeypatch):
    monkeypatch.setattr(publish, "UPLOAD_SECONDS", 5)
    server.fault("acme/lab", Fault(silent=100, path="/commit/"))
    assert "took more than 5 s" in refused(folder).what
    assert "acme/lab" in server.made
    assert not server.folder("acme/lab", "spaces").exists()


def test_whoever_breaks_it_off_leaves_nothing(server, folder):
    going = deploy(folder, Target("acme/lab", "gradio", TOKEN), settings.get())
    assert next(going).startswith("Created ")
    assert server.folder("acme/lab", "spaces").exists()
    going.close()
    assert not server.folder("acme/lab", "spaces").exists()


@pytest.mark.parametrize("program", ["app.py", "Dockerfile", "index.html"])
def test_a_space_with_another_program_keeps_it(server, folder, monkeypatch, capsys, program):
    there = server.folder("acme/lab", "spaces")
    there.mkdir(parents=True)
    (there / program).write_text("somebody else's")
    server.private.add("acme/lab")
    error = refused(folder, variables={"GENHUB_ALLOW": "models"})
    assert (error.what, error.field) == (f"The Space acme/lab holds another program ({program}).", "repo")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(["deploy", "adapter", str(SUPPORT), "acme/lab", "--space"]) == 2
    assert "holds another program" in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in there.iterdir()] == [(program, "somebody else's")]
    assert server.settings == {}


def test_an_empty_space_gets_the_program(server, folder):
    there = server.folder("acme/lab", "spaces")
    there.mkdir(parents=True)
    (there / "README.md").write_text("---\nsdk: gradio\n---\n")
    server.private.add("acme/lab")
    assert steps(folder)[0][0].startswith("Found ")
    assert (there / "app.py").exists()


def test_what_was_there_before_stays(server, folder):
    steps(folder)
    server.fault("acme/lab", Fault(status=403, path="/commit/"))
    refused(folder)
    assert server.folder("acme/lab", "spaces").exists()


def test_open_spaces_names_and_tokens(server, folder, monkeypatch):
    server.folder("acme/lab", "spaces").mkdir(parents=True)
    assert "exists and is public" in refused(folder).what
    server.stages = ["RUNNING"]
    assert steps(folder, private=False)[1]["stage"] == "RUNNING"
    assert refused(folder, token="").field == "token"
    assert "does not accept this token" in refused(folder, token="hf_wrong").what
    asked = len(server.requests)
    assert refused(folder, repo="../up").field == "repo"
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert "stay offline" in refused(folder).what
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Step 1", "ERROR: could not find a version", "done"], "ERROR: could not find a version"),
        (["one", "two", ""], "two"),
        ([], "nothing"),
    ],
)
def test_the_cause_is_the_line_that_names_it(lines, expected):
    assert cause(lines) == expected


def test_the_command_deploys_a_run_as_its_own_space(server, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    server.stages = ["RUNNING"]
    assert main(["deploy", "adapter", str(SUPPORT), "acme/desk", "--space", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["page"] == "https://acme-desk.hf.space"
    there = {path.name for path in server.folder("acme/desk", "spaces").iterdir()}
    assert {"app.py", "predict.py", "README.md", "requirements.txt", "passport.json", "adapter"} <= there
    assert "acme/desk" in server.private


def test_the_command_lists_and_sends_nothing_when_it_is_a_rehearsal(home, tmp_path, capsys):
    assert main(["deploy", "space", "me/genhub", "--dry-run", "--variant", "docker", "--into", str(tmp_path / "here"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["folder"] == str(tmp_path / "here")
    assert told["files"] > 300
    assert (tmp_path / "here" / "Dockerfile").exists()
    assert main(["deploy", "space", "me/genhub", "--dry-run", "--into", str(tmp_path / "here")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["deploy", "space", "me/genhub", "--dry-run", "--variant", "gpu"]) == 2
    assert main(["deploy", "adapter", str(SUPPORT), "me/desk", "--dry-run", "--json"]) == 0
    assert "predict.py" in json.loads(capsys.readouterr().out.splitlines()[-1])["files"]


def test_the_command_asks_for_the_hardware_of_the_variant(server, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    small = server.root.parent / "clone"
    (small / "genhub").mkdir(parents=True)
    monkeypatch.setattr(build, "ROOT", small)
    for name in build.COMMON:
        (small / name).write_text("print()\n")
    server.stages = ["RUNNING"]
    assert main(["deploy", "space", "acme/lent", "--variant", "zerogpu", "--json"]) == 0
    assert server.made["acme/lent"]["hardware"] == "zero-a10g"
    assert server.settings["acme/lent", "variables"] == dict(build.VARIANTS["zerogpu"].variables)
    assert (server.folder("acme/lent", "spaces") / "requirements.txt").read_text().count("torch==2.11.") == 1


def test_the_command_pushes_a_run(server, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert main(["deploy", "adapter", str(SUPPORT), "acme/support", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["private"] is True
    assert (server.folder("acme/support") / "passport.json").exists()
