"""What the examples of docs/api.md ask the Hub for: models, data sets and a run of those names, tiny, on the loopback Hub."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from genhub.lab import EXAMPLES
from genhub.text import portable
from tests.hubserver import HubServer
from tests.serving.tiny_language import tiny_gpt
from tests.tiny import tiny_encoder

NEWS = [{"text": f"News of day {day}.", "label": "Sports" if day % 2 else "Business"} for day in range(40)]
STORIES = [{"text": f"Once upon a time there was a dog. It was day {day}, and the dog ran home."} for day in range(40)]
BOOKS = [{"id": str(page), "translation": {"en": f"Page {page}.", "es": f"Página {page}."}} for page in range(40)]
LANGUAGES = "---\nconfigs:\n- config_name: en-es\n  data_files: en-es/train.jsonl\n---\n"


def put_on(hub: HubServer) -> None:
    """Make them known there."""
    tiny_encoder(hub.folder("google/bert_uncased_L-4_H-256_A-4"))
    tiny_gpt(hub.folder("distilbert/distilgpt2"))
    _lines(hub, "fancyzhx/ag_news", "test.jsonl", NEWS)
    _lines(hub, "roneneldan/TinyStories", "validation.jsonl", STORIES)
    _lines(hub, "Helsinki-NLP/opus_books", "en-es/train.jsonl", BOOKS)
    (hub.folder("Helsinki-NLP/opus_books", "datasets") / "README.md").write_text(LANGUAGES, encoding="utf-8")
    _pictures(hub)
    pushed(hub, "genhub-examples/support", EXAMPLES / "support")


def _lines(hub: HubServer, repo: str, name: str, rows: list[dict]) -> None:
    path = hub.folder(repo, "datasets") / name
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def pushed(hub: HubServer, repo: str, run: Path) -> None:
    """As a push leaves it."""
    for name, content in portable.contents(run).items():
        place = hub.folder(repo) / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.read_bytes() if isinstance(content, Path) else content)


def _pictures(hub: HubServer) -> None:
    import datasets

    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=list("0123456789"))})
    drawn = np.random.default_rng(0).integers(0, 256, (80, 28, 28), np.uint8)
    columns = {"image": [Image.fromarray(pixels) for pixels in drawn], "label": [number % 10 for number in range(80)]}
    folder = hub.folder("ylecun/mnist", "datasets")
    folder.mkdir(parents=True)
    datasets.Dataset.from_dict(columns, features=features).to_parquet(str(folder / "test.parquet"))
