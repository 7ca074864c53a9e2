"""Arguments of the worker's operations. They come checked by `genhub.gate`; here only what would harm the worker is checked again."""

from genhub import settings
from genhub.errors import UserError


def text(args: dict, field: str) -> str:
    """The text under `field`, within the limit of texts. Raises UserError."""
    given, limit = args.get(field), settings.get().limits.text_chars
    if not isinstance(given, str):
        raise UserError(f"The {field} is no text.", "It is a text.", "Write one.", field)
    if len(given) > limit:
        raise UserError(f"The {field} has {len(given):,} characters.", f"The limit is {limit:,}.", "Shorten it.", field)
    return given
