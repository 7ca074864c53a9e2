"""Properties of splits: disjoint, complete, no group divided, every class everywhere it can be, the same for the same seed."""

import random
from collections import Counter

import pytest

from genhub.data import split
from genhub.errors import UserError


def table(seed: int, size: int, classes: int = 4, share_of_copies: float = 0.2) -> list[dict]:
    """Rows with imbalanced classes and some copies, shuffled."""
    rng = random.Random(seed)
    labels = [f"class {number}" for number in range(classes)]
    rows = [{"text": f"text {n}", "label": labels[n % classes] if n < 3 * classes else rng.choices(labels, range(1, classes + 1))[0],
             "row": n + 1, "group": n} for n in range(size)]  # fmt: skip
    for row in rng.sample(rows[3 * classes :], int(share_of_copies * (size - 3 * classes))):
        other = rng.choice(rows)
        row["group"], row["label"] = other["group"], other["label"]
    rng.shuffle(rows)
    return rows


def check(rows: list[dict], parts: split.Split) -> None:
    """Disjoint, complete, ascending, no group in two parts."""
    every = parts.train + parts.validation + parts.test
    assert sorted(every) == list(range(len(rows)))
    for part in (parts.train, parts.validation, parts.test):
        assert part == sorted(part)
    places = [{rows[index]["group"] for index in part} for part in (parts.train, parts.validation, parts.test)]
    assert not places[0] & places[1]
    assert not places[0] & places[2]
    assert not places[1] & places[2]


def groups_of(rows: list[dict]) -> Counter:
    return Counter(label for label, _ in {(row["label"], row["group"]) for row in rows})


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [15, 40, 300, 1500])
def test_a_holdout_split_keeps_its_promises(seed, size):
    rows = table(seed, size)
    parts = split.holdout(rows, 0.2, 0.1, seed)
    check(rows, parts)
    assert parts == split.holdout(rows, 0.2, 0.1, seed)
    for label, groups in groups_of(rows).items():
        if groups >= 3:
            for part in (parts.train, parts.validation, parts.test):
                assert any(rows[index]["label"] == label for index in part), label
    if size >= 300:
        assert abs(len(parts.test) / size - 0.2) < 0.03
        assert abs(len(parts.validation) / (size - len(parts.test)) - 0.1) < 0.03
        whole, part = Counter(row["label"] for row in rows), Counter(rows[index]["label"] for index in parts.test)
        assert all(abs(part[label] / whole[label] - 0.2) < 0.1 for label in whole)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("size", "k"), [(15, 2), (60, 3), (300, 5), (600, 10)])
def test_folds_keep_their_promises(seed, size, k):
    rows = table(seed, size)
    folds = split.k_folds(rows, k, 0.1, seed)
    assert len(folds) == k
    for parts in folds:
        check(rows, parts)
    assert sorted(index for parts in folds for index in parts.test) == list(range(size))
    assert folds == split.k_folds(rows, k, 0.1, seed)
    for label, groups in groups_of(rows).items():
        if groups >= k:
            assert all(any(rows[index]["label"] == label for index in parts.test) for parts in folds), label
        if groups >= 3 * k:
            assert all(any(rows[index]["label"] == label for index in parts.validation) for parts in folds), label
    sizes = [len(parts.test) for parts in folds]
    assert max(sizes) - min(sizes) <= max(6, size // k // 3)


def test_another_seed_is_another_split():
    rows = table(0, 200)
    assert split.holdout(rows, 0.2, 0.1, 0) != split.holdout(rows, 0.2, 0.1, 1)
    assert split.k_folds(rows, 5, 0.1, 0) != split.k_folds(rows, 5, 0.1, 1)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_a_class_of_three_rows_is_in_every_part(count):
    rows = [{"label": "big", "group": n} for n in range(50)] + [{"label": "small", "group": 100 + n} for n in range(count)]
    parts = split.holdout(rows, 0.05, 0.05, 3)
    for part in (parts.train, parts.validation, parts.test):
        assert any(rows[index]["label"] == "small" for index in part)


def test_classes_with_too_few_texts_teach_first():
    rows = [{"label": "a", "group": n} for n in range(20)] + [
        {"label": "b", "group": 50},
        {"label": "b", "group": 50},
        {"label": "c", "group": 51},
    ]
    parts = split.holdout(rows, 0.2, 0.1, 0)
    check(rows, parts)
    assert {20, 21, 22} <= set(parts.train)


def test_large_groups_are_not_divided_even_when_they_are_most_of_a_class():
    rows = [{"label": "a", "group": 0} for _ in range(40)] + [{"label": "a", "group": n} for n in range(1, 5)]
    rows += [{"label": "b", "group": 10 + n} for n in range(30)]
    check(rows, split.holdout(rows, 0.2, 0.1, 0))
    for parts in split.k_folds(rows, 4, 0.1, 0):
        check(rows, parts)


def test_the_same_text_under_two_labels_stays_together():
    rows = [{"label": "ab"[n % 2], "group": n // 2} for n in range(60)]
    for parts in [split.holdout(rows, 0.2, 0.1, 0), *split.k_folds(rows, 5, 0.1, 0)]:
        check(rows, parts)


def test_a_given_test_part_is_the_test_part():
    rows = table(1, 100, share_of_copies=0)
    for row in rows[::4]:
        row["part"] = "test"
    parts = split.holdout(rows, 0.2, 0.2, 0)
    check(rows, parts)
    assert parts.test == list(range(0, 100, 4))
    assert 10 <= len(parts.validation) <= 20


def test_more_folds_than_texts_are_refused():
    rows = [{"label": "ab"[n % 2], "group": n % 3} for n in range(9)]
    for k in (1, 4):
        with pytest.raises(UserError) as caught:
            split.k_folds(rows, k, 0.1, 0)
        assert caught.value.field == "folds"


def test_folds_are_chosen_by_size():
    assert split.choose_folds(None, 299, False) == 5
    assert split.choose_folds(None, 300, False) == 3
    assert split.choose_folds(None, 999, False) == 3
    assert split.choose_folds(None, 1000, False) == 0
    assert split.choose_folds(3, 5000, False) == 3
    assert split.choose_folds(0, 50, False) == 0
    assert split.choose_folds(5, 50, True) == 0
    with pytest.raises(UserError):
        split.choose_folds(1, 50, False)


def test_groups_with_copies_are_counted():
    assert split.kept_together([{"group": 0}, {"group": 0}, {"group": 1}]) == 1
