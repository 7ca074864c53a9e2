"""The script and the command of a run: the script is started as a stranger would start it, and has to agree with the app."""

import ast
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from genhub import cli
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.lab import EXAMPLES
from genhub.text import code, methods
from genhub.text.classifier import Classifier, load_run
from genhub.text.code.classifier import FILE
from genhub.text.encoder import Encoder, load_encoder
from genhub.training.configs import ClassifyConfig
from tests.tiny import tiny_encoder

LABELS = ["blame", "praise", "“odd” label, 3 < 4"]
TEXTS = ["the film is good", "an awful, awful book and not very great!", "monday"]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    torch.set_num_threads(1)
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


def make_run(folder: Path, encoder_folder: Path, method: str, **passport) -> Path:
    """A run folder as training leaves it, with every weight that the method trains moved away from where it started."""
    config = ClassifyConfig(model="tests/tiny", method=method, bottleneck=4, rank=2)
    torch.manual_seed(3)
    encoder = methods.adapt(load_encoder(encoder_folder, id="tests/tiny", pooling=passport.get("pooling", "mean")), config, steps=10)
    model = Classifier(encoder, len(LABELS))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.2)
    folder.mkdir()
    kept = methods.save(encoder, config, folder)
    save_file({"weight": model.head.weight.detach(), "bias": model.head.bias.detach()}, folder / "head.safetensors")
    about = {
        "format": "genhub-classifier-1",
        "task": "classify",
        "base": {"id": "tests/tiny", "revision": "", "sha256": ""},
        "method": method,
        "adapter": kept,
        "labels": LABELS,
        "pooling": "mean",
        "normalize": True,
        "scale": 16.0,
        "max_length": 12,
        "bottleneck": {"width": 4},
        "config": config.to_dict(),
        "data": {"sha256": "0" * 64, "rows": 60},
        "seed": 0,
        "versions": {},
    }
    write_json(folder / "passport.json", {**about, **passport})
    return folder


