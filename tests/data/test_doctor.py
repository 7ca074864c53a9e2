"""The doctor says what it found, what will be done, and offers the remedy; what it counts is what cleaning does."""

import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest

from genhub import settings
from genhub.data import cleaning, doctor, encoder_fit, tables
from genhub.errors import UserError

LIMITS = settings.LOCAL
ANIMALS = ("cat", "dog", "owl", "hen", "fox", "eel", "bee", "ant", "elk", "yak")


def sentences(count: int, start: int = 0) -> list[str]:
    return [f"the {ANIMALS[n % 10]} sees number {n}" for n in range(start, start + count)]


def table(rows: list[tuple[str, ...]], columns=("text", "label"), **more) -> tables.Table:
    fields = {"kind": "csv", "encoding": "UTF-8", "separator": "comma", "lines": list(range(2, len(rows) + 2)), "notes": [], **more}
    return tables.Table(tuple(columns), rows, **fields)


def two_classes(extra: list[tuple[str, str]] = ()) -> tables.Table:
    texts = sentences(40)
    return table([(text, "ab"[n % 2]) for n, text in enumerate(texts)] + list(extra))


def finding(report: doctor.Report, code: str) -> doctor.Finding:
    return next(item for item in report.findings if item.code == code)


def codes(report: doctor.Report) -> set[str]:
    return {item.code for item in report.findings}


def test_a_sound_table_has_only_information():
    report = doctor.examine(two_classes())
    assert {item.severity for item in report.findings} == {"info"}
    assert report.classes == {"a": 20, "b": 20}
    assert (report.rows, report.ready, report.text_column, report.label_column) == (40, True, "text", "label")
    assert report.preview[0] == {"row": 1, "text": "the cat sees number 0", "label": "a"}
    assert finding(report, "file").what == "Separated values, UTF-8, separator: comma; 40 rows and 2 columns."
    assert report.to_dict()["ready"] is True


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        (("text", "label"), ("text", "label")),
        (("label", "text"), ("text", "label")),
        (("label", "domain", "text"), ("text", "label")),
        (("id", "words here", "kind"), ("words here", "kind")),
        (("kind", "words here"), ("words here", "kind")),
    ],
)
def test_columns_are_chosen_by_name_length_and_place(columns, chosen):
    rows = [tuple("long words " * 5 if name in ("text", "words here") else "x" for name in columns)] * 3
    assert doctor.choose_columns(table(rows, columns)) == chosen


def test_columns_that_cannot_be_used_are_refused_by_field():
    for text, label, field in (("no", "", "text_column"), ("", "no", "label_column"), ("text", "text", "label_column")):
        with pytest.raises(UserError) as caught:
            doctor.examine(two_classes(), text, label)
        assert caught.value.field == field
    with pytest.raises(UserError, match="one column"):
        doctor.examine(table([("a",)], ("text",)))


def test_empty_cells_are_left_out_and_named_by_line():
    report = doctor.examine(two_classes([("  ", "a"), ("text", " "), ("", "")]))
    assert finding(report, "empty-texts").what == "2 rows without a text (row 41, line 42; row 43, line 44)."
    assert finding(report, "empty-labels").what == "1 row without a label (row 42, line 43)."
    assert report.rows == 40
    assert report.removed == {"empty-texts": 2, "empty-labels": 1}


def test_labels_that_look_missing_are_classes():
    rows = [(text, ("None", "NA", "null")[n % 3]) for n, text in enumerate(sentences(30))]
    report = doctor.examine(table(rows))
    assert set(report.classes) == {"None", "NA", "null"}
    assert report.ready


def test_spellings_of_a_label_are_merged_on_request():
    extra = [(text, label) for text, label in zip(sentences(4, 100), ("A", " a", "A", "A"), strict=True)]
    found = finding(doctor.examine(two_classes(extra)), "merge-labels")
    assert (found.severity, found.applied, found.fix, found.count) == ("warning", False, "merge-labels", 4)
    assert "“a”/“A”/“ a”" in found.what
    report = doctor.examine(two_classes(extra), fixes=["merge-labels"])
    assert report.classes == {"a": 24, "b": 20}
    assert finding(report, "merge-labels").applied


def test_hyphens_and_underscores_between_words_are_spelling_but_a_sign_is_not():
    assert cleaning.label_key("Pay Bill") == cleaning.label_key("pay_bill") == cleaning.label_key("pay-bill ")
    assert cleaning.label_key("-1") != cleaning.label_key("1")


