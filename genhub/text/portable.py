"""A run on its travels: packed as a zip, opened again with every part checked, or melted into one plain model.

    export_zip(run_dir, out)            what was trained, its passport, figures, card and script; never a row of the table
    open_zip(path, folder, limits)      a stranger's zip → a run folder that predicts as the original did
    merged(run_dir, out)                the adapter folded into the encoder's weights, one safetensors folder

An opened run is not what the zip said but what was written from it: the passport, the figures and PEFT's configuration are
made anew from checked values, card and script are written again, and weights must be finite tensors of the expected shapes.
"""

import contextlib
import hashlib
import json
import re
import reprlib
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from genhub import archive, catalog, disk, gate, hub, settings, weights
from genhub.errors import UserError
from genhub.families import ENCODER
from genhub.jobs.folder import RunFolder, write_json
from genhub.settings import Limits
from genhub.text import card, code, passport
from genhub.training.configs import ClassifyConfig

PASSPORT, METRICS, HEAD, BOTTLENECK = "passport.json", "metrics.json", "head.safetensors", "bottleneck.safetensors"
ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter/adapter_config.json", "adapter/adapter_model.safetensors"
MODEL_WEIGHTS = "model/model.safetensors"
MODEL_FILES = r"model/(config\.json|model\.safetensors|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.\w+|merges\.txt|\w[\w.]*\.model)"
PARTS = (PASSPORT, METRICS, HEAD, BOTTLENECK, ADAPTER_CONFIG, ADAPTER_WEIGHTS, card.FILE, code.FILE)
UNPACKED = 2  # weights hardly shrink: what unpacks to more than twice the zip's limit is no run
JSON_BYTES = 5_000_000
STAMP = (1980, 1, 1, 0, 0, 0)  # the same run packs to the same bytes


