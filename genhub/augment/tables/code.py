"""A table evened out, and what that was measured to do, as Python code that needs no GenHub: imbalanced-learn and scikit-learn alone.

Both scripts read the table itself, or what stage 3 of the page wrote of it, whose new rows they leave out.
"""

from collections.abc import Mapping, Sequence

from genhub.augment.tables.table import ResampleConfig
from genhub.data.fixes import FILL, LEAVE_OUT

HEAD = '''\
"""{what}, as GenHub does it: {same}, seed for seed.

    pip install numpy imbalanced-learn{more}
    python {file} TABLE.csv{out}
"""

import csv
import sys
from collections import Counter
{standard}
import numpy as np
from imblearn import over_sampling, under_sampling
{imports}
LABEL = {label!r}
CATEGORIES = {categories!r}  # columns; all others are of numbers
HOLES = {holes!r}  # what becomes of rows with missing values: "" expects none, "leave-out-missing", "fill-missing"
K, RATIO, DEVIATION = {k}, {ratio}, {deviation}
ADDED = ("made_by", "between_row", "and_row")  # columns that GenHub adds
MISSING = {{"", "?", "na", "n/a", "nan", "null", "none", "-"}}


def is_number(cell):
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def read(path):
    """(columns, x, y)"""
    with open(path, newline="", encoding="utf-8-sig") as file:
        header = file.readline()
        file.seek(0)
        rows = [row for row in csv.DictReader(file, delimiter=max(",;|\\t", key=header.count)) if not row.get("made_by")]
    names = [name for name in rows[0] if name not in (LABEL, *ADDED)]
    cells = np.array([[row[name].strip() for name in names] for row in rows], dtype=object)
    y = np.array([row[LABEL].strip() for row in rows])
    there = np.array([[cell.lower() not in MISSING and (name in CATEGORIES or is_number(cell)) for name, cell in zip(names, row)] for row in cells])
    if HOLES == "leave-out-missing":
        whole = there.all(1) & (y != "")
        cells, y = cells[whole], y[whole]
    elif HOLES == "fill-missing":
        for place, name in enumerate(names):
            kept = cells[there[:, place], place].tolist()
            cells[~there[:, place], place] = Counter(kept).most_common(1)[0][0] if name in CATEGORIES else np.median([float(cell) for cell in kept])
    for place, name in enumerate(names):
        if name not in CATEGORIES:
            cells[:, place] = cells[:, place].astype(float)
    return names, cells if CATEGORIES else cells.astype(float), y


def evened_out(names, x, y, method, seed):
    """(x, y) with new rows behind the old ones; of random under-sampling with fewer."""
    counts = Counter(y.tolist())
    if method == "random-under":
        most = round(min(counts.values()) / RATIO)
        fewer = {{label: most for label, count in counts.items() if count > most}}
        sampler = under_sampling.RandomUnderSampler(sampling_strategy=fewer, random_state=seed)
        sampler.fit_resample(x, y)
        kept = np.sort(sampler.sample_indices_)
        return x[kept], y[kept]
    wanted = {{label: round(RATIO * max(counts.values())) for label in counts}}
    wanted = {{label: count for label, count in wanted.items() if count > counts[label]}}
    if not wanted:
        return x, y
    k, always = min(K, min(counts[label] for label in wanted) - 1), {{"sampling_strategy": wanted, "random_state": seed}}
    categories = [names.index(name) for name in CATEGORIES]
    sampler = {{
        "smote": lambda: over_sampling.SMOTE(k_neighbors=k, **always),
        "smote-nc": lambda: over_sampling.SMOTENC(categories, k_neighbors=k, **always),
        "borderline-smote": lambda: over_sampling.BorderlineSMOTE(k_neighbors=k, **always),
        "adasyn": lambda: over_sampling.ADASYN(n_neighbors=k, **always),
    }}.get(method, lambda: over_sampling.RandomOverSampler(**always))()
    made, labels = sampler.fit_resample(x, y)
    if method == "noise":
        made, rng, new = made.copy(), np.random.default_rng(seed), slice(len(x), None)
        numbers = [place for place in range(len(names)) if place not in categories]
        spread = DEVIATION * x[:, numbers].astype(float).std(0)
        made[new, numbers] = made[new][:, numbers].astype(float) + spread * rng.standard_normal((len(made) - len(x), len(numbers)))
    return made, labels

'''
EVEN_FOOT = """
if __name__ == "__main__":
    names, x, y = read(sys.argv[1])
    with open(sys.argv[2], "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\\n")
        out.writerow([*names, LABEL])
        out.writerows([*row, label] for row, label in zip(*evened_out(names, x, y, {method!r}, {seed})))
"""
MEASURE_IMPORTS = """from scipy.stats import t
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
"""
MEASURE_FOOT = '''
ARMS = {arms!r}
CONTENDERS = {contenders!r}
MEASURES = {measures!r}
SEEDS, TEST = {seeds!r}, {test}


def learner(contender, names, seed, weight):
    numbers = [place for place, name in enumerate(names) if name not in CATEGORIES]
    parts = [(StandardScaler(), numbers)] if numbers else []
    if CATEGORIES:
        parts.append((OneHotEncoder(handle_unknown="ignore", sparse_output=False), [names.index(name) for name in CATEGORIES]))
    made = {{
        "logistic": lambda: LogisticRegression(max_iter={iterations}, class_weight=weight, random_state=seed),
        "forest": lambda: RandomForestClassifier({trees}, class_weight=weight, random_state=seed, n_jobs=1),
        "boosting": lambda: HistGradientBoostingClassifier(class_weight=weight, random_state=seed),
    }}[contender]()
    return make_pipeline(make_column_transformer(*parts, sparse_threshold=0), made)


def scores(model, x, y):
    """The MEASURES, in their order."""
    said, sure = model.predict(x), model.predict_proba(x)
    truth = (y[:, None] == model.classes_[None]).astype(int)
    there = truth.any(0)
    return (
        balanced_accuracy_score(y, said),
        f1_score(y, said, average="macro", zero_division=0),
        average_precision_score(truth[:, there], sure[:, there], average="macro"),
    )


def measured(names, x, y):
    """(seeds, measures) of every arm and contender: the test part is split off first, and never evened out."""
    classes, found = np.unique(y), {{}}
    for seed in SEEDS:
        training, held = (np.sort(part) for part in train_test_split(np.arange(len(y)), test_size=TEST, stratify=y, random_state=seed))
        for arm in ARMS:
            plain = arm in ("as-it-is", "class-weights")
            learnt = (x[training], y[training]) if plain else evened_out(names, x[training], y[training], arm, seed)
            for contender in CONTENDERS:
                model = learner(contender, names, seed, "balanced" if arm == "class-weights" else None)
                model.fit(learnt[0], np.searchsorted(classes, learnt[1]))
                found.setdefault((arm, contender), []).append(scores(model, x[held], np.searchsorted(classes, y[held])))
    return {{key: np.array(rows) for key, rows in found.items()}}


if __name__ == "__main__":
    found = measured(*read(sys.argv[1]))
    for contender, called in CONTENDERS.items():
        for arm, title in ARMS.items():
            for place, measure in enumerate(MEASURES):
                mine, plain = (found[one, contender][:, place] for one in (arm, "as-it-is"))
                told = f"{{called}} | {{title}} | {{measure}} | {{mine.mean():.3f}}"
                if arm != "as-it-is" and len(SEEDS) > 1:  # the corrected resampled t-test of Nadeau & Bengio (2003)
                    each = (mine - plain).tolist()
                    half = t.ppf(0.975, len(each) - 1) * (stdev(each) ** 2 * (1 / len(each) + TEST / (1 - TEST))) ** 0.5
                    told += f" ({{mean(each):+.3f}} [{{mean(each) - half:+.3f}}, {{mean(each) + half:+.3f}}])"
                print(told)
'''


