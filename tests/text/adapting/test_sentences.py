"""The verdict in plain words: wins, draws and losses are told alike, with their ground."""

import pytest

from genhub.text.adapting import sentences


def metrics(**changes) -> dict:
    gain = {"mean": 0.48, "low": 0.41, "high": 0.55}
    counted = {"order": 5, "learnt_tokens": 900, "tokens_to_learn": 900, "loss": 1.0, "perplexity": 2.7, "bits_per_byte": 2.4}
    told = {
        "bits_per_character": 1.62,
        "test_characters": 9_120,
        "baselines": {
            "base": {"bits_per_character": 2.10, "gain": gain},
            "ngrams": {**counted, "bits_per_character": 2.4, "gain": {"mean": 0.78, "low": 0.7, "high": 0.86}},
            "unigram": {**counted, "order": 1, "bits_per_character": 4.2, "gain": {"mean": 2.6, "low": 2.5, "high": 2.7}},
        },
        "copying": {
            "run": 8,
            "unit": "tokens",
            "model": {"share": 0.03, "runs": 500, "longest": 11},
            "base": {"share": 0.01, "runs": 500, "longest": 9},
            "held_out": {"share": 0.02, "runs": 500, "longest": 12},
        },
        "training": {"best_epoch": 3, "epochs_run": 3},
        "stopped": False,
    }
    return {**told, **changes}


def with_gain(name: str, **gain) -> dict:
    told = metrics()
    told["baselines"][name]["gain"] = gain
    return told


def test_the_first_sentence_is_the_comparison_with_the_base():
    assert sentences.of(metrics())[0] == (
        "On 9,120 unseen characters the adapted model needs 1.62 bits a character, the base model 2.10: 0.48 [0.41, 0.55] fewer."
    )


def test_a_loss_and_a_draw_are_not_dressed_up():
    worse = sentences.headline(with_gain("base", mean=-0.2, low=-0.3, high=-0.1))
    assert worse.endswith("the base model is better by 0.20 [0.10, 0.30].")
    draw = sentences.headline(with_gain("base", mean=0.01, low=-0.02, high=0.04))
    assert draw.endswith("no clear difference, +0.010 [−0.020, +0.040]; the interval contains 0.")


def test_counting_is_told_whoever_wins():
    assert sentences.of(metrics())[1] == "Counting alone (a 5-gram model of the same text) needs 2.40: 0.78 [0.70, 0.86] more."
    assert "wins by 0.20 [0.10, 0.30]" in sentences.of(with_gain("ngrams", mean=-0.2, low=-0.3, high=-0.1))[1]
    assert "no clear difference" in sentences.of(with_gain("ngrams", mean=0.0, low=-0.3, high=0.1))[1]


def test_n_grams_of_a_part_of_the_text_are_named_unfair():
    told = metrics()
    told["baselines"]["ngrams"]["learnt_tokens"] = 100
    assert "The n-grams were counted on 100 of 900 tokens only, which is not fair to them." in sentences.of(told)
    assert not any("not fair" in text for text in sentences.of(metrics()))


def test_copying_is_told_beside_what_chance_copies():
    (told,) = sentences.copying(metrics()["copying"])
    assert "3.0% stand in the training text (of the base model's 1.0%, of the unseen text's own 2.0%)" in told
    assert "longest copied stretch has 11 tokens" in told
    assert "repeats what it has read" not in told
    much = metrics()["copying"] | {"model": {"share": 0.4, "runs": 500, "longest": 80}}
    assert sentences.copying(much)[0].endswith("That is more than chance: it repeats what it has read.")
    assert sentences.copying(metrics()["copying"] | {"model": {"share": None, "runs": 0, "longest": 0}}) == []


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"training": {"best_epoch": 2, "epochs_run": 5}}, "lowest after epoch 2 of 5"),
        ({"test_characters": 500}, "Only 500 characters were held out"),
        ({"stopped": True, "training": {"stopped_by": "limit"}}, "stopped at the time limit"),
        ({"stopped": True, "training": {"stopped_by": "quota"}}, "stopped when the quota of its GPU was used up"),
    ],
)
def test_what_limits_the_verdict_is_said(change, phrase):
    assert any(phrase in text for text in sentences.of(metrics(**change)))
    assert not any(phrase in text for text in sentences.of(metrics()))