def test_a_column_named_like_labels_is_offered_where_another_was_taken():
    rows = [(text, f"intent {place % 2}", "web") for place, text in enumerate(sentences(20))]
    found = finding(doctor.examine(table(rows, ("utterance", "intent", "channel"))), "columns")
    assert (found.severity, found.column) == ("warning", "intent")
    chosen = doctor.examine(table(rows, ("utterance", "intent", "channel")), "utterance", "intent")
    assert finding(chosen, "columns").severity == "info"


def test_copies_share_a_group_and_are_removed_on_request():
    copies = [("The CAT  sees number 0!", "a"), ("the cat sees number 0", "a"), ("the owl sees number 2", "a")]
    source = two_classes(copies)
    found = finding(doctor.examine(source), "drop-duplicates")
    assert (found.count, found.fix_label) == (3, "Remove 3 copies")
    assert found.examples[0] == {"row": 41, "line": 42, "text": "The CAT  sees number 0!", "label": "a"}
    kept = cleaning.clean(source, "text", "label")
    assert kept.rows[40]["group"] == kept.rows[0]["group"] != kept.rows[1]["group"]
    assert len(kept.rows) == 43
    removed = cleaning.clean(source, "text", "label", ["drop-duplicates"])
    assert [row["row"] for row in removed.rows] == list(range(1, 41))
    assert removed.removed == {"drop-duplicates": 3}


def test_texts_are_the_same_case_blanks_and_punctuation_aside_in_any_script():
    same = [("Hello, World!", "hello world"), ("STRASSE", "straße"), ("¿Qué  tal?", "qué tal"), ("Ｆｕｌｌ", "full"), ("…", "…")]
    other = [("कि", "का"), ("good 😀", "good 😡"), ("a b", "ab"), ("!", "?")]
    assert all(cleaning.text_key(one) == cleaning.text_key(two) for one, two in same)
    assert all(cleaning.text_key(one) != cleaning.text_key(two) for one, two in other)


def test_one_text_under_two_labels_is_counted_and_left_out_on_request():
    source = two_classes([("the cat sees number 0", "b")])
    found = finding(doctor.examine(source), "drop-conflicts")
    assert (found.count, found.severity) == (2, "warning")
    assert len(cleaning.clean(source, "text", "label").rows) == 41
    assert len(cleaning.clean(source, "text", "label", ["drop-conflicts"]).rows) == 39


def test_a_class_too_rare_to_split_forbids_training_until_it_is_left_out():
    source = two_classes([("one of a kind", "rare"), ("second", "pair"), ("third", "pair")])
    report = doctor.examine(source)
    found = finding(report, "drop-rare")
    assert (found.severity, found.count, report.ready) == ("problem", 3, False)
    with pytest.raises(UserError, match="fewer than 3 different texts: “pair”, “rare”"):
        cleaning.clean(source, "text", "label")
    mended = doctor.examine(source, fixes=["drop-rare"])
    assert mended.ready
    assert finding(mended, "drop-rare").severity == "info"
    assert set(mended.classes) == {"a", "b"}


@pytest.mark.parametrize(("also", "fix"), [((), "merge-labels"), ([("one of a kind", "rare")], "drop-rare")])
def test_a_rare_class_that_is_another_spelling_is_to_be_merged(also, fix):
    source = two_classes([("so nice", "A"), ("so odd", "b "), *also])
    with pytest.raises(UserError) as refused:
        cleaning.clean(source, "text", "label")
    assert refused.value.fix == fix
    if not also:
        assert len(cleaning.clean(source, "text", "label", ["merge-labels"]).rows) == len(source.rows)


def test_three_copies_are_not_three_texts():
    with pytest.raises(UserError, match="different texts: “rare”"):
        cleaning.clean(two_classes([("again", "rare")] * 3), "text", "label")


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ([(text, "same") for text in sentences(20)], "one-class", "one label “same”"),
        ([(text, f"class {n}") for n, text in enumerate(sentences(5000))], "too-many-classes", "5,000 different labels"),
        ([("", "a"), ("b", "")], "no-rows", "No row is left"),
    ],
)
def test_tables_that_cannot_be_trained_on_say_why(rows, code, says):
    report = doctor.examine(table(rows))
    assert not report.ready
    assert says in finding(report, code).what
    assert "drop-rare" not in codes(report)
    with pytest.raises(UserError) as caught:
        cleaning.clean(table(rows), "text", "label")
    assert says in caught.value.what
    assert caught.value.limit
    assert caught.value.remedy


