"""The child's side of `genhub.hub`: runs in a one-shot process, and is the only code that talks to the Hub.

`fetch` downloads what a model needs, after metadata, sizes and config.json were looked at; it parses nothing but JSON.
`inspect` then loads what was fetched, in another process without network or token, and leaves a clean folder behind.
Data sets, publishing and runs that come back are in `genhub.hub_data`, `genhub.hub_publish` and `genhub.hub_run`. What the Hub answers
becomes a sentence for each case in `talking`.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from genhub import disk, families, hub_choice, hub_config, hub_pipeline, weights
from genhub.errors import UserError
from genhub.families import Family
from genhub.hub_choice import GENERATION, MAX_FILES, POOLING, PREPROCESSOR, TOKENIZER_FILES, WEIGHTS
from genhub.hub_config import OTHER as _OTHER
from genhub.hub_conversion import converted
from genhub.jobs.folder import write_json

SPARE_BYTES = 2 * disk.FREE_BYTES  # a model that is fetched leaves more room than jobs need
ASK_SECONDS = 15
TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
MAX_ENDS = 16
TABLE_BYTES = 500_000_000
TRIAL_TOKENS = 4
TRIAL_SIDE = 64
IMAGE_SIDE, IMAGE_SIDES = 224, (16, 512)
IMAGE_MEAN, IMAGE_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of ImageNet

_OFFLINE = "Choose an embedded model, or unset GENHUB_OFFLINE and HF_HUB_OFFLINE."


def quiet_hub() -> None:
    """Settings of huggingface_hub that it reads at its first import; call before importing it."""
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # plain HTTP: one code path, the one that is tested
    os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", str(ASK_SECONDS))
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", str(ASK_SECONDS))


@contextlib.contextmanager
def talking(repo: str, field: str = "model") -> Iterator[None]:
    """Turns each way in which the Hub says no into a UserError of its own."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.OfflineModeIsEnabled:
        raise UserError(f"“{repo}” is on the Hub, and this machine is set to stay offline.", "", _OFFLINE, field) from None
    except errors.HfHubHTTPError as error:
        raise _refusal(repo, error, field) from None
    except (errors.LocalEntryNotFoundError, errors.FileMetadataError) as error:
        cause = error.__cause__
        if isinstance(cause, errors.HfHubHTTPError):
            raise _refusal(repo, cause, field) from None
        raise _unreachable(field, cause or error) from None
    except (httpx2.HTTPError, httpx2.StreamError, ConnectionError, TimeoutError) as error:
        raise _unreachable(field, error) from None
    except json.JSONDecodeError:
        raise _other_words(field) from None


def _refusal(repo: str, error, field: str) -> UserError:
    from huggingface_hub import errors

    status = error.response.status_code if error.response is not None else 0
    said = error.response.headers.get("X-Error-Message", "") if error.response is not None else ""
    if isinstance(error, errors.GatedRepoError):
        what, limit = f"“{repo}” is gated.", "Its owner wants you to accept terms first."
        return UserError(what, limit, f"Accept them at huggingface.co/{repo} and give your token, or choose another.", field)
    if status == 429:
        return UserError(
            "The Hub asks for a pause (too many requests).", "It limits requests an hour.", "Try again in some minutes.", field
        )
    if status in (409, 412):
        what, limit = f"Somebody has changed “{repo}” meanwhile.", "One writes to it at a time."
        return UserError(what, limit, "Do the same again.", field)
    if status == 401 and said.startswith("Invalid"):
        return UserError("The Hub does not accept this token.", "It must be valid and not expired.", "Make a new one on the Hub.", field)
    if isinstance(error, errors.DisabledRepoError):
        return UserError(f"The Hub has disabled “{repo}”.", "Nobody can download it.", "Choose another one.", field)
    if isinstance(error, errors.RevisionNotFoundError):
        return UserError(f"“{repo}” does not have this revision.", "It may have been deleted.", "Choose another one.", field)
    if isinstance(error, errors.EntryNotFoundError):
        return UserError(f"A file of “{repo}” is gone.", "The repository changed meanwhile.", "Try again.", field)
    if status == 401:
        what, limit = f"“{repo}” is private, or does not exist.", "The Hub shows it to nobody without a token."
        return UserError(what, limit, "Check the spelling, or give a token that may read it.", field)
    if status == 404:
        what = f"The Hub knows no “{repo}”."
        return UserError(what, "The name must be that of a public repository, or of one your token may read.", "Check the spelling.", field)
    if status == 403:
        return UserError(f"The Hub does not let you do this with “{repo}”.", "The token has too few rights.", "Use another token.", field)
    limit = "It must answer with what was asked for, or say why not."
    return UserError(f"The Hub has a problem of its own (status {status}).", limit, "Try again later.", field)


