"""What is tried, by name: chains of operations, as a configuration says them."""

import json

from genhub.augment.chain import Chain
from genhub.augment.kinds import PRESETS, TABLES, chain_of
from genhub.errors import UserError

MOST = 8
LONGEST = 60  # characters of a name


def chains_of(told: str, kind: str) -> dict[str, Chain]:
    """Names of ready chains, or operations as `augment --ops` takes them, separated by semicolons; or a JSON list of {"name", "chain"}. Raises
    UserError for what is none, and for more than MOST."""
    found = _listed(told, kind) if told.lstrip().startswith("[") else _said(told, kind)
    if len(found) > MOST:
        raise UserError(f"{len(found)} chains are too many at once.", f"At most {MOST}.", "Leave some out.", "chains")
    if len(set(found)) < len(found) or any(not name.strip() for name in found):
        raise UserError("Two chains have the same name, or one has none.", "Each has a name of its own.", "Rename one.", "chains")
    return found


def _said(told: str, kind: str) -> dict[str, Chain]:
    found = {}
    for part in filter(None, (part.strip() for part in told.split(";"))):
        found[part[:LONGEST]] = PRESETS[kind][part] if part in PRESETS[kind] else Chain.read(part, kind, TABLES[kind])
    return found


def _listed(told: str, kind: str) -> dict[str, Chain]:
    try:
        listed = json.loads(told)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed):
        raise UserError(
            "The chains cannot be read.", "A JSON list of objects with a name and a chain.", "Save a chain to see how one looks.", "chains"
        )
    names = [one["name"][:LONGEST] for one in listed]
    if len(set(names)) < len(names):
        raise UserError("Two chains have the same name.", "Each has a name of its own.", "Rename one.", "chains")
    return {name: chain_of(one.get("chain"), kind) for name, one in zip(names, listed, strict=True)}
