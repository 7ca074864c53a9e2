"""Tables with classes of unequal size: the same rows as imbalanced-learn makes, where each lies, and what cannot be done."""

import csv
import json

import numpy as np
import pytest

from genhub.augment.measure import tables as measured
from genhub.augment.measure.contenders import CONTENDERS, MEASURES
from genhub.augment.measure.effect import paired, sentence
from genhub.augment.measure.study import judged, run
from genhub.augment.tables import bundled, columns, shown
from genhub.augment.tables.columns import FILL, LEAVE_OUT, Rows
from genhub.augment.tables.resample import Resampled, resample
from genhub.augment.tables.table import NEIGHBOURLY, TABLES, ResampleConfig
from genhub.data import intake
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
        ("smote", mixed(), "“b” holds categories", "smote-nc"),
        ("smote-nc", points(), "No column holds categories", "smote"),
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


# ---- what the page shows --------------------------------------------------------------------------------------------


def seen(rows: Rows, axes: tuple[str, ...] = (), **values) -> tuple[dict, Resampled]:
    made = resample(rows, ResampleConfig(**values))
    return shown.scatter(rows, made, [*axes]), made


def test_two_chosen_columns_are_the_axes_and_new_rows_hang_on_their_parents():
    rows = points()
    told, made = seen(rows, ("c", "a"), k=4, seed=3)
    assert (told["axes"], told["shown"], told["classes"], told["of"]) == (["c", "a"], pytest.approx(2 / 3), ["large", "small"], [75, 45])
    places = np.array(told["points"])
    assert np.allclose(places[:, :2], made.rows.numbers()[:, [2, 0]])
    assert places[:, 3].tolist() == [0] * 75 + [1] * 45
    assert places[:, 2].tolist() == [0] * 60 + [1] * 60
    assert len(told["lines"]) == 45
    for (x0, y0, x1, y1), parents in zip(told["lines"], made.parents, strict=True):
        assert np.allclose([[x0, y0], [x1, y1]], rows.numbers()[parents][:, [2, 0]])


def test_the_principal_plane_holds_what_it_says_and_every_line_goes_through_its_row():
    rows = points()
    rows.x[:, 1] = 1_000 * rows.x[:, 0] + rows.x[:, 1]  # one column says nearly the same as another, in other units
    told, _ = seen(rows, seed=3)
    assert told["axes"] == list(shown.PCA)
    scaled = (rows.x - rows.x.mean(0)) / rows.x.std(0)
    assert told["shown"] == pytest.approx(np.linalg.eigvalsh(np.cov(scaled.T))[1:].sum() / np.trace(np.cov(scaled.T)))
    assert told["shown"] > 0.99
    old = np.array(told["points"])[:75, :2]
    assert old.var(0, ddof=0).sum() == pytest.approx(3 * told["shown"])
    new = np.array(told["points"])[75:, :2]
    for place, (x0, y0, x1, y1) in zip(new, told["lines"], strict=True):
        way = np.array([x1 - x0, y1 - y0])
        step = (place - [x0, y0]) @ way / (way @ way)
        assert np.allclose(place, [x0, y0] + step * way, atol=1e-6)


def test_copies_have_no_lines_and_rows_that_went_are_not_drawn():
    again, _ = seen(points(), method="random-over")
    assert (again["of"], again["lines"]) == ([75, 45], [])
    fewer, made = seen(points(), ("a", "b"), method="random-under")
    assert (fewer["of"], fewer["lines"]) == ([30, 0], [])
    assert np.allclose(np.array(fewer["points"])[:, :2], points().x[made.kept][:, :2])


def test_of_many_points_some_are_drawn_the_same_ones_again(monkeypatch):
    monkeypatch.setattr(shown, "OLD", 20)
    monkeypatch.setattr(shown, "NEW", 7)
    told, _ = seen(points(), seed=1)
    assert told["of"] == [75, 45]
    assert [sum(point[3] == which for point in told["points"]) for which in (0, 1)] == [20, 7]
    assert len(told["lines"]) == 7
    assert told == seen(points(), seed=1)[0]


def test_one_column_of_numbers_lies_on_a_line():
    rows = mixed()
    narrow = Rows(rows.x[:, :2], rows.y, rows.names[:2], (1,), rows.target)
    told, _ = seen(narrow, method="smote-nc")
    assert (told["axes"], told["shown"]) == (["a", ""], 1.0)
    assert {point[1] for point in told["points"]} == {0.0}
    assert np.allclose([point[0] for point in told["points"][:75]], rows.x[:, 0].astype(float))
    again, _ = seen(mixed(), ("a", "a"), method="smote-nc")
    assert again["axes"] == list(shown.PCA)