def export_zip(run_dir: Path, out: Path) -> Path:
    """Pack a finished run. Raises UserError when it has no passport yet."""
    files = contents(run_dir, named=True)
    part = out.with_name(out.name + ".part")
    with zipfile.ZipFile(part, "w") as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with packed.open(entry, "w") as target:
                if isinstance(content, Path):
                    with open(content, "rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)
                else:
                    target.write(content)
    part.replace(out)
    return out


def contents(run_dir: Path, *, named: bool = False) -> dict[str, Path | bytes]:
    """Name → file or bytes of all that leaves with a run; the passport names the sha256 of each of the others.

    `named`: with the run's display name, which may repeat that of the table's file, so not for publishing."""
    run = RunFolder(Path(run_dir))
    facts = {key: value for key, value in run.read(PASSPORT).items() if key != "name"}
    if named and run.has("job.json") and run.job().get("name"):
        facts["name"] = run.job()["name"]
    names = sorted(path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file() and not path.is_symlink())
    files: dict[str, Path | bytes] = {name: run.path / name for name in names if belongs(name)}
    files[code.FILE] = code.script(run.path).encode()
    if HEAD not in files:
        raise UserError("This run has no head.safetensors.", "It is written when training ends.", "Train it again.", "run")
    hashes = {name: _sha256(content) for name, content in files.items() if name != PASSPORT}
    files[PASSPORT] = json.dumps(facts | {"files": hashes}, ensure_ascii=False, indent=1).encode()
    return dict(sorted(files.items()))


def belongs(name: str) -> bool:
    """Is this one of the files that a packed run may hold?"""
    return name in PARTS or re.fullmatch(MODEL_FILES, name) is not None


def _sha256(content: Path | bytes) -> str:
    return disk.sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


# Opening.


def open_zip(path: Path, folder: Path, limits: Limits) -> Path:
    """Make `folder` the run that the zip holds; returns it. Raises UserError, and leaves nothing, when a check fails.

    Full models are opened where any Hub model may be used (the local profile); elsewhere heads and adapters only.
    """
    path, folder = Path(path), Path(folder)
    source = folder.with_name(folder.name + ".unpacked")
    most = UNPACKED * limits.archive_bytes
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        with contextlib.ExitStack() as after:
            after.callback(shutil.rmtree, source, ignore_errors=True)
            names = archive.unpack(path, source, archive.Bounds(total_bytes=most, entry_bytes=most), belongs)
            facts = passport.check(_read_json(source, PASSPORT))
            _check_files(source, names)
            _open_parts(source, folder, facts, limits)
            _write_words(source, folder, facts)
        undo.pop_all()
    return folder


def _read_json(source: Path, name: str) -> object:
    path = source / name
    if not path.exists():
        raise UserError(f"The ZIP file has no {name}.", "A run that GenHub packed has one.", "Use a file that GenHub made.", "file")
    if path.stat().st_size > JSON_BYTES:
        raise UserError(f"{name} has {path.stat().st_size / 1e6:,.0f} MB.", f"At most {JSON_BYTES / 1e6:g} MB.", "", "file")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise UserError(f"{name} is not JSON.", "It is damaged.", "Download the run again.", "file") from None


def _check_files(source: Path, names: list[str]) -> None:
    """Each file is there and is, byte for byte, the one that the passport was written for."""
    listed = _read_json(source, PASSPORT).get("files")
    if not isinstance(listed, dict):
        raise UserError("passport.json lists no files.", "It names the sha256 of each.", "Use a file that GenHub made.", "file")
    for name in sorted(set(names) | set(map(str, listed))):
        if name == PASSPORT:
            continue
        if name not in names:
            raise UserError(f"{name[:80]} is missing from the ZIP file.", "The passport lists it.", "Download the run again.", "file")
        if name not in listed or disk.sha256(source / name) != listed[name]:
            what = f"{name} is damaged or was changed."
            raise UserError(what, "Its sha256 must be the one in the passport.", "Download the run again.", "file")


def _open_parts(source: Path, folder: Path, facts: dict, limits: Limits) -> None:
    """Check the weights against what the base model and the passport call for, and move them over."""
    if (source / MODEL_WEIGHTS).exists() != (facts["method"] in passport.WHOLE):
        raise UserError(f"The ZIP file does not fit the method {facts['method']}.", "Only fully trained runs hold model/.", "", "file")
    if (source / MODEL_WEIGHTS).exists():
        if not limits.any_hub_model:
            what = "This run holds a whole model."
            raise UserError(what, "On a shared page only adapters and heads are opened.", "Open it in GenHub on your own machine.", "file")
        hub.inspect_folder("model/", source / "model", folder / "model", limits.hub_bytes, ENCODER.name)
        base = folder / "model"
    else:
        base = _base(facts, limits)
    hidden = _hidden(base)
    if facts["head"]["in"] != hidden:
        raise UserError(f"The head reads {facts['head']['in']} numbers, the base model gives {hidden}.", "They must fit.", "", "file")
    classes = len(facts["labels"])
    _take(source, folder, HEAD, {"weight": (classes, hidden), "bias": (classes,)})
    if facts["adapter"] == "peft":
        config = _adapter_config(_read_json(source, ADAPTER_CONFIG), base, facts)
        _take(source, folder, ADAPTER_WEIGHTS, *_adapter_tensors(base, config))
        config.base_model_name_or_path, config.inference_mode = catalog.hub_id(facts["base"]["id"]), True
        config.save_pretrained(str(folder / "adapter"))
    elif facts["adapter"] == "bottleneck":
        _take(source, folder, BOTTLENECK, _bottleneck_shapes(base, facts["bottleneck"]["width"]))


def _base(facts: dict, limits: Limits) -> Path:
    """The folder of the base model that the passport names; it must be the very one."""
    named = facts["base"]
    where = replace(settings.get(), limits=limits)
    model_id = gate.model_id(named["id"], where, ENCODER.name)
    revision = named.get("revision") or ""
    found = hub.model_folder(model_id, where, revision=revision if len(revision) == 40 else "", family=ENCODER.name)
    if named.get("sha256") and named["sha256"] != found.sha256:
        what = f"This run was trained on another version of {model_id}."
        raise UserError(what, "An adapter works on the very weights it was trained on.", "Train it again on this base.", "file")
    return found.path


def _hidden(base: Path) -> int:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return int(config.get("hidden_size", config.get("dim", 0)))


def _take(source: Path, folder: Path, name: str, shapes: dict, places: dict | None = None) -> None:
    """Move a file of weights over after all its tensors were looked at. `places`: those that are indices, and into what shape."""
    path = source / name
    if not path.exists():
        raise UserError(f"The ZIP file has no {name}.", "The passport calls for it.", "Download the run again.", "file")
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
    options = replace(ClassifyConfig.from_dict(facts["config"]), method=facts["method"])
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


def _bare(base: Path, device: str = "meta"):
    """The base model with weights of no meaning; on "meta" there is no memory behind them: names and shapes only."""
    import torch
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(base, local_files_only=True)
    with torch.device(device):
        return AutoModel.from_config(config)


def _adapter_tensors(base: Path, config) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, int]]]:
    """What the adapter's file must hold, by PEFT's own account: shapes, and for SHiRA's indices the shape of the weight they point into."""
    import torch
    from peft import get_peft_model, get_peft_model_state_dict

    sparse = config.peft_type == "SHIRA"  # draws its places at random, which needs real memory
    with torch.device("cpu" if sparse else "meta"):
        model = get_peft_model(_bare(base, "cpu" if sparse else "meta"), config)
        shapes = {name: tuple(tensor.shape) for name, tensor in get_peft_model_state_dict(model, save_embedding_layers=False).items()}
    modules = dict(model.named_modules())
    places = {name: tuple(modules[name.removesuffix(INDICES)].weight.shape) for name in shapes if name.endswith(INDICES)}
    return shapes, places


