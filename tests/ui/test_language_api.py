"""Language models through the endpoints, as a script meets them."""

import time
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.serving.tiny_language import MODEL, store_language
from tests.ui.calls import DEFECT, raw, spoiled
from tests.ui.served import Served

GREEDY = {"model": MODEL, "strategy": "greedy", "max_new_tokens": 10, "stop_at_end": False}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The page with a tiny language model in its store."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(home))
        store_language()
    served = Served(home).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def client(app) -> Client:
    return Client(app.address, verbose=False)


@pytest.fixture(scope="module")
def me(client) -> str:
    return client.predict(api_name="/new_visitor")


def test_writing_is_repeatable_and_comes_with_its_tokens(client, me):
    told, again = (client.predict(me, "the dog", {**GREEDY, "strategy": "sample"}, api_name="/write") for _ in range(2))
    assert told["text"] == again["text"] == "".join(token["text"] for token in told["tokens"])
    assert len(told["tokens"]) == 10


def test_a_stream_adds_up_to_the_text(client, me):
    job = client.submit(me, "the dog", GREEDY, api_name="/write_stream")
    job.result(timeout=60)
    events = job.outputs()
    assert "".join(token["text"] for event in events if "tokens" in event for token in event["tokens"]) == events[-1]["result"]["text"]


def test_a_token_is_explained_and_another_branch_is_taken(client, me):
    told = client.predict(me, "the dog", GREEDY, api_name="/write")
    ids = [token["id"] for token in told["tokens"]]
    why = client.predict(me, [*told["prompt_ids"], *ids], len(told["prompt_ids"]) + 2, GREEDY, api_name="/why_token")
    assert why["candidates"][0]["chosen"]
    other = why["candidates"][1]["id"]
    branched = client.predict(me, "the dog", GREEDY, [*ids[:2], other], api_name="/branch")
    assert [token["id"] for token in branched["tokens"][:3]] == [*ids[:2], other]


def test_a_beam_search_gives_its_tree(client, me):
    told = client.predict(me, "the dog", {**GREEDY, "strategy": "beam", "beams": 3, "max_new_tokens": 4}, api_name="/beam_tree")
    assert len(told["hypotheses"]) == 3
    assert {node["depth"] for node in told["nodes"]} == {1, 2, 3, 4}


def test_a_text_is_judged_in_bits(client, me):
    told = client.predict(me, "the dog saw the cat", {"model": MODEL}, api_name="/score_text")
    assert told["bits"] == pytest.approx(-sum(token["logprob"] for token in told["tokens"]) / 0.693147, rel=1e-3)


TINY = {"steps": 20, "layers": 1, "width": 32, "heads": 2, "window": 32, "batch_size": 4, "samples": 2, "sample_tokens": 20}


def ended(client, me, run: str, seconds: float = 120.0) -> dict:
    deadline = time.monotonic() + seconds
    while (told := client.predict(me, run, api_name="/run_status"))["state"] in ("queued", "running", "stopping"):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    return told


def test_a_model_is_trained_from_scratch_writes_and_travels(client, me, tmp_path):
    text = client.predict(me, "harbour", api_name="/read_bundled_corpus")
    cost = client.predict(me, text["id"], TINY, "scratch", api_name="/forecast")
    assert cost["steps"] == 20
    run = client.predict(me, text["id"], TINY, "tiny", "scratch", api_name="/train")
    told = ended(client, me, run)
    assert told["state"] == "finished", told
    assert told["metrics"]["baselines"]["ngrams"]["bits_per_character"] > 0
    samples = client.predict(me, run, api_name="/run_samples")
    assert [sample["step"] for sample in samples] == [0, 20]
    asked = {"strategy": "greedy", "max_new_tokens": 20}
    written = client.predict(me, "KEEPER:\n", asked, run, api_name="/write")
    packed = client.predict(me, run, api_name="/download_run")
    again = client.predict(me, handle_file(packed), api_name="/open_run")
    assert client.predict(me, "KEEPER:\n", asked, again, api_name="/write")["text"] == written["text"]
    long = client.predict(me, "KEEPER:\n" * 30, asked, run, api_name="/write")
    assert (len(long["prompt_ids"]), long["prompt_read"]) == (240, 32)
    with pytest.raises(AppError, match="no token for “€”"):
        client.predict(me, "5 €", asked, run, api_name="/write")
    zipped = Path(packed).read_bytes()
    for name, change, said in (
        ("model/model.safetensors", lambda data: data[:-10], "model.safetensors is cut off"),
        ("model/model.safetensors", lambda data: b"", "model.safetensors is empty"),
        ("model/config.json", lambda data: data.replace(b'"n_layer": 1', b'"n_layer": 2'), "its config.json describes"),
        ("model/config.json", lambda data: b"{", "config.json"),
        ("model/tokenizer.json", lambda data: b"[]", "tokenizer.json"),
    ):
        with pytest.raises(AppError) as caught:
            client.predict(me, handle_file(spoiled(zipped, name, change, tmp_path / "spoiled.zip")), api_name="/open_run")
        assert said in str(caught.value)
        assert not DEFECT.search(str(caught.value))


def test_a_run_of_another_visitor_is_not_found(client, me, app):
    with pytest.raises(AppError, match="no such run"):
        client.predict(me, "the", GREEDY, "f" * 32, api_name="/write")