def start(arguments: list[str], base: Path, folder: Path, given: str = "") -> list[dict]:
    """Start Python in another folder, without this package in sight, and read the lines it prints."""
    known = {name: value for name, value in os.environ.items() if name not in ("BASE", "RUN", "PYTHONPATH")}
    env = {**known, "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8", "BASE": str(base)}
    done = subprocess.run([sys.executable, *arguments], input=given, env=env, cwd=folder, capture_output=True, timeout=120, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def expect(lines: list[dict], run: Path, encoder: Encoder | None) -> None:
    """The lines are the app's own answer to TEXTS."""
    expected = load_run(run, encoder).predict(TEXTS)
    assert expected.scores.std() > 0.01
    assert [line["text"] for line in lines] == TEXTS
    assert [line["label"] for line in lines] == expected.labels
    for line, scores in zip(lines, expected.scores, strict=True):
        assert list(line["scores"]) == LABELS
        assert list(line["scores"].values()) == pytest.approx(scores.tolist(), abs=1e-5)


def with_script(run: Path) -> Path:
    (run / FILE).write_text(code.script(run), encoding="utf-8")
    return run


def test_the_script_of_an_adapter_agrees_with_the_app(tmp_path, base):
    run = with_script(make_run(tmp_path / "run", base, "lora"))
    lines = start([str(run / FILE), *TEXTS], base, tmp_path)
    expect(lines, run, load_encoder(base, id="tests/tiny"))


def test_the_scripts_of_the_other_ways_agree_with_the_app(tmp_path, base):
    """One process runs them all, since most of the time goes into importing torch; the texts come on standard input."""
    first_token = {"pooling": "cls", "normalize": False}
    runs = [
        with_script(make_run(tmp_path / "frozen", base, "frozen", **first_token)),
        with_script(make_run(tmp_path / "full", base, "full")),
        with_script(make_run(tmp_path / "bottleneck", base, "bottleneck")),
    ]
    program = (
        "import io, runpy, sys\n"
        "texts = sys.stdin.read()\n"
        "for script in sys.argv[1:]:\n"
        "    sys.stdin, sys.argv = io.StringIO(texts), [script]\n"
        "    runpy.run_path(script, run_name='__main__')\n"
    )
    scripts = [str(run / FILE) for run in runs]
    lines = start(["-c", program, *scripts], base, tmp_path, given="\n".join(TEXTS))
    encoder = load_encoder(base, id="tests/tiny")
    expect(lines[:3], runs[0], replace(encoder, **first_token))
    expect(lines[3:6], runs[1], None)
    expect(lines[6:], runs[2], encoder)


@pytest.mark.parametrize("method", ["lora", "frozen", "full", "bottleneck"])
def test_the_script_is_short_and_needs_nothing_of_ours(tmp_path, base, method):
    source = code.script(make_run(tmp_path / "run", base, method))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {"json", "os", "sys", "pathlib", "torch", "transformers", "peft", "safetensors"}
    assert ("peft" in imported) == (method == "lora")
    lines = [line for line in source.splitlines() if line.strip()]
    assert len(lines) <= (42 if method == "bottleneck" else 32)
    assert max(map(len, lines)) <= 140
    assert not any(label in source for label in LABELS)


def test_the_base_is_named_by_its_hub_id_and_revision(tmp_path, base):
    run = make_run(tmp_path / "run", base, "lora", base={"id": "embedded/minilm-l6", "revision": "c9745ed1"})
    source = code.script(run)
    assert '"sentence-transformers/all-MiniLM-L6-v2"' in source
    assert source.count('revision="c9745ed1"') == 2
    assert "embedded/" not in source


def test_the_script_of_an_embedded_base_needs_no_network(tmp_path):
    run = tmp_path / "run"
    shutil.copytree(EXAMPLES / "support", run)
    (run / FILE).write_text(code.script(run), encoding="utf-8")
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "empty")}
    done = subprocess.run(
        [sys.executable, str(run / FILE), "Where is my parcel?"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=offline,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told, expected = json.loads(done.stdout), load_run(run).predict(["Where is my parcel?"])
    assert told["label"] == expected.labels[0]
    assert max(told["scores"].values()) == pytest.approx(float(expected.scores.max()), abs=1e-4)


def test_a_passport_cannot_smuggle_code_into_the_script(tmp_path, base):
    wicked = "x'); \"); import os; os._exit(3); (\"('\\"
    run = make_run(tmp_path / "run", base, "lora", base={"id": wicked, "revision": wicked})
    tree = ast.parse(code.script(run))
    assert sum(isinstance(node, ast.Constant) and node.value == wicked for node in ast.walk(tree)) == 3


def test_a_folder_that_is_no_finished_run(tmp_path):
    with pytest.raises(UserError, match=r"no passport\.json"):
        code.script(tmp_path)


def job(folder: Path, config: ClassifyConfig, **data) -> Path:
    folder.mkdir(exist_ok=True)
    about = {"name": "support.csv", "sample": None, "fixes": [], **data}
    write_json(folder / "job.json", {"task": "classify", "config": config.to_dict(), "name": "a run", "data": about})
    return folder


def test_the_command_names_what_differs_from_the_defaults(tmp_path):
    run = job(tmp_path / "run", ClassifyConfig(text_column="what they said", learning_rate=2e-3, class_weights="balanced", seed=7))
    assert shlex.split(code.command_line(run), comments=True) == [
        *("python", "-m", "genhub", "train", "classify", "--data", "YOUR-TABLE.csv"),
        *("--model", "embedded/minilm-l6", "--method", "lora", "--text-column", "what they said", "--epochs", "4"),
        *("--learning-rate", "0.002", "--class-weights", "balanced", "--seed", "7", "--out", "run-again"),
    ]


def test_the_command_gives_back_the_same_config(tmp_path):
    config = ClassifyConfig(
        model="google-bert/bert-base-uncased",
        method="bottleneck",
        text_column="-x",
        label_column="it's",
        folds=0,
        dropout=0.25,
        learning_rate=1e-7,
    )
    run = job(tmp_path / "run", config, name="-odd name\n; rm.csv", fixes=["merge-labels", "drop-duplicates"])
    words = shlex.split(code.command_line(run), comments=True)
    assert words[:3] == ["python", "-m", "genhub"]
    args = cli.parser().parse_args(words[3:])
    assert (
        ClassifyConfig.from_dict({item.name: getattr(args, item.name) for item in config.options() if hasattr(args, item.name)}) == config
    )
    assert (args.data, args.fix, args.out) == ("YOUR-TABLE.csv", "merge-labels,drop-duplicates", "run-again")


def test_the_command_of_a_sample_and_of_a_separate_test_table(tmp_path):
    run = job(tmp_path / "run", ClassifyConfig(), name="support.csv", sample="support")
    assert code.command_line(run).startswith("python -m genhub train classify --data support --model")
    given = {"split": {"kind": "given"}}
    told = "# YOUR-TEST-TABLE.csv stands for your test table.\npython -m genhub train classify --data support --test YOUR-TEST-TABLE.csv --model"
    assert code.command_line(run, given).startswith(told)
    write_json(run / "metrics.json", given)
    assert code.command_line(run).startswith(told)


def test_the_command_of_a_sample_with_its_counterexamples(tmp_path):
    run = job(tmp_path / "run", ClassifyConfig(), name="shortcut.csv", sample="shortcut", counterexamples=True)
    assert "--data shortcut --counterexamples --model" in code.command_line(run)


@pytest.mark.parametrize("name", ["customers.csv", "pasted table", "owner/data-set"])
def test_the_command_never_names_a_table_that_only_its_owner_has(tmp_path, name):
    run = job(tmp_path / "run", ClassifyConfig(), name=name)
    comment, command = code.command_line(run).split("\n")
    assert comment == f"# YOUR-TABLE.csv stands for the table of yours that this run was trained on ({name})."
    assert "--data YOUR-TABLE.csv --model" in command
    assert name not in code.command_line(run, named=False)


def test_the_command_of_a_run_opened_from_a_zip(tmp_path, base):
    run = make_run(tmp_path / "run", base, "frozen")
    assert "--data YOUR-TABLE.csv --model tests/tiny --method frozen" in code.command_line(run)