INDICES = ".shira_indices"


def _bottleneck_shapes(base: Path, width: int) -> dict[str, tuple[int, ...]]:
    import torch

    from genhub.text import bottleneck, layouts

    model = _bare(base)
    with torch.device("meta"):
        bottleneck.add(model, layouts.layout(model.config.model_type).ends, width)
    return {name: tuple(tensor.shape) for name, tensor in bottleneck.tensors(model).items()}


def _write_words(source: Path, folder: Path, facts: dict) -> None:
    """Passport, figures, card and script, all in our own words."""
    if (source / METRICS).exists():
        write_json(folder / METRICS, passport.check_metrics(_read_json(source, METRICS), facts["labels"]))
    write_json(folder / PASSPORT, facts)
    if (folder / METRICS).exists():
        card.write(RunFolder(folder))
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    write_json(folder / PASSPORT, facts | {"files": {name: disk.sha256(folder / name) for name in names if name != PASSPORT}})


# One plain model.


def merged(run_dir: Path, out_dir: Path) -> Path:
    """Write the run as one transformers folder: config.json, model.safetensors, tokenizer, head.safetensors, passport.json.

    `AutoModel.from_pretrained(out_dir)` loads the encoder. Raises UserError for bottleneck adapters, which are networks of
    their own and cannot be folded into a weight.
    """
    from genhub.text.classifier import load_run

    run, out_dir = RunFolder(Path(run_dir)), Path(out_dir)
    facts = run.read(PASSPORT)
    if facts["adapter"] == "bottleneck":
        what, limit = "Bottleneck adapters cannot be merged.", "They are small networks between the layers, not changes of a weight."
        raise UserError(what, limit, "Download the run instead, or train with LoRA.", "run")
    base = load_run(run.path).classifier.base
    model = base.model.merge_and_unload() if facts["adapter"] == "peft" else base.model
    out_dir.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out_dir)
    base.tokenizer.save_pretrained(out_dir)
    shutil.copyfile(run.path / HEAD, out_dir / HEAD)
    names = [path.name for path in sorted(out_dir.iterdir()) if path.name != PASSPORT]
    write_json(out_dir / PASSPORT, facts | {"adapter": "none", "files": {name: disk.sha256(out_dir / name) for name in names}})
    return out_dir
