"""Putting things on the Hub: the child's side of `genhub.hub.publish`.

run     a run as a model repository: what a packed run holds
space   a run as a small Space that serves it
set     what augmentation made, as a data set

A repository is created (private unless asked otherwise) and filled by one commit: visitors of the Hub see it whole or not at all. A
repository that was created for a push which then failed, however it did, is deleted again: here, or by the parent when this process was
killed. Between them lies a note, a file that is there as long as a new repository is neither filled nor gone. It holds the kind of the
repository and a mark, which the push's commit bears, too: a repository that holds a commit of anybody else's is not deleted. (Where the whole program ends in the middle of a push, an empty repository may stay.)
"""

import contextlib
import json
import secrets
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from genhub import archive
from genhub.errors import UserError
from genhub.hub_child import quiet_hub, talking
from genhub.jobs.folder import RunFolder
from genhub.text import formats, portable

CARD, CARD_CHARS = "README.md", 20_000
CREATION = "initial commit"  # how the Hub calls its own, in a new repository
PASSPORT_BYTES = 1_000_000
OURS = archive.Bounds(entries=100_000, total_bytes=4_000_000_000, entry_bytes=2_000_000_000, ratio=10_000)  # of a ZIP that we wrote


def publish(args: dict) -> dict:
    """{"what": one of WAYS, "path", "repo", "token", "private", "note"} → {"url", "commit", "files", "private"}.

    An existing repository gets one more commit, in which the run takes the place of one that was there, and keeps its visibility, which
    `private` tells. Raises UserError.
    """
    quiet_hub()
    from huggingface_hub import HfApi

    way, repo, api = WAYS[args["what"]], args["repo"], HfApi(token=args["token"])
    note = Path(args["note"])
    with tempfile.TemporaryDirectory() as place, talking(repo, "repo"):
        staging = Path(place)
        noun = way.lay_out(Path(args["path"]), repo.rpartition("/")[2], staging)
        names = [name for name, _ in _files(staging)]
        with _undone(api, repo, note):
            new = create(api, repo, args["private"], note, repo_type=way.kind, **way.more)
            known = [] if new else api.list_repo_files(repo, repo_type=way.kind)
            if way.kind == "space":
                check_space(repo, known)
            gone = [name for name in known if way.part(name) and name not in names]  # of another run that was pushed there before
            if gone and not _ours(api, repo, way.kind, known):
                gone = []
            more = {"commit_message": f"{noun}, {len(names)} files, made with GenHub", "delete_patterns": gone or None}
            more["commit_description"] = mark(note)
            done = api.upload_folder(repo_id=repo, repo_type=way.kind, folder_path=staging, **more)
    note.unlink(missing_ok=True)
    private = _private(api, repo, way.kind, args["private"])
    return {"url": f"{api.endpoint}/{way.under}{repo}", "commit": done.oid, "files": names, "private": private}


def _private(api, repo: str, kind: str, asked: bool) -> bool:
    """Who may see it, as the Hub says: one that was there keeps what it had, and an organization may want all of its own private."""
    with contextlib.suppress(Exception):  # it is published, whatever becomes of this question
        return bool(api.repo_info(repo, repo_type=kind).private)
    return asked


def _ours(api, repo: str, kind: str, known: list[str]) -> bool:
    """Does a run that GenHub pushed lie there, by its passport?"""
    if portable.PASSPORT not in known:
        return False
    with tempfile.TemporaryDirectory() as place:
        path = Path(api.hf_hub_download(repo, portable.PASSPORT, repo_type=kind, local_dir=place))
        if path.stat().st_size > PASSPORT_BYTES:
            return False
        with contextlib.suppress(ValueError, RecursionError, UserError):
            return bool(formats.of(json.loads(path.read_text(encoding="utf-8"))))
    return False


@contextlib.contextmanager
def _undone(api, repo: str, note: Path) -> Iterator[None]:
    """What was made inside goes again when anything fails there; what then fails of that is left to the parent."""
    try:
        yield
    except BaseException:
        if note.exists():
            with contextlib.suppress(Exception):
                _delete(api, repo, note.read_text())
                note.unlink()
        raise


def take_back(args: dict) -> dict:
    """{"repo", "made": what the note says, "token"} → {}: delete what was made for a push that broke off, unless somebody else's is in it."""
    quiet_hub()
    from huggingface_hub import HfApi

    with talking(args["repo"], "repo"):
        _delete(HfApi(token=args["token"]), args["repo"], args["made"])
    return {}


def _delete(api, repo: str, made: str) -> None:
    """Delete the repository of a note, unless it holds a commit without the note's mark: somebody who pushed to the same new name found it
    there, and was told that it is published."""
    from huggingface_hub.errors import RepositoryNotFoundError

    kind, marked = made.split()
    try:
        *commits, first = api.list_repo_commits(repo, repo_type=kind)
    except RepositoryNotFoundError:  # it never came, or is gone
        return
    if all(marked in commit.message for commit in commits) and (first.title == CREATION or marked in first.message):
        api.delete_repo(repo, repo_type=kind, missing_ok=True)


