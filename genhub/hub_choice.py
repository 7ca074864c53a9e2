"""Which files of a repository are fetched, by their names and sizes alone: those of a model of transformers, or of a pipeline of diffusers."""

from collections.abc import Callable, Collection, Mapping

from genhub import families, hub_pipeline
from genhub.errors import UserError
from genhub.hub_config import OTHER

WEIGHTS = "model.safetensors"
PASSPORT = "passport.json"  # of a run that GenHub pushed
WEIGHTS_INDEX = "model.safetensors.index.json"
OLD_WEIGHTS = "pytorch_model.bin"
POOLING = "1_Pooling/config.json"
GENERATION = "generation_config.json"
PREPROCESSOR = "preprocessor_config.json"
TOKENIZER_FILES = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spm.model", "spiece.model"),
    *("source.spm", "target.spm"),
)
CONFIG_BYTES = 1_000_000
TOKENIZER_BYTES = 50_000_000
MAX_FILES = 5_000

Refusal = Callable[..., UserError]


def only_old(paths: Collection[str]) -> bool:
    """Are the weights there in the old format only?"""
    if hub_pipeline.INDEX in paths:
        *_, weights = hub_pipeline.parts(paths)
        return weights not in paths and weights.replace(".safetensors", ".bin") in paths
    return WEIGHTS not in paths and OLD_WEIGHTS in paths


def choose(repo: str, sizes: Mapping[str, int], limit: int, too_many: bool = False, family: str = "") -> list[str]:
    """The files to fetch of a model that is to be of this family, if any, small ones first and the weights last; of a model that reads or
    draws pictures no tokenizer. Raises UserError when the repository is not one we load."""

    def refuse(what: str, rule: str, remedy: str = OTHER) -> UserError:
        return UserError(f"“{repo}” {what}.", rule, remedy, "model")

    if too_many:
        raise refuse(f"has more than {MAX_FILES:,} files", "A model has a few.")
    if "adapter_config.json" in sizes:
        remedy = "Choose its base model. An adapter that GenHub pushed is opened in Runs, by its name on the Hub."
        raise refuse("is an adapter, not a model", "It would send us on to another model.", remedy)
    if hub_pipeline.INDEX in sizes:
        *small, weights = hub_pipeline.parts(sizes)
        missing = next((path for path in small if path not in sizes), "")
        if missing:
            raise refuse(f"has no {missing}", "It is a part of every pipeline that is loaded here.")
    else:
        small, weights = _of_a_model(sizes, family, refuse), WEIGHTS
    _check_weights(sizes, weights, refuse)
    for path in small:
        most = TOKENIZER_BYTES if path in TOKENIZER_FILES else CONFIG_BYTES
        if sizes[path] > most:
            raise refuse(f"has a {path} of {sizes[path] / 1e6:,.0f} MB", f"At most {most / 1e6:g} MB.")
    total = sum(sizes[path] for path in (*small, weights))
    if total > limit:
        raise refuse(f"is too large ({total / 1e6:,.0f} MB)", f"At most {limit / 1e6:,.0f} MB.", "Choose a smaller model.")
    return [*small, weights]


def _of_a_model(sizes: Mapping[str, int], family: str, refuse: Refusal) -> list[str]:
    """What a model of transformers has beside its weights."""
    pictures = bool(family) and families.FAMILIES[family].pictures
    if "config.json" not in sizes:
        if PASSPORT in sizes:
            remedy = "Open it in Runs, by its name on the Hub, or with python -m genhub open."
            raise refuse("is a run of GenHub, not a model to begin with", "It holds what was trained, beside its base model.", remedy)
        if family == families.DIFFUSION.name:
            raise refuse(f"has no {hub_pipeline.INDEX}", "That file says how a pipeline of diffusers is built.")
        raise refuse("has no config.json", "That file says how a transformers model is built.")
    named = [path for path in TOKENIZER_FILES if path not in ("tokenizer_config.json", "special_tokens_map.json")]
    if not pictures and WEIGHTS in sizes and not any(path in sizes for path in named):
        raise refuse("has no tokenizer", "One of tokenizer.json, vocab.txt, vocab.json or a sentencepiece model is needed.")
    beside = (PREPROCESSOR,) if pictures else (*TOKENIZER_FILES, POOLING, GENERATION)
    return ["config.json", *(path for path in beside if path in sizes)]


def _check_weights(sizes: Mapping[str, int], weights: str, refuse: Refusal) -> None:
    if weights in sizes:
        return
    stem = weights.removesuffix(".safetensors")
    if f"{weights}.index.json" in sizes or any(path.startswith(f"{stem}-") and path.endswith(".safetensors") for path in sizes):
        raise refuse("keeps its weights in several files", f"A model of a size that we load has one {weights}.")
    if any(path.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl")) for path in sizes):
        raise refuse(
            "has only weights in the old .bin format",
            "That format can run code when it is read; safetensors cannot.",
            "Ask for a copy at huggingface.co/spaces/safetensors/convert, or choose another model.",
        )
    raise refuse(f"has no {weights}", "Weights must be in that format.")
