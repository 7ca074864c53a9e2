"""The gate: every kind of wrong value is refused with what, limit and remedy; nothing else ever comes out."""

import contextlib
import math
import os
import random
import string
import zipfile

import pytest

from genhub import gate, settings, signatures
from genhub.errors import UserError
from genhub.training.configs import ClassifyConfig

LOCAL = settings.get({})
PUBLIC = settings.get({"GENHUB_PROFILE": "public"})


def refused(function, *values) -> UserError:
    with pytest.raises(UserError) as caught:
        function(*values)
    error = caught.value
    assert error.what
    assert error.limit
    assert error.remedy
    str(error).encode("utf-8")  # what we print can be printed
    return error


def test_text_is_normalised_and_loses_control_characters():
    assert gate.text("cafe\u0301\x07 \tok\n", 100) == "café \tok\n"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("\x00\x01", "empty"),
        ("a" * 101, "101 characters"),
        ("ok \ud800", "lone surrogate"),
        (None, "missing"),
        (7, "a number"),
        (True, "true or false"),
    ],
)
def test_texts_that_are_refused(value, says):
    assert says in refused(gate.text, value, 100).what


def test_a_million_characters_are_refused_by_their_number():
    assert "1,000,000 characters" in refused(gate.text, "x" * 1_000_000, 100_000).what


def test_a_list_of_texts_names_the_bad_one():
    assert gate.texts(["a", "b"], LOCAL.limits) == ["a", "b"]
    assert refused(gate.texts, ["a", " "], LOCAL.limits).what.startswith("Text 2:")
    assert "not a list" in refused(gate.texts, "a", LOCAL.limits).what
    assert "empty" in refused(gate.texts, [], LOCAL.limits).what
    assert "20,001" in refused(gate.texts, ["a"] * 20_001, PUBLIC.limits).what


def test_choices():
    assert gate.choice("b", ("a", "b"), "method") == "b"
    assert "c" in refused(gate.choice, "c", ("a", "b"), "method").what
    assert refused(gate.choice, ["a"], ("a", "b"), "method").field == "method"


@pytest.mark.parametrize("name", ["embedded/minilm-l6", "google-bert/bert-base-uncased", "a/b", "Some_1/Model.v2", " a/b "])
def test_model_ids_that_are_good(name):
    assert gate.model_id(name, LOCAL) == name.strip()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("https://huggingface.co/a/b", "web address"),
        ("huggingface.co/a", "web address"),
        ("../secret", "two dots"),
        ("a/..", "two dots"),
        ("/etc/passwd", "path"),
        ("~/models", "path"),
        ("./model", "path"),
        ("C:/models", "path"),
        ("a\\b", "path"),
        ("a/b/c", "path"),
        ("bert", "no owner"),
        ("a/", "empty name"),
        ("/a", "path"),
        ("a/b c", "does not allow"),
        ("a/b--c", "not a name the Hub allows"),
        ("-a/b", "not a name the Hub allows"),
        ("a/b.git", ".git"),
        ("a/" + "b" * 200, "202 characters"),
        ("a/bé", "does not allow"),
        ("a/b\ud800", "does not allow"),
        ("a/b\x00", "does not allow"),
        ("embedded/nothing", "no model"),
        ("", "empty"),
        (None, "missing"),
        (3, "3"),
    ],
)
def test_model_ids_that_are_refused_each_for_its_own_reason(name, says):
    with pytest.raises(UserError) as caught:
        gate.model_id(name, LOCAL)
    assert says in caught.value.what
    assert caught.value.field == "model"
    assert caught.value.remedy


def test_the_public_page_loads_its_own_list_only():
    assert gate.model_id("google-bert/bert-base-uncased", PUBLIC)
    assert "not offered" in refused(gate.model_id, "somebody/model", PUBLIC).what


def test_ids_of_runs_and_visitors():
    assert gate.run_id("0" * 32) == "0" * 32
    for bad in ("0" * 31, "G" * 32, "../" + "0" * 29, None, "", "0" * 32 + "\n", 5, ["0" * 32]):
        assert refused(gate.run_id, bad).field == "run"
        assert "table" in refused(gate.table_id, bad).what
    for nothing in ("", None):
        assert refused(gate.run_id, nothing).what == "No run has been chosen."
        assert refused(gate.table_id, nothing).what == "No table has been chosen."
    assert gate.visitor("aA0-_" * 8) == "aA0-_" * 8
    for bad in ("short", "x" * 65, "x" * 40 + "/", None, "x" * 40 + "\n"):
        error = refused(gate.visitor, bad)
        assert bad is None or str(bad) not in str(error)  # a token is a secret


