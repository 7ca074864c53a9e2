"""What the Hub, or the way to it, can do wrong: each class of fault gets a sentence of its own, and no token is in any of them.

Weights that do not fit their configuration, and configurations that are refused, are in tests/test_hub.py.
"""

import hashlib
import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.hubserver import Fault, HubServer
from tests.promises.hub_asker import NOWHERE

TOKEN = "hf_CanaryThatMayWriteAndTellsNobody"
HTML = b"<html><body>Please sign in to this network.</body></html>"
WEIGHTS = "model.safetensors"
TREE = "/tree/"


def listed(size: int, more: int = 0) -> bytes:
    """A Hub's list of weights of that size, of what describes them, and of so many files more."""
    files = [("config.json", 100), (WEIGHTS, size), ("tokenizer.json", 100), *((f"{number}.bin", 1) for number in range(more))]
    return json.dumps([{"type": "file", "path": path, "oid": "0" * 40, "size": number} for path, number in files]).encode()


def header(**tensors: dict) -> bytes:
    told = json.dumps(tensors).encode()
    return struct.pack("<Q", len(told)) + told


@dataclass(frozen=True)
class Case:
    """What is wrong, and what is said of it, by which classes of faults are told apart. do: what is asked; endpoint: of a Hub elsewhere; files: that are other ones; args: more of them."""

    says: str
    fault: Fault | None = None
    do: str = "fetch"
    endpoint: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    args: dict = field(default_factory=dict)


RUN = {"head.safetensors": b"weights " * 100}
RUN["passport.json"] = json.dumps(
    {"format": "genhub-classifier-1", "files": {name: hashlib.sha256(data).hexdigest() for name, data in RUN.items()}}
).encode()