def _unreachable(field: str, error: BaseException) -> UserError:
    what = f"The Hub cannot be reached ({type(error).__name__})."
    remedy = "Check the network, or choose an embedded model." if field == "model" else "Check the network, and try again."
    return UserError(what, f"It must answer within {ASK_SECONDS} s.", remedy, field)


def _other_words(field: str) -> UserError:
    limit = "A page that asks to sign in to a network, or a proxy, may answer in its place."
    return UserError(
        "The Hub answers with something else than it should.", limit, "Open huggingface.co in a browser, or try again later.", field
    )


# Fetching.


def fetch(args: dict) -> dict:
    """{"id", "revision", "folder", "token", "bytes", "public_only", "family"} → {"revision", "folder"}; the files lie in
    `folder`/<commit>, and `folder`/size.json says how large they are, as soon as that is known. What is there already from an interrupted download is not fetched again.
    """
    quiet_hub()
    from huggingface_hub import HfApi

    repo, token = args["id"], args.get("token") or False
    api = HfApi(token=token)
    with talking(repo):
        info, entries, files = found(api, repo, args["revision"], "model")
        revision = info.sha
        if hub_choice.only_old(files) and (copy := converted(api, repo, ASK_SECONDS)):
            revision, entries, files = copy, *_listed(api, repo, copy)
    if args["public_only"] and (info.private or info.gated):
        what = f"“{repo}” is not public."
        raise UserError(what, "On a shared page everybody could then use it.", "Use it in GenHub on your own machine.", "model")
    check_commit(repo, revision, "model")
    sizes = {path: entry.size for path, entry in files.items()}
    wanted = hub_choice.choose(repo, sizes, args["bytes"], len(entries) > MAX_FILES, args["family"])
    folder = Path(args["folder"]) / revision
    total = sum(files[path].size for path in wanted)
    check_disk(folder.parent, total, "model")
    write_json(folder.parent / "size.json", {"bytes": total})
    for path in wanted:  # what describes the model comes first, so that nothing big is fetched for one that is refused
        with talking(repo):
            local = _from_cache(repo, path, revision, folder) or Path(api.hf_hub_download(repo, path, revision=revision, local_dir=folder))
        check_download(repo, local, files[path], "model")
        if hub_pipeline.INDEX in wanted:
            hub_pipeline.check_file(repo, path, local, args["family"])
        elif path == "config.json":
            hub_config.check(repo, hub_config.read_json(local), args["family"])
    return {"revision": revision, "folder": str(folder)}


def found(api, repo: str, revision: str, field: str) -> tuple:
    """(what the Hub says of a model repository at this revision, all that it holds there, its files by their paths); `talking` is the caller's."""
    try:
        info = api.model_info(repo, revision=revision, timeout=ASK_SECONDS)
        return info, *_listed(api, repo, info.sha)
    except (KeyError, TypeError, AttributeError):
        raise _other_words(field) from None