def test_rows_beyond_the_limit_wait_for_a_decision():
    source = replace(two_classes(), left_out=1000)
    report = doctor.examine(source)
    assert finding(report, "first-N-rows").fix_label == "Use the first 40 rows"
    assert not report.ready
    with pytest.raises(UserError, match="1,040 rows"):
        cleaning.clean(source, "text", "label")
    assert doctor.examine(source, fixes=["first-N-rows"]).ready


def test_few_rows_imbalance_header_and_formulas_are_said():
    rows = [(text, "much") for text in sentences(60)] + [(text, "little") for text in ("=1+1", "-2 degrees", "@home", "plain")]
    report = doctor.examine(table(rows, ("text", "much")))
    assert {"few-rows", "imbalance", "formulas", "first-line-is-a-row"} <= codes(report)
    assert "“little” (4)" in finding(report, "few-rows").what
    assert finding(report, "formulas").count == 3
    assert report.ready


def test_a_first_line_that_is_a_row_becomes_one_on_request():
    source = table([(text, ("good", "bad")[n % 2]) for n, text in enumerate(sentences(20))], ("what a fine day", "good"))
    report = doctor.examine(source)
    found = finding(report, "first-line-is-a-row")
    assert (found.severity, found.fix, found.applied, report.rows) == ("warning", "first-line-is-a-row", False, 20)
    report = doctor.examine(source, fixes=["first-line-is-a-row"])
    assert (report.rows, report.table_rows, report.classes) == (21, 21, {"good": 11, "bad": 10})
    assert report.preview[0] == {"row": 0, "text": "what a fine day", "label": "good"}
    assert finding(report, "first-line-is-a-row").applied
    assert len({row["group"] for row in cleaning.clean(source, *source.columns, ["first-line-is-a-row"]).rows}) == 21
    assert "first-line-is-a-row" not in codes(doctor.examine(two_classes()))
    parquet = replace(source, kind="parquet")
    assert doctor.examine(parquet, fixes=["first-line-is-a-row"]).rows == 20


def test_unknown_remedies_are_refused():
    with pytest.raises(UserError, match="no remedy “drop-table”"):
        doctor.examine(two_classes(), fixes=["drop-table"])


def test_a_test_table_is_kept_apart_and_never_seen_in_training():
    test = table([("the cat sees number 0", "a"), ("new text", "b"), ("new text", "b"), ("other", "c"), ("", "a")])
    cleaned = cleaning.clean(two_classes(), "text", "label", ["drop-duplicates"], test=test)
    assert [(row["text"], row["row"]) for row in cleaned.rows if row.get("part") == "test"] == [
        ("the cat sees number 0", 1),
        ("new text", 2),
        ("new text", 3),
    ]
    assert cleaned.removed == {"empty-texts": 1, "leaked": 1, "unknown-labels": 1}
    assert len(cleaned.training) == 39
    columns = ("text", "label")
    report = doctor.report_on(two_classes(), columns, cleaned, doctor.Context(), None)
    assert {"leaked", "unknown-labels"} <= codes(report)
    assert (report.rows, report.test_rows) == (39, 3)
    with pytest.raises(UserError, match="No row of the test table"):
        cleaning.clean(two_classes(), "text", "label", test=table([("x", "unknown")]))


