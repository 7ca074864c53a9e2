"""Tables people bring: accepted as they are meant, or refused with the line, the limit and what to do."""

import csv
import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import settings
from genhub.data import tables
from genhub.errors import UserError

LIMITS = settings.LOCAL
SMALL = replace(LIMITS, upload_bytes=200_000, table_rows=5)


def read(tmp_path, content, limits=LIMITS, **options) -> tables.Table:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return tables.read(path, limits, **options)


def refused(tmp_path, content, limits=LIMITS) -> UserError:
    with pytest.raises(UserError) as caught:
        read(tmp_path, content, limits)
    error = caught.value
    assert error.what
    assert error.limit
    assert error.remedy
    assert error.field == "data"
    return error


GOOD = "text,label\nhello,a\n“é”,b\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (GOOD.encode(), "UTF-8"),
        (GOOD.encode("utf-8-sig"), "UTF-8 with byte order mark"),
        (GOOD.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + GOOD.encode("utf-16-be"), "UTF-16"),
        (GOOD.replace("\n", "\r\n").encode(), "UTF-8"),
        (GOOD.replace("\n", "\r").encode(), "UTF-8"),
    ],
)
def test_encodings_and_line_ends_that_are_read(tmp_path, content, encoding):
    table = read(tmp_path, content)
    assert table.columns == ("text", "label")
    assert table.rows == [("hello", "a"), ("“é”", "b")]
    assert (table.encoding, table.separator, table.kind) == (encoding, "comma", "csv")
    assert table.lines == [2, 3]


