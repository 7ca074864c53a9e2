"""A chain as Python code that needs no GenHub: the functions of its operations as they stand here, the chain, and a command line."""

import ast
import re
from pathlib import Path

from genhub.augment.chain import Chain
from genhub.augment.texts.table import MODELS
from genhub.augment.texts.table import TEXTS as TEXT_OPERATIONS
from genhub.errors import UserError

HERE = Path(__file__).parent
ASKING = ("similar", "insert", "embedding-noise")  # operations that ask the encoder
OWN = tuple(
    name for name, operation in TEXT_OPERATIONS.items() if operation.group == MODELS and name not in ASKING
)  # they need models of ours

IMAGES_HEAD = '''\
"""Variants of a picture, as GenHub makes them; the functions are GenHub's (Apache-2.0).

    pip install numpy opencv-python-headless pillow
    python augment.py PICTURE FOLDER [COPIES [OTHER …]]        OTHER: pictures that mixup and cutmix take
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

'''
CHAIN = """

# ---- the chain --------------------------------------------------------------------------------------------------------

STEPS = {steps}  # operation, amount, chance
WAY, FEW, FILL, SEED = {way!r}, {few}, {fill!r}, {seed}


def drawn_steps(rng):
    places = list(range(len(STEPS)))
    if WAY != "all":
        count = 1 if WAY == "one" else min(FEW, len(places))
        places = sorted(rng.choice(len(places), count, replace=False).tolist())
    return [place for place in places if rng.random() < STEPS[place][2]]

"""
IMAGES_FOOT = """
def variant(image, number=0, others=()):
    rng = np.random.default_rng([SEED, 0, number])
    waiting = []
    for place in drawn_steps(rng):
        name, amount, _ = STEPS[place]
        effect = EFFECTS[name]
        drawn = effect.draw(rng, amount if amount is not None else 0.0)
        if effect.sort != "mix":
            waiting.append((name, drawn))
        elif len(others):
            image, waiting = done(image, waiting, FILL), []
            image, _ = effect.do(drawn, image, fitted(others[int(rng.integers(len(others)))], image))
    return done(image, waiting, FILL)


def read(path):
    return np.asarray(_plain(ImageOps.exif_transpose(Image.open(path))))


if __name__ == "__main__":
    picture, folder, copies = read(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 16
    folder.mkdir(parents=True, exist_ok=True)
    others = [read(path) for path in sys.argv[4:]]
    for number in range(copies):
        made = variant(picture, number, others)
        cv2.imwrite(str(folder / f"variant-{number:04d}.png"), made if made.ndim == 2 else cv2.cvtColor(made, cv2.COLOR_RGB2BGR))
"""
TEXTS_HEAD = '''\
"""Variants of texts, as GenHub makes them; the functions are GenHub's (Apache-2.0).

    pip install numpy{more}
    python augment.py TEXTS.txt OUT.txt [COPIES{encoder}]        one text a line
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
{imports}
'''
ENCODER_IMPORTS = "import torch\nfrom transformers import AutoModel, AutoTokenizer\n"
ENCODER = """
class Encoder:
    def __init__(self, name):
        self.model, self.tokenizer = AutoModel.from_pretrained(name), AutoTokenizer.from_pretrained(name)


tools = Neighbours(Encoder(sys.argv[4] if len(sys.argv) > 4 else "sentence-transformers/all-MiniLM-L6-v2"))
"""
TEXTS_FOOT = """
def variants(texts, copies):
    made = []
    for number, text in enumerate(texts):
        for copy in range(copies):
            rng, found = np.random.default_rng([SEED, number, copy]), text
            for place in drawn_steps(rng):
                name, amount, _ = STEPS[place]
                found = EFFECTS[name]([found], [rng], amount if amount is not None else 1.0, tools)[0]
            made.append(found)
    return made


if __name__ == "__main__":
    given = [line for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines() if line.strip()]
    made = variants(given, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    Path(sys.argv[2]).write_text("".join(f"{text}\\n" for text in made), encoding="utf-8")
"""


def script_of(chain: Chain) -> str:
    """Raises UserError for a chain whose operations need models that come with GenHub alone."""
    steps = "[" + "".join(f"\n    {(step.name, step.amount, step.chance)!r}," for step in chain.steps) + "\n]"
    told = CHAIN.format(steps=steps, way=chain.way, few=chain.few, fill=chain.fill, seed=chain.seed)
    if chain.kind == "image":
        operations = _plain("images/geometry.py") + _plain("images/effects.py", "geometry")
        return (
            IMAGES_HEAD
            + operations
            + _plain("images/variants.py", only=("fitted",))
            + _plain("../data/pictures.py", only=("_plain",))
            + told
            + IMAGES_FOOT
        )
    asked = {step.name for step in chain.steps}
    if own := sorted(asked & set(OWN)):
        title = TEXT_OPERATIONS[own[0]].title
        remedy = "Leave it out, or save the chain and use `python -m genhub augment text --ops chain.json`."
        raise UserError(f"“{title}” asks a model that comes with GenHub.", "The code here stands alone.", remedy, "ops")
    encoder = bool(asked & set(ASKING))
    head = TEXTS_HEAD.format(more=" torch transformers" * encoder, encoder=" [ENCODER]" * encoder, imports=ENCODER_IMPORTS * encoder)
    operations = _plain("texts/words.py", but=("difference",)) + _plain("texts/slips.py")
    if encoder:
        operations += _plain("texts/similar.py").replace("encoder: Encoder", "encoder")
    operations += _plain("texts/effects.py", "words", but=("Tools",)).replace("tools: Tools", "tools").replace(", Tools]", ", object]")
    return head + operations + told + (ENCODER if encoder else "\ntools = None\n") + TEXTS_FOOT


def _plain(name: str, prefix: str = "", *, only: tuple[str, ...] = (), but: tuple[str, ...] = ()) -> str:
    """What a module of ours defines, without its imports; names of another one without that one's name before them."""
    source = (HERE / name).read_text(encoding="utf-8")
    lines, parts = source.splitlines(keepends=True), []
    for node in ast.parse(source).body:
        called = getattr(node, "name", "")
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or isinstance(node, ast.Import | ast.ImportFrom) or called in but or (only and called not in only):
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        text = "".join(lines[first - 1 : node.end_lineno])
        parts.append(("\n\n" if called else "") + text)
    whole = "".join(parts)
    return re.sub(rf"\b{prefix}\.(?=[a-z_]+\(|BORDERS)", "", whole) if prefix else whole
