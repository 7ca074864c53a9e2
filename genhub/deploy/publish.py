"""A folder becomes a Space: created, set up, uploaded, and watched until it runs.

    for event in deploy(folder, Target("me/genhub", "gradio", token), settings): print(event)

Each step talks to the Hub in a child of its own. A Space that was created for an upload which then failed, was killed or was broken off is
deleted again.
"""

import re
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from genhub import hub, oneshot
from genhub.errors import UserError
from genhub.hub_undo import undone
from genhub.settings import Settings

UPLOAD_SECONDS, ASK_SECONDS, BUILD_SECONDS, POLL_SECONDS = 1_800, 60, 2_400, 10.0
RUNS = ("RUNNING",)
FAILED = ("NO_APP_FILE", "CONFIG_ERROR", "BUILD_ERROR", "RUNTIME_ERROR", "DELETING", "STOPPED", "PAUSED")
CAUSE = re.compile(r"error|exception|traceback|no matching distribution|could not|killed|denied", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """Which Space. variables and secrets: of its environment, by name."""

    repo: str
    sdk: str
    token: str = field(repr=False)
    private: bool = True
    hardware: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def deploy(folder: Path, target: Target, settings: Settings, pause: Callable[[float], None] = time.sleep) -> Generator[str, None, dict]:
    """What goes on, a sentence at a time; returns {"url", "page", "commit", "stage", "private"}, the last as the Hub says. Raises UserError,
    with the cause that the build's log names when it does not come up."""
    common = {"repo": hub.check_repo(target.repo, settings), "token": hub.write_token(target.token)}
    with undone(**common) as note:
        made = _ask("create", common, sdk=target.sdk, private=target.private, hardware=target.hardware, note=str(note))
        yield f"{'Created' if made['created'] else 'Found'} {made['url']}"
        # Before there is a program: it must not run for a moment without the limits and the sign-in that it is to have.
        _ask("set_up", common, variables=dict(target.variables), secrets=dict(target.secrets))
        done = _ask("upload", common, UPLOAD_SECONDS, folder=str(folder.resolve()), note=str(note))
        yield f"Uploaded commit {done['commit'][:8]}"
    told = yield from _watched(common, pause)
    return {"url": made["url"], "page": told["url"], "commit": done["commit"], "stage": told["stage"], "private": made["private"]}


def _watched(common: dict, pause: Callable[[float], None]) -> Generator[str, None, dict]:
    """The stages of a build until the Space runs."""
    deadline, last = time.monotonic() + BUILD_SECONDS, ""
    while time.monotonic() < deadline:
        told = _ask("state", common)
        if told["stage"] != last:
            last = told["stage"]
            yield f"The Space is {last.lower().replace('_', ' ')}"
        if last in RUNS:
            return told
        if last in FAILED:
            raise _failed(common, last)
        pause(POLL_SECONDS)
    raise UserError(f"The Space is still {last.lower()} after {BUILD_SECONDS // 60} minutes.", "", "Look at its page on the Hub.", "repo")


def _failed(common: dict, stage: str) -> UserError:
    lines = _ask("logs", common, build=stage != "RUNTIME_ERROR")["lines"]
    what = f"The Space does not run ({stage.lower().replace('_', ' ')})."
    return UserError(what, f"Its log says: {cause(lines)}", "Mend that and deploy again: the same command updates the Space.", "repo")


def cause(lines: list[str]) -> str:
    """The line of a log that says why: the last that names an error, else the last one."""
    said = [line.strip() for line in lines if line.strip()]
    named = [line for line in said if CAUSE.search(line)]
    return (named or said or ["nothing"])[-1][:400]


def _ask(step: str, common: dict, seconds: float = ASK_SECONDS, **more) -> dict:
    return oneshot.run(f"genhub.hub_space:{step}", common | more, seconds=seconds, what=f"Asking the Hub ({step.replace('_', ' ')})")