@pytest.mark.parametrize(("mark", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_the_separator_is_found_and_reported(tmp_path, mark, name):
    text = f"text{mark}label\nwell, yes; no{mark}a\nwell | so{mark}b\n"
    if mark in ",;|":
        text = f'text{mark}label\n"well, yes; no"{mark}a\n"well | so"{mark}b\n'
    table = read(tmp_path, text)
    assert table.separator == name
    assert table.rows == [("well, yes; no", "a"), ("well | so", "b")]


def test_the_separator_that_fits_most_rows_wins(tmp_path):
    table = read(tmp_path, "text;label,s\na, b, c;x\nd;y\n")
    assert (table.separator, table.columns) == ("semicolon", ("text", "label,s"))
    declared = read(tmp_path, "sep=;\ntext;label\na;x\n")
    assert (declared.columns, declared.lines) == (("text", "label"), [3])


def test_quoted_cells_hold_separators_quotes_and_line_ends(tmp_path):
    table = read(tmp_path, 'text,label\n"a, ""b""\nc",x\nd,y\n')
    assert table.rows == [('a, "b"\nc', "x"), ("d", "y")]
    assert table.lines == [2, 4]


def test_tab_separated_files_without_quoting_are_read_as_they_are(tmp_path):
    plain = 'text\tlabel\n"Great" film\tgood\n"unclosed\tbad\nstays" open\tbad\n'
    assert read(tmp_path, plain).rows[1] == ('"unclosed', "bad")
    quoted = 'text\tlabel\n"two\nlines"\tgood\nd\tbad\n'
    assert read(tmp_path, quoted).rows == [("two\nlines", "good"), ("d", "bad")]


def test_labels_that_look_missing_survive(tmp_path):
    table = read(tmp_path, "text,label\na,None\nb,NA\nc,null\nd,NaN\ne,007\nf,\n")
    assert table.column("label") == ["None", "NA", "null", "NaN", "007", ""]


def test_one_column_blank_lines_and_nameless_columns(tmp_path):
    assert read(tmp_path, "text\na\n\nb\n").rows == [("a",), ("b",)]
    table = read(tmp_path, ",text,label\n0,a,x\n")
    assert table.columns == ("column 1", "text", "label")
    assert "column 1" in table.notes[0]


def test_control_characters_are_removed_and_windows_dashes_repaired(tmp_path):
    table = read(tmp_path, "text,label\na\x07b,x\nc\x96d,y\ne\u0301,z\n")
    assert table.column("text") == ["ab", "c–d", "é"]
    assert len(table.notes) == 2


WIDE = ",".join(f"c{number}" for number in range(201))
TABLE_REFUSALS = {
    "empty file": (b"", "empty"),
    "blank lines only": ("\n \n\n", "blank lines"),
    "latin-1": ("text,label\nok,a\ncafé,b\n".encode("latin-1"), "Line 3, byte 4 (0xE9) is not UTF-8"),
    "utf-16 without mark": ("text,label\nhello,a\n".encode("utf-16-le"), "without a byte order mark"),
    "torn utf-16": ("text,label\na,b\n".encode("utf-16")[:-1], "UTF-16"),
    "utf-32": ("text,label\na,b\n".encode("utf-32"), "UTF-32"),
    "NUL": (b"text,label\nok,a\nx\x00y,b\n", "Line 3 holds a NUL"),
    "NUL in utf-16": ("text,label\nx\x00y,b\n".encode("utf-16"), "Line 2 holds a NUL"),
    "unclosed quote": ('text,label\nok,a\n"open,b\nc,d\n', "opened on line 3 is never closed"),
    "text after quote": ('text,label\n"a"b,x\n', "Line 2 has text after a closing"),
    "row too long": ("text,label\na,b\nc,d,e\n", "Line 3 has 3 fields, the header has 2"),
    "row too short": ("text,label\na,b\nc\n", "Line 3 has 1 field, the header has 2"),
    "first row too long": ("text,label\na,b,c\nc,d\n", "Line 2 has 3 fields"),
    "header only": ("text,label\n", "no rows"),
    "201 columns": (WIDE + "\n" + WIDE + "\n", "201 columns"),
    "duplicate column": ("text,label, text\na,b,c\n", "Two columns are called “text”"),
    "long line": ("text,label\nok,a\n" + "x" * 100_001 + ",b\n", "Line 3 has 100,003 characters"),
    "100,001 columns": ("x," * 100_000 + "x\n", "Line 1 has 200,001 characters"),
    "long cell": ('text,label\n"' + "\n".join(["x" * 90_000] * 2) + '",b\n', "begins on line 2 is too long"),
    "zip": (b"PK\x03\x04whatever", "ZIP"),
    "excel": (b"PK\x03\x04..xl/workbook.xml", "Excel"),
    "web page": (b"<html><table></table></html>", "web page"),
    "jsonl not json": ('{"text": "a"}\n{"text" "b"}\n', "Line 2 is not JSON"),
    "jsonl not object": ('{"text": "a"}\n3\n', "Line 2 is not an object"),
    "jsonl nested": ('{"text": ["a"]}\n', "is a list"),
    "jsonl object inside": ('{"text": {"a": 1}}\n', "is an object"),
    "jsonl deep": ('{"text": ' + "[" * 90_000 + "\n", "Line 1"),
    "jsonl NaN": ('{"text": NaN}\n', "NaN or Infinity"),
    "jsonl twice": ('{"text": "a", "text": "b"}\n', "“text” twice"),
    "jsonl surrogate": ('{"text": "\\ud800"}\n', "lone surrogate"),
    "jsonl NUL": ('{"text": "a\\u0000"}\n', "NUL"),
    "jsonl nothing": ("{}\n", "no columns"),
    "jsonl many keys": ("{" + ",".join(f'"k{n}": 1' for n in range(201)) + "}\n", "201 different keys"),
    "parquet damaged": (b"PAR1" + b"\x00" * 50 + b"PAR1", "damaged"),
    "parquet cut": (b"PAR1", "damaged"),
}


@pytest.mark.parametrize(("content", "says"), TABLE_REFUSALS.values(), ids=TABLE_REFUSALS.keys())
def test_malformed_tables_are_refused_each_for_its_own_reason(tmp_path, content, says):
    assert says in refused(tmp_path, content).what


def test_a_20_megabyte_line_is_refused_quickly(tmp_path):
    start = time.monotonic()
    assert "Line 2 has 20,000,000 characters" in refused(tmp_path, "text,label\n" + "x" * 20_000_000).what
    assert time.monotonic() - start < 2


def test_rows_beyond_the_limit_are_refused_or_counted(tmp_path):
    content = "text,label\n" + "a,b\n" * 8
    assert "8 rows" in refused(tmp_path, content, SMALL).what
    table = read(tmp_path, content, SMALL, cut=True)
    assert (len(table.rows), table.left_out) == (5, 3)
    assert "MB" in refused(tmp_path, "a,b\n" * 100_000, SMALL).what


def test_a_column_that_is_not_there_is_named(tmp_path):
    table = read(tmp_path, GOOD)
    with pytest.raises(UserError, match=r"“Text”.*“text”, “label”"):
        table.column("Text")


def test_jsonl_keeps_values_as_they_are_written(tmp_path):
    lines = ['{"text": "a", "label": 1.0}', "", '{"label": true, "text": "None"}', '{"text": null, "extra": 1e5}']
    table = read(tmp_path, "\n".join(lines))
    assert (table.kind, table.columns) == ("jsonl", ("text", "label", "extra"))
    assert table.rows == [("a", "1.0", ""), ("None", "true", ""), ("", "", "1e5")]
    assert table.lines == [1, 3, 4]
    assert "lack a key" in table.notes[0]


def parquet(path, columns: dict, metadata=None):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata) if metadata else table, path)
    return path


