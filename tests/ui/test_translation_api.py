"""Translation through the endpoints, as a script meets it: answers, files, a run, and what is refused."""

import time
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.serving.tiny_runs import store
from tests.text.tiny_pairs import OTHER
from tests.tiny_translators import MODEL, trained_translator
from tests.ui.served import serving

HOW = {"model": MODEL, "beams": 2}
TEXT = "Tom sees bread. The dog wants bread."
PAIRS = "\n".join(f"{here}\t{there}" for here, there in OTHER)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The page with a tiny translator in its store."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(home))
        store(MODEL, "c" * 40, trained_translator)
    with serving(home) as served:
        yield served


@pytest.fixture(scope="module")
def client(app) -> Client:
    return Client(app.address, verbose=False)


@pytest.fixture(scope="module")
def me(client) -> str:
    return client.predict(api_name="/new_visitor")


def test_a_text_is_translated_and_looked_into(client, me):
    told = client.predict(me, TEXT, HOW, api_name="/translate")
    assert told["translation"] == "Tom ve pan. El perro desea pan."
    first = told["sentences"][0]
    pair = {"source": first["source_ids"], "target": first["hypotheses"][0]["ids"]}
    seen = client.predict(me, pair, HOW, api_name="/translation_attention")
    assert len(seen["attention"]) == len(seen["target_words"])
    tree = client.predict(me, first["source_ids"], HOW, 6, [], api_name="/translation_beam_tree")
    assert tree["hypotheses"][0]["text"] == "Tom ve pan."


def test_a_stream_comes_sentence_by_sentence(client, me):
    job = client.submit(me, TEXT, HOW, api_name="/translate_stream")
    job.result(timeout=60)
    events = job.outputs()
    assert [event["sentence"]["translation"] for event in events if "sentence" in event] == ["Tom ve pan.", "El perro desea pan."]


def test_a_file_comes_back(client, me, tmp_path):
    path = tmp_path / "letters.txt"
    path.write_text("Tom sees bread.\n\nThe dog wants bread.\n", encoding="utf-8")
    back = client.predict(me, handle_file(path), HOW, "", api_name="/translate_file")
    assert Path(back).read_text(encoding="utf-8") == "Tom ve pan.\n\nEl perro desea pan.\n"


def test_a_run_is_trained_on_pairs_and_judged_beside_its_model(client, me, tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text(PAIRS + "\n", encoding="utf-8")
    pairs = client.predict(me, handle_file(path), ["en", "es"], "", "", api_name="/read_pairs_file")
    assert pairs["pairs"] == len(set(OTHER))
    fast = {"model": MODEL, "epochs": 12, "batch_size": 8, "learning_rate": 2e-2, "beams": 2, "patience": 0, "smoothing": 0.0}
    run = client.predict(me, pairs["id"], fast, "Other words", "translate", api_name="/train")
    deadline = time.monotonic() + 120
    while (state := client.predict(me, run, api_name="/run_status")["state"]) in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert state == "finished"
    told = client.predict(me, pairs["id"], [f"run:{run}", MODEL], {"beams": 2}, api_name="/judge_translation")
    assert [one["name"] for one in told["systems"]] == ["Other words", MODEL, "the source as it is"]


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("translate", ("   ", HOW), "at least one word|no text|empty|nothing"),
        ("translate", ("x" * 100_001, HOW), "100,001 characters"),
        ("translate", (TEXT, {**HOW, "beams": 99}), "Beams is 99"),
        ("translate", (TEXT, {**HOW, "beams": 2, "hypotheses": 3}), "3 translations of 2 beams"),
        ("translate", (TEXT, {**HOW, "target_language": "fr"}), "It translates en to es"),
        ("translate", (TEXT, {**HOW, "colour": 1}), "no option “colour”"),
        ("translate", (TEXT, {"model": "no/such model"}), "holds a character the Hub does not allow"),
        ("translate", (TEXT, {"model": "embedded/stories"}), "does not translate"),
        ("translate", (7, HOW), "text"),
        ("translation_attention", ({"source": [], "target": [1]}, HOW), "not tokens of this model"),
        ("translation_attention", ({"source": [1, 10**9], "target": [1]}, HOW), "not tokens of this model"),
        ("translation_attention", ({"source": [3, 4, 0], "target": [5], "hidden": [0, 1, 2]}, HOW), "cannot be hidden"),
        ("translation_attention", ({"source": [3, 4, 0], "target": [5]}, HOW, 99, 0), "no layer 99"),
        ("translation_attention", ("x", HOW), "not tokens of this model"),
        ("translation_beam_tree", ([3, 4, 0], HOW, 0, [99]), "cannot be hidden"),
        ("read_pairs", ("one column\nonly", []), "one column"),
        ("read_pairs", ("", []), "pasted|text"),
        ("read_hub_pairs", ("../secret", ["en", "es"]), "not the name of a Hub data set"),
        ("read_hub_pairs", ("a/b:c:d:e", ["en", "es"]), "too many parts"),
        ("judge_translation", ("nothing", [MODEL], HOW), "id|pairs"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(client, me, name, asked, said):
    with pytest.raises(AppError, match=f"(?i){said}"):
        client.predict(me, *asked, api_name=f"/{name}")
