"""Tables with classes of unequal size: the same rows as imbalanced-learn makes, where each lies, and what cannot be done."""

import numpy as np
import pytest

from genhub.augment.measure import tables as measured
from genhub.augment.measure.contenders import CONTENDERS, MEASURES
from genhub.augment.measure.effect import paired, sentence
from genhub.augment.tables import columns
from genhub.augment.tables.columns import FILL, LEAVE_OUT, Rows
from genhub.augment.tables.resample import resample
from genhub.augment.tables.table import NEIGHBOURLY, TABLES, ResampleConfig
from genhub.data.tables import parse_pasted
from genhub.errors import UserError
from genhub.settings import LOCAL


def points(large: int = 60, small: int = 15, seed: int = 0) -> Rows:
    """Two clouds that overlap."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(0, 1, (large, 3)), rng.normal(1.2, 1, (small, 3))])
    return Rows(x, np.array(["large"] * large + ["small"] * small), ("a", "b", "c"), (), "kind")


def mixed(large: int = 60, small: int = 15) -> Rows:
    """The same with a column of categories."""
    plain = points(large, small)
    x = plain.x.astype(object)
    x[:, 1] = np.where(np.arange(len(x)) % 3 == 0, "red", "blue")
    return Rows(x, plain.y, plain.names, (1,), plain.target)


def directly(name: str, rows: Rows, **options) -> tuple[np.ndarray, np.ndarray]:
    from imblearn import over_sampling

    return getattr(over_sampling, name)(random_state=3, **options).fit_resample(rows.x, rows.y)


@pytest.mark.parametrize(
    ("method", "name", "options"),
    [
        ("smote", "SMOTE", {"k_neighbors": 4}),
        ("borderline-smote", "BorderlineSMOTE", {"k_neighbors": 4}),
        ("adasyn", "ADASYN", {"n_neighbors": 4}),
        ("random-over", "RandomOverSampler", {}),
    ],
)
def test_the_rows_are_those_of_imbalanced_learn(method, name, options):
    rows = points()
    made = resample(rows, ResampleConfig(method=method, k=4, seed=3))
    x, y = directly(name, rows, **options)
    assert (made.rows.x == x).all()
    assert (made.rows.y == y).all()
    assert made.made == len(x) - len(rows) > 30


def test_smote_nc_makes_the_rows_of_imbalanced_learn_and_takes_categories_that_there_are():
    rows = mixed()
    made = resample(rows, ResampleConfig(method="smote-nc", k=4, seed=3))
    x, _ = directly("SMOTENC", rows, k_neighbors=4, categorical_features=[1])
    assert (made.rows.x == x).all()
    assert set(made.rows.x[len(rows) :, 1]) <= {"red", "blue"}


@pytest.mark.parametrize(
    ("method", "rows"), [("smote", points()), ("borderline-smote", points()), ("adasyn", points()), ("smote-nc", mixed())]
)
def test_every_new_row_lies_on_the_line_between_its_parents(method, rows):
    made = resample(rows, ResampleConfig(method=method, seed=3))
    new, old = made.rows.numbers()[len(rows) :], rows.numbers()
    assert (made.parents >= 0).all()
    assert (rows.y[made.parents] == "small").all()
    for row, (one, other) in zip(new, made.parents, strict=True):
        step = ((row - old[one]) @ (old[other] - old[one])) / ((old[other] - old[one]) ** 2).sum()
        assert 0 <= step <= 1
        assert np.allclose(row, old[one] + step * (old[other] - old[one]), atol=1e-5)


def test_balance_is_as_asked_for():
    rows = points()
    assert resample(rows, ResampleConfig(ratio=0.5)).rows.counts() == {"large": 60, "small": 30}
    fewer = resample(rows, ResampleConfig(method="random-under", ratio=0.5))
    assert fewer.rows.counts() == {"large": 30, "small": 15}
    assert (rows.x[fewer.kept] == fewer.rows.x).all()
    assert resample(rows, ResampleConfig(ratio=0.1)).made == 0


def test_copies_with_noise_lie_near_a_row_of_their_class():
    rows = points()
    made = resample(rows, ResampleConfig(method="noise", deviation=0.01, seed=1))
    new = made.rows.numbers()[len(rows) :]
    assert 0 < np.abs(new - rows.numbers()[made.parents[:, 0]]).max() < 0.1
    assert (rows.y[made.parents[:, 0]] == "small").all()


def test_neighbours_are_as_many_as_there_are_and_that_is_said():
    made = resample(points(small=4), ResampleConfig(k=10))
    assert made.notes == ["3 neighbours instead of 10: class “small” has 4 rows."]
    assert made.rows.counts()["small"] == 60


@pytest.mark.parametrize(
    ("method", "rows", "said", "fix"),
    [
        ("smote", points(small=1), "has one row", "random-over"),
        ("smote", mixed(), "“b” is of categories", "smote-nc"),
        ("smote-nc", points(), "No column is of categories", "smote"),
        (
            "adasyn",
            Rows(np.r_[np.zeros((30, 2)), np.ones((9, 2)) * 90], np.array(["a"] * 30 + ["b"] * 9), ("x", "y"), (), "z"),
            "lies where",
            "smote",
        ),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(method, rows, said, fix):
    with pytest.raises(UserError, match=said) as refused:
        resample(rows, ResampleConfig(method=method, k=3))
    assert refused.value.fix == fix


def test_a_table_of_categories_alone_can_be_sampled_again_only():
    rows = Rows(np.array([["a"], ["b"]] * 20, dtype=object), np.array(["x"] * 30 + ["y"] * 10), ("c",), (0,), "z")
    for method in NEIGHBOURLY:
        with pytest.raises(UserError, match="All columns are categories"):
            resample(rows, ResampleConfig(method=method))
    assert resample(rows, ResampleConfig(method="random-over")).rows.counts() == {"x": 30, "y": 30}


def read(lines: list[str], target: str = "kind", **options) -> Rows:
    return columns.of(parse_pasted("\n".join(lines), LOCAL), target, **options)


def lines(*, hole: str = "", count: int = 24) -> list[str]:
    body = [f"{n},{'red' if n % 2 else 'blue'},{1.5 * n},{'ab'[n % 2]}" for n in range(count)]
    return ["age,colour,size,kind", *body[:-1], *([hole] if hole else []), body[-1]]


def test_columns_of_categories_are_recognised_and_can_be_said():
    rows = read(lines())
    assert (rows.names, rows.categorical, rows.target) == (("age", "colour", "size"), (1,), "kind")
    assert rows.numbers()[3].tolist() == [3.0, 4.5]
    assert read(lines(), categorical=["age", "colour"]).categorical == (0, 1)
    assert read(lines(), categorical=["age", "colour"]).x[3, 0] == "3"


@pytest.mark.parametrize("hole", ["?,red,3,a", ",red,3,a", "5,NA,3,a", "5,red,inf,a", "5,red,3,"])
def test_holes_are_refused_and_mended_as_one_chooses(hole):
    with pytest.raises(UserError, match="1 of 25 rows have missing values") as refused:
        read(lines(hole=hole))
    assert refused.value.fix == LEAVE_OUT
    assert len(read(lines(hole=hole), fixes=[LEAVE_OUT])) == 24
    if hole.endswith("a"):
        assert len(read(lines(hole=hole), fixes=[FILL])) == 25


def test_what_a_median_fills():
    rows = read(lines(hole="?,?,?,a"), fixes=[FILL])
    assert rows.x[23].tolist() == [11.5, "blue", 17.25]


@pytest.mark.parametrize(
    ("given", "target", "said"),
    [
        (lines(count=10), "kind", "has 10 rows"),
        (lines(count=60), "size", "60 different values"),
        (lines(), "nothing", "no column “nothing”"),
        (["kind", *(["a", "b"] * 15)], "kind", "there are 0 columns"),
    ],
)
def test_tables_that_cannot_be_used(given, target, said):
    with pytest.raises(UserError, match=said):
        read(given, target)


# ---- does it help? --------------------------------------------------------------------------------------------------


def test_a_paired_difference_by_hand():
    effect = paired([0.5, 0.6, 0.7], [0.6, 0.7, 0.9], 1 / 3)
    # mean 0.4/3; s² = 1/300; t(0.975, 2) = 4.302653; half = t · √(s² · (1/3 + 1/3))
    assert effect.difference == pytest.approx(0.4 / 3)
    assert effect.high - effect.difference == pytest.approx(4.302653 * (1 / 300 * 2 / 3) ** 0.5, rel=1e-5)
    assert not effect.clear
    assert "no evidence that SMOTE helps here" in sentence(effect.to_dict(), "SMOTE", "macro F1", "Forest")
    clear = paired([0.5, 0.6, 0.7], [0.6, 0.7, 0.801], 1 / 3)
    assert clear.clear
    assert "SMOTE helps here" in sentence(clear.to_dict(), "SMOTE", "macro F1", "Forest")
    with pytest.raises(ValueError, match="no pairs"):
        paired([1.0], [1.0], 0.3)


def test_the_split_comes_first_and_test_rows_are_never_made(monkeypatch):
    rows, seen = points(), []
    monkeypatch.setattr(measured, "resample", lambda training, config: seen.append(training) or resample(training, config))
    found: list = []
    steps = [*measured.study(rows, measured.arms_of([ResampleConfig()]), 2, found, lambda: False)]
    training, test = measured.split(rows, 0)
    assert (seen[0].x == training.x).all()
    assert not {tuple(row) for row in training.x} & {tuple(row) for row in test.x}
    assert test.counts() == {"large": 15, "small": 4}
    assert steps[-1] == (18, 18)
    assert {(each["arm"], each["contender"]) for each in found} == {
        (arm, one) for arm in ("as-it-is", "class-weights", "smote") for one in CONTENDERS
    }


def test_a_study_goes_on_where_it_was_and_says_the_same():
    rows, arms = points(), measured.arms_of([ResampleConfig(), ResampleConfig(method="random-under")])
    whole, found = [], []
    for _ in measured.study(rows, arms, 2, whole, lambda: False):
        pass
    for _ in measured.study(rows, arms, 2, found, lambda: len(found) >= 7):
        pass
    assert len(found) == 7
    for _ in measured.study(rows, arms, 2, found, lambda: False):
        pass
    assert found == whole
    verdict = measured.judged(rows, found)
    assert verdict == measured.judged(rows, whole)
    assert verdict["repetitions"] == 2
    assert len(verdict["table"]) == len(arms) * len(CONTENDERS)
    assert len(verdict["sentences"]) == (len(arms) - 1) * len(CONTENDERS)
    first = verdict["table"][2]
    assert set(first["effects"]) == set(MEASURES)
    mine = [each["scores"]["macro_f1"] for each in found if (each["arm"], each["contender"]) == (first["arm"], first["contender"])]
    assert first["scores"]["macro_f1"] == pytest.approx(np.mean(mine))


def test_arms_have_names_of_their_own():
    named = measured.arms_of([ResampleConfig(), ResampleConfig(k=3), ResampleConfig(method="adasyn")])
    assert list(named) == ["as-it-is", "class-weights", "smote", "smote-3", "adasyn"]
    assert [measured.title(arm) for arm in named] == ["As it is", "Class weights", "SMOTE", "SMOTE (3)", "ADASYN"]
    assert set(TABLES) >= {"smote", "smote-nc", "borderline-smote", "adasyn", "random-over", "random-under", "noise"}
