"""The weights of a stranger's run, looked at before they are used: whole files, finite tensors, names and shapes as they must be."""

import json
import reprlib
from dataclasses import replace
from pathlib import Path

from genhub import catalog, families, gate, hub, settings, tasks, weights
from genhub.errors import UserError
from genhub.settings import Limits

MODEL_WEIGHTS = "model/model.safetensors"
ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter/adapter_config.json", "adapter/adapter_model.safetensors"
JSON_BYTES = 5_000_000


def read_json(source: Path, name: str) -> object:
    path = source / name
    if not path.exists():
        raise UserError(f"The packed run has no {name}.", "A run that GenHub packed has one.", "Use a file that GenHub made.", "file")
    if path.stat().st_size > JSON_BYTES:
        raise UserError(f"{name} has {path.stat().st_size / 1e6:,.0f} MB.", f"At most {JSON_BYTES / 1e6:g} MB.", "", "file")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise UserError(f"{name} is not JSON.", "It is damaged.", "Download the run again.", "file") from None


def model_or_adapter(source: Path, folder: Path, facts: dict, limits: Limits, family: str) -> None:
    """Check what the passport calls for, model/ or an adapter of its base, and move it over."""
    whole = facts["adapter"] != "peft"
    check_method(source, facts, whole)
    if whole:
        whole_model(source, folder, facts, limits, family)
    else:
        adapter(source, folder, facts, base_of(facts, limits, family))


def whole_model(source: Path, folder: Path, facts: dict, limits: Limits, family: str) -> Path:
    """Check model/ and move it over. Raises UserError where whole models are not opened."""
    local_only(limits)
    hub.inspect_folder("model/", source / "model", folder / "model", limits.hub_bytes, family)
    return folder / "model"


def local_only(limits: Limits) -> None:
    """Raises UserError where whole models are not opened."""
    if not limits.any_hub_model:
        what = "This run holds a whole model."
        raise UserError(what, "On a shared page only adapters and heads are opened.", "Open it in GenHub on your own machine.", "file")


def check_method(source: Path, facts: dict, whole: bool) -> None:
    """model/ is there for a method that trains all weights, and only then."""
    if (source / MODEL_WEIGHTS).exists() != whole:
        raise UserError(f"The packed run does not fit the method {facts['method']}.", "Only fully trained runs hold model/.", "", "file")


def adapter(source: Path, folder: Path, facts: dict, base: Path) -> None:
    """Check a PEFT adapter for the model in `base` and move it over, with a configuration that we made."""
    config = _adapter_config(read_json(source, ADAPTER_CONFIG), base, facts)
    take(source, folder, ADAPTER_WEIGHTS, *_adapter_tensors(base, config))
    config.base_model_name_or_path, config.inference_mode = catalog.hub_id(facts["base"]["id"]), True
    config.save_pretrained(str(folder / "adapter"))


def base_of(facts: dict, limits: Limits, family: str) -> Path:
    """The folder of the base model that the passport names; it must be the very one."""
    named = facts["base"]
    where = replace(settings.get(), limits=limits)
    model_id = gate.model_id(named["id"], where, family)
    revision = named.get("revision") or ""
    found = hub.model_folder(model_id, where, revision=revision if len(revision) == 40 else "", family=family)
    if named.get("sha256") and named["sha256"] != found.sha256:
        what = f"This run was trained on another version of {model_id}."
        raise UserError(what, "An adapter works on the very weights it was trained on.", "Train it again on this base.", "file")
    return found.path


def take(source: Path, folder: Path, name: str, shapes: dict, places: dict | None = None) -> None:
    """Move a file of weights over after all its tensors were looked at. `places`: those that are indices, and into what shape."""
    path = source / name
    if not path.exists():
        raise UserError(f"The packed run has no {name}.", "The passport calls for it.", "Download the run again.", "file")
    tensors = weights.read_header(path)
    weights.check_shapes(tensors, shapes, path.name, indices=places or {})
    weights.check_indices(path, tensors, places or {})
    weights.check_finite(path, tensors)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    path.replace(folder / name)


def _adapter_config(value: object, base: Path, facts: dict):
    """PEFT's configuration as we make it for the passport's options. What the user's own file says of it must be the same."""
    from genhub.text import layouts, methods

    def refuse(what: str, limit: str) -> UserError:
        return UserError(f"The adapter {what}.", limit, "Use an adapter that GenHub trained.", "file")

    if not isinstance(value, dict):
        raise refuse("has no configuration", f"{ADAPTER_CONFIG} is a table of options.")
    named = value.get("base_model_name_or_path")
    if named not in (facts["base"]["id"], catalog.hub_id(facts["base"]["id"])):
        raise refuse(f"is for “{str(named)[:80]}”", f"The passport says {facts['base']['id']}.")
    kind = json.loads((base / "config.json").read_text(encoding="utf-8"))["model_type"]
    options = replace(tasks.get(facts["task"]).config.from_dict(facts["config"]), method=facts["method"])
    config = methods.get(options.method).peft(options, layouts.layout(kind), ANY_STEPS)
    ours = config.to_dict()
    for key in DECISIVE:
        if key in value and _plain(value[key]) != _plain(ours.get(key)):
            wanted = _plain(ours.get(key)) or "nothing"
            raise refuse(f"says {reprlib.repr(value[key])} for {key}", f"With the options in its passport that is {wanted}.")
    return config


def _plain(value: object):
    """A setting as it can be compared: what is off is None, whatever it looks like; a list has no order."""
    if isinstance(value, list | set | tuple):
        value = sorted(map(str, value))
    return value or None


ANY_STEPS = 10  # AdaLoRA plans by the steps of training, of which there will be none
DECISIVE = (  # what makes two adapters with the same tensors answer differently
    *("peft_type", "r", "lora_alpha", "alpha", "target_modules", "feedforward_modules", "use_dora", "use_rslora", "bias", "lora_bias"),
    *("init_r", "target_r", "oft_block_size", "block_share", "coft", "use_cayley_neumann", "num_cayley_neumann_terms", "mini_r"),
    *("decompose_both", "decompose_factor", "init_weights", "init_lora_weights", "rank_pattern", "alpha_pattern", "modules_to_save"),
    *("layers_to_transform", "layers_pattern", "layer_replication", "fan_in_fan_out", "exclude_modules", "trainable_token_indices"),
    *("target_parameters", "auto_mapping", "alora_invocation_tokens"),
)


def bare(base: Path, device: str = "meta"):
    """The base model with weights of no meaning; on "meta" there is no memory behind them: names and shapes only."""
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(base, local_files_only=True)
    with torch.device(device):
        return getattr(transformers, families.of_type(config.model_type).auto).from_config(config)


def _adapter_tensors(base: Path, config) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, int]]]:
    """What the adapter's file must hold, by PEFT's own account: shapes, and for SHiRA's indices the shape of the weight they point into."""
    import torch
    from peft import get_peft_model, get_peft_model_state_dict

    sparse = config.peft_type == "SHIRA"  # draws its places at random, which needs real memory
    with torch.device("cpu" if sparse else "meta"):
        model = get_peft_model(bare(base, "cpu" if sparse else "meta"), config)
        shapes = {name: tuple(tensor.shape) for name, tensor in get_peft_model_state_dict(model, save_embedding_layers=False).items()}
    modules = dict(model.named_modules())
    places = {name: tuple(modules[name.removesuffix(INDICES)].weight.shape) for name in shapes if name.endswith(INDICES)}
    return shapes, places


INDICES = ".shira_indices"