def script_of(config: ResampleConfig, label: str, categories: Sequence[str], fixes: Sequence[str]) -> str:
    """Writes the rows that `resample` gives, old ones first."""
    told = {"what": "New rows for the small classes of a table", "same": "the same rows", "file": "even_out.py", "out": " OUT.csv"}
    return _head({**told, "more": "", "standard": "", "imports": ""}, config, (label, categories, fixes)) + EVEN_FOOT.format(
        method=config.method, seed=config.seed
    )


def measuring_script_of(study: Mapping, config: ResampleConfig, label: str, categories: Sequence[str], fixes: Sequence[str]) -> str:
    """Prints the figures of a study. study: {"arms", "contenders": name → what it is called, "measures": titles, "seeds", "test", "trees",
    "iterations"}; config: what all its methods share."""
    told = {"what": "Does evening out the classes of a table help", "same": "the same figures", "file": "measure.py", "out": ""}
    head = _head(
        {**told, "more": " scipy scikit-learn", "standard": "from statistics import mean, stdev\n", "imports": MEASURE_IMPORTS},
        config,
        (label, categories, fixes),
    )
    return head + MEASURE_FOOT.format(**study)


def _head(told: Mapping, config: ResampleConfig, table: tuple[str, Sequence[str], Sequence[str]]) -> str:
    label, categories, fixes = table
    holes = next((fix for fix in (LEAVE_OUT, FILL) if fix in fixes), "")
    given = {"label": label, "categories": list(categories), "holes": holes}
    return HEAD.format(**told, **given, k=config.k, ratio=config.ratio, deviation=config.deviation)
