"""Putting a run on the Hub: the child's side of `genhub.hub.publish`.

A repository is created (private unless asked otherwise) and filled by one commit: visitors of the Hub see the run whole or
not at all. A repository that was created for a commit which then failed is deleted again.
"""

import tempfile
from pathlib import Path

from genhub.errors import UserError
from genhub.hub_child import quiet_hub, talking
from genhub.jobs.folder import RunFolder
from genhub.text import formats, portable


def publish(args: dict) -> dict:
    """{"run_dir", "repo", "token", "private"} → {"url", "commit", "files", "private"}. Uploads what a packed run holds.

    An existing repository gets one more commit and keeps its visibility. Raises UserError.
    """
    quiet_hub()
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    repo, api = args["repo"], HfApi(token=args["token"])
    files = portable.contents(Path(args["run_dir"]))
    noun = formats.of(RunFolder(Path(args["run_dir"])).read("passport.json")).noun
    with tempfile.TemporaryDirectory() as staging, talking(repo, "repo"):
        _lay_out(files, Path(staging))
        created = _create(api, repo, args["private"])
        try:
            done = api.upload_folder(repo_id=repo, folder_path=staging, commit_message=f"{noun}, {len(files)} files, made with GenHub")
        except (HfHubHTTPError, OSError, ValueError):
            if created:
                api.delete_repo(repo, missing_ok=True)
            raise
    return {"url": f"{api.endpoint}/{repo}", "commit": done.oid, "files": sorted(files), "private": args["private"]}


def _lay_out(files: dict[str, Path | bytes], folder: Path) -> None:
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            place.symlink_to(content.resolve())
        else:
            place.write_bytes(content)


def _create(api, repo: str, private: bool) -> bool:
    """True when the repository was made now, False when it was there; an existing one must be of the wanted visibility."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        api.create_repo(repo, private=private)
    except HfHubHTTPError as error:
        if error.response is None or error.response.status_code != 409:
            raise
    else:
        return True
    if private and not api.model_info(repo).private:
        what = f"“{repo}” exists and is public."
        raise UserError(what, "You asked for a private one.", "Choose another name, or publish openly.", "repo")
    return False
