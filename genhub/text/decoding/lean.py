"""One token through a GPT-2 without what a general forward pass has to look after: masks that mask nothing, outputs that nobody asked
for, caches of every kind. The same modules in the same order, so that adapters and matrices in eight bits work as they are.

For a small model that is half the time of a token (`bench/generate.py`).
"""

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import DynamicCache


class LeanGPT2:
    """Step of a GPT2LMHeadModel in evaluation, on whichever device it is."""

    def __init__(self, model: nn.Module):
        core = model.transformer
        self.tokens, self.places, self.norm, self.head = core.wte, core.wpe, core.ln_f, model.lm_head
        self.blocks = [(block.ln_1, block.attn, block.ln_2, block.mlp) for block in core.h]
        self.heads = model.config.n_head

    def __call__(self, tokens: torch.Tensor, cache: DynamicCache, mask: torch.Tensor | None, places: torch.Tensor) -> torch.Tensor:
        """tokens (B,), the mask (B, T + 1) of what each row remembers (None: all), their positions (B,) or (1,) → logits (B, V)."""
        rows = len(tokens)
        x = self.tokens(tokens) + self.places(places)
        seen = None if mask is None else mask[:, None, None].bool()
        for kept, (before, attention, after, mlp) in zip(cache.layers, self.blocks, strict=True):
            query, key, value = attention.c_attn(before(x)).view(rows, 3, self.heads, 1, -1).unbind(1)
            kept.keys, kept.values = torch.cat([kept.keys, key], 2), torch.cat([kept.values, value], 2)
            told = scaled_dot_product_attention(query, kept.keys, kept.values, attn_mask=seen, scale=attention.scaling)
            x = x + attention.c_proj(told.view(rows, -1))
            x = x + mlp.c_proj(mlp.act(mlp.c_fc(after(x))))
        return self.head(self.norm(x))


def lean(model: nn.Module) -> LeanGPT2 | None:
    """The step of a model, or None: for other architectures, and where something stands between its modules."""
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention, GPT2Block, GPT2LMHeadModel

    peft = hasattr(model, "get_base_model")
    if peft and getattr(model, "active_peft_config", None) is not None and model.active_peft_config.is_prompt_learning:
        return None
    inner = model.get_base_model() if peft else model
    if type(inner) is not GPT2LMHeadModel or inner.config.add_cross_attention or inner.config.reorder_and_upcast_attn:
        return None
    looked = [inner, inner.transformer, *inner.transformer.h, *(block.attn for block in inner.transformer.h)]
    known = all(type(block) is GPT2Block and type(block.attn) is GPT2Attention for block in inner.transformer.h)
    hooked = any(module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module) for module in looked)
    return LeanGPT2(inner) if known and not hooked else None
