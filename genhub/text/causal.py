"""A causal language model and its tokeniser, as everything that generates text uses them.

Loading takes a local folder only; `genhub.hub` finds, checks and downloads. Prompts become tokens here, and what a model
cannot read (a character that it has no token for, more tokens than it has positions) is refused with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn

from genhub import catalog
from genhub.errors import UserError
from genhub.text import char_rnn
from genhub.text.char_rnn import Writer
from genhub.text.chars import unknown
from genhub.text.decoding.eight_bit import eight_bit
from genhub.text.decoding.memory import Decoder, TransformerDecoder
from genhub.text.decoding.recurrent import RecurrentDecoder
from genhub.text.decoding.rolling import RollingDecoder
from genhub.text.lm import sliding_windows
from genhub.text.sharing import twin

NAMED_CHARACTERS = 10
PIECE = 256  # tokens that are judged at once


@dataclass(frozen=True)
class Causal:
    """`model` is transformers' (or ours), `decoder` the same one token at a time. ends: tokens with which it ends a text; start: the
    token that stands for an empty prompt, None where a prompt must say something."""

    model: nn.Module
    decoder: Decoder
    tokenizer: object
    ends: frozenset[int]
    start: int | None
    id: str = ""
    revision: str = ""
    sha256: str = ""

    @property
    def positions(self) -> int:
        """The most tokens that are read at once; 0 without limit."""
        return _positions(self.model)

    @property
    def longest(self) -> int:
        """The most tokens of a text, prompt and answer together; 0 without limit."""
        return self.decoder.positions

    @property
    def kind(self) -> str:
        """The architecture as transformers names it: gpt2, llama …"""
        return self.model.config.model_type

    @property
    def hub_id(self) -> str:
        """The id by which anybody can load this model: an embedded one may also be on the Hub."""
        return catalog.hub_id(self.id)

    @property
    def spells(self) -> bool:
        """Is a token a character?"""
        return getattr(self.tokenizer, "unk_token", None) is None and all(len(key) == 1 for key in self.tokenizer.get_vocab())

    def twin(self) -> "Causal":
        """A module tree of its own over the same weights (no copy), so that an adapter put into it leaves no trace here."""
        model = twin(self.model)
        return replace(self, model=model, decoder=wrapped(model, self.tokenizer).decoder)

    def quick(self) -> "Causal | None":
        """The same model in eight bits, see `decoding.eight_bit`; None where that cannot be."""
        model = eight_bit(self.model)
        return model and replace(self, model=model, decoder=wrapped(model, self.tokenizer).decoder)

    def encode(self, text: str) -> list[int]:
        """The tokens of a prompt, at least one. Raises UserError for characters the model does not know and for nothing."""
        strange = unknown(self.tokenizer, text) if self.spells else []
        if strange:
            shown = " ".join(
                f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}" for character in strange[:NAMED_CHARACTERS]
            )
            what = f"This model has no token for {shown}{' …' if len(strange) > NAMED_CHARACTERS else ''}."
            known = "".join(sorted(key for key in self.tokenizer.get_vocab() if key.isprintable()))
            raise UserError(
                what, f"It reads these characters: {known}", "Take them out, or choose a model with a larger vocabulary.", "prompt"
            )
        ids = self.tokenizer(text)["input_ids"] if text else []
        while ids and ids[-1] in self.ends:  # some tokenisers close every text
            ids.pop()
        if ids:
            return ids
        if self.start is None:
            raise UserError("The prompt is empty.", "This model needs at least one character to go on from.", "Write one.", "prompt")
        return [self.start]

    def prompt(self, text: str) -> list[int]:
        """`encode`, with room for at least one new token. Raises UserError for a prompt that fills the model's positions."""
        ids = self.encode(text)
        if self.longest and len(ids) >= self.longest:
            what = f"The prompt has {len(ids):,} tokens."
            limit = f"This model holds {self.longest:,}, prompt and answer together."
            raise UserError(what, limit, f"Shorten it to fewer than {self.longest:,} tokens.", "prompt")
        return ids

    def read(self, count: int) -> int:
        """How many of the last of `count` tokens the model reads before it writes the next one."""
        return self.decoder.read(count) if isinstance(self.decoder, RollingDecoder) else count

    def logits(self, ids: list[int]) -> torch.Tensor:
        """(T, V) after each token, on the CPU."""
        return torch.cat(list(self.pieces(ids)))

    @torch.inference_mode()
    def pieces(self, ids: list[int]) -> Iterator[torch.Tensor]:
        """`logits` in pieces of a few hundred tokens: of a large vocabulary all of them would take gigabytes. Where a text is longer than the
        positions, each token is read after half of them."""
        if self.positions and len(ids) > self.positions:
            for start, end, new in sliding_windows(len(ids) + 1, self.positions, self.positions // 2):
                yield self._logits(ids[start:end])[0][new - start :]
        elif len(ids) <= PIECE or isinstance(self.model, Writer):
            yield self._logits(ids)[0]
        else:
            memory = None
            for start in range(0, len(ids), PIECE):
                told, memory = self._logits(ids[start : start + PIECE], past_key_values=memory, use_cache=True)
                yield told

    def _logits(self, ids: list[int], **how) -> tuple[torch.Tensor, object]:
        """(T, V) logits of one pass, and what the model remembers of it."""
        told = self.model(input_ids=torch.tensor([ids], device=self.model.device), **how)
        return told.logits[0].float().cpu(), getattr(told, "past_key_values", None)


def load_causal(folder: Path, *, id: str = "", revision: str = "", sha256: str = "", variant: str = "") -> Causal:
    """Load a folder of transformers' or of `char_rnn` (config.json, model.safetensors, tokeniser files) without asking anybody.

    `variant`: of a character RNN, see `char_rnn.load`. Weights are held in fp32. Raises UserError when the folder does not hold a
    causal language model that we know.
    """
    folder = Path(folder)
    try:
        model, tokenizer = _recurrent(folder, variant) if char_rnn.variants(folder) else _transformer(folder)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        what = f"The language model {id or folder.name} cannot be loaded ({type(error).__name__})."
        raise UserError(what, f"It needs {_needs()}.", "Choose another model.", "model") from error
    kind = model.config.model_type
    if kind not in (*catalog.CAUSAL_TYPES, char_rnn.KIND):
        raise UserError(f"{id or folder.name} is a “{kind}” model.", f"Generating text needs {_needs()}.", "Choose another model.", "model")
    return wrapped(model.eval(), tokenizer, id=id, revision=revision, sha256=sha256)


def _transformer(folder: Path) -> tuple[nn.Module, object]:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype="float32")
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True)


