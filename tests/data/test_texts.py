"""Texts to learn to write from: what is kept and counted, what is said about it, and what is refused with a way out."""

import io
import json
import zipfile
from dataclasses import asdict, replace

import pytest

from genhub import settings
from genhub.data import text_facts, texts
from genhub.data.texts import TextInfo
from genhub.errors import UserError

LINES = [f"The {n}th gull came down to the quay and looked at the fish.\n" for n in range(60)]
BOOK = "".join(LINES)  # some 3,500 characters
DOCUMENTS = [f"Letter number {n}. {'It rained again on the island, and nobody minded. ' * 2}" for n in range(20)]


@pytest.fixture
def limited(monkeypatch):
    """At most 5,000 characters and 25 rows."""
    monkeypatch.setattr(settings, "LOCAL", replace(settings.LOCAL, corpus_chars=5_000, table_rows=25))


@pytest.fixture
def take(tmp_path):
    """take(content, name=…, **request) → (what was found, the documents that were kept)."""

    def call(content: str | bytes, name: str = "mine.txt", **request) -> tuple[TextInfo, list[str]]:
        folder = tmp_path / "uploads"
        folder.mkdir(exist_ok=True)
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        answer = texts.read_text({"path": str(path), "folder": str(folder), "source": "file", "name": name, **request})
        assert json.loads((folder / "text.json").read_text(encoding="utf-8")) == answer
        rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
        assert all(list(row) == ["text"] for row in rows)
        return TextInfo(**answer), [row["text"] for row in rows]

    return call


@pytest.fixture
def refused(take, tmp_path):
    """refused(content, …) → the error, which has all its parts; nothing is left behind."""

    def call(content: str | bytes, name: str = "mine.txt", **request) -> UserError:
        with pytest.raises(UserError) as caught:
            take(content, name, **request)
        error = caught.value
        assert error.what
        assert error.limit
        assert error.remedy
        assert list((tmp_path / "uploads").iterdir()) == []
        return error

    return call


def pasted(text: str, folder) -> TextInfo:
    return TextInfo(**texts.read_text({"text": text, "folder": str(folder), "source": "pasted"}))


def told(info: TextInfo) -> dict[str, str]:
    return {finding["code"]: finding["text"] for finding in info.findings}


def csv_of(documents: list[str], column: str = "text") -> str:
    return f"number,{column}\n" + "".join(f'{number},"{text}"\n' for number, text in enumerate(documents))


# ---- what is read ------------------------------------------------------------------------------------------------------


def test_a_plain_text_is_one_document_and_is_counted(take):
    info, documents = take(BOOK)
    assert documents == [BOOK]
    assert (info.documents, info.characters, info.words, info.lines) == (1, len(BOOK), len(BOOK.split()), 60)
    assert (info.distinct, len(info.frequent), info.frequent[0]) == (len(set(BOOK)), len(set(BOOK)), " ")
    assert (info.source, info.name, info.encoding, info.column, info.fixes) == ("file", "mine.txt", "UTF-8", "", [])
    assert (info.duplicates, info.empty, info.controls, info.cut) == (0, 0, 0, False)
    assert info.preview == BOOK[:600]
    assert list(told(info)) == ["short"]
    assert "60,000 characters or more" in told(info)["short"]


