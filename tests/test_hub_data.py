"""Data sets of the Hub, streamed from a loopback Hub through the real `datasets`."""

import json
from pathlib import Path

import pytest

from genhub import hub, settings
from genhub.errors import UserError
from tests.hubserver import COMMIT, Fault, HubServer


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with HubServer(tmp_path / "hub") as running:
        monkeypatch.setenv("GENHUB_OFFLINE", "0")
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield running


def put(server: HubServer, files: dict[str, str], repo: str = "acme/reviews") -> None:
    for name, text in files.items():
        path = server.folder(repo, "datasets") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def fetch(tmp_path: Path, **request) -> tuple[dict, list[dict]]:
    out = tmp_path / "table.jsonl"
    facts = hub.dataset({"dataset": "acme/reviews", "config": "", "split": "", "out": str(out)} | request, settings.get())
    return facts, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def refused(tmp_path: Path, **request) -> UserError:
    with pytest.raises(UserError) as caught:
        fetch(tmp_path, **request)
    assert caught.value.what
    return caught.value


def write_parquet(server: HubServer, rows: int) -> None:
    import datasets

    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["neg", "pos"]),
            "tokens": datasets.List(datasets.Value("int32")),
        }
    )
    table = {
        "text": [f"text {number} ž" for number in range(rows)],
        "label": [number % 2 for number in range(rows)],
        "tokens": [[1, 2]] * rows,
    }
    folder = server.folder("acme/reviews", "datasets") / "data"
    folder.mkdir(parents=True)
    data = datasets.Dataset.from_dict(table, features=features)
    data.to_parquet(str(folder / "train-00000-of-00001.parquet"))
    data.select(range(3)).to_parquet(str(folder / "test-00000-of-00001.parquet"))


def test_parquet_is_streamed_with_the_names_of_its_labels(server, tmp_path):
    write_parquet(server, 50)
    facts, rows = fetch(tmp_path)
    assert rows[:2] == [{"text": "text 0 ž", "label": "neg"}, {"text": "text 1 ž", "label": "pos"}]
    assert facts == {
        "dataset": "acme/reviews",
        "config": "default",
        "split": "train",
        "revision": COMMIT,
        "columns": ["text", "label"],
        "rows": 50,
        "left_out": ["tokens"],
        "cut": False,
        "splits": ["train", "test"],
    }
    facts, rows = fetch(tmp_path, split="test")
    assert len(rows) == 3
    error = refused(tmp_path, split="dev")
    assert "no split “dev”" in error.what
    assert "train, test" in error.limit


def test_rows_beyond_the_limit_are_not_read(server, tmp_path, monkeypatch):
    put(server, {"train.csv": "text,label\n" + "".join(f"row {number},a\n" for number in range(300))})
    small = settings.Limits(table_rows=100)
    monkeypatch.setattr(settings, "LOCAL", small)
    facts, rows = fetch(tmp_path)
    assert (len(rows), facts["rows"], facts["cut"]) == (100, 100, True)


def test_configurations_are_chosen_by_name(server, tmp_path):
    header = "---\nconfigs:\n- config_name: one\n  data_files: one.jsonl\n- config_name: two\n  data_files: two.jsonl\n---\n"
    put(server, {"README.md": header, "one.jsonl": '{"a": 1, "b": [2], "e": "z"}\n', "two.jsonl": '{"c": "x", "d": null}\n'})
    assert fetch(tmp_path, config="two")[1] == [{"c": "x", "d": ""}]
    facts, rows = fetch(tmp_path)
    assert (facts["config"], facts["left_out"], rows) == ("one", ["b"], [{"a": "1", "e": "z"}])
    error = refused(tmp_path, config="three")
    assert (error.field, error.limit) == ("config", "It has one, two.")


def test_labels_that_look_like_nothing_survive(server, tmp_path):
    put(server, {"train.csv": "text,label,number\na,None,1\nb,NA,\nc,null,3\n"})
    assert [row["label"] for row in fetch(tmp_path)[1]] == ["None", "NA", "null"]


def test_files_that_are_damaged_are_refused(server, tmp_path):
    put(server, {"train.parquet": "PAR1 and then nothing"})
    assert "cannot be loaded" in refused(tmp_path).what
    put(server, {"train.csv": "text,label\n"}, "acme/empty")
    assert "is empty" in refused(tmp_path, dataset="acme/empty").what


def test_files_outside_the_repository_are_not_read(server, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\nhidden,1\n")
    put(server, {"README.md": f"---\nconfigs:\n- config_name: default\n  data_files: {secret}\n---\n", "train.csv": "a,b\n1,2\n"})
    error = refused(tmp_path)
    assert "outside it" in error.what
    assert not (tmp_path / "table.jsonl").exists()


def test_what_is_no_table_is_refused(server, tmp_path):
    put(server, {"notes.txt": "just\ntext\n"})
    assert "has no table" in refused(tmp_path).what
    put(server, {"reviews.py": "print('hello')"})
    assert refused(tmp_path).field == "dataset"


def test_the_hub_s_refusals_and_names_that_are_none(server, tmp_path):
    assert "knows no" in refused(tmp_path, dataset="acme/nothing").what
    server.fault("acme/reviews", Fault(status=429))
    assert "asks for a pause" in refused(tmp_path).what
    asked = len(server.requests)
    for name in ("../x", "/etc/passwd", "https://hf.co/a/b", "a/b/c", "", "alone", 7):
        assert "not the name" in refused(tmp_path, dataset=name).what
    assert len(server.requests) == asked


def test_offline_is_said(server, tmp_path, monkeypatch):
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    assert "stay offline" in refused(tmp_path).what
