"""Studies through the Lab: what is queued, and what is refused before it is."""

import json

import pytest

from genhub import tasks
from genhub.errors import UserError
from genhub.events import Done
from genhub.jobs.folder import RunFolder
from genhub.lab.measuring import IMAGES, TABLES, TEXTS
from tests.inline_worker import InlineWorker

VISITOR = "v" * 43
ROWS = "size,colour,kind\n" + "".join(
    f"{number % 7},{'red' if number % 3 else 'blue'},{'rare' if number % 5 == 0 else 'usual'}\n" for number in range(40)
)


@pytest.fixture
def lab(lab):
    lab.worker = InlineWorker()
    return lab


def folder_of(lab, run: str) -> RunFolder:
    return RunFolder(lab.run(VISITOR, run).path)


def test_a_table_is_measured_with_what_was_said_of_its_columns(lab):
    table = lab.take_pasted(VISITOR, ROWS).id
    run = lab.measure_tables(VISITOR, table, {"label": "kind"}, {"methods": "smote-nc,random-over"})
    folder = folder_of(lab, run)
    job = folder.job()
    assert job["task"] == TABLES
    assert (job["data"]["label"], job["data"]["categorical"], job["data"]["rows"]) == ("kind", ["colour"], 40)
    first = json.loads(folder.rows.read_text().splitlines()[0])
    assert first == {"size": "0.0", "colour": "blue", "kind": "rare"}
    config = tasks.get(TABLES).config.from_dict(job["config"])
    *_, done = tasks.get(TABLES).load()(config, folder)
    assert isinstance(done, Done)
    assert [row["title"] for row in done.metrics["table"][:4]] == ["As it is", "Class weights", "SMOTE-NC", "Random over-sampling"]


def test_missing_values_are_mended_as_said_or_refused(lab):
    table = lab.take_pasted(VISITOR, ROWS.replace("\n3,", "\n,")).id
    with pytest.raises(UserError, match="missing values"):
        lab.measure_tables(VISITOR, table, {"label": "kind"}, {})
    run = lab.measure_tables(VISITOR, table, {"label": "kind", "fixes": ["leave-out-missing"]}, {"methods": "random-over"})
    assert folder_of(lab, run).job()["data"]["rows"] == 34
    assert len(lab.runs(VISITOR)) == 1


def test_texts_are_measured_on_rows_that_the_doctor_has_read(lab):
    table = lab.take_sample(VISITOR, "reviews").id
    with pytest.raises(UserError, match="not been examined"):
        lab.measure_texts(VISITOR, table, {})
    lab.examine(VISITOR, table)
    run = lab.measure_texts(VISITOR, table, {"chains": "swap", "sizes": "50"})
    folder = folder_of(lab, run)
    assert folder.job()["task"] == TEXTS
    assert set(json.loads(folder.rows.read_text().splitlines()[0])) >= {"text", "label", "group"}


def test_images_are_measured_with_drawn_ones(lab):
    images = lab.take_images_sample(VISITOR, "digits").id
    run = lab.measure_images(VISITOR, images, {"chains": "Gentle", "drawn": "embedded/mnist-gan-classes"})
    job = folder_of(lab, run).job()
    assert job["task"] == IMAGES
    assert job["data"]["painter"].endswith("mnist-gan-classes")
    assert "embedded/mnist-gan-classes" in lab.class_painters()


def test_what_cannot_be_measured_is_refused_before_it_waits_in_the_queue(lab):
    table = lab.take_pasted(VISITOR, ROWS).id
    images = lab.take_images_sample(VISITOR, "digits").id
    lab.examine(VISITOR, texts := lab.take_sample(VISITOR, "reviews").id)
    for attempt, said in (
        (lambda: lab.measure_tables(VISITOR, table, {"label": "kind"}, {"methods": "magic"}), "no method “magic”"),
        (lambda: lab.measure_tables(VISITOR, table, {"label": "size?"}, {}), "size"),
        (lambda: lab.measure_tables(VISITOR, table, {"label": "kind"}, {"repetitions": 4}), "from 5 to 50"),
        (lambda: lab.measure_tables(VISITOR, table, {"label": "kind"}, {"methods": "random-over,adasyn"}), "“colour” holds categories"),
        (lambda: lab.measure_tables(VISITOR, "0" * 32, {"label": "kind"}, {}), "not here any more"),
        (lambda: lab.measure_texts(VISITOR, texts, {"chains": "levitate"}), "no operation"),
        (lambda: lab.measure_images(VISITOR, images, {"chains": " "}), "Nothing is to be tried"),
        (lambda: lab.measure_images(VISITOR, images, {"chains": "rotate=1000"}), "rotate is 1000"),
        (lambda: lab.measure_images(VISITOR, images, {"chains": "", "drawn": "embedded/none"}), "embedded/none"),
    ):
        with pytest.raises(UserError, match=said):
            attempt()
    assert lab.runs(VISITOR) == []
