"""The child's side of `genhub.hub`: runs in a one-shot process, and is the only code that talks to the Hub.

`fetch` downloads what a model needs, after metadata, sizes and config.json were looked at; it parses nothing but JSON.
`inspect` then loads what was fetched, in another process without network or token, and leaves a clean folder behind.
`dataset` and `publish` are in `genhub.hub_data` and `genhub.hub_publish`. What the Hub answers becomes a sentence of its own
for each case in `talking`.
"""

import contextlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from genhub import catalog, disk, weights
from genhub.errors import UserError

WEIGHTS = "model.safetensors"
POOLING = "1_Pooling/config.json"
TOKENIZER_FILES = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spm.model", "spiece.model"),
)
CONFIG_BYTES = 1_000_000
TOKENIZER_BYTES = 50_000_000
MAX_FILES = 5_000
SPARE_BYTES = 200_000_000
ASK_SECONDS = 15
# Sizes an encoder may have, whatever its architecture calls them.
RANGES = {
    **dict.fromkeys(("hidden_size", "dim", "embedding_size", "pooler_hidden_size"), (8, 4_096)),
    **dict.fromkeys(("intermediate_size", "hidden_dim"), (8, 16_384)),
    **dict.fromkeys(("num_hidden_layers", "n_layers", "num_hidden_groups", "inner_group_num"), (1, 48)),
    **dict.fromkeys(("num_attention_heads", "n_heads"), (1, 64)),
    "vocab_size": (10, 600_000),
    "max_position_embeddings": (8, 32_768),
    "type_vocab_size": (0, 16),
    "num_labels": (1, 10_000),
}
NEEDED = ("hidden_size", "dim"), ("num_hidden_layers", "n_layers"), ("num_attention_heads", "n_heads"), ("vocab_size",)
MAX_NUMBER = 1_000_000
# Keys that an architecture reads although its configuration class does not list them.
OTHER_KEYS = {
    "deberta-v2": {"position_buckets", "share_att_key", "norm_rel_ebd", "conv_kernel_size", "conv_groups", "conv_act"},
    "modernbert": {"global_attn_every_n_layers", "global_rope_theta", "local_rope_theta"},
}

_OTHER = "Choose another model."
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
    return UserError(f"The Hub has a problem of its own (status {status}).", "", "Try again later.", field)


def _unreachable(field: str, error: BaseException) -> UserError:
    what = f"The Hub cannot be reached ({type(error).__name__})."
    return UserError(what, f"It must answer within {ASK_SECONDS} s.", "Check the network, or choose an embedded model.", field)


# Fetching.


def fetch(args: dict) -> dict:
    """{"id", "revision", "folder", "token", "bytes", "public_only"} → {"revision", "folder"}; the files lie in `folder`/<commit>.

    What is there already from an interrupted download is not fetched again.
    """
    quiet_hub()
    from huggingface_hub import HfApi

    repo, token = args["id"], args.get("token") or False
    api = HfApi(token=token)
    with talking(repo):
        info = api.model_info(repo, revision=args["revision"], timeout=ASK_SECONDS)
        entries = list(islice(api.list_repo_tree(repo, recursive=True, revision=info.sha), MAX_FILES + 1))
        files = {entry.path: entry for entry in entries if hasattr(entry, "size")}
    if args["public_only"] and (info.private or info.gated):
        what = f"“{repo}” is not public."
        raise UserError(what, "On a shared page everybody could then use it.", "Use it in GenHub on your own machine.", "model")
    if not re.fullmatch(r"[0-9a-f]{40}", info.sha or ""):
        raise UserError(f"The Hub names no commit of “{repo}”.", "A model is pinned to a commit.", "Try again later.", "model")
    wanted = choose(repo, {path: entry.size for path, entry in files.items()}, args["bytes"], len(entries) > MAX_FILES)
    folder = Path(args["folder"]) / info.sha
    _check_disk(folder.parent, sum(files[path].size for path in wanted))
    for path in wanted:  # config.json comes first, so that nothing big is fetched for a model that is refused
        with talking(repo):
            local = Path(api.hf_hub_download(repo, path, revision=info.sha, local_dir=folder))
        _check_download(repo, local, files[path])
        if path == "config.json":
            check_config(repo, read_json(local))
    return {"revision": info.sha, "folder": str(folder)}


