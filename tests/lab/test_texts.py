"""Texts to learn to write from, taken in through the Lab: real children, folders of their own, and whose they are."""

import json
import os
import time
from dataclasses import replace

import pytest

from genhub import settings
from genhub.data import samples
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.lab import Lab, TextInfo
from tests.hubserver import COMMIT, HubServer

ME, OTHER = "a" * 32, "b" * 32
BOOK = "".join(f"The {n}th gull came down to the quay and looked at the fish.\n" for n in range(60))
DOCUMENTS = [f"Letter number {n}. {'It rained again on the island, and nobody minded. ' * 2}" for n in range(20)]


@pytest.fixture
def public(home, monkeypatch):
    """Where each visitor has folders of their own."""
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    monkeypatch.setenv("GENHUB_JOBS", "spawn")
    made = Lab(settings.get())
    yield made
    made.close()


def documents(lab: Lab, info: TextInfo) -> list[str]:
    rows = lab.text_rows(ME, info.id).read_text(encoding="utf-8").splitlines()
    return [json.loads(row)["text"] for row in rows]


def folders(lab: Lab) -> list[str]:
    return sorted(place.name for owner in lab.settings.uploads.glob("*") for place in owner.iterdir())


def test_a_text_is_pasted_and_found_again(lab):
    info = lab.take_text(ME, BOOK + "\x07", " My gulls ")
    assert (info.source, info.name, info.documents, info.controls) == ("pasted", "My gulls", 1, 1)
    assert documents(lab, info) == [BOOK]
    assert lab.text_info(ME, info.id) == info
    assert folders(lab) == [info.id]
    assert lab.take_text(ME, BOOK).name == "pasted text"


def test_files_are_plain_texts_or_tables_by_name_and_content(lab, tmp_path):
    notes, letters = tmp_path / "notes.md", tmp_path / "letters.csv"
    notes.write_bytes(BOOK.encode("utf-16"))
    letters.write_bytes("name;body\n".encode("cp1252") + "".join(f"“x”;{text}\n" for text in DOCUMENTS).encode("cp1252"))
    info = lab.take_text_file(ME, notes)
    assert (info.source, info.name, info.encoding) == ("file", "notes.md", "UTF-16")
    assert documents(lab, info) == [BOOK]
    with pytest.raises(UserError, match="Line 2, byte 1") as caught:
        lab.take_text_file(ME, letters)
    assert caught.value.fix == "windows-1252"  # it crosses the child process
    table = lab.take_text_file(ME, letters, "Letters", fixes=["windows-1252"])
    assert (table.source, table.name, table.column, table.fixes) == ("table", "Letters", "body", ["windows-1252"])
    assert documents(lab, table) == DOCUMENTS
    with pytest.raises(UserError) as caught:
        lab.take_text_file(ME, letters, column="letter", fixes=["windows-1252"])
    assert caught.value.field == "column"
    assert folders(lab) == sorted([info.id, table.id])


def test_the_harbour_ships_with_us(lab):
    info = lab.take_text_sample(ME, "harbour")
    assert (info.source, info.sample, info.name, info.findings) == ("sample", "harbour", "harbour_plays.txt", [])
    assert documents(lab, info) == [samples.text_path("harbour").read_text(encoding="ascii")]
    for nothing in ("support", "", None, 3):
        with pytest.raises(UserError) as caught:
            lab.take_text_sample(ME, nothing)
        assert caught.value.field == "sample"


