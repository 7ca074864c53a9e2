"""Checkpoints that survive a kill at any moment.

One checkpoint is one folder: `tensors.safetensors`, `state.json` and `manifest.json` with the sha256 of both. It is written
under a temporary name, flushed to the disk and renamed, so a reader finds a whole one or none; what is damaged all the
same is passed over for the one before. Tensors travel as safetensors and everything else as JSON: nothing is a pickle.

    keeper = Checkpoints(run.checkpoints)
    if keeper.due():
        keeper.save(step, tensors, scalars)
    saved = keeper.latest()          # Saved(tensors, scalars) or None
"""

import hashlib
import json
import os
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save_file

from genhub import disk
from genhub.jobs.folder import RunFolder

SECONDS = 10.0  # between two checkpoints
SHARE = 0.05  # of the running time, at most, goes into writing them
KEEP = 2
FILES = ("tensors.safetensors", "state.json")


class Damaged(Exception):
    """A checkpoint that is incomplete or was changed after it was written."""


@dataclass(frozen=True)
class Saved:
    """`tensors` by name, on the CPU; `scalars` as JSON holds them."""

    tensors: dict[str, torch.Tensor]
    scalars: dict


class Checkpoints:
    """The checkpoints of one run, newest two kept. `seconds` between them; GENHUB_CHECKPOINT_SECONDS overrides. `run`: whose they are;
    when its time is over, one is due, and Paused follows it."""

    def __init__(self, folder: Path, seconds: float | None = None, run: RunFolder | None = None):
        asked = os.environ.get("GENHUB_CHECKPOINT_SECONDS") if seconds is None else seconds
        self.folder = folder
        self.seconds = SECONDS if asked in (None, "") else float(asked)
        self.run = run or RunFolder(folder.parent)
        self._next = time.monotonic() + self.seconds

    def due(self) -> bool:
        return time.monotonic() >= min(self._next, self.run.pause_at)

    def save(self, tensors: dict[str, torch.Tensor], scalars: dict) -> None:
        """Write one more, drop all but the newest two, and put the next one off so that writing stays cheap."""
        start = time.monotonic()
        number = max(self._numbers(), default=0) + 1
        write(self.folder / f"step-{number:06d}", tensors, scalars)
        for old in sorted(self._numbers())[:-KEEP]:
            shutil.rmtree(self.folder / f"step-{old:06d}", ignore_errors=True)
        took = time.monotonic() - start
        self._next = time.monotonic() + (max(self.seconds, took / SHARE) if self.seconds else 0.0)
        self.run.pause()

    def latest(self) -> Saved | None:
        """The newest whole checkpoint, or None."""
        for number in sorted(self._numbers(), reverse=True):
            try:
                return read(self.folder / f"step-{number:06d}")
            except Damaged:
                continue
        return None

    def save_part(self, name: str, tensors: dict[str, torch.Tensor], scalars: dict) -> None:
        """The result of a part of the run that is over (a fold); kept until the run ends. Its checkpoints go."""
        write(self.folder / f"part-{name}", tensors, scalars)
        for number in self._numbers():
            shutil.rmtree(self.folder / f"step-{number:06d}", ignore_errors=True)
        self.run.pause()

    def part(self, name: str) -> Saved | None:
        """What `save_part` kept, or None when it is missing or damaged."""
        try:
            return read(self.folder / f"part-{name}")
        except Damaged:
            return None

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _numbers(self) -> list[int]:
        return [int(entry.name[5:]) for entry in self.folder.glob("step-[0-9]*") if entry.name[5:].isdigit()]


def write(folder: Path, tensors: dict[str, torch.Tensor], scalars: dict) -> None:
    """Write `folder` whole or not at all; a folder of that name is replaced."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, temporary / "tensors.safetensors")
        (temporary / "state.json").write_text(json.dumps(scalars), encoding="utf-8")
        manifest = {name: disk.sha256(temporary / name) for name in FILES}
        (temporary / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        for name in (*manifest, "manifest.json"):
            disk.flush(temporary / name)
        disk.flush(temporary)
    except BaseException:  # a full disk would stay full
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(temporary, folder)
    disk.flush(folder.parent)


def read(folder: Path) -> Saved:
    """Raises Damaged unless every file is there and has the sha256 in the manifest."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        contents = {name: (folder / name).read_bytes() for name in FILES}
        for name, content in contents.items():
            if hashlib.sha256(content).hexdigest() != manifest.get(name):
                raise Damaged(f"{folder / name} is not what was written")
        return Saved(load(contents["tensors.safetensors"]), json.loads(contents["state.json"]))
    except (OSError, ValueError, AttributeError) as error:
        raise Damaged(str(error)) from error


def random_state() -> tuple[dict[str, torch.Tensor], dict]:
    """The state of the torch, numpy and Python generators, as tensors and JSON."""
    tensors = {"random/torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors["random/cuda"] = torch.cuda.get_rng_state()
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    version, state, gauss_next = random.getstate()
    tensors["random/numpy"] = torch.from_numpy(keys.astype(np.int64))
    scalars = {"numpy": [kind, int(position), int(has_gauss), float(gauss)], "python": [version, list(state), gauss_next]}
    return tensors, scalars


def set_random_state(tensors: dict[str, torch.Tensor], scalars: dict) -> None:
    """Put back what `random_state` read."""
    torch.set_rng_state(tensors["random/torch"])
    if "random/cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random/cuda"])
    kind, position, has_gauss, gauss = scalars["numpy"]
    np.random.set_state((kind, tensors["random/numpy"].numpy().astype(np.uint32), position, has_gauss, gauss))
    version, state, gauss_next = scalars["python"]
    random.setstate((version, tuple(state), gauss_next))