def test_names_for_display():
    assert gate.display_name("  My first run é ") == "My first run é"
    for bad in ("", " ", "x" * 81, "a\nb", "a\u202eb", "\ud800", 5, None, "x" * 1_000_000):
        assert refused(gate.display_name, bad).field == "name"


# --- uploads


def written(folder, name, content: bytes):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"text,label\na,b\n", "csv"),
        (b"PK,text\n1,a\n", "csv"),
        ("text,label\n".encode("utf-16"), "csv"),
        (b'\xef\xbb\xbf{"text": "a"}\n', "jsonl"),
        ('{"text": "a"}\n'.encode("utf-16"), "jsonl"),
        (b'\n {"text": "a"}\n', "jsonl"),
        (b"PAR1....PAR1", "parquet"),
        (b"PK\x03\x04rest", "zip"),
        (b"[note] text,label\na,b\n", "csv"),
    ],
)
def test_uploads_are_known_by_their_content(tmp_path, content, kind):
    found = gate.upload(written(tmp_path, "table.csv", content), LOCAL.limits)
    assert (found.kind, found.name, found.bytes) == (kind, "table.csv", len(content))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"  <!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf<html lang=en>", "web page"),
        (b"<?xml version='1.0'?>", "XML"),
        (b'[{"text": "a"}]', "JSON list"),
        (b"\x7fELF", "program"),
    ],
)
def test_foreign_files_are_called_by_their_name(tmp_path, content, says):
    error = refused(gate.upload, written(tmp_path, "table.csv", content), LOCAL.limits)
    assert says in error.what
    assert error.field == "data"


def test_an_excel_file_named_csv_says_so(tmp_path):
    path = tmp_path / "table.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "Excel" in refused(gate.upload, path, LOCAL.limits).what


def test_links_folders_devices_and_missing_files_are_refused(tmp_path):
    path = written(tmp_path, "table.csv", b"a,b\n1,2\n")
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    assert "link" in refused(gate.upload, link, LOCAL.limits).what
    assert "folder" in refused(gate.upload, tmp_path, LOCAL.limits).what
    assert "not there" in refused(gate.upload, tmp_path / "no.csv", LOCAL.limits).what
    assert "not there" in refused(gate.upload, "x" * 5000, LOCAL.limits).what
    os.mkfifo(tmp_path / "pipe")
    assert "regular" in refused(gate.upload, tmp_path / "pipe", LOCAL.limits).what
    for value in (None, 3, "a\x00b", ["x"]):
        assert refused(gate.upload, value, LOCAL.limits).field == "data"


def test_a_file_over_the_limit_is_refused_by_its_size(tmp_path):
    path = tmp_path / "big.csv"
    with open(path, "wb") as file:
        file.truncate(PUBLIC.limits.upload_bytes + 1)
    assert "At most 10 MB" in refused(gate.upload, path, PUBLIC.limits).limit


def test_a_runs_zip_has_a_limit_and_words_of_its_own(tmp_path):
    path = written(tmp_path, "run.zip", b"PK\x03\x04rest")
    with open(path, "r+b") as file:
        file.truncate(LOCAL.limits.upload_bytes + 1)
    assert gate.archive(path, LOCAL.limits).kind == "zip"
    assert gate.archive(path, LOCAL.limits).bytes == 50_000_001
    with open(path, "r+b") as file:
        file.truncate(PUBLIC.limits.archive_bytes + 1)
    error = refused(gate.archive, path, PUBLIC.limits)
    assert error.limit == "The ZIP of a run may have 50 MB here."
    assert "rows" not in str(error)
    assert "not a ZIP file" in refused(gate.archive, written(tmp_path, "table.csv", b"a,b\n"), LOCAL.limits).what
    for value in (None, tmp_path, tmp_path / "no.zip"):
        assert refused(gate.archive, value, LOCAL.limits).field == "file"


def test_hostile_file_names_become_printable(tmp_path):
    found = gate.upload(written(tmp_path, "a\n\x1b[31m" + "x" * 200 + ".csv", b"a,b\n"), LOCAL.limits)
    assert found.name.isprintable()
    assert len(found.name) <= 80


# --- configurations


