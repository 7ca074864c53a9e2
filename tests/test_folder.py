import json

import pytest

from genhub.errors import UserError
from genhub.events import Done, Note
from genhub.jobs import folder
from genhub.jobs.folder import RunFolder


@pytest.fixture
def run(tmp_path):
    return RunFolder.create(tmp_path / "run", {"task": "classify"})


def test_ids_are_128_random_bits():
    ids = {folder.new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(item) == 32 and int(item, 16) >= 0 for item in ids)


def test_a_new_run_holds_its_job_and_nothing_else(run):
    assert run.job() == {"task": "classify"}
    assert run.id == "run"
    assert run.data.is_dir()
    assert not run.has("metrics.json")
    assert list(run.events()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty") as caught:
        RunFolder.create(tmp_path, {})
    assert caught.value.field == "out"
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.txt"]


def test_write_json_replaces_whole_files_and_leaves_no_temporaries(tmp_path):
    target = tmp_path / "metrics.json"
    folder.write_json(target, {"labels": ["früh", "spät"]})
    with pytest.raises(TypeError):
        folder.write_json(target, {"labels": object()})
    assert json.loads(target.read_text(encoding="utf-8")) == {"labels": ["früh", "spät"]}


def test_a_missing_and_a_damaged_file_each_have_their_own_message(run):
    with pytest.raises(UserError, match=r"no metrics\.json"):
        run.read("metrics.json")
    (run.path / "metrics.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        run.read("metrics.json")


def test_events_are_read_from_any_offset_and_a_torn_line_waits(run):
    run.append(Note("first"))
    (offset, _, first) = next(run.events())
    run.append(Done({"accuracy": 1.0}))
    with open(run.log, "a", encoding="utf-8") as log:
        log.write('{"event": "Note", "t"')
    rest = list(run.events(offset))
    assert first == Note("first")
    assert [event for _, _, event in rest] == [Done({"accuracy": 1.0})]
    with open(run.log, "a", encoding="utf-8") as log:
        log.write(': 1.0, "text": "whole now"}\n')
    assert [event for _, _, event in run.events(rest[-1][0])] == [Note("whole now")]


def test_a_damaged_line_costs_only_itself(run):
    run.append(Note("before"))
    with open(run.log, "a", encoding="utf-8") as log:
        log.write("not json\n")
    run.append(Note("after"))
    assert [event.text for _, _, event in run.events()] == ["before", "after"]


def test_stop_is_a_file_anybody_can_see(run):
    assert not run.stop_requested()
    run.request_stop()
    run.request_stop()
    assert RunFolder(run.path).stop_requested()
    run.clear_stop()
    run.clear_stop()
    assert not run.stop_requested()
