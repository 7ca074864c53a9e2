"""Data sets of the Hub, streamed from a loopback Hub through the real `datasets`."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genhub import hub, hub_data, oneshot, settings
from genhub.data import tables
from genhub.errors import UserError
from tests.hubserver import COMMIT, CONVERTED, Fault, HubServer

TWO_CONFIGS = "---\nconfigs:\n- config_name: one\n  data_files: one.jsonl\n- config_name: two\n  data_files: two.jsonl\n---\n"
REQUESTS = {  # name → (repository, configuration, split)
    "train": ("acme/reviews", "", ""),
    "test": ("acme/reviews", "", "test"),
    "no split": ("acme/reviews", "", "dev"),
    "long": ("acme/long", "", ""),
    "sorted": ("acme/sorted", "", ""),
    "sorted lines": ("acme/lines", "", ""),
    "book": ("acme/book", "", ""),
    "first config": ("acme/configs", "", ""),
    "second config": ("acme/configs", "two", ""),
    "no config": ("acme/configs", "three", ""),
    "labels": ("acme/labels", "", ""),
    "pairs": ("acme/pairs", "", ""),
    "pairs in lines": ("acme/said", "", ""),
    "outside": ("acme/outside", "", ""),
    "text": ("acme/text", "", ""),
    "script": ("acme/script", "", ""),
    "converted": ("acme/plays", "", ""),
    "converted, by name": ("acme/plays", "verse", "test"),
    "converted, no such one": ("acme/plays", "prose", ""),
    "empty": ("acme/empty", "", ""),
    "one column": ("acme/column", "", ""),
    "unknown": ("acme/nothing", "", ""),
    "gated": ("acme/gated", "", ""),
    "busy": ("acme/busy", "", ""),
    "one text": ("acme/column", "", ""),
    "chosen column": ("acme/reviews", "", "test"),
    "no such column": ("acme/reviews", "", ""),
    "column of lists": ("acme/reviews", "", ""),
    "pictures": ("acme/pictures", "", ""),
    "pictures by another column": ("acme/pictures", "", ""),
    "pictures, no such column": ("acme/pictures", "", ""),
    "no pictures": ("acme/reviews", "", ""),
}
FOR_TEXTS = {  # what is asked besides, of those that are texts to learn from
    "one text": {"least": 1},
    "converted, by name": {"least": 1},
    "converted": {"least": 1, "line_chars": settings.LOCAL.corpus_chars},
    "chosen column": {"least": 1, "column": "label"},
    "no such column": {"least": 1, "column": "body"},
    "column of lists": {"least": 1, "column": "tokens"},
    "pictures": {"images": True},
    "pictures by another column": {"images": True, "column": "kind"},
    "pictures, no such column": {"images": True, "column": "colour"},
    "no pictures": {"images": True},
}


@dataclass(frozen=True)
class Asked:
    """What came of REQUESTS, asked in one child: answers by name, and the folder with their tables."""

    answers: dict
    folder: Path
    server: HubServer

    def facts(self, name: str) -> dict:
        return self.answers[name]["facts"]

    def refused(self, name: str) -> UserError:
        return UserError.from_dict(self.answers[name]["refused"])

    def rows(self, name: str) -> list[dict]:
        return [json.loads(line) for line in (self.folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("hub")
    with HubServer(folder / "served") as server, pytest.MonkeyPatch.context() as patch:
        fill(server, folder)
        patch.setenv("HF_ENDPOINT", server.url)
        patch.setenv("HF_HOME", str(folder / "hf"))
        patch.setenv("HF_HUB_OFFLINE", "0")
        requests = {
            name: {"dataset": repo, "config": config, "split": split, "out": str(folder / f"{name}.jsonl"), "rows": 100, "bytes": 10**6}
            | {"line_chars": settings.LOCAL.line_chars}
            | FOR_TEXTS.get(name, {})
            for name, (repo, config, split) in REQUESTS.items()
        }
        answers = oneshot.run("tests.hub_targets:datasets", {"requests": requests}, seconds=120, memory_bytes=hub.LIBRARIES_BYTES)
        yield Asked(answers, folder, server)


def fill(server: HubServer, folder: Path) -> None:
    secret = folder / "secret.csv"
    secret.write_text("a,b\nhidden,1\n")
    outside = f"---\nconfigs:\n- config_name: default\n  data_files: {secret}\n---\n"
    files = {
        "acme/long": {"train.csv": "text,label\n" + "".join(f"row {number},a\n" for number in range(300))},
        "acme/lines": {"train.csv": "text,label\n" + "".join(f"row {number},{'ab'[number // 150]}\n" for number in range(300))},
        "acme/book": {"train.jsonl": json.dumps({"text": 'so "quoted" ' * 9_000, "label": "a", "more": "b" * 60_000}) + "\n"},
        "acme/configs": {
            "README.md": TWO_CONFIGS,
            "one.jsonl": '{"a": 1, "b": [2], "e": "z"}\n',
            "two.jsonl": '{"c": "x", "d": null}\n',
        },
        "acme/labels": {"train.csv": "text,label,number\na,None,1\nb,NA,\nc,null,3\n"},
        "acme/said": {"train.jsonl": '{"id": 1, "translation": {"id": "a", "es": "Hola."}}\n{"id": 2, "translation": {"es": "Adiós."}}\n'},
        "acme/outside": {"README.md": outside, "train.csv": "a,b\n1,2\n"},
        "acme/text": {"notes.txt": "just\ntext\n"},
        "acme/script": {"script.py": "print('hello')", "notes.txt": "x"},
        "acme/plays": {"plays.py": "print('hello')", "README.md": "Made by a program."},
        "acme/damaged": {"train.parquet": "PAR1 and then nothing"},
        "acme/empty": {"train.csv": "text,label\n"},
        "acme/column": {"train.csv": "text\na\nb\n"},
        "acme/gated": {"train.csv": "text,label\na,b\n"},
        "acme/busy": {"train.csv": "text,label\na,b\n"},
    }
    for repo, contents in files.items():
        server.folder(repo, "datasets").mkdir(parents=True)
        for name, text in contents.items():
            (server.folder(repo, "datasets") / name).write_text(text, encoding="utf-8")
    server.gated.add("acme/gated")
    server.fault("acme/busy", Fault(status=429))
    write_pairs(server.folder("acme/pairs", "datasets"))
    write_conversion(server.conversion("acme/plays"))
    write_parquet(server.folder("acme/reviews", "datasets") / "data")
    write_sorted(server.folder("acme/sorted", "datasets"))
    write_pictures(server.folder("acme/pictures", "datasets"))


def write_parquet(folder: Path, rows: int = 50) -> None:
    import datasets

    labels, numbers = datasets.ClassLabel(names=["neg", "pos"]), datasets.List(datasets.Value("int32"))
    features = datasets.Features({"text": datasets.Value("string"), "label": labels, "tokens": numbers})
    columns = {"text": [f"text {n} ž" for n in range(rows)], "label": [n % 2 for n in range(rows)], "tokens": [[1, 2]] * rows}
    table = datasets.Dataset.from_dict(columns, features=features)
    folder.mkdir(parents=True)
    table.to_parquet(str(folder / "train-00000-of-00001.parquet"))
    table.select(range(3)).to_parquet(str(folder / "test-00000-of-00001.parquet"))


def write_pairs(folder: Path) -> None:
    import datasets

    features = datasets.Features({"id": datasets.Value("string"), "translation": datasets.Translation(["en", "es"])})
    pairs = [{"en": "Good morning.", "es": "Buenos días."}, {"en": "Thank you.", "es": None}]
    folder.mkdir(parents=True)
    datasets.Dataset.from_dict({"id": ["0", "1"], "translation": pairs}, features=features).to_parquet(str(folder / "train.parquet"))


PLAY = "GLOUCESTER:\nNow is the winter of our discontent.\n\n" * 3_000


def write_conversion(folder: Path) -> None:
    """As the Hub lays it out: a book in one cell, in two configurations."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for config, split, text in (("default", "train", PLAY), ("default", "test", "The end."), ("verse", "test", "Shall I compare thee")):
        (folder / config / split).mkdir(parents=True)
        pq.write_table(pa.table({"text": [text]}), folder / config / split / "0000.parquet")


