"""A chain, a table and a study as Python code: run where GenHub cannot be imported, it gives exactly what GenHub gives."""

import ast
import csv
import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from genhub import hub, settings
from genhub.augment import code
from genhub.augment.chain import Chain, Step
from genhub.augment.images.table import IMAGES
from genhub.augment.images.table import PRESETS as IMAGE_PRESETS
from genhub.augment.images.variants import variant
from genhub.augment.measure import train as measuring
from genhub.augment.measure.contenders import CONTENDERS
from genhub.augment.measure.study import judged
from genhub.augment.measure.study import run as study_run
from genhub.augment.measure.tables import TablesStudy
from genhub.augment.tables import code as table_code
from genhub.augment.tables import columns, saved
from genhub.augment.tables.resample import resample
from genhub.augment.tables.table import TABLES, ResampleConfig
from genhub.augment.texts.table import PRESETS as TEXT_PRESETS
from genhub.augment.texts.table import TEXTS
from genhub.augment.texts.tools import ENCODER, Tools
from genhub.augment.texts.variants import variants
from genhub.data import pictures
from genhub.data.fixes import FILL, LEAVE_OUT
from genhub.data.tables import parse_pasted, write_csv
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json
from genhub.settings import LOCAL
from genhub.text.encoder import open_base
from genhub.training.configs import MeasureTablesConfig
from tests.alone import run

GIVEN = [
    "The quick brown fox, which was hungry, jumped over the lazy dog. It really didn't stop! Where did they go tomorrow?",
    "Nobody in this cast can act, and the jokes are older than I am.",
    "good",
    "¿Qué? — … 12",
]


def steps(kind: str, names: list[str]) -> tuple[Step, ...]:
    table = {"image": IMAGES, "text": TEXTS}[kind]
    return tuple(Step(name, table[name].amount.default if table[name].amount else None, 0.8) for name in names)