def check_commit(repo: str, revision: str | None, field: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{40}", revision or ""):
        raise UserError(f"The Hub names no commit of “{repo}”.", "What is fetched is pinned to a commit.", "Try again later.", field)


def _listed(api, repo: str, revision: str) -> tuple[list, dict]:
    """All that the repository holds at this commit, as far as we count; and its files by their paths."""
    entries = list(islice(api.list_repo_tree(repo, recursive=True, revision=revision), MAX_FILES + 1))
    return entries, {entry.path: entry for entry in entries if hasattr(entry, "size")}


def check_disk(folder: Path, needed: int, field: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        what = f"The disk has {free / 1e6:,.0f} MB left; the {'model' if field == 'model' else 'run'} needs {needed / 1e6:,.0f} MB."
        raise UserError(what, f"{SPARE_BYTES / 1e6:g} MB must stay free.", "Make room, or choose a smaller one.", field)


def _from_cache(repo: str, path: str, revision: str, folder: Path) -> Path | None:
    """A copy of what lies in the cache of huggingface_hub already, such as what a Space was built with (preload_from_hub)."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, path, revision=revision)
    if not isinstance(found, str):
        return None
    local = folder / path
    local.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, local)
    return local


def check_download(repo: str, local: Path, entry, field: str) -> None:
    """Size and hash are those that the Hub's list of files names."""
    known = getattr(entry.lfs, "sha256", "") if getattr(entry, "lfs", None) else ""
    if local.is_symlink() or local.stat().st_size != entry.size or (known and disk.sha256(local) != known):
        local.unlink()
        raise UserError(f"{entry.path} of “{repo}” arrived damaged.", "Size and hash must be those the Hub names.", "Try again.", field)


# Looking at what was fetched. Whatever goes wrong here is the files' fault.


def inspect(args: dict) -> dict:
    """{"id", "source", "folder", "family"} → {"parameters", "family"}: load the files as they will be loaded later, let the model
    read a few tokens, write a clean copy to `folder`.

    The copy holds config.json with the architecture's own keys only, the tokenizer as transformers saves it, the weights as they
    came, and what the family uses beside them: the pooling, or the tokens with which a text begins and ends.
    """
    source, folder, repo = Path(args["source"]), Path(args["folder"]), args["id"]
    family = hub_config.check(repo, hub_config.read_json(source / "config.json"), args["family"])
    tensors = weights.read_header(source / WEIGHTS)
    weights.check_finite(source / WEIGHTS, tensors)
    for path in (source / name for name in TOKENIZER_FILES):
        if path.suffix == ".json" and path.exists() and "auto_map" in hub_config.read_json(path):
            raise UserError(f"The {path.name} of “{repo}” brings its own code.", "Code from the Hub is never run.", _OTHER, "model")
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    import transformers

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    own = _own_keys(hub_config.read_json(source / "config.json"))
    (folder / "config.json").write_text(json.dumps(own, indent=1), encoding="utf-8")
    config = transformers.AutoConfig.for_model(**own)
    _check_amount(repo, tensors, config, family)
    os.replace(source / WEIGHTS, folder / WEIGHTS)
    if family.writes:
        _copy_tokens(source, folder, config.vocab_size)
    model = _loaded(repo, folder, tensors, family)
    if family.pictures:
        _copy_preprocessor(repo, source, folder)
    else:
        _save_tokenizer(repo, source, folder, config, family)
    if family.pools:
        _copy_pooling(source, folder)
    return {"parameters": sum(value.numel() for value in model.parameters()), "family": family.name}


def _save_tokenizer(repo: str, source: Path, folder: Path, config, family: Family) -> None:
    """The tokenizer as transformers saves it."""
    import transformers

    for name in TOKENIZER_FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True)
    _check_tokenizer(repo, tokenizer, config.vocab_size, family)
    for name in TOKENIZER_FILES:
        (folder / name).unlink(missing_ok=True)
    tokenizer.save_pretrained(folder)


def _copy_preprocessor(repo: str, source: Path, folder: Path) -> None:
    """How pictures are read: mean and standard deviation of the colours, and the side. What is not said is ImageNet's."""
    said = hub_config.read_json(source / PREPROCESSOR) if (source / PREPROCESSOR).exists() else {}
    size = said.get("crop_size") or said.get("size") or IMAGE_SIDE
    if isinstance(size, dict):
        size = size.get("height") or size.get("shortest_edge") or IMAGE_SIDE
    own = {"image_mean": said.get("image_mean") or IMAGE_MEAN, "image_std": said.get("image_std") or IMAGE_STD, "side": size}
    colours = (*own["image_mean"], *own["image_std"]) if all(isinstance(own[name], list) for name in ("image_mean", "image_std")) else ()
    fits = len(colours) == 6 and all(isinstance(value, int | float) and 0 <= value <= 1 for value in colours) and min(colours[3:]) > 0.01
    if not fits or type(size) is not int or not IMAGE_SIDES[0] <= size <= IMAGE_SIDES[1]:
        limit = f"Three means and deviations from 0 to 1, and a side of {IMAGE_SIDES[0]} to {IMAGE_SIDES[1]} pixels."
        raise UserError(f"“{repo}” does not say in {PREPROCESSOR} how it reads pictures.", limit, _OTHER, "model")
    (folder / PREPROCESSOR).write_text(json.dumps(own), encoding="utf-8")


def _own_keys(config: dict) -> dict:
    """The keys that describe this architecture. Those of any model (output switches, attention kernels, dtype) are left out."""
    from transformers import PreTrainedConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    kind = config["model_type"]
    known = set(CONFIG_MAPPING[kind]().to_dict()) - set(PreTrainedConfig().to_dict())
    known |= set(CONFIG_MAPPING[kind].attribute_map) | families.OTHER_KEYS.get(kind, frozenset())
    own = {"model_type": kind} | {key: value for key, value in config.items() if key in known}
    classes = config.get("id2label") if kind in families.VISION.types else None
    return own | ({"num_labels": len(classes)} if isinstance(classes, dict) and classes else {})  # how large the head in the file is


def _check_amount(repo: str, tensors: dict, config, family: Family) -> None:
    """Before anything is allocated: the file holds about as many numbers as the architecture has, which keeps no large tables
    beside them. What is tied counts once."""
    import torch
    import transformers

    with torch.device("meta"):
        model = getattr(transformers, family.auto).from_config(config)
    inside = sum(tensor.size for tensor in tensors.values() if tensor.dtype in weights.FLOATS)
    outside = sum(value.numel() for value in model.parameters() if value.requires_grad)  # tables of sines are made, not stored
    spare = sum(value.numel() for key, value in model.named_parameters() if key.startswith(family.spare))
    if inside < outside - spare:
        what = f"The weights of “{repo}” hold {inside:,} numbers; its config.json describes {outside:,}."
        raise UserError(what, "They must belong together.", _OTHER, "model")
    tables = sum(value.numel() * value.element_size() for value in model.buffers())
    if tables > TABLE_BYTES:
        what = f"“{repo}” would keep tables of {tables / 1e6:,.0f} MB beside its weights."
        raise UserError(what, f"At most {TABLE_BYTES / 1e6:g} MB; they grow with the positions.", _OTHER, "model")


def _loaded(repo: str, folder: Path, tensors: dict, family: Family):
    """The model, after it was looked at and read a few tokens."""
    import torch
    import transformers

    floats = [tensor for tensor in tensors.values() if tensor.dtype in weights.FLOATS]
    halves = sum(tensor.size for tensor in floats if weights.BYTES_EACH[tensor.dtype] == 2)
    # What is stored in half precision is loaded so, which takes half the memory; bf16 overflows nowhere where fp16 does not.
    dtype = torch.bfloat16 if 2 * halves > sum(tensor.size for tensor in floats) else torch.float32
    # A mismatch must not raise here: the report then says which tensor it is.
    options = {"dtype": dtype, "output_loading_info": True, "ignore_mismatched_sizes": True}
    auto = getattr(transformers, family.auto)
    model, report = auto.from_pretrained(folder, local_files_only=True, use_safetensors=True, **options)
    _check_report(repo, report, family)
    trial = torch.arange(TRIAL_TOKENS)[None]
    asked = {"input_ids": trial, **({"decoder_input_ids": trial} if family.pairs else {})}
    if family.pictures:
        side = getattr(model.config, "image_size", TRIAL_SIDE)
        asked = {"pixel_values": torch.zeros(1, 3, side, side, dtype=dtype)}
    with torch.inference_mode():
        answer = model.eval()(**asked)[0]
    if not answer.isfinite().all():
        raise UserError(f"“{repo}” does not compute with finite numbers.", "Its weights must fit its config.json.", _OTHER, "model")
    return model


def _check_report(repo: str, report: dict, family: Family) -> None:
    """What transformers says after loading: only what nothing uses may be missing."""
    rule, remedy = "Names and shapes must be those of the architecture.", _OTHER
    wrong = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report["mismatched_keys"])
    if wrong:
        raise UserError(f"The weights of “{repo}” have “{wrong[0]}” in another shape than config.json says.", rule, remedy, "model")
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(family.spare))
    if missing:
        raise UserError(f"The weights of “{repo}” lack {len(missing)} tensors (“{missing[0]}”).", rule, remedy, "model")


