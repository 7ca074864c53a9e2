"""Spaces of the Hub: the child's side of `genhub.deploy`. A step at a time, so that the parent can tell how far it is.

create    {repo, sdk, private, hardware, token, note} → {"created", "url", "private"}
upload    {repo, folder, token, note}                → {"commit"}
set_up    {repo, variables, secrets, token}          → {}
state     {repo, token}                              → {"stage", "url"}
logs      {repo, token, build}                       → {"lines"}
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from genhub import hub_publish
from genhub.hub_child import quiet_hub, talking

LOG_LINES, LINE_CHARS = 400, 2_000


def _api(args: dict):
    quiet_hub()
    from huggingface_hub import HfApi

    return HfApi(token=args["token"])


def create(args: dict) -> dict:
    """A new Space, of which the note tells (see `genhub.hub_publish`), or the one that is there. Raises UserError where one is there that is
    open and should be private, or that holds another program."""
    api, repo = _api(args), args["repo"]
    more = {"space_hardware": args["hardware"]} if args.get("hardware") else {}
    with talking(repo, "repo"):
        created = hub_publish.create(api, repo, args["private"], Path(args["note"]), repo_type="space", space_sdk=args["sdk"], **more)
        if not created:
            hub_publish.check_space(repo, api.list_repo_files(repo, repo_type="space"))
        private = bool(api.repo_info(repo, repo_type="space").private)
    return {"created": created, "url": f"{api.endpoint}/spaces/{repo}", "private": private}


def upload(args: dict) -> dict:
    """The folder as one commit; files that it does not hold any more are deleted."""
    api, folder = _api(args), Path(args["folder"])
    with talking(args["repo"], "repo"):
        more = {"commit_message": "GenHub", "commit_description": hub_publish.mark(Path(args["note"]))}
        done = api.upload_folder(repo_id=args["repo"], repo_type="space", folder_path=folder, delete_patterns=["genhub/**", "*.py"], **more)
    return {"commit": done.oid}


def set_up(args: dict) -> dict:
    """Variables and secrets by name."""
    api = _api(args)
    with talking(args["repo"], "repo"):
        for name, value in args["variables"].items():
            api.add_space_variable(args["repo"], name, value)
        for name, value in args["secrets"].items():
            api.add_space_secret(args["repo"], name, value)
    return {}


def state(args: dict) -> dict:
    """What it is doing, as the Hub calls it: BUILDING, RUNNING, BUILD_ERROR …; and the address of its own page."""
    api = _api(args)
    with talking(args["repo"], "repo"):
        runtime = api.get_space_runtime(args["repo"])
    return {"stage": str(getattr(runtime.stage, "value", runtime.stage)), "url": own_address(args["repo"])}


def own_address(repo: str) -> str:
    """Where a Space is without the Hub around it."""
    return f"https://{re.sub('[^a-z0-9-]', '-', repo.lower().replace('/', '-'))}.hf.space"


def logs(args: dict) -> dict:
    """The last lines of the log of the build, or of the program."""
    api = _api(args)
    with talking(args["repo"], "repo"):
        lines = list(_last(api.fetch_space_logs(args["repo"], build=args["build"]), LOG_LINES))
    return {"lines": lines}


def _last(lines, number: int) -> Iterator[str]:
    kept: list[str] = []
    for line in itertools.islice(lines, 100_000):
        kept = [*kept, str(line).rstrip()[:LINE_CHARS]][-number:]
    yield from kept