@pytest.mark.parametrize("axes", [("a", "b"), ("a", "<i>"), ("b", "a")])
def test_an_axis_that_is_no_column_of_numbers_is_refused(axes):
    rows = mixed()
    with pytest.raises(UserError, match="is no column of numbers") as refused:
        shown.scatter(rows, resample(rows, ResampleConfig(method="smote-nc")), [*axes])
    assert "Columns of numbers: a, c." in str(refused.value)


def taken(tmp_path, body: list[str], **asked) -> tuple[dict, list[dict]]:
    """What is shown of a pasted table, and the rows of its file."""
    folder = tmp_path / "table"
    folder.mkdir()
    intake.read_table({"text": "\n".join(body), "folder": str(folder), "name": "pasted"})
    asked = {
        "label": "",
        "categorical": None,
        "fixes": [],
        "axes": [],
        **asked,
        "config": ResampleConfig(**asked.pop("values", {})).to_dict(),
    }
    told = shown.resampled({**asked, "folder": str(folder), "out": str(tmp_path / "out.csv")})
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        return json.loads(json.dumps(told)), list(csv.DictReader(file))


def uneven(count: int = 30, small: int = 8) -> list[str]:
    body = [f"{n},{'red' if n % 3 else 'blue'},{1.5 * n + n % 4},{'small' if n < small else 'large'}" for n in range(count)]
    return ["age,colour,size,kind", *body]


def test_a_table_is_evened_out_and_every_row_says_where_it_is_from(tmp_path):
    told, rows = taken(tmp_path, uneven(), values={"method": "smote-nc", "k": 3})
    assert (told["label"], told["columns"], told["categorical"], told["numeric"]) == (
        "kind",
        ["age", "colour", "size"],
        ["colour"],
        ["age", "size"],
    )
    assert (told["before"], told["after"]) == ({"large": 22, "small": 8}, {"large": 22, "small": 22})
    assert (told["rows"], told["made"], told["left_out"], told["notes"]) == (30, 14, 0, [])
    assert (len(told["scatter"]["points"]), len(rows)) == (44, 44)
    assert [row["between_row"] for row in rows[:30]] == [str(number) for number in range(1, 31)]
    for row in rows[30:]:
        assert (row["made_by"], row["kind"]) == ("smote-nc", "small")
        ends = sorted(float(rows[int(row[name]) - 1]["age"]) for name in ("between_row", "and_row"))
        assert ends[0] <= float(row["age"]) <= ends[1]


def test_rows_that_go_are_counted_and_not_in_the_file(tmp_path):
    told, rows = taken(tmp_path, uneven(), values={"method": "random-under"})
    assert (told["made"], told["left_out"], told["after"]) == (0, 14, {"large": 8, "small": 8})
    assert len(rows) == 16
    body = uneven()[1:]
    assert all(",".join([row["age"], row["colour"], row["size"]]) in body[int(row["between_row"]) - 1].replace(".0", "") for row in rows)


def test_any_column_can_be_the_label_and_any_the_categories(tmp_path):
    told, _ = taken(tmp_path, uneven(), label="colour", categorical=["kind", "age"], values={"method": "smote-nc"})
    assert (told["label"], told["categorical"], told["numeric"]) == ("colour", ["age", "kind"], ["size"])
    assert told["after"] == {"red": 20, "blue": 20}


def test_without_a_column_of_numbers_nothing_is_drawn(tmp_path):
    told, rows = taken(tmp_path, uneven(), categorical=["age", "colour", "size"], values={"method": "random-over"})
    assert (told["scatter"], told["numeric"], told["made"]) == (None, [], 14)
    assert {row["and_row"] for row in rows} == {""}


def test_rows_are_counted_as_they_stood_in_the_table_that_was_read(tmp_path):
    body = uneven()
    body.insert(1, "?,red,3,large")
    _, rows = taken(tmp_path, body, fixes=[LEAVE_OUT], values={"method": "random-over"})
    assert body[int(rows[0]["between_row"])].startswith(f"{rows[0]['age']},{rows[0]['colour']},")


@pytest.mark.parametrize(
    ("sample", "counts"),
    [
        ("breast-cancer-rare", {"benign": 357, "malignant": 26}),
        ("breast-cancer", {"benign": 357, "malignant": 212}),
        ("wine-rare", {"class_0": 59, "class_1": 71, "class_2": 9}),
    ],
)
def test_bundled_tables_have_a_class_as_small_as_they_say(tmp_path, sample, counts):
    told = bundled.read({"sample": sample, "folder": str(tmp_path)})
    rows = columns.of(intake.load(tmp_path), told["columns"][-1])
    assert rows.counts() == counts
    assert told["rows"] == sum(counts.values())
    assert rows.categorical == ()
    assert rows.target == bundled.ALL[sample].target
    assert not any(mark in name for name in told["columns"] for mark in " /")
    assert not [*tmp_path.glob(f"{sample}*")]