def test_parquet_is_read_as_text(tmp_path):
    path = parquet(tmp_path / "t.parquet", {"text": ["a", None, "e\u0301"], "label": [1, 2, 1], "flag": [True, None, False]})
    table = tables.read(path, LIMITS)
    assert (table.kind, table.columns, table.lines) == ("parquet", ("text", "label", "flag"), [1, 2, 3])
    assert table.rows == [("a", "1", "true"), ("", "2", ""), ("é", "1", "false")]


def test_parquet_of_the_datasets_library_shows_class_names(tmp_path):
    features = {"label": {"_type": "ClassLabel", "names": ["bad", "good"]}, "text": {"_type": "Value", "dtype": "string"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = tables.read(parquet(tmp_path / "t.parquet", {"text": ["x", "y"], "label": [1, 0]}, metadata), LIMITS)
    assert table.column("label") == ["good", "bad"]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"text": [["a"], ["b"]], "label": ["x", "y"]}, "holds list"),
        ({"text": [b"a", b"b"], "label": ["x", "y"]}, "holds binary"),
        ({f"c{number}": ["x"] for number in range(201)}, "201 columns"),
        ({"text": ["x" * 100_001], "label": ["a"]}, "Row 1 has 100,002 characters"),
        ({"text": ["x" * 90_000] * 60, "label": ["a"] * 60}, "unpack"),
        ({"text": [], "label": []}, "no rows"),
    ],
)
def test_parquet_that_is_refused(tmp_path, columns, says):
    with pytest.raises(UserError) as caught:
        tables.read(parquet(tmp_path / "t.parquet", columns), SMALL)
    assert says in caught.value.what


def test_a_torn_parquet_file_is_refused(tmp_path):
    path = parquet(tmp_path / "t.parquet", {"text": ["a"] * 50, "label": ["x"] * 50})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="damaged"):
        tables.read(path, LIMITS)