def picture(colours: int = 3, side: int = 48) -> np.ndarray:
    y, x = np.mgrid[0:side, 0 : side + 20]
    planes = [80 + 2 * x + 40 * (x // 8 % 2), 60 + 3 * y, 200 - x - 2 * y][:colours]
    found = np.stack(planes, -1).clip(0, 255).astype(np.uint8)
    return found if colours == 3 else found[..., 0]


def written(path: Path, image: np.ndarray) -> str:
    cv2.imwrite(str(path), image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return str(path)


def imported(script: str) -> set[str]:
    nodes = [*ast.walk(ast.parse(script))]
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return {name.split(".")[0] for name in names | {node.module for node in nodes if isinstance(node, ast.ImportFrom)}}


def test_every_operation_on_images_gives_the_same_pixels(tmp_path):
    chain = Chain("image", steps("image", [*IMAGES, "rotate", "cutmix"]), "few", 6, "edge", 7)
    image, others = picture(), [picture(1, 40), picture(3, 64)]
    paths = [written(tmp_path / f"other-{number}.png", other) for number, other in enumerate(others)]
    run(tmp_path, code.script_of(chain), written(tmp_path / "given.png", image), "made", "24", *paths)
    made = sorted((tmp_path / "made").iterdir())
    assert [path.name for path in made] == [f"variant-{number:04d}.png" for number in range(24)]
    expected = [variant(chain, image, number, others) for number in range(24)]
    assert {name for one in expected for name, _ in one.drawn} == set(IMAGES)
    for path, one in zip(made, expected, strict=True):
        assert np.array_equal(cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGR2RGB), one.image), one.drawn


@pytest.mark.parametrize(("name", "fill"), [("The course's chain", "constant"), ("Bad camera", "reflect")])
def test_a_grey_picture_stays_one_and_sixteen_are_made_unless_said(tmp_path, name, fill):
    chain = Chain("image", IMAGE_PRESETS[name].steps, fill=fill, seed=3).checked(IMAGES)
    image = picture(1)
    run(tmp_path, code.script_of(chain), written(tmp_path / "given.png", image), "made")
    made = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted((tmp_path / "made").iterdir())]
    assert len(made) == 16
    assert all(np.array_equal(one, variant(chain, image, number).image) for number, one in enumerate(made))


def test_a_mixture_without_another_picture_is_left_out(tmp_path):
    chain = Chain("image", steps("image", ["mixup", "flip", "cutmix"]))
    run(tmp_path, code.script_of(chain), written(tmp_path / "given.png", picture()), "made", "5")
    for number, path in enumerate(sorted((tmp_path / "made").iterdir())):
        assert np.array_equal(cv2.imread(str(path))[..., ::-1], variant(chain, picture(), number).image)


def test_operations_on_texts_that_ask_nobody_give_the_same_words(tmp_path):
    names = [name for name in TEXTS if name not in code.ASKING + code.OWN]
    chain = Chain("text", steps("text", names), "few", 3, seed=11)
    (tmp_path / "given.txt").write_text("\n\n".join(GIVEN), encoding="utf-8")
    run(tmp_path, code.script_of(chain), "given.txt", "made.txt", "6")
    made = variants(chain, GIVEN, 6, Tools())
    assert {name for one in made for name in one.done} == set(names)
    assert (tmp_path / "made.txt").read_text(encoding="utf-8").splitlines() == [one.text for one in made]
    assert "torch" not in imported(code.script_of(chain))


def test_operations_that_ask_the_encoder_give_the_same_words(tmp_path):
    chain = Chain("text", steps("text", [*code.ASKING, "swap"]), seed=2)
    folder = hub.model_folder(ENCODER, settings.get()).path
    (tmp_path / "given.txt").write_text("\n".join(GIVEN), encoding="utf-8")
    run(tmp_path, code.script_of(chain), "given.txt", "made.txt", "3", str(folder))
    made = variants(chain, GIVEN, 3, Tools(open_base))
    assert {name for one in made for name in one.done} == {*code.ASKING, "swap"}
    assert len({one.text for one in made} - set(GIVEN)) > 4
    assert (tmp_path / "made.txt").read_text(encoding="utf-8").splitlines() == [one.text for one in made]


@pytest.mark.parametrize("name", code.OWN)
def test_what_asks_a_model_of_ours_is_refused_with_its_name(name):
    chain = Chain("text", (Step("swap", 0.1), Step(name, TEXTS[name].amount.default if TEXTS[name].amount else None)))
    with pytest.raises(UserError, match=f"“{TEXTS[name].title}” asks a model that comes with GenHub") as refused:
        code.script_of(chain)
    assert "python -m genhub augment text --ops chain.json" in refused.value.remedy


def test_who_asks_a_model_is_known_of_every_operation():
    class Noted(Tools):
        def __getattribute__(self, name):
            if name in ("similar", "jittered", "in_context", "there_and_back"):
                asked.append(name)
                raise UserError(name)
            return super().__getattribute__(name)

    for name, operation in TEXTS.items():
        asked = []
        try:
            variants(Chain("text", (Step(name, operation.amount.high if operation.amount else None),)), GIVEN[:1], 1, Noted())
        except UserError:
            assert asked
        assert bool(asked) == (name in code.ASKING + code.OWN), name
    assert set(code.OWN) == {"in-context", "back-translation"}


@pytest.mark.parametrize("chain", [*IMAGE_PRESETS.values(), TEXT_PRESETS["Easy data augmentation"], TEXT_PRESETS["Careless typing"]])
def test_a_script_says_its_chain_and_what_has_to_be_installed(chain):
    script = code.script_of(chain)
    assert all(repr((step.name, step.amount, step.chance)) in script for step in chain.steps)
    assert f"WAY, FEW, FILL, SEED = {chain.way!r}, {chain.few}, {chain.fill!r}, {chain.seed}\n" in script
    assert "genhub" not in imported(script)
    install = next(line.split()[2:] for line in script.splitlines() if line.strip().startswith("pip install"))
    foreign = {name for name in imported(script) if name not in sys.stdlib_module_names}
    assert {{"opencv-python-headless": "cv2", "pillow": "PIL"}.get(name, name) for name in install} == foreign
    assert len(install) == len(foreign)


def test_a_picture_taken_sideways_is_turned_upright_as_on_the_page(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture()).save(tmp_path / "sideways.jpg", exif=exif)
    told = pictures.keep({"path": str(tmp_path / "sideways.jpg"), "name": "sideways.jpg", "folder": str(tmp_path)})
    run(tmp_path, code.script_of(Chain("image", (Step("flip"),))), "sideways.jpg", "made", "1")
    assert cv2.imread(str(tmp_path / "made" / "variant-0000.png")).shape == (told["height"], told["width"], 3)


HOLED = {3: "?", 20: ""}  # row → its number


def lines(kinds: bool = False) -> list[str]:
    """A table with classes of 60 and 15 rows, holes in it, and a column of categories, if asked for."""
    rng = np.random.default_rng(1)
    head = ["a", *(["kind of b"] if kinds else []), "c", "which, one"]
    rows = []
    for number in range(75):
        small = number % 5 == 0
        a, c = rng.normal(small, 1, 2).round(3).tolist()
        rows.append([a, *([f"{'rs'[number % 2]}"] if kinds else []), HOLED.get(number, c), "few" if small else "many"])
    return [";".join(map(str, row)) for row in [head, *rows]]


def rows_of(path: Path, *, kinds: bool, fixes: tuple[str, ...]) -> columns.Rows:
    text = "\n".join(lines(kinds))
    path.write_text(text, encoding="utf-8-sig")
    return columns.of(parse_pasted(text, LOCAL), "which, one", None, fixes)


@pytest.mark.parametrize("fix", [LEAVE_OUT, FILL])
@pytest.mark.parametrize("method", TABLES)
def test_the_script_of_a_table_makes_the_same_rows(tmp_path, method, fix):
    config, kinds = ResampleConfig(method, k=4, ratio=0.8, deviation=0.3, seed=5), method in ("smote-nc", "random-over", "noise")
    rows = rows_of(tmp_path / "given.csv", kinds=kinds, fixes=(fix,))
    script = tmp_path / "even_out.py"
    script.write_text(table_code.script_of(config, rows.target, [rows.names[place] for place in rows.categorical], [fix]))
    told = runpy.run_path(str(script))
    names, x, y = told["read"](tmp_path / "given.csv")
    assert (names, x.tolist(), y.tolist()) == (list(rows.names), rows.x.tolist(), rows.y.tolist())
    made = resample(rows, config)
    x, y = told["evened_out"](names, x, y, method, config.seed)
    assert (x.tolist(), y.tolist()) == (made.rows.x.tolist(), made.rows.y.tolist())
    assert len(y) != len(rows)


def test_the_script_of_a_table_reads_what_the_page_wrote_of_it(tmp_path):
    config, rows = ResampleConfig("smote-nc", seed=2), rows_of(tmp_path / "given.csv", kinds=True, fixes=(LEAVE_OUT,))
    made = resample(rows, config)
    write_csv(tmp_path / "table.csv", saved.columns(rows), saved.lines(rows, made, config.method))
    run(tmp_path, table_code.script_of(config, rows.target, ["kind of b"], []), "table.csv", "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        head, *found = csv.reader(file)
    assert head == [*rows.names, rows.target]
    assert [[float(row[0]), row[1], float(row[2]), row[3]] for row in found] == [
        [a, b, c, label] for (a, b, c), label in zip(made.rows.x.tolist(), made.rows.y.tolist(), strict=True)
    ]


def test_the_script_of_a_study_finds_the_same_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(TablesStudy, "contenders", {"logistic": CONTENDERS["logistic"]})  # the quickest; the browser's walk has them all
    rows = rows_of(tmp_path / "given.csv", kinds=True, fixes=(FILL,))
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    config = MeasureTablesConfig(methods="smote-nc,random-over", repetitions=5, seed=3)
    names = [*rows.names, rows.target]
    told = [{name: str(value) for name, value in zip(names, [*x, y], strict=True)} for x, y in zip(rows.x.tolist(), rows.y, strict=True)]
    folder.rows.parent.mkdir(parents=True, exist_ok=True)
    folder.rows.write_text("".join(json.dumps(line) + "\n" for line in told), encoding="utf-8")
    data = {"label": rows.target, "categorical": ["kind of b"], "mended": [FILL]}
    write_json(folder.path / "job.json", {"task": "measure-tables", "config": config.to_dict(), "data": data})
    study = measuring.STUDIES[MeasureTablesConfig](config, folder)
    found: list[dict] = []
    for _ in study_run(study, found):
        pass
    said = run(tmp_path, measuring.script({"run_dir": str(folder.path)})["script"], "given.csv").splitlines()
    assert said == figures(judged(study, found))


def figures(told: dict) -> list[str]:
    """The lines that the script of a study prints."""
    wanted = []
    for row in told["table"]:
        for measure, called in told["measures"].items():
            line = f"{told['contenders'][row['contender']]} | {row['title']} | {called} | {row['scores'][measure]:.3f}"
            if effect := row["effects"].get(measure):
                line += f" ({effect['difference']:+.3f} [{effect['low']:+.3f}, {effect['high']:+.3f}])"
            wanted.append(line)
    return wanted