def test_a_bundled_table_holds_the_numbers_that_scikit_learn_has(tmp_path):
    from sklearn.datasets import load_wine

    bundled.read({"sample": "wine-rare", "folder": str(tmp_path)})
    rows, wine = columns.of(intake.load(tmp_path), "cultivar"), load_wine()
    third = np.flatnonzero(wine.target == 2)[4::5]
    assert (rows.x == wine.data[[*np.flatnonzero(wine.target != 2), *third]]).all()


# ---- does it help? --------------------------------------------------------------------------------------------------


def test_a_paired_difference_by_hand():
    effect = paired([0.5, 0.6, 0.7], [0.6, 0.7, 0.9], 1 / 3)
    # mean 0.4/3; s² = 1/300; t(0.975, 2) = 4.302653; half = t · √(s² · (1/3 + 1/3))
    assert effect.difference == pytest.approx(0.4 / 3)
    assert effect.high - effect.difference == pytest.approx(4.302653 * (1 / 300 * 2 / 3) ** 0.5, rel=1e-5)
    assert not effect.clear
    assert "SMOTE, forest: no evidence that it helps here" in sentence(effect.to_dict(), "SMOTE", "macro F1", "Forest")
    clear = paired([0.5, 0.6, 0.7], [0.6, 0.7, 0.801], 1 / 3)
    assert clear.clear
    assert "SMOTE, forest: it helps here" in sentence(clear.to_dict(), "SMOTE", "macro F1", "Forest")
    with pytest.raises(ValueError, match="no pairs"):
        paired([1.0], [1.0], 0.3)


def measured_on(rows, *methods, seeds=(0, 1)):
    return measured.TablesStudy(rows, measured.named([ResampleConfig(method=method) for method in methods]), seeds)


def test_the_split_comes_first_and_test_rows_are_never_made(monkeypatch):
    rows, seen = points(), []
    monkeypatch.setattr(measured, "resample", lambda training, config: seen.append(training) or resample(training, config))
    found: list = []
    steps = [*run(measured_on(rows, "smote"), found)]
    training, test = measured.split(rows, 0)
    assert (seen[0].x == training.x).all()
    assert len(seen) == 2  # once a repetition, whoever learns
    assert not {tuple(row) for row in training.x} & {tuple(row) for row in test.x}
    assert test.counts() == {"large": 15, "small": 4}
    assert steps[-1] == (18, 18)
    assert {(each["arm"], each["contender"]) for each in found} == {
        (arm, one) for arm in ("as-it-is", "class-weights", "smote") for one in CONTENDERS
    }


def test_a_study_goes_on_where_it_was_and_says_the_same():
    study = measured_on(points(), "smote", "random-under")
    whole, found = [], []
    [*run(study, whole)]
    [*run(study, found, lambda: len(found) >= 7)]
    assert len(found) == 7
    [*run(study, found)]
    assert found == whole
    verdict = judged(study, found)
    assert verdict == judged(study, whole)
    assert verdict["repetitions"] == 2
    assert len(verdict["table"]) == len(study.arms) * len(CONTENDERS)
    assert len(verdict["sentences"]) == (len(study.arms) - 1) * len(CONTENDERS)
    assert "9 comparisons" in verdict["notes"][-1]
    first = verdict["table"][2]
    assert set(first["effects"]) == set(MEASURES)
    mine = [each["scores"]["macro_f1"] for each in found if (each["arm"], each["contender"]) == (first["arm"], first["contender"])]
    assert first["scores"]["macro_f1"] == pytest.approx(np.mean(mine))


def test_repetitions_that_are_not_whole_do_not_count():
    study, found = measured_on(points(), "smote"), []
    [*run(study, found, lambda: len(found) >= 10)]
    verdict = judged(study, found)
    assert verdict["repetitions"] == 1
    assert verdict["sentences"] == []
    assert all(row["effects"] == {} and row["scores"]["macro_f1"] is not None for row in verdict["table"])


def test_labels_that_look_like_numbers_are_learnt_like_others():
    """scikit-learn's forest refuses balanced weights of them."""
    rows = points()
    numbers = Rows(rows.x, np.where(rows.y == "small", "2", "1"), rows.names, rows.categorical, rows.target)
    ways = [[], []]
    for found, of in zip(ways, (rows, numbers), strict=True):
        [*run(measured_on(of, "random-over", seeds=(0,)), found)]
    assert [each["scores"] for each in ways[0]] == [each["scores"] for each in ways[1]]


def test_methods_have_names_of_their_own():
    named = measured.named([ResampleConfig(), ResampleConfig(k=3), ResampleConfig(method="adasyn")])
    assert list(named) == ["smote", "smote-2", "adasyn"]
    assert [measured.title(arm) for arm in named] == ["SMOTE", "SMOTE (2)", "ADASYN"]
    assert set(TABLES) >= {"smote", "smote-nc", "borderline-smote", "adasyn", "random-over", "random-under", "noise"}
