"""A translation model and its tokeniser, as everything that translates uses them.

    translator = load_translator(folder).between("en", "es")
    ids = translator.encode("I run.")                       # with the end token
    translator.text([…])                                    # and back

Loading takes a local folder only; `genhub.hub` finds, checks and downloads. A model for one pair of languages knows no other;
one for many (M2M, mBART) is told the pair by tokens, T5 by words before the text.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import SafetensorError
from torch import nn

from genhub import catalog
from genhub.errors import UserError
from genhub.text.sharing import twin
from genhub.text.translation.seq2seq import Special

T5_WORDS = {"en": "English", "de": "German", "fr": "French", "ro": "Romanian"}
T5_PAIRS = tuple(("en", target) for target in ("de", "fr", "ro"))
NAMED = 12


@dataclass(frozen=True)
class Translator:
    """`source` and `target`: languages, "" where nobody knows. first: what the decoder reads before it writes. prefix: words before a
    source. pairs: what it can translate; empty: unknown."""

    model: nn.Module
    tokenizer: object
    special: Special
    folder: Path
    first: tuple[int, ...]
    source: str = ""
    target: str = ""
    prefix: str = ""
    id: str = ""
    revision: str = ""
    sha256: str = ""

    @property
    def kind(self) -> str:
        """The architecture as transformers names it: marian, t5 …"""
        return self.model.config.model_type

    @property
    def hub_id(self) -> str:
        """The id under which anybody finds it."""
        return catalog.hub_id(self.id)

    @property
    def positions(self) -> int:
        """The most tokens of a source that are read at once; 0 without limit."""
        return int(getattr(self.model.config, "max_position_embeddings", 0) or 0)

    @property
    def languages(self) -> dict[str, object]:
        """By code, what the tokeniser calls the languages of a model for many; empty for a model of one pair."""
        return {str(code).partition("_")[0]: code for code in getattr(self.tokenizer, "lang_code_to_id", None) or {}}

    @property
    def penalty(self) -> float:
        """The length penalty that the model comes with."""
        return float(getattr(self.model.generation_config, "length_penalty", None) or 1.0)

    def twin(self) -> "Translator":
        """A module tree of its own over the same weights (no copy), so that an adapter put into it leaves no trace here."""
        return replace(self, model=twin(self.model))

    def between(self, source: str, target: str) -> "Translator":
        """The same model told to translate so; what is empty stays as it is. Raises UserError, naming the pairs there are."""
        source, target = source or self.source, target or self.target
        if self.kind == "t5":
            return self._t5(source or "en", target or "de")
        if self.languages:
            return self._of_many(source, target)
        if self.source and (source, target) != (self.source, self.target):
            raise _unknown(self.id, source, target, [(self.source, self.target)])
        return replace(self, source=source, target=target)

    def _t5(self, source: str, target: str) -> "Translator":
        if (source, target) not in T5_PAIRS:
            raise _unknown(self.id, source, target, list(T5_PAIRS))
        prefix = f"translate {T5_WORDS[source]} to {T5_WORDS[target]}: "
        return replace(self, source=source, target=target, prefix=prefix)

    def _of_many(self, source: str, target: str) -> "Translator":
        known = self.languages
        if source not in known or target not in known:
            named = ", ".join(sorted(known)[:NAMED]) + (" …" if len(known) > NAMED else "")
            what = f"“{self.id}” does not translate from “{source or '?'}” into “{target or '?'}”."
            raise UserError(what, f"It knows {len(known)} languages: {named}", "Say both languages by their codes.", "target_language")
        return replace(self, source=source, target=target, first=(self.special.start, self.tokenizer.lang_code_to_id[known[target]]))

    def encode(self, text: str) -> list[int]:
        """The tokens of a source, those that close it included. Characters without a token become the unknown one."""
        if self.languages and self.source:
            self.tokenizer.src_lang = self.languages[self.source]
        return self.tokenizer(self.prefix + text)["input_ids"]

    def encode_target(self, text: str) -> list[int]:
        """The tokens of a target as the decoder would write them, the end token included."""
        if self.languages and self.target:
            self.tokenizer.tgt_lang = self.languages[self.target]
        return self.tokenizer(text_target=text)["input_ids"]

    def pieces(self, ids: list[int]) -> list[str]:
        return self.tokenizer.convert_ids_to_tokens(ids)

    def text(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False).strip()


def load_translator(folder: Path, *, id: str = "", revision: str = "", sha256: str = "") -> Translator:
    """Load a folder of transformers (config.json, model.safetensors, tokeniser files) without asking anybody, in fp32 and with eager
    attention, which tells its weights. Raises UserError when the folder does not hold a translation model that we know."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils import logging

    folder = Path(folder)
    logging.disable_progress_bar()
    try:
        options = {"local_files_only": True, "use_safetensors": True, "dtype": "float32", "attn_implementation": "eager"}
        model = AutoModelForSeq2SeqLM.from_pretrained(folder, **options)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        what = f"The translation model {id or folder.name} cannot be loaded ({type(error).__name__})."
        raise UserError(what, f"It needs {_needs()}.", "Choose another model.", "model") from error
    if model.config.model_type not in catalog.SEQ2SEQ_TYPES:
        what = f"{id or folder.name} is a “{model.config.model_type}” model."
        raise UserError(what, f"Translating needs {_needs()}.", "Choose another model.", "model")
    source, target = catalog.languages_of(id)
    special = _special(model)
    return Translator(model.eval(), tokenizer, special, folder, (special.start,), source, target, "", id, revision, sha256)


def open_translator(model_id: str, revision: str = "") -> Translator:
    """The model behind a model id (`embedded/…` or `owner/name`), found, checked and if need be downloaded by `hub`."""
    from genhub import families, hub, settings

    found = hub.model_folder(model_id, settings.get(), revision=revision, family=families.SEQ2SEQ.name)
    return load_translator(found.path, id=model_id, revision=found.revision or "", sha256=found.sha256 or "")


def _special(model: nn.Module) -> Special:
    said = model.generation_config
    ends = said.eos_token_id if said.eos_token_id is not None else model.config.eos_token_id
    start = said.decoder_start_token_id
    start = start if start is not None else getattr(model.config, "decoder_start_token_id", None)
    if ends is None or start is None:
        raise UserError("The model does not say how a text begins and ends.", "Its configuration must.", "Choose another model.", "model")
    pad = model.config.pad_token_id
    return Special(ends[0] if isinstance(ends, list) else ends, start if pad is None else pad, start)


def _unknown(model: str, source: str, target: str, pairs: list[tuple[str, str]]) -> UserError:
    known = ", ".join(f"{here} to {there}" for here, there in pairs)
    what = f"“{model}” does not translate from “{source}” into “{target}”."
    return UserError(what, f"It translates {known}.", "Choose another model, or these languages.", "target_language")


def _needs() -> str:
    return f"config.json, model.safetensors and a tokeniser of one of: {', '.join(catalog.SEQ2SEQ_TYPES)}"