def choose(repo: str, sizes: dict[str, int], limit: int, too_many: bool = False) -> list[str]:
    """The files to fetch, small ones first. Raises UserError when the repository is not one we load."""

    def refuse(what: str, rule: str, remedy: str = _OTHER) -> UserError:
        return UserError(f"“{repo}” {what}.", rule, remedy, "model")

    if too_many:
        raise refuse(f"has more than {MAX_FILES:,} files", "A model has a few.")
    if "adapter_config.json" in sizes:
        raise refuse("is an adapter, not a model", "It would send us on to another model.", "Choose its base model.")
    if "config.json" not in sizes:
        raise refuse("has no config.json", "That file says how a transformers model is built.")
    if WEIGHTS not in sizes:
        if any(path.startswith("model-") and path.endswith(".safetensors") for path in sizes):
            raise refuse("keeps its weights in several files", "Encoders of this size have one model.safetensors.")
        if any(path.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl")) for path in sizes):
            raise refuse("has only weights in the old .bin format", "That format can run code when it is read; safetensors cannot.")
        raise refuse("has no model.safetensors", "Weights must be in that format.")
    if not any(path in sizes for path in TOKENIZER_FILES if path not in ("tokenizer_config.json", "special_tokens_map.json")):
        raise refuse("has no tokenizer", "One of tokenizer.json, vocab.txt or a sentencepiece model is needed.")
    small = ["config.json", *(path for path in (*TOKENIZER_FILES, POOLING) if path in sizes)]
    for path in small:
        most = TOKENIZER_BYTES if path in TOKENIZER_FILES else CONFIG_BYTES
        if sizes[path] > most:
            raise refuse(f"has a {path} of {sizes[path] / 1e6:,.0f} MB", f"At most {most / 1e6:g} MB.")
    total = sum(sizes[path] for path in (*small, WEIGHTS))
    if total > limit:
        raise refuse(f"is too large ({total / 1e6:,.0f} MB)", f"At most {limit / 1e6:,.0f} MB.", "Choose a smaller model.")
    return [*small, WEIGHTS]


def _check_disk(folder: Path, needed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        what = f"The disk has {free / 1e6:,.0f} MB left; the model needs {needed / 1e6:,.0f} MB."
        raise UserError(what, f"{SPARE_BYTES / 1e6:g} MB must stay free.", "Make room, or choose a smaller model.", "model")


def _check_download(repo: str, local: Path, entry) -> None:
    known = getattr(entry.lfs, "sha256", "") if getattr(entry, "lfs", None) else ""
    if local.is_symlink() or local.stat().st_size != entry.size or (known and disk.sha256(local) != known):
        local.unlink()
        raise UserError(f"{entry.path} of “{repo}” arrived damaged.", "Size and hash must be those the Hub names.", "Try again.", "model")


def read_json(path: Path) -> dict:
    """A JSON object from a repository. Raises UserError for anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UserError(f"The model's {path.name} is not a JSON object.", "It is damaged.", _OTHER, "model")
    return value


def check_config(repo: str, config: dict) -> None:
    """config.json as we accept it: an architecture of our list, in bounds, without code, redirects or quantization."""

    def refuse(what: str, rule: str, remedy: str = _OTHER) -> UserError:
        return UserError(f"“{repo}” {what}.", rule, remedy, "model")

    if "auto_map" in config:
        raise refuse("brings its own code (auto_map)", "Code from the Hub is never run.")
    kind = config.get("model_type")
    if kind not in catalog.ENCODER_TYPES:
        raise refuse(f"is of the type “{str(kind)[:40]}”", f"Encoders of these types can be used: {', '.join(catalog.ENCODER_TYPES)}.")
    if any(key in config for key in ("quantization_config", "compression_config")):
        raise refuse("is quantized", "Fine-tuning needs the full weights.", "Choose the model it was made from.")
    for names in NEEDED:
        if not any(name in config for name in names):
            raise refuse(f"does not say its {names[0]}", "config.json must name the sizes of the model.")
    for name, (low, high) in RANGES.items():
        if name in config and not (type(config[name]) is int and low <= config[name] <= high):
            raise refuse(f"has {name} = {str(config[name])[:24]}", f"A whole number from {low:,} to {high:,}.")
    for name, value in config.items():
        if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= MAX_NUMBER):
            raise refuse(f"has {name} = {str(value)[:24]}", f"Numbers are finite and at most {MAX_NUMBER:,}.")
        if isinstance(value, list | dict) and len(value) > RANGES["num_labels"][1]:
            raise refuse(f"has {len(value):,} entries under {name}", f"At most {RANGES['num_labels'][1]:,}.")
    heads, hidden = config.get("num_attention_heads", config.get("n_heads")), config.get("hidden_size", config.get("dim"))
    if hidden % heads:
        raise refuse(f"has {heads} attention heads for hidden_size {hidden}", "The heads share it equally.")


# Looking at what was fetched. Whatever goes wrong here is the files' fault.


def inspect(args: dict) -> dict:
    """{"id", "source", "folder"} → {"parameters"}: load the files as they will be loaded later, write a clean copy to `folder`.

    The copy holds config.json with the architecture's own keys only, the tokenizer as transformers saves it,
    the weights as they came, and the pooling.
    """
    source, folder, repo = Path(args["source"]), Path(args["folder"]), args["id"]
    tensors = weights.read_header(source / WEIGHTS)
    weights.check_finite(source / WEIGHTS, tensors)
    for path in (source / name for name in ("config.json", *TOKENIZER_FILES)):
        if path.suffix == ".json" and path.exists() and "auto_map" in read_json(path):
            raise UserError(f"The {path.name} of “{repo}” brings its own code.", "Code from the Hub is never run.", _OTHER, "model")
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    own = _own_keys(read_json(source / "config.json"))
    (folder / "config.json").write_text(json.dumps(own, indent=1), encoding="utf-8")
    config = AutoConfig.for_model(**own)
    with torch.device("meta"):
        expected = {key: tuple(value.shape) for key, value in AutoModel.from_config(config).named_parameters()}
    _check_amount(repo, tensors, expected)
    os.replace(source / WEIGHTS, folder / WEIGHTS)
    # A mismatch must not raise here: the report then says which tensor it is.
    options = {"local_files_only": True, "use_safetensors": True, "output_loading_info": True, "ignore_mismatched_sizes": True}
    model, report = AutoModel.from_pretrained(folder, **options)
    _check_report(repo, report)
    for name in TOKENIZER_FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True)
    _check_tokenizer(repo, tokenizer, config)
    for name in TOKENIZER_FILES:
        (folder / name).unlink(missing_ok=True)
    tokenizer.save_pretrained(folder)
    _copy_pooling(source, folder)
    return {"parameters": sum(value.numel() for value in model.parameters())}


def _own_keys(config: dict) -> dict:
    """The keys that describe this architecture. Those of any model (output switches, attention kernels, dtype) are left out."""
    from transformers import PreTrainedConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    kind = config["model_type"]
    known = set(CONFIG_MAPPING[kind]().to_dict()) - set(PreTrainedConfig().to_dict())
    known |= OTHER_KEYS.get(kind, set())
    return {"model_type": kind} | {key: value for key, value in config.items() if key in known}


def _check_amount(repo: str, tensors: dict, expected: dict) -> None:
    """Before anything is allocated: the file holds about as many numbers as the architecture has."""
    inside, outside = sum(tensor.size for tensor in tensors.values()), sum(math.prod(shape) for shape in expected.values())
    pooler = sum(math.prod(shape) for key, shape in expected.items() if key.startswith("pooler."))
    if inside < outside - pooler:
        what = f"The weights of “{repo}” hold {inside:,} numbers; its config.json describes {outside:,}."
        raise UserError(what, "They must belong together.", _OTHER, "model")


def _check_report(repo: str, report: dict) -> None:
    """What transformers says after loading: only the pooler, which we do not use, may be missing."""
    rule, remedy = "Names and shapes must be those of the architecture.", _OTHER
    wrong = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report["mismatched_keys"])
    if wrong:
        raise UserError(f"The weights of “{repo}” have “{wrong[0]}” in another shape than config.json says.", rule, remedy, "model")
    missing = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise UserError(f"The weights of “{repo}” lack {len(missing)} tensors (“{missing[0]}”).", rule, remedy, "model")


def _check_tokenizer(repo: str, tokenizer, config) -> None:
    if tokenizer.pad_token is None:
        raise UserError(f"The tokenizer of “{repo}” has no padding token.", "Texts of a batch are padded.", _OTHER, "model")
    if len(tokenizer) > config.vocab_size:
        what = f"The tokenizer of “{repo}” knows {len(tokenizer):,} pieces, the model {config.vocab_size:,}."
        raise UserError(what, "They must belong together.", _OTHER, "model")


def _copy_pooling(source: Path, folder: Path) -> None:
    if (source / POOLING).exists():
        modes = read_json(source / POOLING)
        (folder / POOLING).parent.mkdir()
        kept = {"pooling_mode_cls_token": modes.get("pooling_mode_cls_token") is True}
        (folder / POOLING).write_text(json.dumps(kept), encoding="utf-8")