FAULTS = {
    "unknown": Case("The Hub knows no", Fault(status=404, code="RepoNotFound")),
    "private": Case("is private, or does not exist", Fault(status=401, code="RepoNotFound")),
    "wrong-token": Case("does not accept this token", args={"token": "hf_wrong"}),
    "gated": Case("is gated", Fault(status=403, code="GatedRepo")),
    "forbidden": Case("does not let you", Fault(status=403)),
    "no-revision": Case("does not have this revision", Fault(status=404, code="RevisionNotFound")),
    "file-gone": Case("is gone", Fault(status=404, code="EntryNotFound", path="config.json")),
    "conflict": Case("Somebody has changed", Fault(status=409)),
    "precondition": Case("Somebody has changed", Fault(status=412)),
    "range": Case("status 416", Fault(status=416, path=WEIGHTS)),
    "many-requests": Case("asks for a pause", Fault(status=429)),
    "broken": Case("status 500", Fault(status=500)),
    "bad-gateway": Case("status 502", Fault(status=502, path=TREE)),
    "unavailable": Case("status 503", Fault(status=503, path="config.json")),
    "gateway-slow": Case("status 504", Fault(status=504)),
    "teapot": Case("status 418", Fault(status=418)),
    "silent": Case("cannot be reached (ReadTimeout)", Fault(silent=3)),
    "always-cut": Case("cannot be reached", Fault(cut=True, path=WEIGHTS)),
    "shorter": Case("arrived damaged", Fault(path=WEIGHTS, change=lambda data: data[:-100])),
    "other-bytes": Case("arrived damaged", Fault(path=WEIGHTS, change=lambda data: data[::-1])),
    "elsewhere": Case("cannot be reached (ConnectError)", Fault(location="http://127.0.0.1:9/x")),
    "round-and-round": Case("cannot be reached (TooManyRedirects)", Fault(location="/api/models/acme/round-and-round")),
    "page": Case("answers with something else", Fault(body=HTML)),
    "page-for-files": Case("answers with something else", Fault(body=HTML, path=TREE)),
    "nothing": Case("answers with something else", Fault(body=b"")),
    "a-list": Case("answers with something else", Fault(body=b"[1]")),
    "no-commit": Case("names no commit", Fault(body=b'{"id": "acme/no-commit", "sha": "main", "siblings": []}', path="/revision/")),
    "nine-gigabytes": Case("9,000", Fault(body=listed(9_000_000_000), path=TREE)),
    "many-files": Case("more than 5,000 files", Fault(body=listed(400, more=5_000), path=TREE)),
    "only-bin": Case("old .bin format", files={WEIGHTS: b"", "pytorch_model.bin": b"x"}),
    "huge-header": Case("is not a safetensors file", do="look", files={WEIGHTS: struct.pack("<Q", 2**40) + b"{}"}),
    "torn-header": Case("a header that is not JSON", do="look", files={WEIGHTS: struct.pack("<Q", 50) + b'{"a": ' + b" " * 44}),
    "cut-weights": Case("is cut off", do="look", files={WEIGHTS: header(a={"dtype": "F32", "shape": [100], "data_offsets": [0, 400]})}),
    "no-port": Case("cannot be reached (ConnectError)", endpoint="http://127.0.0.1:9"),
    "no-name": Case("cannot be reached (ConnectError)", endpoint=f"http://{NOWHERE}"),
    "no-set": Case("The Hub knows no", Fault(status=404, code="RepoNotFound"), do="dataset"),
    "gated-set": Case("is gated", Fault(status=403, code="GatedRepo"), do="dataset"),
    "slow-set": Case("asks for a pause", Fault(status=429), do="dataset"),
    "no-run": Case("is not a run of GenHub", do="run"),
    "other-passport": Case("is not a run of GenHub", do="run", files={"passport.json": b'{"format": "of-another-program"}'}),
    "torn-passport": Case("is not a run of GenHub", do="run", files={"passport.json": b'{"format": '}),
    "large-run": Case("is too large", do="run", files=RUN, args={"bytes": 700}),
    "torn-run": Case("has no head.safetensors", do="run", files=RUN | {"head.safetensors": b""}),
    "changed-run": Case("was changed after the push", do="run", files=RUN | {"head.safetensors": b"others " * 100}),
    "cut-run": Case("cannot be reached", Fault(cut=True, path="head"), do="run", files=RUN),
    "damaged-run": Case("arrived damaged", Fault(path="head", change=lambda data: data[::-1]), do="run", files=RUN),
    "unknown-run": Case("The Hub knows no", Fault(status=404, code="RepoNotFound"), do="run"),
    "private-run": Case("is private, or does not exist", Fault(status=401, code="RepoNotFound"), do="run"),
    "gated-run": Case("is gated", Fault(status=403, code="GatedRepo"), do="run"),
    "forbidden-run": Case("does not let you", Fault(status=403), do="run"),
    "slow-run": Case("asks for a pause", Fault(status=429), do="run"),
    "away-run": Case("cannot be reached (ConnectError)", do="run", endpoint="http://127.0.0.1:9"),
    "page-run": Case("answers with something else", Fault(body=HTML), do="run"),
}  # fmt: skip


SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 100}
MODEL = {
    "config.json": json.dumps({"model_type": "bert", **SIZES}).encode(),
    "tokenizer.json": b"{}",
    WEIGHTS: header(a={"dtype": "F32", "shape": [100], "data_offsets": [0, 400]}) + bytes(400),
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Each repository has a fault of its own, and is else what a repository is as far as one sees before it is loaded."""
    with HubServer(tmp_path_factory.mktemp("hub"), token=TOKEN) as running:
        for name, case in FAULTS.items():
            folder = running.folder(f"acme/{name}")
            for path, data in {**MODEL, **case.files}.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
                if not data and path.endswith(".safetensors"):
                    (folder / path).unlink()
            if case.fault:
                running.fault(f"acme/{name}", case.fault)
        yield running


def asked(hub: HubServer, requests: list[dict], folder: Path) -> dict[str, dict | None]:
    """What the Hub's child says to each, by its name."""
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "0", "GENHUB_OFFLINE": "0"}
    env |= {"HF_HUB_DOWNLOAD_TIMEOUT": "1", "HF_HUB_ETAG_TIMEOUT": "1"}
    command = [sys.executable, "-m", "tests.promises.hub_asker"]
    made = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, env=env, timeout=200)
    assert made.returncode == 0, made.stderr[-3000:]
    assert TOKEN not in made.stdout + made.stderr
    return json.loads(made.stdout)