def _recurrent(folder: Path, variant: str) -> tuple[nn.Module, object]:
    from transformers import PreTrainedTokenizerFast

    known = char_rnn.variants(folder)
    if variant and variant not in known:
        what = f"This model has no variant “{variant[:40]}”."
        raise UserError(what, f"There are: {', '.join(known)}.", "Choose one of them.", "model")
    return Writer(char_rnn.load(folder, variant)), PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


def wrapped(model: nn.Module, tokenizer, *, id: str = "", revision: str = "", sha256: str = "") -> Causal:
    """A loaded model (of transformers, or a character RNN as `Writer`) and its tokeniser as a Causal."""
    if isinstance(model, Writer):
        return Causal(model, RecurrentDecoder(model.rnn), tokenizer, frozenset(), None, id, revision, sha256)
    ends = model.generation_config.eos_token_id if model.generation_config.eos_token_id is not None else tokenizer.eos_token_id
    ends = frozenset(ends if isinstance(ends, list) else [ends] if ends is not None else [])
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    decoder = TransformerDecoder(model, _positions(model))
    if start is None and not ends and _positions(model):  # trained on windows from anywhere: its texts begin and end nowhere
        decoder = RollingDecoder(model, _positions(model))
    return Causal(model, decoder, tokenizer, ends, start, id, revision, sha256)


def _positions(model: nn.Module) -> int:
    return int(getattr(model.config, "max_position_embeddings", 0) or 0)


def open_causal(model_id: str, revision: str = "") -> Causal:
    """The language model behind a model id (`embedded/…` or `owner/name`), found, checked and if need be downloaded by `hub`.

    A variant of an embedded character RNN is named after a colon: `embedded/char-rnn:stateless`.
    """
    from genhub import families, hub, settings

    name, _, variant = model_id.partition(":")
    found = hub.model_folder(name, settings.get(), revision=revision, family=families.CAUSAL.name)
    return load_causal(found.path, id=model_id, revision=found.revision or "", sha256=found.sha256 or "", variant=variant)


def _needs() -> str:
    return f"config.json, model.safetensors and a tokeniser of one of: {', '.join(catalog.CAUSAL_TYPES)}"
