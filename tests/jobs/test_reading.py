"""A log folded into one picture."""

from genhub.events import Done, Failed, Metric, Note, Progress, Resumed, Sample, Stage, to_json
from genhub.jobs import reading
from genhub.jobs.folder import RunFolder


def write(folder, *events, start=100.0, apart=1.0):
    with open(folder.log, "a") as log:
        for number, event in enumerate(events):
            log.write(to_json(event, start + apart * number) + "\n")


def metrics(*steps, part="final", value=1.0):
    return [Metric(step, {"loss": value}, part) for step in steps]


def test_an_empty_run(tmp_path):
    view = reading.read(RunFolder(tmp_path))
    assert (view.stage, view.progress, view.curves, view.seconds, view.offset, view.ended) == ("", None, {}, 0.0, 0, False)


def test_everything_in_its_place(tmp_path):
    folder = RunFolder(tmp_path)
    early = [Stage("features", "Reading texts"), Progress(1, 2), Stage("train", "Training"), Note("bf16 is faster here.")]
    write(folder, *early, Metric(1, {"loss": 2.0, "bad": float("nan")}), Progress(3, 9, 4.5), Note("bf16 is faster here."))
    view = reading.read(folder)
    assert (view.stage, view.stage_label) == ("train", "Training")
    assert view.progress == Progress(3, 9, 4.5)
    assert view.curves == {"final": {"loss": [(1, 2.0)]}}
    assert view.notes == ["bf16 is faster here."]
    assert view.seconds == 6.0
    assert view.offset == folder.log.stat().st_size


def test_a_new_stage_has_no_progress_yet(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, Progress(1, 2), Stage("verdict", "Judging"))
    assert reading.read(folder).progress is None


def test_resuming_voids_later_figures_and_unfinished_parts(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, *metrics(1, 2, part="fold 1"), *metrics(1, 2, 3, part="fold 2"), *metrics(1, part="fold 3"))
    write(folder, Resumed("fold 2", 2, ["fold 1"]), *metrics(3, 4, part="fold 2", value=5.0))
    curves = reading.read(folder).curves
    assert curves == {
        "fold 1": {"loss": [(1, 1.0), (2, 1.0)]},
        "fold 2": {"loss": [(1, 1.0), (2, 1.0), (3, 5.0), (4, 5.0)]},
    }


def test_resuming_voids_later_samples_too(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, Sample(0, "aaa"), Sample(4, "bbb"), Sample(8, "ccc"))
    assert [sample.text for sample in reading.read(folder).samples] == ["aaa", "bbb", "ccc"]
    write(folder, Resumed("final", 4), Sample(8, "ddd"))
    assert [sample.text for sample in reading.read(folder).samples] == ["aaa", "bbb", "ddd"]


def test_an_end_is_taken_back_by_what_follows(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, Failed("It broke."))
    assert reading.read(folder).failed.what == "It broke."
    write(folder, reading.QUEUED)
    assert not reading.read(folder).ended
    write(folder, Done({"accuracy": 1.0}, stopped=True))
    view = reading.read(folder)
    assert (view.done.stopped, view.failed, view.ended) == (True, None, True)


def test_notes_from_before_a_stop_stand_apart_until_they_are_said_again(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, Note("376 rows."), Note("Stopped after step 3."), Done({}, stopped=True))
    assert (reading.read(folder).notes, reading.read(folder).earlier) == (["376 rows.", "Stopped after step 3."], [])
    write(folder, reading.QUEUED)
    assert (reading.read(folder).notes, reading.read(folder).earlier) == ([], ["376 rows.", "Stopped after step 3."])
    write(folder, reading.RESUMING, Note("376 rows."))
    assert (reading.read(folder).notes, reading.read(folder).earlier) == (["376 rows."], ["Stopped after step 3."])


def test_remedies_are_those_of_what_was_said_since_the_last_start(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, Note("Collapse.", ("spread", "replay")), Note("Too strong.", ("noise", "replay")))
    assert reading.read(folder).remedies == ["spread", "noise", "replay"]
    write(folder, Done({}, stopped=True), reading.QUEUED)
    assert reading.read(folder).remedies == []


def test_pauses_do_not_count_as_work(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, *metrics(1, 2, 3), start=100)
    write(folder, reading.RESUMING, Resumed("final", 3), *metrics(4), start=500)
    write(folder, Failed("It broke."), start=502)
    write(folder, reading.QUEUED, start=900)
    write(folder, reading.RESUMING, *metrics(5), start=1000)
    assert reading.read(folder).seconds == 2 + 2 + 1


def test_torn_and_damaged_lines_are_passed_over(tmp_path):
    folder = RunFolder(tmp_path)
    write(folder, *metrics(1))
    with open(folder.log, "a") as log:
        log.write('not an event\n{"event": "Metric", "t": 1, "step"')
    assert reading.read(folder).curves == {"final": {"loss": [(1, 1.0)]}}


def test_a_reader_goes_on_where_it_was(tmp_path):
    folder, reader = RunFolder(tmp_path), reading.Reader()
    write(folder, *metrics(1, 2))
    first = reader.read(folder)
    write(folder, Resumed("final", 1), *metrics(2, value=7.0))
    second = reader.read(folder)
    assert first.curves == {"final": {"loss": [(1, 1.0), (2, 1.0)]}}
    assert second == reading.read(folder)
    assert reading.read(folder, after=first.offset).curves == {"final": {"loss": [(2, 7.0)]}}


def test_a_reader_notices_that_a_log_began_anew_and_forgets_old_runs(tmp_path):
    reader = reading.Reader(runs=2)
    folders = [RunFolder(tmp_path / name) for name in "abc"]
    for folder in folders:
        folder.path.mkdir()
        write(folder, *metrics(1, 2))
        reader.read(folder)
    folders[2].log.unlink()
    write(folders[2], *metrics(9))
    assert reader.read(folders[2]).curves == {"final": {"loss": [(9, 1.0)]}}
    assert len(reader._folds) == 2
