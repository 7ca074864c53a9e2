"""The bundled tables are what the registry says, read through the real reader, and show what they are there to show."""

import re
from collections import Counter

import pytest

from genhub import settings
from genhub.data import doctor, samples, tables, text_facts
from genhub.data.cleaning import text_key
from genhub.errors import UserError

WEEKDAYS = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE)


def read(path) -> tables.Table:
    return tables.read(path, settings.PUBLIC)


@pytest.mark.parametrize("sample", samples.SAMPLES.values(), ids=samples.SAMPLES)
def test_each_sample_is_what_the_registry_says(sample):
    table = read(samples.path(sample.id))
    report = doctor.examine(table, sample.text_column, sample.label_column)
    assert len(table.rows) == sample.rows >= 300
    assert len(report.classes) == sample.classes
    assert (report.text_column, report.label_column) == doctor.choose_columns(table)
    assert sample.title
    assert sample.description.endswith(".")


@pytest.mark.parametrize(
    "sample", [sample for sample in samples.SAMPLES.values() if sample.exhibit != "doctor"], ids=lambda sample: sample.id
)
def test_clean_samples_train_as_they_are_and_vary(sample):
    table = read(samples.path(sample.id))
    report = doctor.examine(table, sample.text_column, sample.label_column, context=doctor.Context(languages=("en",)))
    assert [finding.code for finding in report.findings if finding.severity != "info"] == []
    texts = table.column(sample.text_column)
    assert len({text_key(text) for text in texts}) == len(texts)
    starts = Counter(" ".join(text.lower().split()[:3]) for text in texts)
    assert starts.most_common(1)[0][1] <= len(texts) // 20


def test_the_messy_table_keeps_the_doctor_busy_and_can_be_mended():
    table = read(samples.path("messy"))
    codes = {finding.code for finding in doctor.examine(table, context=doctor.Context(languages=("en",))).findings}
    flaws = {"merge-labels", "empty-texts", "empty-labels", "drop-duplicates", "drop-conflicts", "drop-rare", "formulas", "other-languages"}
    assert flaws <= codes
    mended = doctor.examine(table, fixes=["merge-labels", "drop-rare", "drop-duplicates", "drop-conflicts"])
    assert mended.ready
    assert 2 <= len(mended.classes) <= 6
    assert mended.rows >= 250


def test_a_weekday_stands_in_every_complaint_until_counterexamples_are_added():
    table = read(samples.path("shortcut"))
    with_day = Counter((label, bool(WEEKDAYS.search(text))) for text, label in table.rows)
    complaints = with_day["complaint", True]
    assert with_day["complaint", False] == 0
    assert with_day["praise", True] < 0.1 * complaints
    more = read(samples.counterexamples("shortcut"))
    assert more.columns == table.columns
    assert len(more.rows) >= len(table.rows)
    broken = Counter((label, bool(WEEKDAYS.search(text))) for text, label in more.rows)
    assert broken == {("praise", True): 165, ("complaint", False): 165}
    assert len({text_key(text) for text, _ in more.rows}) == len(more.rows)
    assert not {text_key(text) for text, _ in more.rows} & {text_key(text) for text, _ in table.rows}


@pytest.mark.parametrize("text", samples.TEXTS.values(), ids=samples.TEXTS)
def test_each_text_is_long_enough_to_learn_from_and_says_nothing_twice(text):
    content = samples.text_path(text.id).read_bytes()
    assert len(content) >= 60_000
    assert content.isascii()
    assert content.count(b"\r") == 0
    speeches = [block.partition("\n") for block in content.decode("ascii").strip().split("\n\n")]
    said = [words for speaker, _, words in speeches if re.fullmatch("[A-Z ]+:", speaker)]
    assert len(said) >= 500
    assert [words for words, times in Counter(said).items() if times > 1] == []
    assert [text.title, text.licence, text.origin].count("") == 0
    assert text.description.endswith(".")


def test_the_harbour_needs_no_warning():
    assert text_facts.findings(text_facts.measure([samples.text_path("harbour").read_text(encoding="ascii")])) == []


def test_passages_to_guess_are_short_and_various():
    passages = samples.passages()
    assert len({passage.id for passage in passages}) == len({passage.text for passage in passages}) == len(passages) >= 10
    assert all(300 <= len(passage.text) <= 700 for passage in passages)
    assert all(passage.title and passage.text.isascii() for passage in passages)
    assert len({passage.kind for passage in passages}) >= 4
    assert samples.passages() is passages


def test_the_ladder_goes_from_plain_words_to_the_same_letters_in_disorder():
    rungs = {rung.id: rung for rung in samples.ladder()}
    assert len(rungs) == len({rung.text for rung in samples.ladder()}) == len(samples.ladder()) >= 8
    assert all(rung.about.endswith(".") for rung in rungs.values())
    letters = Counter(tuple(sorted(rung.text.lower().replace(" ", "").strip("."))) for rung in rungs.values())
    assert letters.most_common(1)[0][1] >= 3


def test_samples_that_do_not_exist_are_refused():
    for call in (lambda: samples.path("nothing"), lambda: samples.counterexamples("support"), lambda: samples.text_path("support")):
        with pytest.raises(UserError) as caught:
            call()
        assert caught.value.field == "sample"