def test_a_column_of_a_data_set_of_the_hub_is_taken(lab, tmp_path, monkeypatch):
    with HubServer(tmp_path / "served") as server:
        folder = server.folder("acme/letters", "datasets")
        folder.mkdir(parents=True)
        book = "Once upon a time. " * 6_000  # in one cell, longer than a line of a table may be
        rows = [{"story": text} for text in [book, *DOCUMENTS, DOCUMENTS[0], ""]]
        (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        for name, value in {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(lab, "settings", replace(lab.settings, offline=False))
        info = lab.take_text_hub(ME, " acme/letters ")
    assert documents(lab, info) == [book, *DOCUMENTS]
    assert (info.source, info.name, info.column, info.encoding) == ("hub", "acme/letters", "story", "")
    assert (info.duplicates, info.empty, info.cut) == (1, 1, False)
    assert (info.hub["dataset"], info.hub["split"], info.hub["revision"], info.hub["cut"]) == ("acme/letters", "train", COMMIT, False)
    assert info.findings[0]["code"] == "hub"
    assert info.findings[0]["text"].startswith("All 23 rows of the split “train” of “acme/letters”")
    for nothing in ("../x", "", None, 7):
        with pytest.raises(UserError, match="not the name of a Hub data set"):
            lab.take_text_hub(ME, nothing)
    with pytest.raises(UserError) as caught:
        lab.take_text_hub(ME, "acme/letters", column=5)
    assert caught.value.field == "column"


def test_a_part_of_a_large_data_set_is_kept_without_being_asked(lab, monkeypatch):
    from genhub import hub

    monkeypatch.setenv("GENHUB_PROFILE", "public")  # 2,000,000 characters
    facts = {"dataset": "acme/long", "config": "default", "split": "train", "revision": "c" * 40, "columns": ["text"]}
    facts |= {"rows": 30, "left_out": ["image"], "cut": True, "drawn": True, "shortened": 0, "splits": ["train"]}
    asked = []

    def stream(request, settings):
        asked.append(request)
        with open(request["out"], "w") as file:
            file.writelines(json.dumps({"text": f"{n} {'word ' * 19_000}"}) + "\n" for n in range(30))
        return facts

    monkeypatch.setattr(hub, "dataset", stream)
    info = lab.take_text_hub(ME, "acme/long", "one", "train", "text")
    assert {name: asked[0][name] for name in ("config", "split", "column", "least")} == {
        "config": "one",
        "split": "train",
        "column": "text",
        "least": 1,
    }
    assert (info.cut, info.documents, info.hub) == (True, 21, facts)
    said = {finding["code"]: finding["text"] for finding in info.findings}
    assert "drawn from a shuffled stream" in said["hub"]
    assert "“image”" in said["hub"]
    assert "(21 of 30 documents)" in said["cut"]


def test_what_is_too_long_is_cut_when_asked_for(public, tmp_path):
    long = BOOK * 600
    with pytest.raises(UserError, match=r"At most 2,000,000\. Keep the first 2,000,000 characters") as caught:
        public.take_text(ME, long)
    assert (caught.value.fix, caught.value.field) == ("first-characters", "text")
    assert folders(public) == []
    (tmp_path / "long.txt").write_text(long)
    for info in (public.take_text(ME, long, cut=True), public.take_text_file(ME, tmp_path / "long.txt", cut=True)):
        assert (info.cut, info.characters) == (True, 2_000_000)
        assert documents(public, info) == [long[:2_000_000]]


def test_a_file_beyond_the_limit_is_not_even_opened(public, tmp_path):
    path = tmp_path / "big.txt"
    with open(path, "wb") as file:
        file.truncate(public.settings.limits.upload_bytes + 1)
    with pytest.raises(UserError) as caught:
        public.take_text_file(ME, path)
    assert (caught.value.limit, caught.value.remedy) == ("At most 10 MB.", "Split it, or keep less of it.")


@pytest.mark.parametrize("value", ["", " \n ", None, 5, ["text"]])
def test_what_is_no_text_is_refused_before_a_child_is_started(lab, value):
    with pytest.raises(UserError) as caught:
        lab.take_text(ME, value)
    assert caught.value.field == "text"
    for refused in (
        lambda: lab.take_text_file(ME, value or None),
        lambda: lab.take_text(ME, BOOK, name="\x07"),
        lambda: lab.take_text_file(ME, samples.text_path("harbour"), column=5),
        lambda: lab.take_text_file(ME, samples.text_path("harbour"), fixes=["no such"]),
    ):
        with pytest.raises(UserError):
            refused()
    assert folders(lab) == []


def test_a_text_is_its_owner_s_alone(public):
    info = public.take_text(ME, BOOK)
    public.text_rows(ME, info.id)

    def refusal(visitor: str, key: object, use) -> tuple:
        with pytest.raises(UserError) as caught:
            use(visitor, key)
        return tuple(caught.value.to_dict().values())

    for use in (public.text_info, public.text_rows):
        unknown = refusal(ME, "0" * 32, use)
        assert unknown[0] == "This text is not here any more."
        assert refusal(OTHER, info.id, use) == unknown
        for nothing in (None, ""):
            assert refusal(ME, nothing, use)[0] == "No text has been chosen."
        for value in ("../x", 5, ["x"], info.id + "/"):
            assert "is not the id of a text" in refusal(ME, value, use)[0]


def test_a_text_is_no_table_and_a_table_no_text(lab):
    text, table = lab.take_text(ME, BOOK), lab.take_sample(ME, "support")
    with pytest.raises(UserError, match="This table is not here any more"):
        lab.table(ME, text.id)
    with pytest.raises(UserError, match="This text is not here any more"):
        lab.text_info(ME, table.id)


def test_texts_count_as_tables_do_and_go_after_a_day(lab):
    info = lab.take_text(ME, BOOK)
    assert janitor.used(lab.settings, "local") > len(BOOK)
    old = time.time() - janitor.KEEP_SECONDS - 60
    os.utime(lab.text_rows(ME, info.id).parent, (old, old))
    janitor.sweep(lab.settings)
    with pytest.raises(UserError, match="not here any more"):
        lab.text_info(ME, info.id)
