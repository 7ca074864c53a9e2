"""The baselines: what they answer, and that the figures the documents give are the ones that come out."""

import gzip
import os
import random
import time
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from genhub.text import baselines

DATA = Path(os.environ.get("GENHUB_DATA") or Path(__file__).parents[3] / "shared" / "data")


def test_majority_is_the_most_frequent_label_and_ties_go_by_the_alphabet():
    assert baselines.majority(["b", "a", "b"], 2) == ["b", "b"]
    assert baselines.majority(["b", "a"], 1) == ["a"]
    assert baselines.majority(["b"], 0) == []


def topics(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts whose words give the label away, among words that do not."""
    draw = random.Random(seed)
    words = {
        "refund": ["money", "back", "refund", "charge"],
        "delivery": ["parcel", "late", "courier", "box"],
        "thanks": ["great", "kind", "thanks", "love"],
    }
    labels = [draw.choice(list(words)) for _ in range(count)]
    noise = [f"w{number}" for number in range(300)]
    return [" ".join(draw.choices(words[label], k=2) + draw.choices(noise, k=8)) for label in labels], labels


def test_tfidf_learns_topics_from_a_few_rows():
    texts, labels = topics(180)
    unseen, truth = topics(100, seed=1)
    found = baselines.tfidf(texts, labels, unseen)
    assert sum(map(str.__eq__, found, truth)) >= 95
    assert found == baselines.tfidf(texts, labels, unseen, seed=0)
    assert all(type(label) is str for label in found)


def test_tfidf_reads_pairs_of_words():
    texts = ["not good", "good not", "not good", "good not"] * 5
    assert baselines.tfidf(texts, ["blame", "praise"] * 10, ["not good", "good not"]) == ["blame", "praise"]


@pytest.mark.parametrize(
    ("texts", "asked"),
    [
        ([":) :)", ":( :("] * 6, [":)", ":("]),  # no letters at all
        (["これはとても良い", "最悪でした本当に"] * 6, ["とても良い", "最悪でした"]),  # no blanks between words
        (["I", "a"] * 6, ["I", "a"]),  # words of one letter
    ],
)
def test_tfidf_finds_words_in_any_script(texts, asked):
    assert baselines.tfidf(texts, ["first", "second"] * 6, asked) == ["first", "second"]


def test_tfidf_with_hardly_any_rows_still_answers():
    assert baselines.tfidf(["one", "two"], ["a", "b"], ["two", "unheard"])[0] == "b"
    assert baselines.tfidf(["one", "two"], ["a", "a"], ["three"]) == ["a"]
    assert baselines.tfidf(["one", "two"], ["a", "b"], []) == []


def test_how_hard_it_regularises_is_chosen_on_the_training_rows(monkeypatch):
    """Where 1 is the only choice it is taken, so the search really decides; a long table keeps the fixed value."""
    texts, labels = topics(60)
    monkeypatch.setattr(baselines, "CHOICES_OF_C", (1.0,))
    assert baselines.fit(texts, labels).weights.C == 1.0
    monkeypatch.setattr(baselines, "CHOOSE_UP_TO", 10)
    assert baselines.fit(texts, labels).weights.C == baselines.FIXED_C


def test_the_choice_of_c_is_that_of_scikit_learns_grid_search():
    texts, labels = topics(90)
    model = make_pipeline(baselines._words(3, pairs=True), LogisticRegression(max_iter=2_000, tol=1e-6))
    splits = StratifiedKFold(3, shuffle=True, random_state=4)
    search = GridSearchCV(model, {"logisticregression__C": baselines.CHOICES_OF_C}, cv=splits, scoring="accuracy")
    search.fit(texts, labels)
    found = baselines.fit(texts, labels, seed=4)
    assert search.best_params_["logisticregression__C"] == found.weights.C
    assert found.scores(texts) == pytest.approx(search.predict_proba(texts), abs=1e-3)


def test_a_fitted_base_line_gives_probabilities_and_its_size():
    texts, labels = topics(60)
    found = baselines.fit(texts, labels)
    scores = found.scores(["parcel late courier", "something unheard of"])
    assert (found.labels, scores.shape) == (["delivery", "refund", "thanks"], (2, 3))
    assert scores.sum(axis=1) == pytest.approx([1, 1])
    assert found.predict(["parcel late courier"]) == ["delivery"]
    assert found.bytes() > 3 * 4 * len(found.words.vocabulary_)
    lonely = baselines.fit(["one", "two"], ["a", "a"])
    assert (lonely.labels, lonely.scores(["x"]).tolist(), lonely.predict(["x"]), lonely.bytes()) == (["a"], [[1.0]], ["a"], 0)


def test_a_fit_is_cut_into_steps_so_that_others_are_served_in_between():
    texts, labels = topics(300)
    assert sum(1 for _ in baselines.fitting(texts, labels)) > 10


def test_many_rows_and_classes_are_fast():
    draw = random.Random(0)
    words = [f"w{number}" for number in range(5_000)]
    labels = [f"class {draw.randrange(20)}" for _ in range(5_000)]
    texts = [" ".join([label.replace(" ", ""), *draw.choices(words, k=10)]) for label in labels]
    started = time.process_time()
    found = baselines.tfidf(texts, labels, texts[:200])
    assert time.process_time() - started < 8
    assert found == labels[:200]


def test_rotten_tomatoes():
    folder = DATA / "classification" / "rotten_tomatoes"
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder} (GENHUB_DATA names its folder)")

    def read(part: str) -> tuple[list[str], list[str]]:
        with gzip.open(folder / f"{part}.tsv.gz", "rt", encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
        return [text for _, text in rows], [label for label, _ in rows]

    (texts, labels), (unseen, truth) = read("train"), read("test")
    found = baselines.tfidf(texts, labels, unseen)
    assert 0.78 < sum(map(str.__eq__, found, truth)) / len(truth) < 0.83
