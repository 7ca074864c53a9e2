"""Store what the tab Augment opens on: genhub/examples/augmenting.json (variants of a photograph and of texts) and genhub/examples/measured (a study
whose verdict is shown until a visitor measures).

make examples
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from genhub import settings
from genhub.augment.kinds import PRESETS
from genhub.augment.measure.train import train
from genhub.augment.tables import bundled, shown
from genhub.events import Done
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.new import make_job
from genhub.lab import Lab
from genhub.serving import augmenting
from genhub.training.configs import MeasureTablesConfig
from genhub.ui.augment import images, studies, texts
from genhub.ui.augment.stored import FILE

PHOTO, SIDE = "cat", 160
TABLE, METHODS = "breast-cancer-rare", "smote,adasyn,random-over,random-under"
LIMIT = 200_000  # bytes


def variants() -> None:
    augmenting.SMALL = SIDE
    with tempfile.TemporaryDirectory() as home:
        lab = _Inline(replace(settings.get(), home=Path(home), offline=True))
        chain = PRESETS["image"][images.KIND.first].to_dict()
        told = lab.vary_photo("v" * 43, PHOTO, chain)
        sheet = {**told, "whose": lab.photo_info("v" * 43, PHOTO).whose}
        lines = texts.lines(texts.SAMPLE)
        made = lab.vary_texts("v" * 43, lines, PRESETS["text"][texts.KIND.first].to_dict(), texts.COPIES)
    written = json.dumps({"photo": PHOTO, "sheet": sheet, "texts": {"texts": lines, **made}}, ensure_ascii=False, separators=(",", ":"))
    if len(written.encode()) > LIMIT:
        raise SystemExit(f"{len(written.encode()):,} bytes are too many: {LIMIT:,} at most")
    FILE.write_text(written, encoding="utf-8")


class _Inline(Lab):
    """Its worker answers here."""

    def __init__(self, settings):
        from tests.inline_worker import InlineWorker

        super().__init__(settings)
        self.worker = InlineWorker()


def study() -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        bundled.read({"sample": TABLE, "folder": str(folder)})
        asked = {"folder": str(folder), "label": "", "categorical": None, "fixes": [], "out": str(folder / "rows.jsonl")}
        told = shown.prepared(asked)
        config = MeasureTablesConfig(methods=METHODS)
        run = RunFolder.create(folder / "run", make_job("measure-tables", config, folder / "rows.jsonl", {"name": TABLE, **told}))
        run.rows.write_bytes((folder / "rows.jsonl").read_bytes())
        for event in train(config, run):
            if isinstance(event, Done):
                studies.RECORDED.parent.mkdir(exist_ok=True)
                write_json(studies.RECORDED, event.metrics | {"data": {"name": TABLE, "title": bundled.ALL[TABLE].title}})


if __name__ == "__main__":
    variants()
    study()
