"""config.json of a stranger, before anything is built from it: only what `genhub.families` knows, and nothing beyond reason."""

import json
from collections.abc import Callable
from pathlib import Path

from genhub import families
from genhub.errors import UserError
from genhub.families import FAMILIES, Family

OTHER = "Choose another model."
MAX_NUMBER = 1_000_000
MAX_BASE = 1_000_000_000
MAX_ENTRIES = 10_000


def read_json(path: Path) -> dict:
    """A JSON object from a repository. Raises UserError for anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UserError(f"The model's {path.name} is not a JSON object.", "It is damaged.", OTHER, "model")
    return value


def check(repo: str, config: dict, wanted: str = "") -> Family:
    """config.json as we accept it: an architecture of our lists, in bounds, without code, redirects or quantization. Returns the
    family it belongs to. Raises UserError, for one that is not the `wanted` family too."""

    def refuse(what: str, rule: str, remedy: str = OTHER) -> UserError:
        return UserError(f"“{repo}” {what}.", rule, remedy, "model")

    if "auto_map" in config:
        raise refuse("brings its own code (auto_map)", "Code from the Hub is never run.")
    kind = families.kind_of(config)
    family = families.of_type(kind)
    if family is None:
        known = [FAMILIES[wanted]] if wanted else FAMILIES.values()
        types = ", ".join(name for one in known for name in one.types)
        raise refuse(f"is of the type “{str(kind)[:40]}”", f"Models of these types can be used: {types}.")
    families.check_task(repo, family.name, wanted)
    if any(key in config for key in ("quantization_config", "compression_config")):
        raise refuse("is quantized", "The full weights are needed here.", "Choose the model it was made from.")
    _check_sizes(config, family, refuse)
    _check_values(config, refuse)
    return family


def _check_sizes(config: dict, family: Family, refuse: Callable[..., UserError]) -> None:
    """Each size is in its range, under every name it goes by, and the heads fit."""
    kind, said = families.kind_of(config), {}
    own_names = family.own_names.get(kind, {})
    for size, (low, high) in family.sizes.items():
        names = [name for name in dict.fromkeys((own_names.get(size, size), size)) if config.get(name) is not None]
        for name in names:
            if not (type(config[name]) is int and low <= config[name] <= high):
                raise refuse(f"has {name} = {str(config[name])[:24]}", f"A whole number from {low:,} to {high:,}.")
        if len({config[name] for name in names}) > 1:
            both = " and ".join(f"{name} = {config[name]}" for name in names)
            raise refuse(f"has {both}", "Both are names of the same size.")
        if names:
            said[size] = config[names[0]]
        elif size in family.needed:
            raise refuse(f"does not say its {own_names.get(size, size)}", "config.json must name the sizes of the model.")
    _check_lists(config, family, refuse)
    if "num_attention_heads" not in said or "hidden_size" not in said:
        return  # a network of convolutions; or the architecture's own, which fit
    heads, hidden = said["num_attention_heads"], said["hidden_size"]
    if hidden % heads and not (kind in family.wide_heads and said.keys() & {"head_dim", "d_kv"}):
        raise refuse(f"has {heads} attention heads for hidden_size {hidden}", "The heads share it equally.")
    if heads % said.get("num_key_value_heads", heads):
        raise refuse(f"has {heads} attention heads for {said['num_key_value_heads']} of keys and values", "They share them equally.")


def _check_lists(config: dict, family: Family, refuse: Callable[..., UserError]) -> None:
    """Sizes layer by layer: few enough, each in its range."""
    for name, (most, (low, high)) in family.lists.items():
        values = config.get(name)
        if values is None:
            continue
        fits = isinstance(values, list) and 0 < len(values) <= most and all(type(value) is int and low <= value <= high for value in values)
        if not fits:
            raise refuse(f"has {name} = {str(values)[:40]}", f"At most {most} whole numbers from {low:,} to {high:,}.")


def _check_values(config: dict, refuse: Callable[..., UserError]) -> None:
    """Whatever else config.json says: no number beyond reason, no list without end, however deep."""
    left = list(config.items())
    while left:
        name, value = left.pop()
        most = MAX_BASE if name in families.BASES else MAX_NUMBER
        if isinstance(value, int | float) and not abs(value) <= most:  # not a number is neither smaller nor larger
            raise refuse(f"has {name} = {str(value)[:24]}", f"Numbers are finite and at most {most:,}.")
        if isinstance(value, list | dict):
            if len(value) > MAX_ENTRIES:
                raise refuse(f"has {len(value):,} entries under {name}", f"At most {MAX_ENTRIES:,}.")
            left += value.items() if isinstance(value, dict) else [(name, item) for item in value]