def test_a_configuration_is_checked_and_names_the_option():
    assert gate.config("classify", {"epochs": 2, "method": "frozen"}) == ClassifyConfig(epochs=2, method="frozen")
    for name, value in (
        ("learning_rate", math.nan),
        ("learning_rate", 0),
        ("learning_rate", 10),
        ("rank", 0),
        ("rank", 1_000_000),
        ("rank", 2.5),
        ("rank", True),
        ("seed", 2**80),
        ("seed", 10**5000),
        ("method", "magic"),
        ("method", ["lora"]),
        ("epochs", {}),
        ("model", "\ud800"),
        ("no_such_option", 1),
    ):
        with pytest.raises(UserError) as caught:
            gate.config("classify", {name: value})
        assert caught.value.field == name
        assert caught.value.limit
    for task, values in ((None, {}), ("nothing", {}), ("classify", None), ("classify", [1]), ("classify", {3: 4})):
        with pytest.raises(UserError):
            gate.config(task, values)


# --- fuzz


def random_value(rng: random.Random, depth: int = 0):
    alphabet = string.printable + "é😀\ud800\x00\u202e\u0301/.-" * 3
    makers = [
        lambda: rng.choice([None, True, False, math.nan, math.inf, -math.inf, 0, -1, 2**80, 10**5000, 1e308, ""]),
        lambda: rng.randint(-5, 5000),
        lambda: rng.uniform(-5, 5),
        lambda: "".join(rng.choices(alphabet, k=rng.randint(0, 60))),
        lambda: rng.randbytes(rng.randint(0, 20)),
        lambda: rng.choice(["embedded/minilm-l6", "a/b", "0" * 32, "lora"]),
    ]
    if depth < 2:
        makers.append(lambda: [random_value(rng, depth + 1) for _ in range(rng.randint(0, 3))])
        makers.append(lambda: {str(rng.randint(0, 9)): random_value(rng, depth + 1) for _ in range(rng.randint(0, 3))})
    return rng.choice(makers)()


@pytest.mark.parametrize("count", [257, 99_999, 300.5])
def test_a_shared_page_says_its_own_limit_of_new_tokens(count):
    with pytest.raises(UserError, match=r"At most 256 here\. Ask for 256"):
        gate.new_tokens(count, settings.PUBLIC)


@pytest.mark.parametrize("count", [256, 0, "many", None, float("nan"), float("inf")])
def test_what_is_no_number_of_tokens_the_option_refuses(count):
    assert gate.new_tokens(count, settings.PUBLIC) is count


def test_any_value_is_checked_or_refused_never_a_crash(tmp_path):
    rng = random.Random(0)
    names = [option.name for option in ClassifyConfig.options()]
    checks = [
        lambda value: gate.text(value, 50),
        lambda value: gate.texts(value, LOCAL.limits),
        lambda value: gate.choice(value, ("a", "b"), "n"),
        lambda value: gate.model_id(value, LOCAL),
        lambda value: gate.model_id(value, PUBLIC),
        lambda value: gate.run_id(value),
        lambda value: gate.visitor(value),
        lambda value: gate.display_name(value),
        lambda value: gate.upload(value, LOCAL.limits),
        lambda value: gate.config(value, value),
        lambda value: gate.config("classify", {rng.choice(names): value}),
    ]
    outcomes = {"checked": 0, "refused": 0}
    for _ in range(400):
        value = random_value(rng)
        for check in checks:
            try:
                check(value)
                outcomes["checked"] += 1
            except UserError as error:
                outcomes["refused"] += bool(error.what)
    assert min(outcomes.values()) > 100


def test_random_bytes_have_a_kind_or_are_refused():
    rng = random.Random(1)
    for _ in range(500):
        head = rng.choice([b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"<"]) + rng.randbytes(rng.randint(0, 40))
        with contextlib.suppress(UserError):
            assert signatures.kind_of(head, head) in ("csv", "jsonl", "parquet", "zip")


@pytest.mark.parametrize("value", [1, 16, 3.0, 1e0])
def test_whole_numbers_come_out_as_such(value):
    found = gate.whole(value, 1, 16, "count")
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "Count is 0"),
        (17, "Count is 17"),
        (2.5, "Count is 2.5"),
        (math.nan, "Count is nan"),
        (-math.inf, "Count is -inf"),
        (True, "Count is True"),
        ("3", "Count is “3”"),
        (None, "Count is missing"),
        ([3], "Count is a list"),
        (10**400, "Count is more than 10^12"),
    ],
)
def test_what_is_no_whole_number_in_its_bounds_is_refused(value, shown):
    error = refused(gate.whole, value, 1, 16, "count")
    assert error.what.startswith(shown)
    assert (error.limit, error.field) == ("It is a whole number from 1 to 16.", "count")