def test_empty_cells_of_a_test_table_are_named_by_its_own_lines():
    """A test table may be longer than the training table."""
    test = table([(text, "a") for text in sentences(299, 1000)] + [("", "a"), ("new", "b")])
    source = two_classes([("", "a")])
    columns = ("text", "label")
    cleaned = cleaning.tidy(source, columns, test=test)
    report = doctor.report_on(source, columns, cleaned, doctor.Context(), None)
    found = finding(report, "empty-texts")
    assert found.what == "2 rows without a text (row 41, line 42; test row 300, line 301)."
    assert [(item["row"], item.get("part")) for item in found.examples] == [(41, None), (300, "test")]
    many = table([("", "a")] * 9 + [("new", "a")])
    parquet = replace(two_classes(), kind="parquet")
    report = doctor.report_on(parquet, columns, cleaning.tidy(parquet, columns, test=many), doctor.Context(), None)
    named = "; ".join(f"test row {number}, line {number + 1}" for number in range(1, 6))
    assert finding(report, "empty-texts").what == f"9 rows without a text ({named}; …)."
    alone = doctor.examine(replace(two_classes([("", "a")]), kind="parquet"))
    assert finding(alone, "empty-texts").what == "1 row without a text (row 41)."


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory) -> Path:
    """A word-piece tokenizer that truncates and pads, as saved ones often do."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "word"]
    tokenizer = Tokenizer(models.WordPiece({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_texts_longer_than_the_encoder_reads_are_counted_in_its_tokens(tokenizer_file):
    source = two_classes([("word " * 14, "a"), ("word " * 15, "b")])
    report = doctor.examine(source, context=doctor.Context(16, ("*",), tokenizer_file))
    found = finding(report, "long-texts")
    assert (found.count, report.lengths["longest"], report.lengths["unit"]) == (1, 17, "tokens")
    assert found.what == "1 text is longer than the 16 tokens the encoder reads."
    assert "words" not in codes(report)


def test_many_texts_are_estimated_from_a_sample(tokenizer_file, monkeypatch):
    monkeypatch.setattr(encoder_fit, "TOKENS_AT_MOST", 10)
    lengths = encoder_fit.lengths(["word " * 40, "word"] * 50, tokenizer_file, 16)
    assert lengths.estimated
    assert lengths.over == 50 or lengths.over == 100


def test_without_a_tokenizer_words_are_counted():
    lengths = encoder_fit.lengths(["one two", "one"], None, 16)
    assert (lengths.unit, lengths.longest, lengths.over) == ("words", 2, 0)
    report = doctor.examine(two_classes([("word " * 20, "a"), ("word " * 16, "b")]), context=doctor.Context(16))
    assert finding(report, "long-texts").what == "At least 1 text is longer than the 16 tokens the encoder reads."
    assert "The longest has 20 words" in finding(report, "long-texts").will_do
    assert "not on this machine yet" in finding(report, "words").what


GERMAN = "Die Lieferung kam leider viel zu spät und der Karton war völlig durchnässt"


def test_a_language_the_encoder_was_not_trained_for_is_named():
    rows = [(f"{GERMAN}, Bestellung Nummer {n}.", "ab"[n % 2]) for n in range(20)]
    report = doctor.examine(table(rows), context=doctor.Context(128, ("en",)))
    found = finding(report, "language")
    assert found.severity == "warning"
    assert "German" in found.what
    assert "trained on English" in found.what
    many = doctor.examine(table(rows), context=doctor.Context(128, ("*",)))
    assert finding(many, "language").severity == "info"
    assert encoder_fit.language([{"row": 1, "text": "short"}]) is None


def test_single_texts_in_another_language_are_counted():
    texts = [f"We waited {n} minutes for the lift and nobody came to help us." for n in range(20)]
    source = table([(text, "ab"[n % 2]) for n, text in enumerate([*texts, GERMAN, "Merci beaucoup pour votre aide si rapide."])])
    found = finding(doctor.examine(source, context=doctor.Context(128, ("en",))), "other-languages")
    assert (found.count, [item["row"] for item in found.examples]) == (2, [21, 22])
    assert "French, German" in found.what
    assert "other-languages" not in codes(doctor.examine(source, context=doctor.Context(128, ("*",))))


def test_single_texts_in_another_language_are_left_out_on_request():
    texts = [f"We waited {n} minutes for the lift and nobody came to help us." for n in range(20)]
    source = table([(text, "ab"[n % 2]) for n, text in enumerate([*texts, GERMAN, "Merci beaucoup pour votre aide si rapide."])])
    english = doctor.Context(128, ("en",))
    offered = finding(doctor.examine(source, context=english), "other-languages")
    assert (offered.fix, offered.fix_label, offered.applied, offered.severity) == (
        "drop-other-languages",
        "Leave these texts out",
        False,
        "warning",
    )
    report = doctor.examine(source, context=english, fixes=["drop-other-languages"])
    found = finding(report, "other-languages")
    assert (report.rows, report.removed) == (20, {"drop-other-languages": 2})
    assert (found.applied, found.count, found.will_do) == (True, 2, "They are left out.")
    many = doctor.examine(source, context=doctor.Context(128, ("*",)), fixes=["drop-other-languages"])
    assert (many.rows, many.removed) == (22, {})


def test_what_shall_be_left_out_is_looked_for_in_more_rows(monkeypatch):
    monkeypatch.setattr(encoder_fit, "LANGUAGE_TEXTS", 20)
    texts = [f"We waited {n} minutes for the lift and nobody came to help us." for n in range(99)]
    source = table([(text, "ab"[n % 2]) for n, text in enumerate([GERMAN, *texts, f"{GERMAN}!", f"{GERMAN}, sehr sogar."])])
    english = doctor.Context(128, ("en",))
    found = finding(doctor.examine(source, context=english), "other-languages")
    assert found.count == 1
    assert found.what.endswith("20 of 102 texts were looked at.")
    report = doctor.examine(source, context=english, fixes=["drop-other-languages"])
    assert report.removed == {"drop-other-languages": 3}
    assert "looked at" not in finding(report, "other-languages").what


def test_small_classes_are_left_out_on_request():
    extra = [(f"a word on number {n}", label) for n, label in enumerate(["few"] * 4 + ["nine"] * 9 + ["ten"] * 10)]
    found = finding(doctor.examine(two_classes(extra)), "few-rows")
    assert found.what == "2 classes have fewer than 10 rows: “nine” (9), “few” (4)."
    assert (found.fix, found.severity, found.count) == ("drop-few", "warning", 13)
    report = doctor.examine(two_classes(extra), fixes=["drop-few"])
    assert set(report.classes) == {"a", "b", "ten"}
    assert finding(report, "few-rows").will_do == "13 rows of 2 classes left out."
    assert report.removed == {"drop-few": 13}
    assert report.ready
    both = doctor.examine(two_classes([*extra, ("one of a kind", "rare")]), fixes=["drop-few", "drop-rare"])
    assert set(both.classes) == {"a", "b", "ten"}


def test_leaving_small_classes_out_is_offered_only_where_two_remain():
    rows = [(text, "much") for text in sentences(60)] + [(f"a word on {n}", "little") for n in range(4)]
    found = finding(doctor.examine(table(rows)), "few-rows")
    assert (found.fix, found.listed) == ("", True)
    forced = doctor.examine(table(rows), fixes=["drop-few"])
    assert not forced.ready
    assert finding(forced, "few-rows").fix == "drop-few"  # to be taken back


def test_reading_as_windows_1252_shows_what_depends_on_it():
    long = "word " * 30 + "süß" + " word" * 30
    source = replace(two_classes([("plain", "é"), (long, "a"), ("größer", "b")]), foreign=4, encoding="Windows-1252")
    report = doctor.examine(source, fixes=["windows-1252"])
    found = finding(report, "windows-1252")
    assert found.what == "Read as Windows-1252; 4 characters depend on that."
    assert (found.severity, found.applied, found.fix) == ("warning", True, "")
    assert [(item["row"], item["line"]) for item in found.examples] == [(41, 42), (42, 43), (43, 44)]
    assert "süß" in found.examples[1]["text"]
    assert len(found.examples[1]["text"]) < 90
    assert report.fixes == ["windows-1252"]


def test_lines_left_out_are_named():
    left = [
        {"line": 5, "last": 5, "text": "a,b,c", "why": "Line 5 has 3 fields, the header has 2."},
        {"line": 9, "last": 11, "text": "x", "why": "Line 9 has text after a closing quotation mark."},
    ]
    source, test = replace(two_classes(), malformed=left), replace(table([("new", "a")]), malformed=left[:1])
    columns = ("text", "label")
    report = doctor.report_on(source, columns, cleaning.tidy(source, columns, test=test), doctor.Context(), None)
    found = finding(report, "leave-malformed-lines")
    assert found.what == "5 lines do not fit into the table: line 5, lines 9 to 11, test line 5."
    assert found.will_do == "They are left out. Line 5 has 3 fields, the header has 2."
    assert (found.count, found.listed, found.applied) == (5, True, True)
    assert report.fixes == ["leave-malformed-lines"]


def data_folder() -> Path | None:
    places = [os.environ.get("GENHUB_DATA"), Path(__file__).parents[3] / "shared" / "data"]
    return next((Path(place) / "classification" for place in places if place and (Path(place) / "classification").is_dir()), None)


@pytest.mark.skipif(data_folder() is None, reason="real data sets are not here (GENHUB_DATA)")
@pytest.mark.parametrize(("name", "rows", "classes"), [("rotten_tomatoes/train", 8530, 2), ("banking77/train", 10003, 77)])
def test_real_tables_are_read_whole(tmp_path, name, rows, classes):
    path = tmp_path / "train.tsv"
    path.write_bytes(gzip.decompress((data_folder() / f"{name}.tsv.gz").read_bytes()))
    source = tables.read(path, LIMITS)
    cleaned = cleaning.clean(source, *doctor.choose_columns(source))
    assert len(cleaned.rows) == rows
    assert len({row["label"] for row in cleaned.rows}) == classes
