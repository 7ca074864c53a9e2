"""Measure whether augmentation helps: the trainer of the tasks "measure-tables", "measure-texts" and "measure-images".

    for event in train(config, run): …

Every training's result is appended to results.jsonl, so that a run that was killed or stopped goes on with the next one. Stop keeps the repetitions
that are whole.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from genhub import hub
from genhub.augment.measure import study as studies
from genhub.augment.measure.arms import chains_of
from genhub.augment.measure.card import card
from genhub.augment.measure.study import Study
from genhub.augment.tables import columns
from genhub.augment.tables.table import TABLES, ResampleConfig
from genhub.data.tables import Table
from genhub.errors import UserError
from genhub.events import Done, Event, Note, Progress, Stage
from genhub.jobs.folder import RunFolder, write_json
from genhub.training.configs import MeasureConfig, MeasureImagesConfig, MeasureTablesConfig, MeasureTextsConfig

RESULTS = "results.jsonl"
SECONDS = 1.0  # between two reports
FEW, LEAST = "Fewer than five repetitions are whole: take the intervals with care.", 5
TOO_FEW = "Fewer than two repetitions are whole: nothing can be said of the difference."


def train(config: MeasureConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for what cannot be measured."""
    yield Stage("prepare", "Reading the rows")
    study = STUDIES[type(config)](config, run)
    wanted = studies.units(study)
    found = [each for each in _kept(run) if studies.key_of(each) in set(wanted)]
    yield Note(_plan(study))
    yield Stage("train", "Measuring")
    before, began, told = len(found), time.monotonic(), 0.0
    known = before
    for done, of in studies.run(study, found, run.stop_requested):
        known = _keep(run, found, known)
        if time.monotonic() - told > SECONDS or done == of:
            told = time.monotonic()
            left = round((told - began) / (done - before) * (of - done), 1) if done > before else None
            yield Progress(done, of, left, "trainings")
    stopped = len(found) < len(wanted)
    metrics = {**studies.judged(study, found), "training": {"seconds": time.monotonic() - began}, "stopped": stopped}
    if metrics["repetitions"] < LEAST:
        metrics["notes"].append(FEW if metrics["repetitions"] > 1 else TOO_FEW)
        yield Note(metrics["notes"][-1])
    write_json(run.path / "metrics.json", metrics)
    (run.path / "README.md").write_text(card(run.job(), metrics), encoding="utf-8")
    yield Done(metrics, stopped)


def _plan(study: Study) -> str:
    count = len(studies.units(study))
    test = study.parts(study.sizes[0])[1]
    arms = ", ".join(study.arms.values())
    return f"{len(study.seeds)} splits, {count} trainings: {arms}. {test:,} {study.one} are split off first each time, for the verdict, and never augmented."


def _kept(run: RunFolder) -> list[dict]:
    """Results of a process before this one; a line that was cut off is none."""
    path, found = run.path / RESULTS, []
    if path.exists():
        whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        path.write_bytes(b"".join(whole))
        found = [json.loads(line) for line in whole]
    return found


def _keep(run: RunFolder, found: Sequence[dict], known: int) -> int:
    """Write down what is new; returns how many are known then."""
    with open(run.path / RESULTS, "a", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in found[known:])
    return len(found)


# ---- the kinds ------------------------------------------------------------------------------------------------------


def seeds(config: MeasureConfig) -> list[int]:
    return [config.seed + number for number in range(config.repetitions)]


def methods_of(config: MeasureTablesConfig) -> list[ResampleConfig]:
    """Raises UserError for a method that there is not."""
    asked = [name.strip() for name in config.methods.split(",") if name.strip()]
    unknown = [name for name in asked if name not in TABLES]
    if unknown or not asked:
        what = f"There is no method “{unknown[0][:40]}”." if unknown else "No method was named."
        raise UserError(what, f"Methods: {', '.join(TABLES)}.", "Choose among them.", "methods")
    return [ResampleConfig(name, config.k, config.ratio, config.deviation) for name in dict.fromkeys(asked)]


def _of_tables(config: MeasureTablesConfig, run: RunFolder) -> Study:
    from genhub.augment.measure.tables import TablesStudy, named

    lines = [json.loads(line) for line in run.rows.read_text(encoding="utf-8").splitlines() if line.strip()]
    names, data = tuple(lines[0]), run.job()["data"]
    cells = [tuple(str(line[name]) for name in names) for line in lines]
    table = Table(names, cells, "jsonl", "utf-8", "", [])
    rows = columns.of(table, data["label"], data["categorical"])
    return TablesStudy(rows, named(methods_of(config)), seeds(config), config.test_share)


def _of_texts(config: MeasureTextsConfig, run: RunFolder) -> Study:
    from genhub.augment.measure.texts import Options, TextsStudy
    from genhub.augment.texts.tools import Tools
    from genhub.text.encoder import open_base
    from genhub.text.material import read_rows

    rows = [row for row in read_rows(run.rows) if row.get("part") != "test"]
    sizes = studies.sizes_of(config.sizes, int((1 - config.test_share) * len(rows)))
    options = Options(seeds(config), sizes, config.copies, config.least, config.method, config.steps, config.test_share)
    return TextsStudy(rows, chains_of(config.chains, "text"), options, open_base(config.model), Tools())


def _of_images(config: MeasureImagesConfig, run: RunFolder) -> Study:
    from genhub.augment.measure.images import ImagesStudy, Options
    from genhub.images.material import read_rows
    from genhub.images.painter import open_painter

    images = read_rows(run.rows)
    chains = chains_of(config.chains, "image") if config.chains.strip() else {}
    drawn = run.job()["data"].get("painter") or (str(hub.image_models().get(config.drawn, "")) if config.drawn else "")
    if config.drawn and not drawn:
        raise UserError(
            f"There is no model “{config.drawn[:60]}” here.", "One that draws, and is told the class.", "Choose another.", "drawn"
        )
    if not chains and not drawn:
        raise UserError("Nothing is to be tried.", "A chain, or a model that draws.", "Choose one at least.", "chains")
    sizes = studies.sizes_of(config.sizes, int((1 - config.test_share) * len(images)))
    options = Options(seeds(config), sizes, config.steps, config.test_share, config.each)
    return ImagesStudy(images, chains, options, open_painter(Path(drawn)) if drawn else None)


def script(args: dict) -> dict:
    """{"run_dir"} → {"script"}: a program that prints the figures of a study of a table, for a one-shot child."""
    from genhub.augment.measure import contenders
    from genhub.augment.tables import code

    run = RunFolder(Path(args["run_dir"]))
    config, data = MeasureTablesConfig.from_dict(run.job()["config"]), run.job()["data"]
    study = _of_tables(config, run)
    told = {"arms": dict(study.arms), "contenders": dict(study.contenders), "measures": list(study.measures.values())}
    told |= {"seeds": list(study.seeds), "test": study.test, "trees": contenders.TREES, "iterations": contenders.ITERATIONS}
    fixes = data.get("mended") or ()
    return {"script": code.measuring_script_of(told, methods_of(config)[0], data["label"], data["categorical"], fixes)}


STUDIES: dict[type, Callable[..., Study]] = {
    MeasureTablesConfig: _of_tables,
    MeasureTextsConfig: _of_texts,
    MeasureImagesConfig: _of_images,
}
