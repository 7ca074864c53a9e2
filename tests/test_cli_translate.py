"""`translate` on the command line, with a tiny model that knows 48 sentences."""

import json

import pytest

from genhub import cli
from tests.serving.tiny_runs import store
from tests.text.tiny_pairs import OTHER
from tests.tiny_translators import MODEL, trained_translator


@pytest.fixture(autouse=True)
def here(home, monkeypatch):
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    store(MODEL, "c" * 40, trained_translator)


def genhub(capsys, *words: str) -> tuple[int, str, str]:
    status = cli.main(["translate", "--model", MODEL, *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_text(capsys):
    status, out, _ = genhub(capsys, "--text", "Tom sees bread. She likes my book.", "--beams", "3", "--json")
    told = json.loads(out.splitlines()[-1])
    assert (status, told["translation"]) == (0, "Tom ve pan. Ella quiere mi libro.")
    assert told["score"] < 0
    assert len(told["sentences"]) == 2


def test_a_file_is_translated_line_by_line(capsys, tmp_path):
    (tmp_path / "in.txt").write_text("\ufeffTom sees bread.\r\n\nShe likes my book.\nTom sees bread. Tom sees bread.", encoding="utf-8")
    status, out, _ = genhub(capsys, "--input", str(tmp_path / "in.txt"), "--out", str(tmp_path / "out.txt"))
    assert status == 0, out
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "Tom ve pan.\n\nElla quiere mi libro.\nTom ve pan. Tom ve pan.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Either --text or --input"),
        (["--text", "a", "--input", "b"], "Either --text or --input"),
        (["--input", "in.txt"], "Add --out"),
        (["--text", " "], "text"),
        (["--text", "a", "--beams", "99"], "Beams is “99”"),
        (["--text", "a", "--target-language", "fr"], "It translates en to es"),
        (["--input", "in.txt", "--out", "in.txt"], "is not overwritten"),
        (["--input", "latin.txt", "--out", "out.txt"], "is not UTF-8"),
        (["--input", "blank.txt", "--out", "out.txt"], "has no text"),
    ],
)
def test_mistakes_are_named(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("Tom sees bread.\n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("él\n".encode("latin-1"))
    (tmp_path / "blank.txt").write_text("\n \n", encoding="utf-8")
    status, _, err = genhub(capsys, *words)
    assert (status, said in err) == (2, True), err
    assert not (tmp_path / "out.txt").exists()


def test_a_run_is_trained_on_pairs_and_translates(capsys, tmp_path):
    table = tmp_path / "pairs.tsv"
    table.write_text("".join(f"{here}\t{there}\n" for here, there in OTHER), encoding="utf-8")
    fast = ["--epochs", "12", "--batch-size", "8", "--learning-rate", "0.02", "--beams", "2", "--patience", "0", "--smoothing", "0"]
    out = str(tmp_path / "run")
    status = cli.main(
        ["train", "translate", "--data", str(table), "--model", MODEL, *fast, "--precision", "fp32", "--out", out, "--json", "--quiet"]
    )
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status == 0
    assert list(told["metrics"])[:2] == ["bleu", "bleu_low"]
    assert set(told["metrics"]["baselines"]) == {"base", "copy"}
    status, said, _ = genhub(capsys, "--run", out, "--text", "Tom sees bread.", "--beams", "2", "--json")
    assert (status, json.loads(said.splitlines()[-1])["translation"]) == (0, "Tom quiere pan.")
    status = cli.main(["compare", out, out])
    (first, second) = [line for line in capsys.readouterr().out.splitlines() if "lora" in line]
    assert (status, "+0.0" in first, "+0.0" in second) == (0, False, True)
