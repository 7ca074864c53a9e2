"""Where things lie and how much is allowed, read from the environment at each call.

    GENHUB_HOME      folder for runs, uploads and caches        (default: ~/.genhub)
    GENHUB_PROFILE   local | public | zerogpu                   (default: local; public on a Space)
    GENHUB_OFFLINE   1 = never ask the Hub                      (default: 0)
    GENHUB_DATA      folder with real data sets for development (default: none)

The environment is the one source, so that child processes see what their parent sees.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from genhub.errors import UserError

PROFILES = ("local", "public", "zerogpu")


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
    queue_length: int = 50
    visitor_bytes: int = 20_000_000_000
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
    visitor_bytes=1_000_000_000,
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
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def public(self) -> bool:
        return self.profile != "local"


def get(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `env` (the process environment by default). Raises UserError for an unknown profile."""
    env = os.environ if env is None else env
    profile = env.get("GENHUB_PROFILE") or ("public" if env.get("SPACE_ID") else "local")
    if profile not in PROFILES:
        raise UserError(f"GENHUB_PROFILE is “{profile}”.", f"It is one of {', '.join(PROFILES)}.", "Unset it or choose one.")
    data = env.get("GENHUB_DATA")
    return Settings(
        home=Path(env.get("GENHUB_HOME") or Path.home() / ".genhub"),
        profile=profile,
        limits=LOCAL if profile == "local" else PUBLIC,
        offline=env.get("GENHUB_OFFLINE", "0") not in ("", "0") or env.get("HF_HUB_OFFLINE", "0") not in ("", "0"),
        data=Path(data) if data else None,
    )
