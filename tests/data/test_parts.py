"""Tables read part by part: the same rows as when they are read whole, the same refusals, and no more of a file than is asked for."""

import itertools

import pytest

from genhub.data import parts, tables
from genhub.errors import UserError
from genhub.settings import LOCAL

QUOTED = 'text;label\n"one; with a mark";a\n"over\r\ntwo lines";b\n\n"a ""quote""";c\n'
KINDS = {
    "commas.csv": b"text,label\nfirst,a\nsecond,b\n" * 1,
    "quoted.csv": QUOTED.encode(),
    "marked.csv": QUOTED.encode("utf-8-sig"),
    "wide.csv": QUOTED.encode("utf-16"),
    "declared.csv": b"sep=;\ntext;label\nx,y;a\n",
    "tabs.tsv": b'text\tlabel\nsaid "yes"\ta\nan "open mark\tb\n',
    "one-column.csv": "text\nna\u0131\u0308ve\n\x01beep\n".encode(),
    "lines.jsonl": b'{"text": "one", "n": 1.50}\n\n{"n": null, "text": "two"}\n',
    "windows.csv": "text,label\nna\u00efve,a\n".encode("cp1252"),
}


def whole(path) -> list:
    with parts.opened(path, LOCAL, windows=True) as table:
        return [table.columns, table.separator, list(itertools.chain(*table.parts))]


@pytest.mark.parametrize("name", KINDS)
def test_parts_are_those_of_the_whole_table(tmp_path, monkeypatch, name):
    monkeypatch.setattr(parts, "PART", 2)
    path = tmp_path / name
    path.write_bytes(KINDS[name])
    read = tables.read(path, LOCAL, fixes=["windows-1252"])
    columns, separator, rows = whole(path)
    assert (columns, rows) == (read.columns, read.rows)
    assert separator == (read.separator or ("comma" if name.endswith("l") else ""))


def test_parquet_and_plain_texts(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(parts, "PART", 2)
    pq.write_table(pa.table({"text": ["one", None, "three"], "n": [1, 2, 3]}), tmp_path / "some.parquet")
    assert whole(tmp_path / "some.parquet")[::2] == [("text", "n"), [("one", "1"), ("", "2"), ("three", "3")]]
    (tmp_path / "letter.txt").write_bytes(b"Dear all,\r\n\r\ngoodbye")
    assert whole(tmp_path / "letter.txt")[::2] == [("text",), [("Dear all,",), ("",), ("goodbye",)]]


def test_rows_are_read_when_they_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 2)
    (tmp_path / "a.csv").write_text("text,label\n" + "fine,a\n" * 4 + "one,too,many\n")
    with parts.opened(tmp_path / "a.csv", LOCAL) as table:
        assert len(next(table.parts)) == len(next(table.parts)) == 2
        with pytest.raises(UserError, match="Line 6 has 3 fields, the header has 2"):
            next(table.parts)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"text,label\nx\n", "Line 2 has 1 field, the header has 2"),
        ("a.csv", b'text,label\n"open,x\n', "opened on line 2 is never closed"),
        ("a.csv", b"text,label\nfine,a\nna\xefve,b\n", r"Line 3, byte 3 \(0xEF\) is not UTF-8"),
        ("a.csv", b"text,text\na,b\n", "Two columns are called"),
        ("a.csv", b"text,label\n", "no rows"),
        ("a.csv", b"text,label\n" + b"x" * 200_000 + b",a\n", "Line 2 has more than 100,000 characters"),
        ("a.csv", b"text,label\n" + b"fine,a\n" * 3 + b"nul\x00,a\n", "NUL"),
        ("a.jsonl", b'{"text": "x"}\n{"text": "y"}\n{"text": "z", "other": 1}\n', "key “other”, which the first"),
        ("a.jsonl", b'{"text": "x"}\n{"text": \n', "Line 2 is not JSON"),
        ("a.parquet", b"PAR1 and nothing more PAR1", "damaged"),
        ("a.csv", b"PK\x03\x04" + b"x" * 100, "ZIP"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path, monkeypatch, name, content, said):
    monkeypatch.setattr(parts, "PART", 2)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said), parts.opened(tmp_path / name, LOCAL) as table:
        list(table.parts)