def mark(note: Path) -> str:
    """What the commit of a push into a new repository says in its description; empty where the repository was there before."""
    return f"Push {note.read_text().split()[1]}" if note.exists() else ""


def preview(args: dict) -> dict:
    """{"what", "path", "repo"} → {"files": [[name, bytes] …], "card": as Markdown}: what `publish` would send. Nothing is sent."""
    with tempfile.TemporaryDirectory() as place:
        staging = Path(place)
        WAYS[args["what"]].lay_out(Path(args["path"]), args["repo"].rpartition("/")[2], staging)
        card = (staging / CARD).read_text(encoding="utf-8") if (staging / CARD).exists() else ""
        return {"files": _files(staging), "card": card[:CARD_CHARS]}


def create(api, repo: str, private: bool, note: Path, repo_type: str = "model", **more) -> bool:
    """True when the repository was made now, False when it was there; an existing one must be of the wanted visibility. `note` is written
    before the Hub is asked for a new one, whose answer may never come."""
    from huggingface_hub.errors import HfHubHTTPError

    there, made = _there(api, repo, repo_type, private), f"{repo_type} {secrets.token_hex(8)}"
    if there:
        return False
    if there is False:
        note.write_text(made)
    try:
        api.create_repo(repo, private=private, repo_type=repo_type, **more)
    except HfHubHTTPError as error:
        status = 0 if error.response is None else error.response.status_code
        if 400 <= status < 500:
            note.unlink(missing_ok=True)  # a plain no: nothing was made
        if status == 402:
            what, limit = "The Hub wants a paid plan for this kind of Space.", "A free account makes no Gradio or Docker Spaces on CPUs."
            raise UserError(what, limit, "See huggingface.co/pricing, or run the container elsewhere.", "variant") from None
        if status != 409 or not _there(api, repo, repo_type, private):
            raise
        return False
    note.write_text(made)
    return True


def check_space(repo: str, known: list[str]) -> None:
    """A Space that holds `known` may get a program of ours: it has one already, or none. Raises UserError: nobody's app is taken the place of
    because of a name that was used before."""
    if any(name.startswith("genhub/") or name == portable.PASSPORT for name in known):
        return
    if programs := [name for name in known if name == "Dockerfile" or name.endswith((".py", ".html"))]:
        what = f"The Space {repo} holds another program ({programs[0]})."
        raise UserError(
            what, "A Space has one, and it is not replaced.", "Choose a name of its own, or delete that Space on the Hub.", "repo"
        )


def _there(api, repo: str, kind: str, private: bool) -> bool | None:
    """Is there such a repository? None where the Hub does not say. Raises UserError for one that everybody sees where a private one is wanted."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        known = api.repo_info(repo, repo_type=kind)
    except HfHubHTTPError as error:
        absent = isinstance(error, RepositoryNotFoundError) and not isinstance(error, GatedRepoError)
        return False if absent else None
    if private and not known.private:
        what = f"“{repo}” exists and is public."
        raise UserError(what, "You asked for a private one.", "Choose another name, or publish openly.", "repo")
    return True


# ---- what is laid out -----------------------------------------------------------------------------------------------


def _run(path: Path, name: str, into: Path) -> str:
    for part, content in portable.contents(path).items():
        place = into / part
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            place.symlink_to(content.resolve())
        else:
            place.write_bytes(content)
    return formats.of(RunFolder(path).read("passport.json")).noun


def _space(path: Path, name: str, into: Path) -> str:
    from genhub.deploy import adapter, checks
    from genhub.deploy.build import variant

    adapter.space(path, name, into)
    checks.check(into, variant("cpu"))
    return "Space"


def _set(path: Path, name: str, into: Path) -> str:
    """The file that augmentation wrote and its card; a ZIP that is a folder for `load_dataset` is unpacked."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            whole = CARD in packed.namelist()
        if whole:
            archive.unpack(path, into, OURS, lambda name: True)
            return "Data set"
    (into / path.name).symlink_to(path.resolve())
    if (path.parent / CARD).exists():
        (into / CARD).symlink_to((path.parent / CARD).resolve())
    return "Data set"


def _files(folder: Path) -> list[tuple[str, int]]:
    return [(place.relative_to(folder).as_posix(), place.stat().st_size) for place in sorted(folder.rglob("*")) if place.is_file()]


@dataclass(frozen=True)
class Way:
    """kind: of repository, as the Hub calls it. under: what its address begins with. lay_out(path, name, into): writes the files, returns
    what they are, in words. part(name): whether such a file is one that a push lays there."""

    kind: str
    under: str
    lay_out: Callable[[Path, str, Path], str]
    part: Callable[[str], bool]
    more: dict = field(default_factory=dict)


WAYS = {
    "run": Way("model", "", _run, portable.belongs),
    "space": Way("space", "spaces/", _space, portable.belongs, {"space_sdk": "gradio"}),
    "set": Way("dataset", "datasets/", _set, lambda name: False),
}