def test_damaged_parquet_files_make_a_table_or_a_user_error(tmp_path):
    path = parquet(tmp_path / "t.parquet", {"text": ["hello é"] * 40, "label": list(range(40))})
    sound = path.read_bytes()
    refusals = 0
    for seed in range(60):
        rng = random.Random(seed)
        damaged = bytearray(sound)
        for _ in range(rng.randint(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            assert len(tables.read(path, SMALL, cut=True).columns) == 2
        except UserError as error:
            refusals += bool(error.remedy)
    assert refusals > 20


def test_pasted_tables(tmp_path):
    assert tables.parse_pasted("text\tlabel\nhello\ta\n", LIMITS).separator == "tab"
    assert tables.parse_pasted('{"text": "a", "label": "x"}', LIMITS).kind == "jsonl"
    for bad in ("", "  ", None, "<html>", "x,y\n\ud800,a", "PK\x03\x04", "a" * 300_000):
        with pytest.raises(UserError):
            tables.parse_pasted(bad, SMALL)


def test_exported_tables_quote_what_a_spreadsheet_would_run(tmp_path):
    cells = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=x", " =x", "-0.5", "plain", "＝1"]
    path = tables.write_csv(tmp_path / "out.csv", ["text", "=label"], [[cell, 0.5] for cell in cells])
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["text", "'=label"]
    assert [row[0] for row in rows] == ["'=1+1", "'+cmd", "'-2+3", "'@SUM(A1)", "'\t=x", "' =x", "-0.5", "plain", "'＝1"]
    assert rows[0][1] == "0.5"
    assert read(tmp_path, path.read_bytes()).rows[7] == ("plain", "0.5")


def test_jsonl_goes_out_and_comes_back(tmp_path):
    path = tables.write_jsonl(tmp_path / "rows.jsonl", [{"text": "é\n", "label": "None"}])
    assert tables.read(path, LIMITS).rows == [("é\n", "None")]


def test_twenty_thousand_rows_take_well_under_a_second(tmp_path):
    content = "text,label\n" + '"I waited, and waited, for my ordér to come"' * 1 + ",a\n"
    content += 'I would like my "money" back please,b\n' * 20_000
    start = time.monotonic()
    table = read(tmp_path, content)
    assert len(table.rows) == 20_001
    assert time.monotonic() - start < 0.8


def test_the_csv_path_needs_no_heavy_package():
    heavy = ("pandas", "numpy", "pyarrow", "torch", "tokenizers", "gradio")
    script = f"import sys; import genhub.data.intake; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_random_bytes_make_a_table_or_a_user_error(tmp_path):
    rng = random.Random(0)
    pieces = [
        b"text,label\n",
        b'"',
        b",",
        b"\n",
        b";",
        b"\t",
        b"a",
        b"\xff\xfe",
        b"\x00",
        b"\xe9",
        b"{",
        b"}",
        b'{"a": 1}\n',
        b"\r",
        b"PAR1",
    ]
    outcomes = {"table": 0, "refused": 0}
    for _ in range(600):
        content = rng.choice([b"", b"text,label\nx,y\n"]) + b"".join(rng.choices(pieces, k=rng.randint(1, 8)))
        if rng.random() < 0.2:
            content += rng.randbytes(rng.randint(0, 30))
        try:
            table = read(tmp_path, content, SMALL, cut=True)
            assert all(len(row) == len(table.columns) for row in table.rows)
            outcomes["table"] += 1
        except UserError as error:
            outcomes["refused"] += bool(error.what and error.remedy)
    assert sum(outcomes.values()) == 600
    assert min(outcomes.values()) > 20


def test_a_windows_file_is_told_how_to_become_utf_8(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes("text,label\ncafé,a\n".encode("cp1252"))
    with pytest.raises(UserError) as caught:
        tables.read(path, settings.LOCAL)
    for words in ("CSV UTF-8", "Edit filter settings", "iconv -f WINDOWS-1252 -t UTF-8"):
        assert words in caught.value.remedy


# ---- read with a remedy ------------------------------------------------------------------------------------------------

WINDOWS = "text,label\nsüß – “gut”,a\nplain,b\ncafé,a\n".encode("cp1252")


def test_windows_1252_is_offered_and_read_when_asked_for(tmp_path):
    assert refused(tmp_path, WINDOWS).fix == "windows-1252"
    table = read(tmp_path, WINDOWS, fixes=("windows-1252",))
    assert table.rows == [("süß – “gut”", "a"), ("plain", "b"), ("café", "a")]
    assert (table.encoding, table.foreign, table.fixes) == ("Windows-1252", 6, ["windows-1252"])
    lines = '{"text": "naïve", "label": "a"}\n{"text": "b", "label": "b"}\n'.encode("cp1252")
    assert read(tmp_path, lines, fixes=("windows-1252",)).rows == [("naïve", "a"), ("b", "b")]


def test_windows_1252_is_used_only_where_it_is_needed(tmp_path):
    for data in (GOOD.encode(), GOOD.encode("utf-8-sig"), GOOD.encode("utf-16")):
        table = read(tmp_path, data, fixes=("windows-1252", "leave-malformed-lines"))
        assert table.rows == [("hello", "a"), ("“é”", "b")]
        assert (table.fixes, table.encoding == "Windows-1252") == ([], False)


@pytest.mark.parametrize("data", [b"text,label\n\x81\xe9,a\n", b"\xef\xbb\xbftext,label\ncaf\xe9,a\n"])
def test_what_windows_1252_cannot_be_stays_refused(tmp_path, data):
    assert refused(tmp_path, data).fix == ""
    with pytest.raises(UserError, match="is not UTF-8"):
        read(tmp_path, data, fixes=("windows-1252",))


SOUND = "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(30))
MALFORMED = {
    "too long": ("a,b,c\n", "Line 32 has 3 fields", 1),
    "too short": ("alone\n", "Line 32 has 1 field", 1),
    "text after quote": ('"a"b,x\n', "Line 32 has text after a closing", 1),
    "over two lines": ('"a\nb",x,y\n', "Line 32 has 3 fields", 2),
}


@pytest.mark.parametrize(("content", "told", "lines"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_lines_are_left_out_when_asked_for(tmp_path, content, told, lines):
    data = f"text,label\n{SOUND}{content}{SOUND}"
    error = refused(tmp_path, data)
    assert error.what.startswith(told)
    assert error.fix == "leave-malformed-lines"
    table = read(tmp_path, data, fixes=("leave-malformed-lines",))
    assert len(table.rows) == 60
    assert table.lines[29:31] == [31, 32 + lines]
    assert table.fixes == ["leave-malformed-lines"]
    (left,) = table.malformed
    assert (left["line"], left["last"], left["text"]) == (32, 31 + lines, content.rstrip("\n"))
    assert left["why"].startswith(told)


def test_malformed_lines_of_jsonl_are_left_out_too(tmp_path):
    sound = [json.dumps({"text": f"text {n}", "label": "ab"[n % 2]}) for n in range(20)]
    bad = ["{", "3", '{"text": NaN}', '{"text": ["a"]}', '{"text": "a", "text": "b"}', '{"text": "\\ud800"}', '{"text": ' + "[" * 90_000]
    data = "\n".join([*sound, *bad, *sound])
    assert refused(tmp_path, data).fix == "leave-malformed-lines"
    table = read(tmp_path, data, fixes=("leave-malformed-lines",))
    assert (len(table.rows), table.columns) == (40, ("text", "label"))
    assert [item["line"] for item in table.malformed] == list(range(21, 28))


def test_many_malformed_lines_speak_for_another_separator(tmp_path):
    data = "text,label\n" + SOUND + "well, a, b\n" * 21
    assert refused(tmp_path, data).fix == ""
    with pytest.raises(UserError) as caught:
        read(tmp_path, data, fixes=("leave-malformed-lines",))
    assert caught.value.what == "21 of 51 lines do not fit. Line 32 has 3 fields, the header has 2."
    assert caught.value.limit.startswith("At most 20 of them")
    assert "separator is probably another" in caught.value.remedy
    assert caught.value.fix == ""
    many = "text,label\n" + "plain,a\n" * 960 + "a,b,c\n" * 40
    assert len(read(tmp_path, many, fixes=("leave-malformed-lines",)).malformed) == 40
    most = "text,label\n" + "plain,a\n" * 5 + "a,b,c\n" * 6
    with pytest.raises(UserError, match="6 of 11 lines do not fit"):
        read(tmp_path, most, fixes=("leave-malformed-lines",))
    swallowed = "text,label\n" + '"open,a\n' + "plain,a\n" * 100 + 'and a "word,b\n'
    with pytest.raises(UserError, match="102 of 102 lines do not fit"):
        read(tmp_path, swallowed, fixes=("leave-malformed-lines",))


def test_nothing_mends_an_open_quote_or_a_broken_header(tmp_path):
    for data in (f'text,label\n{SOUND}a,b,c\n"open,b\nc,d\n', f'"te"xt,label\n{SOUND}'):
        error = refused(tmp_path, data)
        assert error.fix == ""
        with pytest.raises(UserError) as caught:
            read(tmp_path, data, fixes=("leave-malformed-lines",))
        assert caught.value.what == error.what


def test_pasted_rows_are_read_with_a_remedy_too():
    data = f"text,label\n{SOUND}a,b,c\n"
    with pytest.raises(UserError) as caught:
        tables.parse_pasted(data, LIMITS)
    assert caught.value.fix == "leave-malformed-lines"
    assert len(tables.parse_pasted(data, LIMITS, fixes=("leave-malformed-lines",)).rows) == 30
