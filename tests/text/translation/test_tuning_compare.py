import pytest

from genhub.errors import UserError
from genhub.text.translation.tuning.compare import compare


def run(
    name: str, bleu: float, *, pairs: str = "a" * 64, seed: int = 0, into: str = "es", base: float = 20.0, general: float | None = None
):
    metrics = {
        **{f"bleu{end}": bleu + change for end, change in (("", 0), ("_low", -1), ("_high", 1))},
        **{f"chrf{end}": 60.0 + change for end, change in (("", 0), ("_low", -1), ("_high", 1))},
        "test_sources": 100,
        "split": {"seed": seed},
        "training": {"method": "lora", "seconds": 3.0, "trainable_percent": 1.5},
        "baselines": {"base": {"gain": {"bleu": {"mean": bleu - base}}}, "copy": {"gain": {}}},
    }
    if general is not None:
        metrics["general"] = {"base": {"gain": {"bleu": {"mean": general}}}}
    return name, metrics, {"data": {"sha256": pairs}, "languages": ["en", into]}


def test_runs_on_the_same_pairs_stand_side_by_side():
    told = compare([run("one", 30.0, general=-2.5), run("two", 33.5)])
    assert told.test_sources == 100
    assert [line.more for line in told.runs] == [None, 3.5]
    assert [line.gain for line in told.runs] == [10.0, 13.5]
    assert [line.general for line in told.runs] == [-2.5, None]
    assert told.to_dict()["runs"][1] | {"name": "two", "method": "lora", "seconds": 3.0, "file_bytes": None} == told.to_dict()["runs"][1]


@pytest.mark.parametrize("other", [run("two", 1.0, pairs="b" * 64), run("two", 1.0, seed=1), run("two", 1.0, into="de")])
def test_other_pairs_are_refused(other):
    with pytest.raises(UserError, match="other pairs"):
        compare([run("one", 2.0), other])


def test_one_run_is_nothing_to_compare():
    with pytest.raises(UserError, match="nothing to compare"):
        compare([run("one", 2.0)])
