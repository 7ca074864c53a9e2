"""An image model as code: one file with the model in it, which needs torch and nothing of ours, and the command that trains it again.

The model's part is our own source, module by module, so that the script cannot drift from what was trained.
"""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

FILE = "images.py"
STANDS_IN = "YOUR-IMAGES.zip"  # what the command calls the images of users
CALLED = "set of images"
HOME = Path(__file__).parents[2]
OURS = re.compile(r"^from genhub\.([\w.]+) import (.+)$", re.MULTILINE)
DRAW = ("vae", "gan", "diffusion")  # families whose script draws; that of the other reconstructs
PLAIN = "genhub"  # what the script must not import
ITS_OWN = (
    *("import json", "import os", "import sys", "from pathlib import Path"),
    *("import numpy as np", "import torch", "from PIL import Image", "from safetensors.torch import load_file"),
)

_SCRIPT = '''\
"""{purpose}

It needs `pip install torch numpy pillow safetensors{more}` and lies in the run's folder; RUN=folder names another one.
"""

{source}

# ---- the run ----------------------------------------------------------------------------------------------------------

RUN = Path(os.environ.get("RUN", Path(__file__).parent))
told = json.loads((RUN / "model" / "config.json").read_text())
shape = Shape(**told["shape"])
known = {{**{fixed}, **told["options"]}}
known |= {{name: told[name] for name in ("coding", "classes") if told[name]}}
model = {name}(shape, **known)
model.load_state_dict(load_file(RUN / "model" / "model.safetensors"))
model.eval()


def grid(x, columns):
    """(N, C, H, W) from 0 to 1 → one picture."""
    pixels = (x.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    pixels = np.concatenate([pixels, np.zeros((-len(pixels) % columns, *pixels.shape[1:]), np.uint8)])
    rows = [np.concatenate(list(row), axis=1) for row in pixels.reshape(-1, columns, *pixels.shape[1:])]
    return Image.fromarray(np.concatenate(rows).squeeze())


{main}
'''
_DRAW = """\
if __name__ == "__main__":
    count, seed = int(os.environ.get("N", 64)), int(os.environ.get("SEED", 0))
    z = torch.randn(count, model.coding, generator=torch.Generator().manual_seed(seed))
    y = torch.arange(count) % model.classes if model.classes else None
    with torch.inference_mode():
        grid(model.decode(z, y), 8).save(sys.argv[1] if len(sys.argv) > 1 else "drawn.png")"""
_RECONSTRUCT = '''\
def image(path):
    """A picture as the model reads it: (1, C, H, W) from 0 to 1."""
    picture = Image.open(path).convert("L" if shape.channels == 1 else "RGB").resize((shape.width, shape.height), Image.LANCZOS)
    pixels = torch.from_numpy(np.asarray(picture).copy()).float() / 255
    return pixels.reshape(1, shape.height, shape.width, shape.channels).permute(0, 3, 1, 2)


if __name__ == "__main__":
    x = torch.cat([image(path) for path in sys.argv[1:]])
    with torch.inference_mode():
        grid(torch.cat([x, model.reconstruct(x)]), len(x)).save("reconstructed.png")'''


def script_for(passport: dict, *, whole_model: bool) -> str:
    from genhub.images.variants import get

    variant = get(passport["task"], passport["method"])
    module, _, name = variant.where.partition(":")
    draws = passport["task"] in DRAW
    purpose = "Draw images:  python {} drawn.png" if draws else "Reconstruct images:  python {} a.png b.png"
    purpose = purpose.format(FILE) + ("    (N=64 and SEED=0 in the environment say how many, and which)" if draws else "")
    return _SCRIPT.format(
        purpose=purpose,
        more=" diffusers" if module in ("kl", "diffusion.unet") else "",
        source=source_of(f"images.{module}"),
        fixed=_literal({"coding": variant.coding, **variant.fixed} if _says_coding(passport) else dict(variant.fixed)),
        name=name,
        main=_DRAW if draws else _RECONSTRUCT,
    )


def _says_coding(passport: dict) -> bool:
    """The convolutional autoencoder's code is as long as its pictures are large, where nobody says otherwise."""
    return (passport["task"], passport["method"]) != ("autoencoder", "conv")


def _literal(fixed: dict) -> str:
    """The arguments as Python writes them."""
    return "{" + ", ".join(f"{json.dumps(name)}: {value!r}" for name, value in fixed.items()) + "}"


def source_of(module: str) -> str:
    """The source of a model and of what it stands on: imports of other packages first, each once, then the modules in their order."""
    order: list[str] = []
    _gather(module, order)
    imports, bodies = set(ITS_OWN), []
    for name in order:
        found, body = _divided(_text(name))
        imports |= found
        bodies.append(body)
    return f"{_arranged(imports)}\n\n" + "\n\n".join(bodies)


def _arranged(imports: set[str]) -> str:
    """Import lines as people write them: the standard library first, whole modules before parts of them, one line a module."""
    lines = [line for line in imports if line.startswith("import ")]
    parts: dict[str, set[str]] = {}
    for line in imports.difference(lines):
        module, _, names = line.removeprefix("from ").partition(" import ")
        parts.setdefault(module, set()).update(names.split(", "))
    lines = sorted(lines) + [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(parts.items())]
    ours = [line for line in lines if re.split(r"[ .]", line)[1] in sys.stdlib_module_names]
    return "\n".join(ours) + "\n\n" + "\n".join(line for line in lines if line not in ours)


def _gather(module: str, order: list[str]) -> None:
    """`module` and, before it, what it imports of ours."""
    for there, names in OURS.findall(_text(module)):
        for name in [f"{there}.{part.strip()}" for part in names.split(",")] if _holds_modules(there) else [there]:
            if name not in order:
                _gather(name, order)
    if module not in order:
        order.append(module)


def _holds_modules(there: str) -> bool:
    """Is it a package, so that what is imported from it are modules?"""
    return (HOME / there.replace(".", "/")).is_dir()


def _text(module: str) -> str:
    """A module of ours as it is written."""
    return (HOME / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def _divided(text: str) -> tuple[set[str], str]:
    """A module's imports of other packages, and the rest of it, its docstring as a comment."""
    docstring, _, rest = text.removeprefix('"""').partition('"""')
    lines = rest.splitlines()
    imports = {line for line in lines if re.match(r"(import|from) ", line) and not line.startswith(f"from {PLAIN}")}
    body = [line for line in lines if not re.match(r"(import|from) ", line)]
    said = "\n".join(f"# {line}".rstrip() for line in docstring.strip().splitlines())
    code = "\n".join(body).strip("\n")
    return imports, f"{said}\n\n{_unqualified(code, lines)}\n"


def _unqualified(code: str, lines: Sequence[str]) -> str:
    """Names of our other modules without the module: everything is in one file."""
    found = [match for line in lines for match in OURS.findall(line)]
    ours = [name.strip() for there, names in found if _holds_modules(there) for name in names.split(",")]
    return re.sub(rf"\b(?:{'|'.join(ours)})\.", "", code) if ours else code


def source_words(origin: dict, metrics: dict) -> list[str]:
    """What says how the images are read: an arrangement that is the data's own need not be said."""
    if origin.get("sample") or "side" not in origin:
        return []
    return ["--side", str(origin["side"]), *(["--grey"] if origin.get("channels") == 1 else [])]


def more_stand_ins(metrics: dict) -> list[str]:
    return []
