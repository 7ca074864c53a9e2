"""Where things lie and how much is allowed, read from the environment at each call.

    GENHUB_HOME      folder for runs, uploads and caches        (default: ~/.genhub)
    GENHUB_PROFILE   local | public | zerogpu                   (default: local; public on a Space, zerogpu on a ZeroGPU Space)
    GENHUB_OFFLINE   1 = never ask the Hub                      (default: 0)
    GENHUB_DATA      folder with real data sets for development (default: none)
    GENHUB_ALLOW     what strangers may do on a public page beside the usual, of adapters,models,publishing (default: none)
    GENHUB_PROXIED   1 = a proxy of the owner's stands in front and says whom it saw (default: 0; 1 on a Space)
    GENHUB_AUTH      name:password,name:password … for `serve --auth`  (default: none)

The environment is the one source, so that child processes see what their parent sees.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from genhub.errors import UserError

PROFILES = ("local", "public", "zerogpu")
ADAPTERS, MODELS, PUBLISHING = "adapters", "models", "publishing"
ALLOWED = {  # what an owner can turn on for strangers; at home all of it is on
    ADAPTERS: "open runs that somebody packed elsewhere",
    MODELS: "load any supported model of the Hub",
    PUBLISHING: "push runs to the Hub",
}
PASSWORD_CHARS = 8


@dataclass(frozen=True)
class Limits:
    """What one visitor may ask for. Sizes in bytes, times in seconds."""

    upload_bytes: int = 50_000_000
    archive_bytes: int = 600_000_000  # of a run that comes back as a zip
    table_rows: int = 200_000
    table_columns: int = 200
    line_chars: int = 100_000
    classes: int = 200
    training_seconds: int = 60 * 60
    text_chars: int = 100_000
    corpus_chars: int = 20_000_000  # of a text to learn to write from
    texts_per_request: int = 200_000
    new_tokens: int = 1_024
    image_pixels: int = 64_000_000
    images: int = 70_000  # of a set to learn from
    hub_bytes: int = 2_000_000_000
    job_slots: int = 2  # jobs that train at once
    children: int = 4  # short processes at once, such as those that read tables; as many again talk to the Hub
    jobs_per_visitor: int = 20
    jobs_per_address: int = 50  # waiting or running of one network address; a class may sit behind one
    queue_length: int = 50
    visitor_bytes: int = 20_000_000_000
    total_bytes: int = 20_000_000_000  # of all visitors together
    transit_bytes: int = 10_000_000_000  # of what browsers have sent and fetched
    keep_hours: int = 0  # 0: runs are kept until their owner deletes them
    any_hub_model: bool = True


# At home jobs that share two cores would only slow each other, and blur the seconds of compared methods; in a class both move.
LOCAL = Limits(job_slots=min(2, max(1, (os.cpu_count() or 1) // 2)))
PUBLIC = replace(
    LOCAL,
    job_slots=2,
    upload_bytes=10_000_000,
    archive_bytes=50_000_000,
    table_rows=20_000,
    training_seconds=5 * 60,
    text_chars=20_000,
    corpus_chars=2_000_000,
    texts_per_request=20_000,
    new_tokens=256,
    image_pixels=16_000_000,
    images=10_000,
    hub_bytes=600_000_000,
    children=3,
    jobs_per_visitor=3,
    jobs_per_address=30,
    visitor_bytes=1_000_000_000,
    total_bytes=20_000_000_000,
    transit_bytes=4_000_000_000,
    keep_hours=24,
    any_hub_model=False,
)


@dataclass(frozen=True)
class Settings:
    home: Path
    profile: str
    limits: Limits
    offline: bool
    data: Path | None
    allowed: frozenset[str] = frozenset(ALLOWED)

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"

    @property
    def downloads(self) -> Path:
        return self.home / "downloads"

    @property
    def transit(self) -> Path:
        """What the browser sends and fetches passes through here."""
        return self.home / "transit"

    @property
    def file_bytes(self) -> int:
        """Of the longest file that may come: packed runs are longer than tables, where they may be opened."""
        return max(self.limits.upload_bytes, self.limits.archive_bytes if ADAPTERS in self.allowed else 0)

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def public(self) -> bool:
        return self.profile != "local"

    @property
    def zerogpu(self) -> bool:
        """Public, and a GPU is lent for the time of a call: see `genhub.zerogpu`."""
        return self.profile == "zerogpu"


def get(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `env` (the process environment by default). Raises UserError for an unknown profile."""
    env = os.environ if env is None else env
    on_space = "zerogpu" if env.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true") else "public"
    profile = env.get("GENHUB_PROFILE") or (on_space if env.get("SPACE_ID") else "local")
    if profile not in PROFILES:
        raise UserError(f"GENHUB_PROFILE is “{profile}”.", f"It is one of {', '.join(PROFILES)}.", "Unset it or choose one.")
    data = env.get("GENHUB_DATA")
    allowed = frozenset(ALLOWED) if profile == "local" else _allowed(env.get("GENHUB_ALLOW", ""))
    return Settings(
        home=Path(env.get("GENHUB_HOME") or Path.home() / ".genhub"),
        profile=profile,
        limits=LOCAL if profile == "local" else replace(PUBLIC, any_hub_model=MODELS in allowed),
        offline=env.get("GENHUB_OFFLINE", "0") not in ("", "0") or env.get("HF_HUB_OFFLINE", "0") not in ("", "0"),
        data=Path(data) if data else None,
        allowed=allowed,
    )


def _allowed(value: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in value.split(",") if name.strip())
    if unknown := sorted(names - ALLOWED.keys()):
        raise UserError(f"GENHUB_ALLOW names “{unknown[0][:40]}”.", f"It may name {', '.join(ALLOWED)}.", "Unset it or choose of these.")
    return names


def is_loopback(host: str) -> bool:
    """Whether this computer alone can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_open(settings: Settings, host: str, share: bool) -> None:
    """Raises UserError where others could reach a page with the limits of the local profile."""
    if not settings.public and (share or not is_loopback(host)):
        limit = "On a Space, with a share link, or on an address that is not this computer's own, the public limits hold."
        what = "The profile is local, but others can reach this page."
        raise UserError(what, limit, "Unset GENHUB_PROFILE, or serve on 127.0.0.1 without a share link.", "profile")


def proxied(env: Mapping[str, str] | None = None) -> bool:
    """Whether what a proxy writes of where a request came from may be believed."""
    env = os.environ if env is None else env
    return env.get("GENHUB_PROXIED", "1" if env.get("SPACE_ID") else "0") not in ("", "0")


def accounts(env: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """(name, password) of those who may sign in, from GENHUB_AUTH. Raises UserError for what is none, or too easy to guess."""
    value = (os.environ if env is None else env).get("GENHUB_AUTH", "")
    how = "Set GENHUB_AUTH to name:password, several separated by commas."
    if not value.strip():
        raise UserError("Nobody could sign in.", "--auth takes names and passwords from the environment.", how)
    found = []
    for number, part in enumerate(value.split(","), start=1):
        name, colon, password = part.strip().partition(":")
        if not name or not colon:
            raise UserError(f"Entry {number} of GENHUB_AUTH is not name:password.", "A comma separates entries.", how)
        if len(password) < PASSWORD_CHARS:
            what = f"The password of “{name[:40]}” has {len(password)} characters."
            raise UserError(what, f"It needs at least {PASSWORD_CHARS}: strangers may guess.", "Choose a longer one.")
        found.append((name, password))
    return found
