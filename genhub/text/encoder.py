"""A pretrained encoder and how it turns a text into one vector.

The sentence vector is pooled as the encoder was trained: the mask-aware mean of the last hidden states, or the state of
the first token. It is scaled to length 16, so that a linear head sees the same sizes whatever the encoder:

    v = pool(last_hidden_state)          (B, H)
    v = 16 * v / ||v||

Loading takes a local folder only; `genhub.hub` finds, checks and downloads.
"""

import copy
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from genhub import catalog
from genhub.errors import UserError
from genhub.text.sharing import twin

SCALE = 16.0
# Positions that RoBERTa's relatives leave unused: their first position number is padding_idx + 1.
POSITION_OFFSET = {"roberta": 2, "xlm-roberta": 2, "camembert": 2, "mpnet": 2}


@dataclass(frozen=True)
class Encoder:
    """`model(input_ids, attention_mask).last_hidden_state` is (B, T, hidden); `max_length` is the most tokens it reads."""

    model: nn.Module
    tokenizer: object
    pooling: str
    hidden: int
    max_length: int
    id: str = ""
    revision: str = ""
    sha256: str = ""
    normalize: bool = True
    scale: float = SCALE

    @property
    def kind(self) -> str:
        """The architecture as transformers names it: bert, distilbert, roberta …"""
        return self.model.config.model_type

    @property
    def hub_id(self) -> str:
        """The id by which anybody can load this base: an embedded model is also on the Hub."""
        return catalog.hub_id(self.id)

    def twin(self) -> "Encoder":
        """A module tree of its own over the same weights (no copy), so that adapters put into it leave no trace here."""
        return replace(self, model=twin(self.model))

    def clone(self) -> "Encoder":
        """A module tree with weights of its own."""
        return replace(self, model=copy.deepcopy(self.model))

    def tokenize(self, texts: list[str], max_length: int) -> list[list[int]]:
        """Token ids of each text with its special tokens, cut to `max_length`; not padded."""
        if not texts:
            return []
        length = min(max_length, self.max_length)
        return self.tokenizer(texts, truncation=True, max_length=length, return_attention_mask=False)["input_ids"]

    def pool(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, H) and its (B, T) mask → (B, H), in float32."""
        return pool(states, mask, self.pooling, self.normalize, self.scale)


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str, normalize: bool = True, scale: float = SCALE) -> torch.Tensor:
    """(B, T, H) states and their (B, T) mask → (B, H) sentence vectors, in float32."""
    if pooling == "cls":
        vectors = states[:, 0].float()
    else:
        weights = mask.unsqueeze(-1).to(states.dtype)
        vectors = (states * weights).sum(1, dtype=torch.float32) / mask.sum(1, keepdim=True).clamp(min=1)
    if normalize:
        vectors = scale * nn.functional.normalize(vectors, dim=-1)
    return vectors


def load_encoder(folder: Path, precision: str = "fp32", *, pooling: str = "", id: str = "") -> Encoder:
    """Load a transformers folder (config.json, model.safetensors, tokenizer files) without asking anybody.

    `precision` is that of the weights. Raises UserError when the folder does not hold an encoder that we know.
    """
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = Path(folder)
    try:
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=_dtype(precision))
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise UserError(
            f"The encoder {id or folder.name} cannot be loaded ({type(error).__name__}).",
            f"It needs config.json, model.safetensors and tokenizer files of one of: {', '.join(catalog.ENCODER_TYPES)}.",
            "Choose another model.",
            "model",
        ) from error
    if model.config.model_type not in catalog.ENCODER_TYPES:
        raise UserError(
            f"{id or folder.name} is a “{model.config.model_type}” model.",
            f"Classification needs an encoder: {', '.join(catalog.ENCODER_TYPES)}.",
            "Choose another model.",
            "model",
        )
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith("pooler."))  # the pooler is never used: it must not look trainable
    return Encoder(model.eval(), tokenizer, pooling or _pooling(folder), model.config.hidden_size, _longest(model.config, tokenizer), id=id)


def open_base(model_id: str, revision: str = "") -> Encoder:
    """The encoder behind a model id (`embedded/…` or `owner/name`), found, checked and if need be downloaded by `hub`.

    `revision`: the commit it has to be, as a passport names it; empty: any.
    """
    from genhub import families, hub, settings

    found = hub.model_folder(model_id, settings.get(), revision=revision, family=families.ENCODER.name)
    encoder = load_encoder(found.path, pooling=found.pooling, id=model_id)
    return replace(encoder, revision=found.revision or "", sha256=found.sha256 or "")


def _pooling(folder: Path) -> str:
    """What sentence-transformers wrote beside the weights; mean where nothing is said."""
    try:
        settings = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "mean"
    return "cls" if settings.get("pooling_mode_cls_token") else "mean"


def _longest(config, tokenizer) -> int:
    positions = getattr(config, "max_position_embeddings", None) or 512
    positions -= POSITION_OFFSET.get(config.model_type, 0)
    return int(min(positions, tokenizer.model_max_length))


def _dtype(precision: str) -> torch.dtype:
    return {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
