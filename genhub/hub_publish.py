"""Putting things on the Hub: the child's side of `genhub.hub.publish`.

run     a run as a model repository: what a packed run holds
space   a run as a small Space that serves it
set     what augmentation made, as a data set

A repository is created (private unless asked otherwise) and filled by one commit: visitors of the Hub see it whole or not at all. A
repository that was created for a commit which then failed is deleted again.
"""

import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from genhub import archive
from genhub.errors import UserError
from genhub.hub_child import quiet_hub, talking
from genhub.jobs.folder import RunFolder
from genhub.text import formats, portable

CARD, CARD_CHARS = "README.md", 20_000
OURS = archive.Bounds(entries=100_000, total_bytes=4_000_000_000, entry_bytes=2_000_000_000, ratio=10_000)  # of a ZIP that we wrote


def publish(args: dict) -> dict:
    """{"what": one of WAYS, "path", "repo", "token", "private"} → {"url", "commit", "files", "private"}.

    An existing repository gets one more commit and keeps its visibility. Raises UserError.
    """
    quiet_hub()
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    way, repo, api = WAYS[args["what"]], args["repo"], HfApi(token=args["token"])
    with tempfile.TemporaryDirectory() as place, talking(repo, "repo"):
        staging = Path(place)
        noun = way.lay_out(Path(args["path"]), repo.rpartition("/")[2], staging)
        names = [name for name, _ in _files(staging)]
        created = create(api, repo, args["private"], repo_type=way.kind, **way.more)
        try:
            told = f"{noun}, {len(names)} files, made with GenHub"
            done = api.upload_folder(repo_id=repo, repo_type=way.kind, folder_path=staging, commit_message=told)
        except (HfHubHTTPError, OSError, ValueError):
            if created:
                api.delete_repo(repo, repo_type=way.kind, missing_ok=True)
            raise
    return {"url": f"{api.endpoint}/{way.under}{repo}", "commit": done.oid, "files": names, "private": args["private"]}


def preview(args: dict) -> dict:
    """{"what", "path", "repo"} → {"files": [[name, bytes] …], "card": as Markdown}: what `publish` would send. Nothing is sent."""
    with tempfile.TemporaryDirectory() as place:
        staging = Path(place)
        WAYS[args["what"]].lay_out(Path(args["path"]), args["repo"].rpartition("/")[2], staging)
        card = (staging / CARD).read_text(encoding="utf-8") if (staging / CARD).exists() else ""
        return {"files": _files(staging), "card": card[:CARD_CHARS]}


def create(api, repo: str, private: bool, repo_type: str = "model", **more) -> bool:
    """True when the repository was made now, False when it was there; an existing one must be of the wanted visibility."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        api.create_repo(repo, private=private, repo_type=repo_type, **more)
    except HfHubHTTPError as error:
        status = 0 if error.response is None else error.response.status_code
        if status == 402:
            what, limit = "The Hub wants a paid plan for this kind of Space.", "A free account makes no Gradio or Docker Spaces on CPUs."
            raise UserError(what, limit, "See huggingface.co/pricing, or run the container elsewhere.", "variant") from None
        if status != 409:
            raise
    else:
        return True
    if private and not api.repo_info(repo, repo_type=repo_type).private:
        what = f"“{repo}” exists and is public."
        raise UserError(what, "You asked for a private one.", "Choose another name, or publish openly.", "repo")
    return False


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
    what they are, in words."""

    kind: str
    under: str
    lay_out: Callable[[Path, str, Path], str]
    more: dict = field(default_factory=dict)


WAYS = {
    "run": Way("model", "", _run),
    "space": Way("space", "spaces/", _space, {"space_sdk": "gradio"}),
    "set": Way("dataset", "datasets/", _set),
}