UNTAUGHT = {  # what a training is asked to learn from → what is said
    "too short": (("/read_corpus", "Too short.", "", False), "10 characters"),
    "nothing": (("/read_corpus", "", "", False), "empty"),
    "no text": (("/read_corpus", 7, "", False), "not text"),
    "an unknown sample": (("/read_bundled_corpus", "../../etc/passwd"), "Sample is"),
    "no text in use": (("/train", "0" * 32, TINY, "", "scratch"), "not here any more"),
    "not an id": (("/train", "../x", TINY, "", "scratch"), "not the id"),
    "an unknown task": (("/train", "0" * 32, TINY, "", "dream"), "no task “dream”"),
    "a task that is no name": (("/train", "0" * 32, TINY, "", 3), "task"),
    "a rate that is no number": (("/train", "0" * 32, {**TINY, "learning_rate": "nan"}, "", "scratch"), "Learning rate is"),
    "heads that do not fit": (("/train", "0" * 32, {**TINY, "width": 33}, "", "scratch"), "heads cannot share"),
    "rank 0": (("/train", "0" * 32, {"model": MODEL, "rank": 0}, "", "generate"), "Rank is 0"),
    "an encoder to adapt": (("/train", "0" * 32, {"model": "embedded/minilm-l6"}, "", "generate"), "encoder"),
}


@pytest.mark.parametrize("case", UNTAUGHT)
def test_what_cannot_be_learnt_is_refused_in_a_sentence(client, me, case):
    (endpoint, *values), said = UNTAUGHT[case]
    with pytest.raises(AppError) as caught:
        client.predict(me, *values, api_name=endpoint)
    assert said in str(caught.value)
    assert "went wrong" not in str(caught.value)


REFUSED = {  # what is asked → what is said
    "the prompt is no text": (("/write", 3, GREEDY), "not text"),
    "a million characters": (("/write", "x" * 1_000_000, GREEDY), "1,000,000 characters"),
    "no new tokens": (("/write", "the", {**GREEDY, "max_new_tokens": 0}), "Max new tokens is 0"),
    "minus one": (("/write", "the", {**GREEDY, "max_new_tokens": -1}), "Max new tokens is -1"),
    "a billion": (("/write", "the", {**GREEDY, "max_new_tokens": 10**9}), "At most 1,024 here. Ask for 1,024"),
    "two and a half": (("/write", "the", {**GREEDY, "max_new_tokens": 2.5}), "Max new tokens is 2.5"),
    "true is no number": (("/write", "the", {**GREEDY, "max_new_tokens": True}), "Max new tokens is True"),
    "temperature 0": (("/write", "the", {**GREEDY, "temperature": 0}), "Temperature is 0"),
    "top-p 5": (("/write", "the", {**GREEDY, "top_p": 5}), "Top p is 5"),
    "a million beams": (("/write", "the", {**GREEDY, "beams": 10**6}), "Beams is 1000000"),
    "a seed of 2^80": (("/write", "the", {**GREEDY, "seed": 2**80}), "Seed is"),
    "an unknown strategy": (("/write", "the", {**GREEDY, "strategy": "psychic"}), "Strategy is “psychic”"),
    "an unknown option": (("/write", "the", {**GREEDY, "topp": 1}), "no option “topp”"),
    "options that are none": (("/write", "the", []), "must be a dictionary"),
    "longer than the positions": (("/write", "the dog " * 60, GREEDY), "This model holds 64"),
    "an encoder": (("/write", "the", {**GREEDY, "model": "embedded/minilm-l6"}), "encoder"),
    "an unknown embedded model": (("/write", "the", {**GREEDY, "model": "embedded/none"}), "no model “embedded/none”"),
    "a path": (("/write", "the", {**GREEDY, "model": "../secrets"}), "two dots"),
    "an address": (("/write", "the", {**GREEDY, "model": "https://huggingface.co/gpt2"}), "web address"),
    "offline": (("/write", "the", {**GREEDY, "model": "somebody/gpt"}), "stay offline"),
    "a run that is not there": (("/write", "the", GREEDY, "0" * 32), "no such run"),
    "a run that is no id": (("/write", "the", GREEDY, "../../x"), "not the id of a run"),
    "nothing to judge": (("/score_text", "   ", {"model": MODEL}), "empty"),
    "a place that is not there": (("/why_token", [1, 2, 3], 9, GREEDY), "no token at place 9"),
    "tokens of another model": (("/why_token", [1, 2, 10**7], 1, GREEDY), "not tokens of this model"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(client, me, case):
    (endpoint, *values), said = REFUSED[case]
    with pytest.raises(AppError) as caught:
        client.predict(me, *values, api_name=endpoint)
    assert said in str(caught.value)
    assert "went wrong" not in str(caught.value)


def test_numbers_and_characters_that_json_should_not_hold(app, me):
    for value in (float("nan"), float("inf"), -float("inf")):
        assert "Temperature is" in raw(app, "/write", [me, "the", {**GREEDY, "temperature": value}, "", False])
    assert "surrogate" in raw(app, "/write", [me, "the \ud800", GREEDY, "", False])


def test_a_file_with_a_byte_that_is_no_utf_8_names_the_place_and_the_remedy(client, me, tmp_path):
    place = tmp_path / "old.txt"
    place.write_bytes(b"It was late. " * 200 + b"\nA caf\xe9 was open.\n")
    with pytest.raises(AppError, match=r"Line 2, byte 6 \(0xE9\) is not UTF-8.*windows-1252"):
        client.predict(me, handle_file(str(place)), "", False, api_name="/read_corpus_file")
    told = client.predict(me, handle_file(str(place)), "", False, ["windows-1252"], api_name="/read_corpus_file")
    assert (told["encoding"], told["preview"][:12]) == ("Windows-1252", "It was late.")


def test_markup_stays_what_it_is(client, me):
    prompt = "<b>the</b> dog <script>alert(1)</script>"
    told = client.predict(me, prompt, GREEDY, api_name="/write")
    assert len(told["tokens"]) == 10