def write_sorted(folder: Path) -> None:
    """20 groups of 50 rows, ten of each class: the first 100 rows are of one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    columns = {"text": [f"row {number}" for number in range(1_000)], "label": ["a"] * 500 + ["b"] * 500}
    pq.write_table(pa.table(columns), folder / "train.parquet", row_group_size=50)


def pixels(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)


def write_pictures(folder: Path, rows: int = 5) -> None:
    import datasets

    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"]), "kind": datasets.Value("string")}
    )
    columns = {"image": [Image.fromarray(pixels(n)) for n in range(rows)], "label": [n % 2 for n in range(rows)], "kind": ["x"] * rows}
    folder.mkdir(parents=True)
    datasets.Dataset.from_dict(columns, features=features).to_parquet(str(folder / "train.parquet"))


def test_pictures_are_streamed_as_files_with_their_classes(asked):
    rows = asked.rows("pictures")
    assert [row["label"] for row in rows] == ["cat", "dog", "cat", "dog", "cat"]
    for number, row in enumerate(rows):
        with Image.open(io.BytesIO(base64.b64decode(row["image"]))) as image:
            assert np.array_equal(np.asarray(image), pixels(number))
    facts = asked.facts("pictures")
    assert (facts["columns"], facts["left_out"], facts["shortened"]) == (["image", "label"], ["kind"], 0)
    assert {row["label"] for row in asked.rows("pictures by another column")} == {"x"}


def test_pictures_that_are_not_there_are_refused(asked):
    assert asked.refused("no pictures").what == "“acme/reviews” has no column of pictures."
    error = asked.refused("pictures, no such column")
    assert (error.field, error.limit) == ("column", "It has “label”, “kind”.")


def test_parquet_is_streamed_with_the_names_of_its_labels(asked):
    assert asked.rows("train")[:2] == [{"text": "text 0 ž", "label": "neg"}, {"text": "text 1 ž", "label": "pos"}]
    assert asked.facts("train") == {
        "dataset": "acme/reviews",
        "config": "default",
        "split": "train",
        "revision": COMMIT,
        "columns": ["text", "label"],
        "rows": 50,
        "left_out": ["tokens"],
        "cut": False,
        "drawn": False,
        "shortened": 0,
        "splits": ["train", "test"],
    }


def test_a_split_is_chosen_by_name(asked):
    assert len(asked.rows("test")) == 3
    error = asked.refused("no split")
    assert (error.field, error.limit) == ("split", "It has train, test.")


def test_rows_beyond_the_limit_are_not_kept(asked):
    assert len(asked.rows("long")) == 100
    assert asked.facts("long")["cut"] is True


@pytest.mark.parametrize("name", ["sorted", "sorted lines"])
def test_a_set_sorted_by_label_that_is_too_long_comes_with_all_its_classes(asked, name):
    rows = asked.rows(name)
    assert len(rows) == len({row["text"] for row in rows}) == 100
    assert min([row["label"] for row in rows].count(label) for label in "ab") >= 20
    assert (asked.facts(name)["cut"], asked.facts(name)["drawn"]) == (True, True)
    assert not list(asked.folder.glob("*.drawn"))


def test_a_row_is_cut_until_a_table_s_line_holds_it(asked):
    (row,) = asked.rows("book")
    line = (asked.folder / "book.jsonl").read_text().rstrip("\n")
    assert 99_000 < len(line) <= settings.LOCAL.line_chars
    assert row["text"].startswith('so "quoted" so')
    assert row["label"] == "a"
    assert len(row["more"]) > 50_000
    assert asked.facts("book")["shortened"] == 1
    assert tables.read(asked.folder / "book.jsonl", settings.LOCAL).rows == [(row["text"], "a", row["more"])]


def test_a_shuffled_stream_that_is_slow_is_given_up(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(hub_data, "DRAW_SECONDS", -1)
    source = datasets.Dataset.from_dict({"text": [str(number) for number in range(30)]}).to_iterable_dataset()
    written, drawn = hub_data._keep(
        source, {"text": hub_data.Column("text", str)}, tmp_path / "out.jsonl", hub_data.Bounds(10, 10**6, 10**5)
    )
    assert (written.rows, written.more, drawn) == (10, True, False)
    assert (tmp_path / "out.jsonl").read_text().startswith('{"text": "0"}\n{"text": "1"}')


def test_configurations_are_chosen_by_name(asked):
    assert asked.rows("first config") == [{"a": "1", "e": "z"}]
    assert (asked.facts("first config")["config"], asked.facts("first config")["left_out"]) == ("one", ["b"])
    assert asked.rows("second config") == [{"c": "x", "d": ""}]
    error = asked.refused("no config")
    assert (error.field, error.limit) == ("config", "It has one, two.")


def test_labels_that_look_like_nothing_survive(asked):
    assert [row["label"] for row in asked.rows("labels")] == ["None", "NA", "null"]


def test_texts_to_learn_from_need_one_column_and_one_may_be_asked_for(asked):
    assert asked.rows("one text") == [{"text": "a"}, {"text": "b"}]
    assert asked.rows("chosen column") == [{"label": "neg"}, {"label": "pos"}, {"label": "neg"}]
    assert asked.facts("chosen column")["columns"] == ["text", "label"]
    for name, column in (("no such column", "body"), ("column of lists", "tokens")):
        error = asked.refused(name)
        assert error.what == f"“acme/reviews” has no column “{column}” with text, numbers or labels."
        assert (error.limit, error.field) == ("It has “text”, “label”.", "column")


def test_translations_that_stand_in_one_column_are_columns(asked):
    assert asked.rows("pairs") == [{"id": "0", "en": "Good morning.", "es": "Buenos días."}, {"id": "1", "en": "Thank you.", "es": ""}]
    assert (asked.facts("pairs")["columns"], asked.facts("pairs")["left_out"]) == (["id", "en", "es"], [])
    assert asked.rows("pairs in lines")[0] == {"id": "1", "translation.id": "a", "es": "Hola."}
    assert asked.rows("pairs in lines")[1]["es"] == "Adiós."


def test_what_a_program_makes_is_read_as_the_hub_converted_it(asked):
    assert asked.rows("converted") == [{"text": PLAY}]
    facts = asked.facts("converted")
    assert (facts["config"], facts["split"], facts["splits"], facts["revision"]) == ("default", "train", ["train", "test"], CONVERTED)
    assert (facts["cut"], facts["shortened"]) == (False, 0)
    assert asked.rows("converted, by name") == [{"text": "Shall I compare thee"}]
    assert asked.refused("converted, no such one").limit == "It has default, verse."


def test_files_outside_the_repository_are_not_read(asked):
    assert "outside it" in asked.refused("outside").what
    assert not (asked.folder / "outside.jsonl").exists()


def test_what_is_no_table_is_refused_each_in_its_own_words(asked):
    assert "has no table" in asked.refused("text").what
    assert "program of its own" in asked.refused("script").what
    assert "is empty" in asked.refused("empty").what
    assert "has 1 columns" in asked.refused("one column").what


def test_the_hub_s_refusals_have_their_own_words(asked):
    assert "knows no “acme/nothing”" in asked.refused("unknown").what
    assert "is gated" in asked.refused("gated").what
    assert "asks for a pause" in asked.refused("busy").what


def request(tmp_path: Path, name: object = "acme/reviews") -> dict:
    return hub.dataset({"dataset": name, "config": "", "split": "", "out": str(tmp_path / "table.jsonl")}, settings.get())


def test_the_way_through_the_parent(asked, tmp_path, home, monkeypatch):
    monkeypatch.setenv("GENHUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", asked.server.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    assert request(tmp_path)["rows"] == 50
    with pytest.raises(UserError, match=r"files of “acme/damaged” cannot be loaded"):
        request(tmp_path, "acme/damaged")
    count = len(asked.server.requests)
    for name in ("../x", "/etc/passwd", "https://hf.co/a/b", "a/b/c", "", "alone", 7):
        with pytest.raises(UserError, match="not the name of a Hub data set"):
            request(tmp_path, name)
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    with pytest.raises(UserError, match="stay offline"):
        request(tmp_path)
    assert len(asked.server.requests) == count
