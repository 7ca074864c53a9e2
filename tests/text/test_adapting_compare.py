import pytest

from genhub.errors import UserError
from genhub.text.adapting.compare import compare


def run(name: str, bits: float, *, text: str = "a" * 64, seed: int = 0, base: float | None = None) -> tuple[str, dict, dict]:
    metrics = {
        "bits_per_character": bits,
        "bits_per_character_low": bits - 0.1,
        "bits_per_character_high": bits + 0.1,
        "test_characters": 1_000,
        "split": {"seed": seed},
        "training": {"method": "lora", "seconds": 3.0, "trainable_percent": 1.5},
        "baselines": {} if base is None else {"base": {"gain": {"mean": base - bits}}},
        "copying": {"model": {"share": 0.25}},
    }
    return name, metrics, {"data": {"sha256": text}}


def test_runs_on_one_text_stand_side_by_side():
    told = compare([run("one", 2.0, base=2.5), run("two", 1.75)])
    assert told.test_characters == 1_000
    assert [line.fewer for line in told.runs] == [None, 0.25]
    assert [line.gain for line in told.runs] == [0.5, None]
    assert told.runs[0].copied == 0.25
    assert told.to_dict()["runs"][1]["name"] == "two"


@pytest.mark.parametrize("other", [run("two", 1.0, text="b" * 64), run("two", 1.0, seed=1)])
def test_another_text_or_split_is_refused(other):
    with pytest.raises(UserError, match="another text"):
        compare([run("one", 2.0), other])


def test_one_run_is_nothing_to_compare():
    with pytest.raises(UserError, match="nothing to compare"):
        compare([run("one", 2.0)])
