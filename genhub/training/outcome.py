"""What a training of any kind leaves in its run folder: weights that are listed, a passport; and what it took in memory."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch

from genhub import disk
from genhub.jobs.folder import RunFolder, write_json
from genhub.options import Config

ADAPTER, MODEL = "adapter", "model"
HEAD, BOTTLENECK = "head.safetensors", "bottleneck.safetensors"
WEIGHTS = (ADAPTER, MODEL, BOTTLENECK, HEAD)
DATA = (
    "sha256",
    "rows",
    "sample",
    "counterexamples",
    "fixes",
    "column",
    "cut",
    "hub",
)  # of a job's data: what a passport may tell, and no name of a file


class Named(Protocol):
    """A model as a passport names it: catalog or Hub id, commit, and sha256 of its weights; all empty for one from scratch."""

    id: str
    revision: str
    sha256: str


def weight_files(run: RunFolder) -> dict[str, Path]:
    """The files that hold what was learnt, by their name within the run folder."""
    found = {}
    for name in WEIGHTS:
        path = run.path / name
        files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path] if path.is_file() else []
        found |= {file.relative_to(run.path).as_posix(): file for file in files}
    return found


def write_passport(run: RunFolder, base: Named, config: Config, facts: Mapping) -> dict:
    """passport.json of any kind of run: `facts`, which hold format, task, adapter and metrics, and what every passport tells."""
    job = run.job()
    passport = {
        **facts,
        "base": {"id": base.id, "revision": base.revision, "sha256": base.sha256},
        "method": config.method,
        "config": config.to_dict(),
        "data": {name: job["data"][name] for name in DATA if name in job.get("data", {})},
        "seed": config.seed,
        "versions": job.get("versions", {}),
        "files": {name: disk.sha256(path) for name, path in weight_files(run).items()},
    }
    write_json(run.path / "passport.json", passport)
    return passport


def set_aside(run: RunFolder) -> None:
    """Before new weights are written: a passport and figures of older ones (of a stopped run that went on) go."""
    for name in ("passport.json", "metrics.json", "predictions.jsonl"):
        (run.path / name).unlink(missing_ok=True)


def stopped_by(run: RunFolder, stopped: bool) -> str | None:
    """ "hand", "quota" (of a lent GPU) or "limit", the time that a run may take; None when nothing stopped it."""
    if not stopped:
        return None
    if not run.has("stop"):
        return "limit"
    return (run.path / "stop").read_text(encoding="utf-8") or "hand"


class Memory:
    """The largest memory of this process since `start`, in megabytes (10^6 bytes); on a GPU, that of its memory."""

    def __init__(self, device: torch.device):
        self.device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        elif sys.platform == "linux":
            try:
                Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM; see proc(5)
            except OSError:
                return  # not allowed in this container: the peak is then that of the whole process

    def peak_mb(self) -> float:
        if self.device.type == "cuda":
            return round(torch.cuda.max_memory_allocated(self.device) / 1e6, 1)
        if sys.platform == "linux":
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return round(int(line.split()[1]) * 1024 / 1e6, 1)
        import psutil

        facts = psutil.Process().memory_info()
        return round(getattr(facts, "peak_wset", facts.rss) / 1e6, 1)
