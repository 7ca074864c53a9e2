"""Does augmentation help? Measured in job processes, on tables, texts and images.

measure_tables · measure_texts · measure_images · study_code · text_tables · class_painters
"""

from genhub import catalog, gate, hub, oneshot
from genhub.augment.measure.arms import chains_of
from genhub.augment.measure.train import methods_of
from genhub.data import image_sets, samples
from genhub.errors import UserError
from genhub.jobs.new import make_job
from genhub.lab.augmenting import SECONDS, Augmenting
from genhub.lab.painting import Painting
from genhub.lab.runs import CLASSIFY, Runs

TABLES, TEXTS, IMAGES = "measure-tables", "measure-texts", "measure-images"
TASKS = (TABLES, TEXTS, IMAGES)


class Measuring(Runs, Painting, Augmenting):
    """Studies are queued like trainings, and are runs like them."""

    def measure_tables(self, visitor: str, table_id: str, given: dict, values: dict) -> str:
        """Queue a study of a table's classes. given: as `resampled` takes it; values: of a MeasureTablesConfig. Returns the run's id."""
        config = gate.config(TABLES, values)
        methods = [each.method for each in methods_of(config)]
        folder = self._table_folder(visitor, table_id)
        rows = folder / "measured.jsonl"
        asked = {**self._columns(given), "folder": str(folder), "methods": methods, "out": str(rows)}
        told = oneshot.run("genhub.augment.tables.shown:prepared", asked, seconds=SECONDS)
        info = self.table(visitor, table_id)
        job = make_job(TABLES, config, rows, {"name": info.name, "sample": info.sample or None, **told})
        return self.runner.submit(self.owner(visitor), job, rows)

    def study_code(self, visitor: str, run: str) -> str:
        """A study of a table as Python code that needs no GenHub. Raises UserError for one of texts or images, which ask models of ours."""
        folder = self.folder(visitor, run)
        if folder.job()["task"] != TABLES:
            remedy = "Show the code of a chain in stage 1 or 2; the whole study is repeated by `python -m genhub train measure-…`."
            raise UserError("There is no code for this study.", "It is there for studies of tables.", remedy, "measure_run")
        return oneshot.run("genhub.augment.measure.train:script", {"run_dir": str(folder.path)}, seconds=SECONDS)["script"]

    def text_tables(self) -> dict[str, str]:
        """Bundled tables of texts with labels: name → what is in it."""
        return {name: sample.title for name, sample in samples.SAMPLES.items()}

    def measure_texts(self, visitor: str, table_id: str, values: dict) -> str:
        """Queue a study of an examined table of texts. values: of a MeasureTextsConfig. Returns the run's id."""
        config = gate.config(TEXTS, values)
        chains_of(config.chains, "text")
        _, rows = self._prepared_table(visitor, table_id, {"model": config.model})
        self._model(config, CLASSIFY)
        info = self.table(visitor, table_id)
        job = make_job(TEXTS, config, rows, {"name": info.name, "sample": info.sample or None})
        return self.runner.submit(self.owner(visitor), job, rows)

    def measure_images(self, visitor: str, images_id: str, values: dict) -> str:
        """Queue a study of a set of images. values: of a MeasureImagesConfig. Returns the run's id."""
        config = gate.config(IMAGES, values)
        if config.chains.strip():
            chains_of(config.chains, "image")
        elif not config.drawn:
            raise UserError("Nothing is to be tried.", "A chain, or a model that draws.", "Choose one at least.", "chains")
        info, rows = self.images_info(visitor, images_id), self.images_rows(visitor, images_id)
        origin = image_sets.origin(info)
        if config.drawn:
            origin["painter"] = str(self._painter(visitor, config.drawn))
        return self.runner.submit(self.owner(visitor), make_job(IMAGES, config, rows, origin), rows)

    def class_painters(self) -> dict[str, str]:
        """Embedded models that draw the class that they are told, and are here: id → what it is."""
        here = hub.image_models()
        return {name: f"{name}: {catalog.IMAGE_MODELS[name].title}" for name in catalog.TOLD_CLASSES if name in here}


__all__ = ["TASKS", "Measuring"]
