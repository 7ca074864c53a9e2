"""Weights in the old format, which can run code when it is read, and the safe copy that the Hub's own bot offers beside many of them.

The bot (SFconvertbot) opens a pull request with model.safetensors and nothing else changed; it is read at that commit, as transformers
itself does (`transformers.safetensors_conversion`).
"""

from typing import Any

BOT = "SFconvertbot"
TITLE = "Adding `safetensors` variant of this model"


def converted(api: Any, repo: str, seconds: float) -> str:
    """The commit of the newest conversion of a repository that still stands on its main branch; "" when there is none. `api`: an HfApi."""
    offered = [
        pull
        for pull in api.get_repo_discussions(repo, author=BOT, discussion_type="pull_request", discussion_status="open")
        if pull.author == BOT and pull.title == TITLE and pull.git_reference
    ]
    for pull in sorted(offered, key=lambda pull: -pull.num):
        found = api.model_info(repo, revision=pull.git_reference, timeout=seconds)
        if found.sha:
            return found.sha
    return ""