@pytest.mark.parametrize(
    ("codec", "called"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 with byte order mark"), ("utf-16", "UTF-16"), ("utf-16-be", "UTF-16")],
)
def test_encodings_and_line_ends_of_other_systems_are_read(take, codec, called):
    text = BOOK + "naïve – “gut” 😀\n"
    mark = "\ufeff" if codec == "utf-16-be" else ""
    info, documents = take((mark + text).replace("\n", "\r\n").encode(codec))
    assert documents == [text]
    assert info.encoding == called
    assert told(info)["line-ends"] == "61 line ends of another system became \\n."


def test_only_line_ends_accents_and_control_characters_are_changed(take):
    strange = "\n\n\n\n\n  indented\t\ttabs   and blanks  \n" + BOOK
    assert take(strange)[1] == [strange]
    info, documents = take("bell\x07, \x0bpage\x0c, e\u0301 and \x96 done\n" + BOOK)
    assert documents == ["bell, page, é and – done\n" + BOOK]
    assert info.controls == 3
    assert "3 control characters were removed." in [finding["text"] for finding in info.findings]
    assert told(info)["joined"].endswith(": 1 character fewer.")


def test_a_pasted_text_is_read_like_a_file(tmp_path):
    info = pasted("\ufeff" + BOOK.replace("\n", "\r\n") + "\x07", tmp_path)
    assert (info.characters, info.controls, info.name, info.encoding) == (len(BOOK), 1, "pasted text", "")


def test_windows_1252_is_read_when_it_is_asked_for(take):
    old = ("Süß – “gut”.\n" + BOOK).encode("cp1252")
    info, (document,) = take(old, fixes=["windows-1252"])
    assert document.startswith("Süß – “gut”.\n")
    assert (info.encoding, info.fixes) == ("Windows-1252", ["windows-1252"])
    assert "read as Windows-1252" in told(info)["windows-1252"]


# ---- a column of a table -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["letters.csv", "letters.tsv", "letters.jsonl", "letters.parquet"])
def test_each_cell_of_a_column_is_a_document(take, name):
    if name.endswith("jsonl"):
        content = "".join(json.dumps({"text": text, "label": "a"}) + "\n" for text in DOCUMENTS)
    elif name.endswith("parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(pa.table({"text": DOCUMENTS, "label": ["a"] * len(DOCUMENTS)}), buffer)
        content = buffer.getvalue()
    else:
        mark = "\t" if name.endswith("tsv") else ";"
        content = f"text{mark}label\n" + "".join(f"{text}{mark}a\n" for text in DOCUMENTS)
    info, documents = take(content, name, source="table")
    assert documents == DOCUMENTS
    assert (info.documents, info.column, info.source) == (20, "text", "table")
    assert info.preview.startswith(f"{DOCUMENTS[0]}\n\n{DOCUMENTS[1]}")
    assert len(info.preview) == 600


def test_without_a_column_called_text_the_longest_is_taken_and_another_can_be_named(take, refused):
    error = refused(csv_of(DOCUMENTS, "body"), "mine.csv", column="text")
    assert (error.what, error.field) == ("The table has no column “text”.", "column")
    assert error.limit == "Its columns are “number”, “body”."
    assert take(csv_of(DOCUMENTS, "body"), "mine.csv")[0].column == "body"
    both = "text,longer\n" + "".join(f"{'short text ' * 10}{n},{'a much longer text ' * 10}{n}\n" for n in range(20))
    assert take(both, "mine.csv")[0].column == "text"
    info, documents = take(both, "mine.csv", column="longer")
    assert (info.column, documents[3]) == ("longer", "a much longer text " * 10 + "3")


def test_copies_and_empty_cells_are_left_out_and_counted(take):
    info, documents = take(csv_of([*DOCUMENTS, DOCUMENTS[3], "", "  ", DOCUMENTS[3], DOCUMENTS[3] + " "]), "mine.csv")
    assert documents == [*DOCUMENTS, DOCUMENTS[3] + " "]
    assert (info.documents, info.duplicates, info.empty) == (21, 2, 2)
    assert told(info)["duplicates"] == "2 documents were copies and were left out."
    assert told(info)["empty"] == "2 cells were empty."


def test_control_characters_in_cells_are_counted_wherever_they_hide(take):
    lines = "".join(json.dumps({"text": text + "\x07\r\nend"}) + "\n" for text in DOCUMENTS)  # written as \u0007
    info, documents = take(lines, "mine.jsonl")
    assert (info.controls, documents[0]) == (20, DOCUMENTS[0] + "\nend")
    info, _ = take(csv_of([text + "\x07" for text in DOCUMENTS]), "mine.csv")
    assert info.controls == 20
    assert [finding["text"] for finding in info.findings].count("20 control characters were removed.") == 1
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": [text + "\x00\x07" for text in DOCUMENTS]}), buffer)
    info, documents = take(buffer.getvalue(), "mine.parquet")
    assert (info.controls, documents) == (40, DOCUMENTS)


def test_malformed_lines_are_left_out_of_a_table_when_it_is_asked_for(take, refused):
    table = csv_of(DOCUMENTS) + "1,one,too many\n"
    assert refused(table, "mine.csv").fix == "leave-malformed-lines"
    info, documents = take(table, "mine.csv", fixes=["leave-malformed-lines"])
    assert (len(documents), info.fixes) == (20, ["leave-malformed-lines"])
    assert told(info)["leave-malformed-lines"] == "1 line was left out of the table: Line 22 has 3 fields, the header has 2."


# ---- too long, too short -----------------------------------------------------------------------------------------------


def test_a_text_that_is_too_long_is_refused_or_cut(take, refused, limited):
    long = BOOK * 2
    error = refused(long)
    assert error.what == f"The text has {len(long):,} characters."
    assert (error.limit, error.fix, error.field) == ("At most 5,000.", "first-characters", "data")
    assert error.remedy == "Keep the first 5,000 characters, or choose a shorter text."
    info, documents = take(long, cut=True)
    assert documents == [long[:5_000]]
    assert (info.cut, info.characters) == (True, 5_000)
    assert told(info)["cut"] == f"Only the first 5,000 of {len(long):,} characters are kept."
    assert take(BOOK, cut=True)[0].cut is False


def test_of_many_documents_the_first_are_kept_whole(take, refused, limited):
    table = csv_of([f"{number} {'word ' * 60}." for number in range(24)])
    assert refused(table, "mine.csv").what.startswith("The column “text” has 7,")
    info, documents = take(table, "mine.csv", cut=True)
    assert [text.split()[0] for text in documents] == [str(number) for number in range(16)]
    assert (info.documents, info.cut) == (16, True)
    assert "(16 of 24 documents)" in told(info)["cut"]


def test_a_document_that_fills_everything_is_begun(take, limited):
    info, documents = take("text\nshort\n" + "word " * 1_500 + "\n", "mine.csv", cut=True)
    assert documents == ["short", ("word " * 1_500)[:4_995]]
    assert (info.characters, info.cut) == (5_000, True)


def test_too_many_rows_are_refused_or_left_out(take, refused, limited):
    table = csv_of([f"{number} {'word ' * 10}" for number in range(40)])
    error = refused(table, "mine.csv")
    assert (error.what, error.limit, error.fix) == ("The table has 40 rows.", "At most 25 rows.", "first-characters")
    info, documents = take(table, "mine.csv", cut=True)
    assert (len(documents), info.cut) == (25, True)
    assert told(info)["rows-left-out"] == "Only the first 25 of 40 rows were read."


def test_too_little_text_cannot_be_divided(refused, take):
    error = refused("x" * 999)
    assert error.what == "The text has 999 characters."
    assert error.limit.startswith("At least 1,000 are needed")
    assert (error.remedy, error.field, error.fix) == ("Add more text.", "data", "")
    error = refused(csv_of(DOCUMENTS[:2]), "mine.csv", column="number")
    assert error.what == "The column “number” has 2 characters."
    assert error.remedy == "Add more text, or choose another column: “text”."
    assert take("x" * 1_000)[0].characters == 1_000


# ---- what is no text ---------------------------------------------------------------------------------------------------


def test_nothing_but_blanks_and_nothing_at_all(refused, tmp_path):
    assert refused(" \n\t\n" * 500).what == "The text holds nothing but blanks."
    assert refused("text,label\n" + " ,a\n" * 500, "mine.csv", column="text").what == "The column “text” holds nothing but blanks."
    assert "is empty (0 bytes)" in refused(b"").what


def test_what_is_not_utf_8_is_named_by_line_and_byte(refused):
    error = refused((BOOK + "ein süßes Café\n").encode("latin-1"))
    assert error.what.startswith("Line 61, byte 6 (0xFC) is not UTF-8")
    assert error.limit.startswith("Texts are UTF-8")
    assert "old.txt > new.txt" in error.remedy
    assert (error.field, error.fix) == ("data", "windows-1252")
    assert "CSV" not in str(error)
    assert refused(BOOK.encode() + b"\x81\xe9").fix == ""  # not Windows-1252 either


def test_nul_and_other_binary_content_is_refused(refused, tmp_path):
    error = refused(BOOK.encode() + b"a\x00b\n" + BOOK.encode())
    assert (error.what, error.remedy) == ("Line 61 holds a NUL character.", "Save the text again as plain text.")
    assert "without a byte order mark" in refused(BOOK.encode("utf-16-le")).what
    assert "UTF-32" in refused(BOOK.encode("utf-32")).what
    with pytest.raises(UserError) as caught:
        pasted(BOOK + "a\x00b", tmp_path)
    assert (caught.value.what, caught.value.field) == ("Line 61 of the text holds a NUL character.", "text")


def test_half_characters_are_refused(refused, tmp_path):
    with pytest.raises(UserError) as caught:
        pasted("\ud800" + BOOK, tmp_path)
    assert "lone surrogate" in caught.value.what
    assert caught.value.field == "text"
    assert "half of a character" in refused('{"text": "\\ud800"}\n' * 3, "mine.jsonl").what
    assert "not UTF-8" in refused(b"\xed\xa0\x80" + BOOK.encode()).what


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, "<x/>")
    return buffer.getvalue()


STRANGERS = {
    "Word": (zipped("word/document.xml"), "is a Word file", "plain text (UTF-8)"),
    "Excel": (zipped("xl/workbook.xml"), "is an Excel file", "a spreadsheet as CSV"),
    "old Word": (b"\xd0\xcf\x11\xe0" + b"\x00" * 20, "is an old Excel or Word file", "plain text (UTF-8)"),
    "zip": (b"PK\x03\x04rest", "is a ZIP archive", "Unpack it first."),
    "pdf": (b"%PDF-1.7\n", "is a PDF", "Copy its text"),
    "rich text": (b"{\\rtf1 hello}", "is a rich-text document", "plain text (UTF-8)"),
    "image": (b"\x89PNG\r\n\x1a\n", "is a PNG image", "Choose a text."),
    "Parquet": (b"PAR1....PAR1", "is a Parquet file", "Let its name end in .parquet"),
    "page": (b"\n<!DOCTYPE html>\n<html><body>Hello</body></html>", "is a web page", "Copy the text that the page shows"),
    "wide page": ("<html lang=en>".encode("utf-16"), "is a web page", "Copy the text that the page shows"),
    "xml": (b"<?xml version='1.0'?><book/>", "is XML", "Take the text out of its tags"),
}


@pytest.mark.parametrize(("content", "says", "remedy"), STRANGERS.values(), ids=STRANGERS)
def test_what_only_calls_itself_a_text_is_told_by_its_content(refused, content, says, remedy):
    error = refused(content)
    assert error.what == f"“mine.txt” {says}."
    assert error.limit.startswith("Texts are plain text (.txt, .md), or a column of a table")
    assert remedy in error.remedy
    assert error.field == "data"


def test_a_pasted_web_page_says_so(tmp_path):
    with pytest.raises(UserError) as caught:
        pasted("<html>" + BOOK, tmp_path)
    assert (caught.value.what, caught.value.field) == ("“pasted text” is a web page.", "text")


@pytest.mark.parametrize("start", ["[[wiki]]", '[{"not": "a table"}]', "{curly", "a,b\n1,2\n", "# Title\n"])
def test_a_plain_text_may_look_like_a_table_or_like_code(take, start):
    assert take(start + BOOK, "notes.md")[1] == [start + BOOK]


def test_what_is_called_a_table_is_read_as_one(refused):
    assert "JSON list" in refused('[{"text": "a"}]', "mine.json").what
    assert "is a ZIP archive" in refused(b"PK\x03\x04rest", "mine.csv").what
    assert refused(b"PAR1 and then nothing", "mine.parquet").what.startswith("The Parquet file is damaged")
    assert refused("text\none, two\n" + BOOK, "mine.csv").what == "Line 2 has 2 fields, the header has 1."


# ---- what is out of the ordinary ---------------------------------------------------------------------------------------


def found(*documents: str) -> dict[str, str]:
    return {finding["code"]: finding["text"] for finding in text_facts.findings(text_facts.measure(documents))}


def test_a_text_of_figures_says_so():
    assert found("12.5 + 7.25 = 19.75 or so\n" * 40)["few-letters"].startswith("Only 21% of the characters are letters")
    assert "few-letters" not in found(BOOK)
    assert "few-letters" not in found("吾輩は猫である。名前はまだ無い。" * 100)


def test_tags_are_counted_by_name():
    page = "<p class='a'>One</p><br/>two <B>three</B>\n" * 10
    assert found(page + BOOK)["markup"].startswith("There are 50 tags in it (<p> 20 times, <b> 20 times, <br> 10 times)")
    assert "markup" not in found("a < b and c > d, <3 and <- or ->\n" * 100 + BOOK)
    assert "markup" not in found(BOOK * 20 + page)  # fewer than one in 1,000 characters


def test_lines_without_an_end_are_found():
    assert "long-lines" not in found("x" * 5_000)
    assert found("x" * 5_001 + "\n" + "y" * 9_000)["long-lines"].startswith("2 lines have more than 5,000 characters, the longest 9,000")


def test_repeated_lines_count_from_a_fifth_on_and_names_of_speakers_do_not():
    def share(copies: int) -> str:
        return found("".join(["KEEPER:\n" + line for line in LINES] + LINES[:copies])).get("repeated-lines", "")

    assert share(15) == ""  # 15 of 75 are a fifth
    assert share(16).startswith("21% of the lines of 20 characters or more have stood before")


def test_the_most_frequent_characters_are_listed_in_one_order():
    measures = text_facts.measure(["ba" * 3 + "c", "".join(chr(0x4E00 + n) for n in range(300))])
    assert (measures.distinct, len(measures.frequent)) == (303, 200)
    assert measures.frequent.startswith("abc\u4e00")
    assert measures.lines == 2


def test_the_facts_are_plain_json(take):
    info, _ = take(BOOK)
    assert TextInfo(**json.loads(json.dumps(asdict(info)))) == info
