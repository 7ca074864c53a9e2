"""A run that GenHub pushed comes back: the child's side of `genhub.hub.fetch_run`.

Fetched are the files that its passport lists and such a run may hold, at one commit, and nothing else of the repository. They become a ZIP,
which is then opened with all its checks as one that somebody uploads (see `genhub.text.portable`).
"""

import json
import tempfile
import zipfile
from pathlib import Path

from genhub import disk
from genhub.errors import UserError
from genhub.hub_child import check_commit, check_disk, check_download, found, quiet_hub, talking
from genhub.hub_choice import MAX_FILES
from genhub.text import formats, portable
from genhub.text.portable.opening import JSON_BYTES

FIELD = "repo"
_OTHER = "Name a repository that GenHub pushed a run to; a model of the Hub is chosen where one begins with a model."


def fetch(args: dict) -> dict:
    """{"id", "revision", "token", "bytes", "out"} → {"revision", "files"}: the run as a ZIP at `out`, of at most so many bytes. Raises
    UserError."""
    quiet_hub()
    from huggingface_hub import HfApi

    repo, api, out = args["id"], HfApi(token=args["token"] or False), Path(args["out"])
    with talking(repo, FIELD):
        info, entries, files = found(api, repo, args["revision"], FIELD)
    check_commit(repo, info.sha, FIELD)
    if len(entries) > MAX_FILES:
        raise UserError(f"“{repo}” has more than {MAX_FILES:,} files.", "A run has a few.", _OTHER, FIELD)
    with tempfile.TemporaryDirectory(dir=out.parent) as place:

        def brought(name: str) -> Path:
            with talking(repo, FIELD):
                local = Path(api.hf_hub_download(repo, name, revision=info.sha, local_dir=place))
            check_download(repo, local, files[name], FIELD)
            return local

        facts = _passport(repo, files, brought)
        hashes = _wanted(repo, facts, files, args["bytes"])
        check_disk(out.parent, 2 * sum(files[name].size for name in hashes), FIELD)
        with zipfile.ZipFile(out, "w") as packed:
            packed.write(Path(place) / portable.PASSPORT, portable.PASSPORT)
            for name, sha256 in hashes.items():
                local = brought(name)
                if disk.sha256(local) != sha256:
                    what, limit = f"{name} of “{repo}” was changed after the push.", "Its sha256 must be the one in the passport."
                    raise UserError(what, limit, "Push the run again, or name an earlier commit: owner/name@commit.", FIELD)
                packed.write(local, name)
    return {"revision": info.sha, "files": [portable.PASSPORT, *hashes]}


def _passport(repo: str, files: dict, brought) -> dict:
    """What the passport says, unchecked but for its format."""
    what = f"“{repo}” is not a run of GenHub."
    if portable.PASSPORT not in files:
        raise UserError(what, f"It has no {portable.PASSPORT}, which every run has that GenHub pushes.", _OTHER, FIELD)
    limit = f"Its {portable.PASSPORT} is not that of a run."
    if files[portable.PASSPORT].size > JSON_BYTES:
        raise UserError(what, limit, _OTHER, FIELD)
    try:
        facts = json.loads(brought(portable.PASSPORT).read_text(encoding="utf-8"))
        formats.of(facts)
    except (ValueError, RecursionError):
        raise UserError(what, limit, _OTHER, FIELD) from None
    except UserError as error:
        raise UserError(what, error.what, _OTHER, FIELD) if error.field == "file" else error from None
    return facts


def _wanted(repo: str, facts: dict, files: dict, limit: int) -> dict[str, str]:
    """Name → sha256 of what the passport lists, as far as such a run may hold it; what else it lists, the opening refuses."""
    listed, kind = facts.get("files"), formats.part("portable", facts)
    named = {name: sha256 for name, sha256 in listed.items() if portable.belongs(name, kind)} if isinstance(listed, dict) else {}
    named.pop(portable.PASSPORT, None)
    for name in named:
        if name not in files:
            what = f"“{repo}” has no {name}, which its passport lists."
            raise UserError(what, "A run is opened whole.", "Push it again, or name an earlier commit: owner/name@commit.", FIELD)
    total = sum(files[name].size for name in (portable.PASSPORT, *named))
    if total > limit:
        what, rule = f"The run in “{repo}” is too large ({total / 1e6:,.1f} MB).", f"At most {limit / 1e6:g} MB here."
        raise UserError(what, rule, "Open it in GenHub on your own machine, or download it and use its script.", FIELD)
    return named
