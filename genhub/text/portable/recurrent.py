"""A character RNN that comes in a zip: its shape, its characters and its weights are checked, and written anew."""

import json
from pathlib import Path

from genhub.errors import UserError
from genhub.settings import Limits
from genhub.text.portable.opening import MODEL_WEIGHTS, local_only, read_json, take
from genhub.training.configs import ScratchConfig

CONFIG, TOKENIZER = "model/config.json", "model/tokenizer.json"
MOST_CHARACTERS = 1_000
SIZES = {"embedding": "embedding", "units": "width", "layers": "layers"}  # of the network → the option that bounds it


def open_parts(source: Path, folder: Path, limits: Limits) -> None:
    """Check model/ and move it over. Raises UserError for what is none of ours."""
    import torch

    from genhub.text import char_rnn
    from genhub.text.chars import char_tokenizer

    local_only(limits)
    variant, shape = _shape(read_json(source, CONFIG), (char_rnn.STATELESS, char_rnn.STATEFUL))
    characters = _characters(read_json(source, TOKENIZER), shape["vocabulary"])
    with torch.device("meta"):
        expected = {f"{variant}.{name}": tuple(tensor.shape) for name, tensor in char_rnn.CharRNN(**shape).state_dict().items()}
    take(source, folder, MODEL_WEIGHTS, expected)
    written = {"model_type": char_rnn.KIND, "variants": [variant], **shape}
    (folder / CONFIG).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    char_tokenizer(characters).save_pretrained(folder / "model")


def _shape(config: object, variants: tuple[str, ...]) -> tuple[str, dict]:
    if not isinstance(config, dict) or config.get("variants") not in [[name] for name in variants]:
        raise _refused("is not the configuration of a character RNN", f"It has one of the variants {', '.join(variants)}.")
    bounds = {name: ScratchConfig.option(option) for name, option in SIZES.items()}
    limits = {"vocabulary": (1, MOST_CHARACTERS), **{name: (option.low, option.high) for name, option in bounds.items()}}
    for name, (low, high) in limits.items():
        if type(config.get(name)) is not int or not low <= config[name] <= high:
            raise _refused(f"has {name} = {str(config.get(name))[:24]}", f"A whole number from {low} to {high}.")
    return config["variants"][0], {name: config[name] for name in limits}


def _characters(tokenizer: object, count: int) -> list[str]:
    """The characters in the order of their tokens, which is that of their code points."""
    try:
        vocabulary = dict(tokenizer["model"]["vocab"])
    except (TypeError, KeyError, ValueError):
        vocabulary = {}
    ordered = sorted(vocabulary)
    if len(ordered) != count or any(len(key) != 1 for key in ordered) or [vocabulary[key] for key in ordered] != list(range(count)):
        what = "tokenizer.json does not fit the model."
        raise UserError(what, f"It has {count} tokens, one a character.", "Use a file that GenHub made.", "file")
    return ordered


def _refused(how: str, limit: str) -> UserError:
    return UserError(f"model/config.json {how}.", limit, "Use a file that GenHub made.", "file")
