"""A repository that was made for a push which then broke off goes again, even where the child that pushed was killed: the parent's side.
One in which somebody else has put something meanwhile stays.

with undone(repo, token) as note:
    oneshot.run("genhub.hub_publish:publish", {…, "note": str(note)}, …)
"""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from genhub import oneshot
from genhub.errors import UserError

SECONDS = 60


@contextlib.contextmanager
def undone(repo: str, token: str) -> Iterator[Path]:
    """The place of the child's note (see `genhub.hub_publish`), which says what was made. What failed is raised on; where the
    empty repository cannot be deleted either, its error says so, too."""
    with tempfile.TemporaryDirectory(prefix="genhub-push-") as place:
        note = Path(place, "made")
        try:
            yield note
        except BaseException as error:
            if not note.exists() or _gone(repo, token, note.read_text()):
                raise
            if not isinstance(error, UserError):
                raise
            stayed = f"A new repository “{repo}” may have stayed behind, empty: delete it on the Hub, or do the same again, which fills it."
            raise UserError(error.what, error.limit, f"{error.remedy} {stayed}".strip(), error.field) from None


def _gone(repo: str, token: str, made: str) -> bool:
    """Whether nothing of the push is left: it could be deleted, is not there, or is somebody else's by now."""
    try:
        oneshot.run("genhub.hub_publish:take_back", {"repo": repo, "made": made, "token": token}, seconds=SECONDS, what="Tidying up")
    except (UserError, RuntimeError):
        return False
    return True
