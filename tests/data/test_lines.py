"""Files to translate: a line in is a line out, a table keeps its columns, what is too much is refused."""

import json

import pytest

from genhub.data import lines
from genhub.errors import UserError


@pytest.fixture
def read(home, tmp_path):
    def run(name: str, content: str | bytes, **more):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder = tmp_path / "lines"
        folder.mkdir(exist_ok=True)
        info = lines.LinesInfo(**lines.read_lines({"path": str(path), "folder": str(folder), **more}))
        return info, lines.stored(folder)

    return run


def test_every_line_of_a_text_is_there(read):
    info, found = read("a.txt", "One.\n\n  \r\nTwo. Three.\n")
    assert [line["text"] for line in found] == ["One.", "", "  ", "Two. Three."]
    assert (info.kind, info.lines, info.filled) == ("text", 4, 2)


def test_a_text_without_a_last_line_end(read):
    assert [line["text"] for line in read("a.txt", "One.\nTwo.")[1]] == ["One.", "Two."]


def test_a_table_is_read_by_column_and_written_with_one_more(read, tmp_path):
    info, found = read("t.csv", 'id;text;translation\n1;"a; b";x\n2;;y\n3;=c;z\n', column="text")
    assert (info.kind, info.column, info.lines, info.filled) == ("table", "text", 3, 2)
    writer = lines.Writer(tmp_path / "out.csv", info, found)
    writer.add(["A; B", ""])
    writer.add(["=C"])
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines() == [
        "id;text;translation;translation 2",
        '1;"a; b";x;"A; B"',
        "2;;y;",
        "3;'=c;z;'=C",
    ]


def test_what_was_begun_twice_is_there_once(read, tmp_path):
    info, found = read("a.txt", "One.\nTwo.\n")
    writer = lines.Writer(tmp_path / "out.txt", info, found)
    writer.add(["Uno."])
    writer.begin()
    writer.add(["Uno.", "Dos."])
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "Uno.\nDos.\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "\n \n", "no text to translate"),
        ("a.txt", "x" * 100_001, "Line 1 has 100,001 characters"),
        ("a.txt", b"caf\xe9", "not UTF-8"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"\0" * 50, "PDF"),
        ("t.csv", "a,b\n,x\n,y\n", "no text to translate"),
    ],
)
def test_what_cannot_be_translated_is_refused(read, name, content, said):
    more = {"column": "a"} if name == "t.csv" else {}
    with pytest.raises(UserError, match=said):
        read(name, content, **more)


def test_more_lines_than_the_limit_are_refused(read, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    with pytest.raises(UserError, match="20,001 lines"):
        read("a.txt", "x\n" * 20_001)


def test_facts_are_stored_beside_the_lines(read, tmp_path):
    info, _ = read("a.txt", "One.\n")
    assert json.loads((tmp_path / "lines" / lines.FACTS).read_text(encoding="utf-8"))["name"] == info.name == "a.txt"
