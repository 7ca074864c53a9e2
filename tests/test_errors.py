import re

from genhub.errors import UserError, full_disk, new_error_id


def test_three_parts_make_one_message_and_empty_parts_leave_no_gap():
    assert str(UserError("Wrong.", "The limit.", "Do this.")) == "Wrong. The limit. Do this."
    assert str(UserError("Wrong.", remedy="Do this.")) == "Wrong. Do this."


def test_crosses_a_process_boundary_as_a_dictionary():
    error = UserError("Line 7 has 3 fields.", "The header has 2.", "Quote the comma.", "file")
    again = UserError.from_dict(error.to_dict())
    assert again.to_dict() == error.to_dict()
    assert str(again) == str(error)


def test_a_remedy_crosses_only_where_there_is_one():
    offered = UserError("Line 3 is not UTF-8.", field="data", fix="windows-1252")
    assert UserError.from_dict(offered.to_dict()).fix == "windows-1252"
    assert set(UserError("Wrong.").to_dict()) == {"what", "limit", "remedy", "field"}
    assert UserError.from_dict({"what": "Wrong."}).fix == ""


def test_a_dictionary_with_missing_or_odd_parts_is_still_an_error():
    assert UserError.from_dict({"what": 7, "surplus": "x"}).to_dict() == {"what": "7", "limit": "", "remedy": "", "field": ""}


def test_error_ids_are_short_and_differ():
    ids = {new_error_id() for _ in range(50)}
    assert all(re.fullmatch(r"[0-9a-f]{6}", item) for item in ids)
    assert len(ids) > 45


def test_half_a_character_in_a_sentence_can_be_sent_and_logged():
    error = UserError("“\ud800” is no name.", field="\udfff")
    assert str(error) == error.to_dict()["what"] == "“?” is no name."
    assert error.field == "?"


def test_a_full_disk_is_known_however_it_is_said():
    for error in (OSError(28, "No space left on device"), ValueError("IoError: No space left on device (os error 28)")):
        assert "disk is full" in full_disk(error).what
        wrapped = RuntimeError("could not save")
        wrapped.__cause__ = error
        assert full_disk(wrapped).remedy
    assert full_disk(OSError(2, "No such file")) is None
