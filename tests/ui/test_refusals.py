"""Malformed input over real HTTP: each is refused with a sentence of its own (what, limit, remedy), and nothing breaks.

The same inputs meet the gate and the readers alone in tests/test_gate.py, tests/data, tests/test_hub.py and tests/text/test_portable.py.
"""

import io
import json
import shutil
import struct
import urllib.request
import zipfile
from pathlib import Path

import pytest
from gradio_client import handle_file
from PIL import Image

from tests.hubserver import Fault, HubServer
from tests.tiny import tiny_encoder
from tests.ui.calls import DEFECT, raw, spoiled


def refused(client, values, name) -> str:
    """The call fails with a sentence of our own, not with a defect; the sentence."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - gradio_client has one class for all errors
        client.predict(*values, api_name=name)
    told = str(caught.value)
    assert len(told) > 20, told
    assert not DEFECT.search(told), told
    return told


TABLES = {
    "empty": (b"", "is empty (0 bytes)"),
    "excel": (b"PK\x03\x04[Content_Types].xml xl/workbook.xml" + b"\0" * 100, "is an Excel file"),
    "old excel": (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "is an old Excel or Word file"),
    "web page": (b"<!DOCTYPE html><html><body>hi</body></html>", "is a web page"),
    "pdf": (b"%PDF-1.7 ...", "is a PDF"),
    "latin-1": ("text,label\ncaf\xe9,a\n".encode("latin-1"), "Line 2, byte 4 (0xE9) is not UTF-8"),
    "nul": (b"text,label\na\0b,c\n", "Line 2 holds a NUL"),
    "unclosed quote": (b'text,label\n"never closed,a\nb,c\n', "opened on line 2 is never closed"),
    "long row": (b"text,label\na,b\nc,d,e\n", "Line 3 has 3 fields, the header has 2"),
    "long header": (b"text,label,more\na,b\n", "Line 2 has 2 fields, the header has 3"),
    "header only": (b"text,label\n", "a header but no rows"),
    "many columns": ((",".join(f"c{i}" for i in range(5_000)) + "\n" + ",".join("1" * 5_000) + "\n").encode(), "has 5,000 columns"),
    "endless line": (b"text,label\n" + b"x" * 300_000 + b",a\n", "Line 2 has 300,002 characters"),
    "duplicate column": (b"text,text\na,b\n", "Two columns are called “text”"),
    "broken json": (b'{"text": "a", "label": "b"}\n{"text": \n', "Line 2 is not JSON"),
    "fake parquet": (b"PAR1" + b"\0" * 50 + b"PAR1", "The Parquet file is damaged"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_read_is_refused(client, me, tmp_path, name):
    path = tmp_path / f"{name.replace(' ', '-')}.csv"
    content, phrase = TABLES[name]
    path.write_bytes(content)
    assert phrase in refused(client, (me, handle_file(str(path))), "/read_table")


REMEDIES = {
    "windows-1252": ("text,label\n" + "caf\xe9,a\n" * 3, "Or give the fix windows-1252: read it as Windows-1252.", "Windows-1252"),
    "leave-malformed-lines": ("text,label\n" + "c,d,e\n" + "a,b\n" * 3, "Or give the fix leave-malformed-lines", "line 2"),
}


@pytest.mark.parametrize("fix", REMEDIES)
def test_a_refusal_names_the_fix_with_which_the_table_is_read(client, me, tmp_path, fix):
    content, phrase, told = REMEDIES[fix]
    path = tmp_path / "old.csv"
    path.write_bytes(content.encode("latin-1"))
    assert phrase in refused(client, (me, handle_file(str(path))), "/read_table")
    taken = client.predict(me, handle_file(str(path)), [fix], api_name="/read_table")
    assert taken["rows"] == 3
    (finding,) = [item for item in client.predict(me, taken["id"], api_name="/examine_table")["findings"] if item["code"] == fix]
    assert told in finding["what"]


@pytest.mark.parametrize("fixes", [None, "windows-1252", {"a": 1}, [None], ["drop-table"], 3])
def test_fixes_that_are_none_are_refused(client, me, tmp_path, fixes):
    (tmp_path / "t.csv").write_text("text,label\na,b\n")
    refused(client, (me, handle_file(str(tmp_path / "t.csv")), fixes), "/read_table")


def test_rows_of_a_finding_come_as_a_file(client, me):
    rows = "".join(f"text number {i},{'ab'[i % 2]}\n" for i in range(20))
    taken = client.predict(me, f"text,label\n{rows},a\n", api_name="/read_text")
    refused(client, (me, taken["id"], "empty-texts"), "/finding_rows")
    client.predict(me, taken["id"], api_name="/examine_table")
    path = Path(client.predict(me, taken["id"], "empty-texts", api_name="/finding_rows"))
    assert path.name == "pasted table-empty-texts.csv"
    assert path.read_text(encoding="utf-8").split() == ["row,line,text,label,why", "21,22,,a,it", "has", "no", "text"]
    for finding in ("file", "../../secret", "", "x" * 200):
        refused(client, (me, taken["id"], finding), "/finding_rows")
    refused(client, (me, "0" * 32, "empty-texts"), "/finding_rows")


LABELS = {
    "one class": ("text,label\n" + "".join(f"text number {i},a\n" for i in range(10)), "one label “a”"),
    "rare class": (
        "text,label\n" + "".join(f"text number {i},{'a' if i else 'b'}\n" for i in range(10)),
        "fewer than 3 different texts: “b”",
    ),
    "all empty": ("text,label\n" + "".join(f",{'ab'[i % 2]}\n" for i in range(10)), "No row is left"),
    "5,000 classes": ("text,label\n" + "".join(f"text number {i},c{i % 5_000}\n" for i in range(15_000)), "5,000 different labels"),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_table_that_cannot_be_trained_on_is_refused(client, me, tmp_path, name):
    path = tmp_path / "table.csv"
    content, phrase = LABELS[name]
    path.write_text(content, encoding="utf-8")
    taken = client.predict(me, handle_file(str(path)), api_name="/read_table")
    report = client.predict(me, taken["id"], "text", "label", [], api_name="/examine_table")
    assert not report["ready"]
    assert any(finding["severity"] == "problem" for finding in report["findings"])
    assert phrase in refused(client, (me, taken["id"], {}, ""), "/train")


NAN, INFINITE = float("nan"), float("inf")
OPTIONS = [
    {"learning_rate": 0},
    {"learning_rate": 10},
    {"learning_rate": "fast"},
    {"learning_rate": True},
    {"rank": 0},
    {"rank": 1_000_000},
    {"rank": 2.5},
    {"rank": True},
    {"epochs": 0},
    {"epochs": -1},
    {"epochs": 1e9},
    {"epochs": [3]},
    {"batch_size": 0},
    {"seed": 2**80},
    {"seed": -1},
    {"folds": 1},
    {"folds": 99},
    {"method": "magic"},
    {"method": None},
    {"precision": "int1"},
    {"max_length": 1_000_000},
    {"test_share": 0},
    {"test_share": 1},
    {"class_weights": "heavy"},
    {"text_column": "no such column"},
    {"unknown": 1},
    {"model": "../../etc/passwd"},
    {"model": "/etc/passwd"},
    {"model": "https://example.com/model"},
    {"model": "embedded/unknown"},
    {"model": "owner/name/extra"},
    {"model": ""},
    {"model": 7},
    "not a dictionary",
    ["lora"],
    None,
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda value: json.dumps(value, default=str)[:40])
def test_options_out_of_bounds_are_refused(client, me, table, options):
    refused(client, (me, table[0], options, ""), "/train")


CALLS = [
    ("/classify", ["a" * 32, ["hello"]]),
    ("/classify", ["../../etc", ["hello"]]),
    ("/classify", ["example-../../..", ["hello"]]),
    ("/classify", [None, ["hello"]]),
    ("/classify", ["example-support", []]),
    ("/classify", ["example-support", ["", "x"]]),
    ("/classify", ["example-support", "just a text"]),
    ("/classify", ["example-support", [7]]),
    ("/classify", ["example-support", ["x" * 1_000_000]]),
    ("/explain", ["example-support", "", ""]),
    ("/explain", ["example-support", "hello", "no such class"]),
    ("/explain", ["example-support", {"text": 1}, ""]),
    ("/examine_table", ["b" * 32, "", "", []]),
    ("/examine_table", ["b", "", "", []]),
    ("/train", ["c" * 32, {}, ""]),
    ("/forecast", ["c" * 32, {}]),
    ("/read_sample", ["no-such-sample"]),
    ("/read_sample", [7]),
    ("/read_hub_dataset", ["../secret", "", "train"]),
    ("/read_hub_dataset", ["someone/somewhat", "", "train"]),
    ("/run_status", ["d" * 32]),
    ("/run_status", ["example-nothing"]),
    ("/stop_run", ["d" * 32]),
    ("/stop_run", ["example-support"]),
    ("/resume_run", ["d" * 32]),
    ("/rename_run", ["d" * 32, "x"]),
    ("/delete_run", ["d" * 32]),
    ("/delete_run", ["example-support"]),
    ("/compare_runs", [[]]),
    ("/compare_runs", [["d" * 32, "e" * 32]]),
    ("/compare_runs", ["example-support"]),
    ("/compare_runs", [["example-support", "example-shortcut"]]),
    ("/show_code", ["d" * 32]),
    ("/download_run", ["d" * 32]),
]


@pytest.mark.parametrize(("name", "values"), CALLS, ids=lambda value: json.dumps(value)[:50])
def test_calls_that_make_no_sense_are_refused(client, me, name, values):
    refused(client, (me, *values), name)


@pytest.mark.parametrize(
    "change", [{"fixes": [7]}, {"fixes": "merge-labels"}, {"fixes": ["erase-everything"]}, {"text_column": 7}, {"label_column": ["label"]}]
)
def test_an_examination_with_odd_values_is_refused(client, me, table, change):
    values = {"text_column": "text", "label_column": "label", "fixes": [], **change}
    refused(client, (me, table[0], *values.values()), "/examine_table")


def test_a_zip_that_is_none_of_ours_is_refused(client, me, tmp_path):
    path = tmp_path / "run.zip"
    path.write_bytes(b"PK\x05\x06" + b"\0" * 18)
    refused(client, (me, handle_file(str(path))), "/open_run")


def test_rename_needs_a_name(client, me, run):
    refused(client, (me, run, ""), "/rename_run")
    refused(client, (me, run, "x" * 500), "/rename_run")


# ---- uploads --------------------------------------------------------------------------------------------------------


def sent(app, data: bytes, name: str) -> dict:
    """What the page gets for a file that a browser uploads under `name`, as the value of a file component."""
    border = "genhub-test"
    body = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'.encode()
    request = urllib.request.Request(app.address + "gradio_api/upload", body + data + f"\r\n--{border}--\r\n".encode())
    request.add_header("Content-Type", f"multipart/form-data; boundary={border}")
    with urllib.request.urlopen(request, timeout=30) as reply:
        (path,) = json.loads(reply.read())
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


GOOD = b"text,label\none good text,a\nanother text,b\n"


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "<img src=x onerror=alert(1)>.csv", "a" * 300 + ".csv", "con.csv", "‮fdp.csv", "; rm -rf.csv"]
)
def test_a_hostile_file_name_is_only_a_name(app, client, me, name):
    taken = client.predict(me, sent(app, GOOD, name), api_name="/read_table")
    assert taken["rows"] == 2
    assert "/" not in taken["name"]
    assert "\u202e" not in taken["name"]
    assert len(taken["name"]) <= 120
    assert not list(Path("/").glob("evil.csv"))


def test_a_table_over_the_limit_is_refused(app, client, me, tmp_path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"text,label\n" + b"a long enough text,label\n" * 2_100_000)
    assert path.stat().st_size > 50_000_000
    assert "At most 50 MB" in refused(client, (me, handle_file(str(path))), "/read_table")


def a_file(path) -> dict:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


FILES = {
    "absolute": (a_file("/etc/passwd"), "was not uploaded"),
    "parent": (a_file("../../etc/passwd"), "was not uploaded"),
    "address": (a_file("http://127.0.0.1:9/x.csv"), "is an address, not a file"),
    "scheme": (a_file("file:///etc/passwd"), "is an address, not a file"),
    "empty": (a_file(""), "was not uploaded"),
    "folder": (a_file("/tmp"), "was not uploaded"),
    "number": (7, "not of the kind"),
    "name": ("table.csv", "not of the kind"),
    "list": ([], "not of the kind"),
    "nothing": (None, "No file has arrived"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_an_uploaded_file_is_refused(app, me, name):
    value, phrase = FILES[name]
    assert phrase in raw(app, "/read_table", [me, value, []])


def test_values_that_no_client_library_sends_are_refused(app, me, table):
    for rate in (NAN, INFINITE, -INFINITE):
        assert "Learning rate is" in raw(app, "/train", [me, table[0], {"learning_rate": rate}, "", "classify"])
    assert "surrogate" in raw(app, "/classify", [me, "example-support", ["\ud800"]])
    assert raw(app, "/classify", [me])


# ---- what is odd and yet good ---------------------------------------------------------------------------------------


def test_utf_16_and_labels_that_look_like_nothing_are_read(app, client, me):
    rows = "".join(f"text number {i},{label}\n" for i, label in enumerate(["None", "NA", "null"] * 5))
    taken = client.predict(me, sent(app, ("text,label\n" + rows).encode("utf-16"), "odd.csv"), api_name="/read_table")
    report = client.predict(me, taken["id"], "text", "label", [], api_name="/examine_table")
    assert report["ready"], report["findings"]
    assert sorted(report["classes"]) == ["NA", "None", "null"]


def test_cells_that_a_spreadsheet_would_run_come_back_quoted(app, client, me, run):
    made = client.predict(me, run, sent(app, b"text\n=1+1\n@SUM(A1)\nplain\n", "formulas.csv"), api_name="/classify_table")
    lines = Path(made).read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith("'=1+1")
    assert lines[2].startswith("'@SUM(A1)")
    assert lines[3].startswith("plain")


def test_a_threshold_is_a_share(app, client, me):
    table = sent(app, b"text\nplain\n", "plain.csv")
    assert "Threshold is 7" in refused(client, [me, "example-support", table, [], 7], "/classify_table")


# ---- Hub ids --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(loopback, tmp_path_factory) -> HubServer:
    """A Hub on which each model has a fault of its own."""
    tiny = tiny_encoder(tmp_path_factory.mktemp("tiny"))
    config = json.loads((tiny / "config.json").read_text())
    whole = (tiny / "model.safetensors").read_bytes()
    changes = {
        "acme/gated": {},
        "acme/private": {},
        "acme/limited": {},
        "acme/broken": {},
        "acme/bin": {"model.safetensors": None, "pytorch_model.bin": b"x"},
        "acme/code": {"config.json": config | {"auto_map": {"AutoModel": "modeling.Evil"}}},
        "acme/wide": {"config.json": config | {"hidden_size": 10**9}},
        "acme/classes": {"config.json": config | {"num_labels": 10**8}},
        "acme/quantized": {"config.json": config | {"quantization_config": {"bits": 4}}},
        "acme/gpt": {"config.json": config | {"model_type": "gpt2"}},
        "acme/adapter": {"adapter_config.json": {"base_model_name_or_path": "evil/model"}},
        "acme/empty": {"model.safetensors": b""},
        "acme/header": {"model.safetensors": b"\xff" * 200},
        "acme/cut": {"model.safetensors": whole[:-100]},
        "acme/nan": {"model.safetensors": whole[:-4] + struct.pack("<f", float("nan"))},
        "acme/shape": {"config.json": config | {"intermediate_size": 32}},
    }
    for repo, files in changes.items():
        folder = shutil.copytree(tiny, loopback.folder(repo))
        for name, content in files.items():
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    loopback.gated.add("acme/gated")
    loopback.private.add("acme/private")
    loopback.fault("acme/limited", Fault(status=429))
    loopback.fault("acme/broken", Fault(status=500))
    (loopback.folder("acme/huge")).mkdir()
    shutil.copytree(tiny, loopback.folder("acme/huge"), dirs_exist_ok=True)
    return loopback


MODELS = {
    "acme/unknown": "knows no “acme/unknown”",
    "acme/gated": "is gated",
    "acme/private": "private, or does not exist",
    "acme/limited": "asks for a pause",
    "acme/broken": "status 500",
    "acme/bin": "old .bin format",
    "acme/code": "brings its own code",
    "acme/wide": "hidden_size = 1000000000",
    "acme/classes": "num_labels = 100000000",
    "acme/quantized": "is quantized",
    "acme/gpt": "is a language model: it does not classify texts",
    "acme/adapter": "is an adapter, not a model",
    "acme/empty": "is empty (0 bytes)",
    "acme/header": "is not a safetensors file",
    "acme/cut": "is cut off: 100 of",
    "acme/nan": "holds a NaN or an infinity",
    "acme/shape": "in another shape than config.json says",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_the_hub_that_cannot_be_taken_is_refused(client, me, table, models, name):
    assert MODELS[name] in refused(client, (me, table[0], {"model": name}, ""), "/train")


# ---- adapters -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed(client, me) -> bytes:
    """The zip of a LoRA run."""
    return Path(client.predict(me, "example-support", api_name="/download_run")).read_bytes()


def but(**values):
    return lambda data: json.dumps(json.loads(data) | values).encode()


CONFIG, WEIGHTS = "adapter/adapter_config.json", "adapter/adapter_model.safetensors"
ADAPTERS = {
    "rank": (CONFIG, but(r=1_000_000), "says 1000000 for r"),
    "targets": (CONFIG, but(target_modules=".*"), "says '.*' for target_modules"),
    "other base": (CONFIG, but(base_model_name_or_path="google-bert/bert-base-uncased"), "is for “google-bert/bert-base-uncased”"),
    "other kind": (CONFIG, but(peft_type="IA3"), "says 'IA3' for peft_type"),
    "base of the passport": ("passport.json", but(base={"id": "acme/absent", "revision": "", "sha256": ""}), "knows no “acme/absent”"),
    "changed base": (
        "passport.json",
        but(base={"id": "embedded/minilm-l6", "revision": "", "sha256": "c" * 64}),
        "trained on another version of embedded/minilm-l6",
    ),
    "labels": ("passport.json", but(labels=["one", "two"]), "2 labels for a head of 6"),
    "empty": (WEIGHTS, lambda data: b"", "adapter_model.safetensors is empty"),
    "header": (WEIGHTS, lambda data: b"\xff" * 300, "adapter_model.safetensors is not a safetensors file"),
    "cut": (WEIGHTS, lambda data: data[:-10], "adapter_model.safetensors is cut off"),
    "nan": (WEIGHTS, lambda data: data[:-4] + struct.pack("<f", float("nan")), "a NaN or an infinity in “base_model"),
    "head": ("head.safetensors", lambda data: b"", "head.safetensors is empty"),
}


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_that_does_not_hold_is_refused(client, me, packed, tmp_path, name):
    file, change, phrase = ADAPTERS[name]
    assert phrase in refused(client, (me, handle_file(spoiled(packed, file, change, tmp_path / "run.zip"))), "/open_run")


def test_an_untouched_zip_is_opened(client, me, packed, tmp_path):
    opened = client.predict(me, handle_file(spoiled(packed, "", None, tmp_path / "run.zip")), api_name="/open_run")
    client.predict(me, opened, api_name="/delete_run")


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("passport.json", b" " * 200_000_000)


def crowd(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}", b"")


def climber(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../passport.json", b"{}")


def link(path: Path) -> None:
    entry = zipfile.ZipInfo("passport.json")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, "/etc/passwd")


def truncated(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("passport.json", b"{}" * 1000)
    path.write_bytes(path.read_bytes()[:-40])


ZIPS = {
    "bomb": (bomb, "more than 100 times its size"),
    "crowd": (crowd, "holds 20,000 entries"),
    "parent path": (climber, "names a place outside itself"),
    "link": (link, "holds a link or device"),
    "truncated": (truncated, "is damaged (BadZipFile)"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_with_ill_intent_is_refused(client, me, tmp_path, name):
    make, phrase = ZIPS[name]
    make(tmp_path / "run.zip")
    assert phrase in refused(client, (me, handle_file(str(tmp_path / "run.zip"))), "/open_run")


# ---- training -------------------------------------------------------------------------------------------------------


def test_a_second_start_waits_its_turn_and_stop_twice_is_stop_once(client, me, table, wait):
    options = {"method": "lora", "folds": 0, "epochs": 100, "patience": 0}
    first, *others = [client.predict(me, table[0], options, f"start {number}", api_name="/train") for number in range(4)]
    told = [client.predict(me, run, api_name="/run_status") for run in others]
    assert told[-1]["state"] == "queued"
    assert told[-1]["position"] >= 1
    for run in (*reversed(others), first):
        client.predict(me, run, api_name="/stop_run")
    assert client.predict(me, first, api_name="/run_status")["state"] in ("stopping", "stopped")
    assert [wait(run)["state"] for run in (first, *others)] == ["stopped"] * 4
    assert "ended already" in refused(client, (me, first), "/stop_run")


# ---- images ---------------------------------------------------------------------------------------------------------


def png(size=(20, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, 90).save(buffer, "PNG")
    return buffer.getvalue()


def packed_images(path, files: dict[str, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return handle_file(str(path))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.png": png()}, "has 1 image"),
        (
            {f"{number}.png": png() for number in range(63)} | {"x.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
            "no PNG, JPEG or WebP",
        ),
        ({f"{number}.png": png() for number in range(63)} | {"x.png": png((5, 5))}, "At least 16"),
        ({"../a.png": png()}, "outside itself"),
        ({f"{number}.png": b"" for number in range(2_001)}, "At most 2000"),
    ],
    ids=["too few", "a drawing", "tiny", "outside", "too many entries"],
)
def test_a_set_of_images_that_cannot_be_read_is_refused(client, me, tmp_path, files, said):
    assert said in refused(client, [me, packed_images(tmp_path / "a.zip", files), {}], "/read_images_file")


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("/read_bundled_images", ["mnist", {}], "It is one of digits"),
        ("/read_bundled_images", ["digits", {"side": 30}], "a multiple of 4"),
        ("/read_bundled_images", ["digits", {"side": float("nan")}], "Side"),
        ("/read_bundled_images", ["digits", {"colour": True}], "There is no option"),
        ("/draw_images", ["0" * 32, {}], "run"),
        ("/draw_images", ["0" * 32, {"n": 10**9}], "Images"),
        ("/draw_images", [7, {}], "run"),
        ("/image_map", ["0" * 32], "run"),
        ("/images_at", ["example-support", [[0, 0]], ""], "An image model has the format"),
        ("/images_at", ["example-support", "here", ""], "It is a list"),
        ("/look_at_code", ["0" * 32, "here", ""], "No image has been chosen"),
        ("/look_at_code", ["embedded/nothing", {"place": [0, 0]}, ""], "Model"),
        ("/image_models_beside", ["0" * 32, "1" * 32, 0], "run"),
    ],
)
def test_what_is_wrong_with_images_is_said(app, me, name, values, said):
    assert said in raw(app, name, [me, *values])
