"""Form fields made from a task's configuration: label, help, bounds and default come from the option itself."""

from typing import Any

import gradio as gr

from genhub.options import Config, Option
from genhub.settings import Settings


def field(option: Option, **extra: Any) -> Any:
    """The component for one option. Bounds are shown here and checked again by the Config."""
    common = {"label": option.label, "info": option.help, "elem_id": f"option-{option.name}", **extra}
    if option.choices:
        return gr.Dropdown(list(option.choices), value=option.default, **common)
    if option.kind is bool:
        return gr.Checkbox(option.default, **common)
    if option.optional:  # an empty number field would come back as 0
        common["info"] = f"{option.help} {_bounds(option)}"
        return gr.Textbox("" if option.default is None else str(option.default), max_lines=1, **common)
    if option.kind is str:
        return gr.Textbox(option.default, max_lines=1, **common)
    common["info"] = f"{option.help} {_bounds(option)}"
    return gr.Number(option.default, precision=0 if option.kind is int else None, **common)


def hub_help(settings: Settings, family: str) -> str:
    """What stands below a choice of models: that any of a family can be had, where that is so."""
    return f"Or any {family} id on the Hub, as owner/name." if settings.limits.any_hub_model and not settings.offline else ""


def value(option: Option, raw: Any) -> Any:
    """What a field's component holds, as the Config takes it: an empty optional field is None, "chosen for you"."""
    return None if option.optional and isinstance(raw, str) and not raw.strip() else raw


def shown(option: Option, value: Any) -> Any:
    """A value of the Config as the field's component holds it."""
    return "" if value is None else str(value) if option.optional else value


def fields(config: type[Config], names: list[str]) -> dict[str, Any]:
    """Components for several options, two a row, by option name."""
    made = {}
    for first in range(0, len(names), 2):
        with gr.Row():
            for name in names[first : first + 2]:
                made[name] = field(config.option(name))
    return made


def advanced(config: type[Config]) -> list[str]:
    """The names of the options that belong behind *Advanced*, in their order."""
    return [option.name for option in config.options() if option.advanced]


def _bounds(option: Option) -> str:
    if option.low is None or option.high is None or option.high > 1_000_000:
        return ""
    empty = " Empty: chosen for you." if option.optional else ""
    return f"{option.low:g} to {option.high:g}.{empty}"
