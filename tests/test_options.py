import dataclasses
import json
import math

import pytest

from genhub import tasks
from genhub.errors import UserError
from genhub.options import Config, option
from genhub.training.configs import CONFIGS, PRESETS, ClassifyConfig


@dataclasses.dataclass(frozen=True)
class SmoothConfig(Config):
    width: int = option(3, "Rows averaged together.", low=1, high=99)
    decay: float | None = option(None, "How fast old rows fade; empty: not at all.", low=0.0, high=1.0)
    window: str = option("flat", "Shape of the window.", choices=("flat", "hann"))
    name: str = option("", "What to call it.", high=5)
    wrap: bool = option(False, "Join the ends.", label="Wrap around")


def test_options_describe_each_field():
    width, decay, window, _, wrap = SmoothConfig.options()
    assert (width.flag, width.kind, width.low, width.high, width.default) == ("--width", int, 1, 99, 3)
    assert (decay.kind, decay.optional) == (float, True)
    assert window.choices == ("flat", "hann")
    assert (wrap.kind, wrap.label, wrap.help) == (bool, "Wrap around", "Join the ends.")


@pytest.mark.parametrize(("given", "kept"), [(5, 5), ("5", 5), (5.0, 5), ("5.0", 5)])
def test_whole_numbers_come_in_any_clothes(given, kept):
    assert SmoothConfig(width=given).width == kept
    assert isinstance(SmoothConfig(width=given).width, int)


@pytest.mark.parametrize("wrong", [0, 100, 2.5, "2.5", True, math.nan, math.inf, "many", None, [3], "", 2**80])
def test_a_wrong_whole_number_is_named_with_its_limit_and_default(wrong):
    with pytest.raises(UserError) as caught:
        SmoothConfig(width=wrong)
    error = caught.value
    assert error.field == "width"
    assert error.limit == "A whole number from 1 to 99."
    assert "default is 3" in error.remedy


@pytest.mark.parametrize("wrong", [math.nan, "nan", -0.1, 1.1, "1e999", False, {}])
def test_a_wrong_number_is_refused(wrong):
    with pytest.raises(UserError, match="A number from 0 to 1"):
        SmoothConfig(decay=wrong)


def test_only_optional_fields_may_be_none():
    assert SmoothConfig(decay=None).decay is None
    with pytest.raises(UserError):
        SmoothConfig(window=None)


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        ({"window": "round"}, "One of flat, hann."),
        ({"name": "toolong"}, "at most 5 characters"),
        ({"wrap": "yes"}, "true or false"),
        ({"wrap": 1}, "true"),
    ],
)
def test_choices_texts_and_booleans_are_checked(values, limit):
    with pytest.raises(UserError, match=limit):
        SmoothConfig(**values)


def test_a_long_wrong_value_is_shown_shortened():
    with pytest.raises(UserError) as caught:
        SmoothConfig(window="x" * 500)
    assert len(caught.value.what) < 100


def test_an_unknown_option_is_named_with_the_known_ones():
    with pytest.raises(UserError, match=r"no option “widht”.*width"):
        SmoothConfig.from_dict({"widht": 3})


@pytest.mark.parametrize("name", CONFIGS)
def test_every_task_describes_its_options_and_survives_json(name):
    config = CONFIGS[name]()
    for item in config.options():
        assert item.help.endswith(".")
        assert item.check(item.default) == item.default
    assert CONFIGS[name].from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 1


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_configurations(name):
    assert ClassifyConfig.from_dict(PRESETS[name]).method == PRESETS[name]["method"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("learning_rate", math.nan),
        ("learning_rate", 0),
        ("learning_rate", 10),
        ("rank", 0),
        ("rank", 10**6),
        ("seed", 2**80),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", -1),
        ("method", "magic"),
        ("folds", 11),
    ],
)
def test_hostile_training_options_are_refused_by_name(field, wrong):
    with pytest.raises(UserError) as caught:
        ClassifyConfig(**{field: wrong})
    assert caught.value.field == field


def test_tasks_are_found_by_name_and_resolve_only_our_own_code():
    assert tasks.get("classify").config is ClassifyConfig
    with pytest.raises(UserError, match="no task “paint”"):
        tasks.get("paint")
    with pytest.raises(ValueError, match="not ours"):
        tasks.resolve("os:system")
    assert tasks.resolve("genhub.errors:new_error_id")()
