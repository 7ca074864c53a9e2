"""An image classifier as code: one file with the network in it, which needs torch and nothing of ours, and the command that trains it again."""

from genhub.images.travels.code import CALLED, STANDS_IN, more_stand_ins, source_of, source_words

__all__ = ["CALLED", "FILE", "STANDS_IN", "more_stand_ins", "script_for", "source_words"]

FILE = "image_classifier.py"
_SCRIPT = '''\
"""Say of which class images are:  python {file} a.png b.png

It needs `pip install torch numpy pillow safetensors` and lies in the run's folder; RUN=folder names another one.
"""

{source}

# ---- the run ----------------------------------------------------------------------------------------------------------

RUN = Path(os.environ.get("RUN", Path(__file__).parent))
told = json.loads((RUN / "model" / "config.json").read_text())
model = Judge(Shape(**told["shape"]), told["classes"])
model.load_state_dict(load_file(RUN / "model" / "model.safetensors"))
model.eval()


def image(path):
    """A picture as the network reads it: grey, of its size, (1, 1, H, W) from 0 to 1."""
    pixels = torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()).float() / 255
    grey = pixels.permute(2, 0, 1).mean(0)[None, None]
    size = (model.shape.height, model.shape.width)
    return F.interpolate(grey, size, mode="bilinear", antialias=True).clamp(0, 1)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with torch.inference_mode():
            shares = model(image(path)).softmax(1)[0]
        best = shares.topk(min(3, len(told["names"])))
        said = ", ".join(f"{{told['names'][place]}} {{share:.3f}}" for share, place in zip(*map(torch.Tensor.tolist, best)))
        print(f"{{path}}: {{said}}")
'''


_PRETRAINED = '''\
"""Say of which class images are:  python {file} a.png b.png

It needs `pip install torch transformers pillow` and lies in the run's folder; RUN=folder names another one.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from transformers import AutoModelForImageClassification

RUN = Path(os.environ.get("RUN", Path(__file__).parent))
model = AutoModelForImageClassification.from_pretrained(RUN / "model").eval()
told = json.loads((RUN / "model" / "preprocessor_config.json").read_text())
mean, std = (torch.tensor(told[name]).reshape(1, 3, 1, 1) for name in ("image_mean", "image_std"))


def image(path):
    """A picture as the network reads it: coloured, of its size, the colours centred and scaled."""
    pixels = torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()).float() / 255
    x = F.interpolate(pixels.permute(2, 0, 1)[None], (told["side"],) * 2, mode="bilinear", antialias=True).clamp(0, 1)
    return (x - mean) / std


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with torch.inference_mode():
            shares = model(pixel_values=image(path)).logits.softmax(1)[0]
        best = shares.topk(min(3, len(shares)))
        said = ", ".join(f"{{model.config.id2label[place]}} {{share:.3f}}" for share, place in zip(*map(torch.Tensor.tolist, best)))
        print(f"{{path}}: {{said}}")
'''


def script_for(passport: dict, *, whole_model: bool) -> str:
    return _SCRIPT.format(file=FILE, source=source_of("images.judge")) if is_ours(passport) else _PRETRAINED.format(file=FILE)


def is_ours(passport: dict) -> bool:
    """Was a network of ours taken over, and none of transformers?"""
    return passport["base"]["id"].startswith("embedded/")