def _check_tokenizer(repo: str, tokenizer, vocabulary: int, family: Family) -> None:
    if family.pads and tokenizer.pad_token is None:
        raise UserError(f"The tokenizer of “{repo}” has no padding token.", "Texts of a batch are padded.", _OTHER, "model")
    known = 1 + max(tokenizer.get_vocab().values(), default=-1)
    if known > vocabulary:
        what = f"The tokenizer of “{repo}” numbers {known:,} pieces, the model {vocabulary:,}."
        raise UserError(what, "They must belong together.", _OTHER, "model")


def _copy_tokens(source: Path, folder: Path, vocabulary: int) -> None:
    """Which tokens begin, end and fill a text; how to generate is not the repository's to say. Older ones say it in config.json."""
    said = hub_config.read_json(source / (GENERATION if (source / GENERATION).exists() else "config.json"))
    kept = {name: said[name] for name in TOKENS if _is_token(said.get(name), vocabulary)}
    ends = said.get("eos_token_id")
    if isinstance(ends, list) and 0 < len(ends) <= MAX_ENDS and all(_is_token(token, vocabulary) for token in ends):
        kept["eos_token_id"] = ends
    if kept:
        (folder / GENERATION).write_text(json.dumps(kept), encoding="utf-8")


def _is_token(value, vocabulary: int) -> bool:
    return type(value) is int and 0 <= value < vocabulary


def _copy_pooling(source: Path, folder: Path) -> None:
    if (source / POOLING).exists():
        modes = hub_config.read_json(source / POOLING)
        (folder / POOLING).parent.mkdir()
        kept = {"pooling_mode_cls_token": modes.get("pooling_mode_cls_token") is True}
        (folder / POOLING).write_text(json.dumps(kept), encoding="utf-8")