def request(name: str, case: Case, folder: Path) -> dict:
    common = {"id": f"acme/{name}", "dataset": f"acme/{name}", "token": "", "bytes": 1_000_000_000, "folder": str(folder / name)}
    models = {"revision": "main", "public_only": False, "family": "encoder"}
    sets = {"config": "", "split": "", "column": "", "least": 2, "rows": 10, "line_chars": 1_000, "out": str(folder / f"{name}.jsonl")}
    return {"name": name, "do": case.do, "endpoint": case.endpoint, "args": {**common, **models, **sets, **case.args}}


def test_each_class_of_faults_of_the_hub_has_words_of_its_own(hub, tmp_path, figure):
    """S5, of the Hub: what is wrong, the limit, what to do. Two faults are told in the same words only where they are of one class: `says`."""
    answers = asked(hub, [request(name, case, tmp_path) for name, case in FAULTS.items()], tmp_path)
    classes = {case.says for case in FAULTS.values()}
    figure(
        "S5",
        f"{len(FAULTS)} faults of the Hub and of the way to it",
        f"each refused in three parts, in the words of its class ({len(classes)})",
    )
    wrong = []
    for name, case in FAULTS.items():
        told = answers[name]
        if told is None or case.says not in told["what"] or not all((told["limit"], told["remedy"], told["field"])):
            wrong.append(f"{name}: {told}")
    assert not wrong, "\n".join(wrong)
    assert len(FAULTS) >= 20
    words: dict[str, set[str]] = {}
    for name, case in FAULTS.items():
        words.setdefault(answers[name]["what"].replace(f"acme/{name}", "it"), set()).add(case.says)
    assert not [said for said in words.items() if len(said[1]) > 1]


REFUSALS = {
    "push-well": Fault(times=0),
    **{f"push-{status}": Fault(status=status) for status in (401, 403, 404, 409, 412, 429, 500, 503)},
    "push-page": Fault(body=HTML),
    "push-half": Fault(status=500, path="/commit/"),
    "push-cut": Fault(cut=True, path="/commit/"),
    "push-lost": Fault(lost=True, path="/commit/"),
}


@pytest.fixture
def run(tmp_path) -> Path:
    """A finished run as far as packing cares."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "head.safetensors").write_bytes(b"weights " * 100)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# card\n")
    passport = {"format": "genhub-classifier-1", "base": {"id": "embedded/minilm-l6", "revision": ""}, "adapter": "none", "normalize": True}
    (folder / "passport.json").write_text(json.dumps(passport | {"scale": 16.0, "pooling": "mean", "max_length": 64, "labels": ["a", "b"]}))
    return folder


def test_a_token_is_told_nowhere_whatever_the_hub_says(hub, run, tmp_path, figure):
    """S10: a token that may write crosses one pipe for one push; neither a sentence, nor what is printed, nor a file here or there holds it."""
    for name, fault in REFUSALS.items():
        hub.fault(f"acme/{name}", fault)
    common = {"what": "run", "path": str(run), "token": TOKEN, "private": True}
    pushes = {name: {**common, "repo": f"acme/{name}", "note": str(tmp_path / f"{name}.note")} for name in REFUSALS}
    answers = asked(hub, [{"name": name, "do": "publish", "args": args} for name, args in pushes.items()], tmp_path)
    kept = [path for place in (tmp_path, hub.root) for path in place.rglob("*") if path.is_file()]
    found = [path for path in kept if TOKEN.encode() in path.read_bytes()]
    figure(
        "S10",
        f"{len(REFUSALS)} pushes with a token, {len(REFUSALS) - 1} of them refused",
        f"found in {len(found)} of {len(kept)} files, in no answer",
    )
    assert not found
    assert answers.pop("push-well") is None
    assert any(seen.token == TOKEN for seen in hub.requests)
    for name, told in answers.items():
        assert told, name
        assert all((told["what"], told["limit"], told["remedy"])), told
        assert not hub.folder(f"acme/{name}").exists(), f"{name} left half a repository"
