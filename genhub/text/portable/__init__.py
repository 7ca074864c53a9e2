"""A run on its travels: packed as a zip, opened again with every part checked, or melted into one plain model.

    export_zip(run_dir, out)            what was trained, its passport, figures, card and script; never a row of the user's
    open_zip(path, folder, limits)      a stranger's zip → a run folder that answers as the original did
    merged(run_dir, out)                the adapter folded into the base's weights, one safetensors folder

An opened run is not what the zip said but what was written from it: the passport, the figures and PEFT's configuration are
made anew from checked values, card and script are written again, and weights must be finite tensors of the expected shapes.
What a kind of run has of its own is in `classifier` and `generator`.
"""

import contextlib
import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path

from genhub import archive, disk
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder, write_json
from genhub.settings import Limits
from genhub.text import card, code, formats, passport
from genhub.text.portable.opening import read_json

PASSPORT, METRICS = "passport.json", "metrics.json"
PARTS = (PASSPORT, METRICS, card.FILE)
UNPACKED = 2  # weights hardly shrink: what unpacks to more than twice the zip's limit is no run
STAMP = (1980, 1, 1, 0, 0, 0)  # the same run packs to the same bytes


def export_zip(run_dir: Path, out: Path) -> Path:
    """Pack a finished run. Raises UserError when it has no passport yet."""
    files = contents(run_dir, named=True)
    part = out.with_name(out.name + ".part")
    with zipfile.ZipFile(part, "w") as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with packed.open(entry, "w") as target:
                if isinstance(content, Path):
                    with open(content, "rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)
                else:
                    target.write(content)
    part.replace(out)
    return out


def contents(run_dir: Path, *, named: bool = False) -> dict[str, Path | bytes]:
    """Name → file or bytes of all that leaves with a run; the passport names the sha256 of each of the others.

    `named`: with the run's display name, which may repeat that of the user's file, so not for publishing."""
    run = RunFolder(Path(run_dir))
    facts = {key: value for key, value in run.read(PASSPORT).items() if key != "name"}
    kind = formats.part("portable", facts)
    if named and run.has("job.json") and run.job().get("name"):
        facts["name"] = run.job()["name"]
    names = sorted(path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file() and not path.is_symlink())
    files: dict[str, Path | bytes] = {name: run.path / name for name in names if belongs(name, kind)}
    kind.check_whole(files)
    if METRICS in files:
        files[METRICS] = kind.shareable(run.read(METRICS))
    files[code.file_of(facts)] = code.script(run.path).encode()
    hashes = {name: _sha256(content) for name, content in files.items() if name != PASSPORT}
    files[PASSPORT] = json.dumps(facts | {"files": hashes}, ensure_ascii=False, indent=1).encode()
    return dict(sorted(files.items()))


def belongs(name: str, *kinds) -> bool:
    """Is this one of the files that a packed run may hold (of these kinds, of any when none is named)?"""
    for kind in kinds or formats.parts("portable"):
        if name in (*PARTS, *kind.PARTS) or re.fullmatch(kind.MODEL_FILES, name) is not None:
            return True
    return False


def _sha256(content: Path | bytes) -> str:
    return disk.sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


def open_zip(path: Path, folder: Path, limits: Limits) -> Path:
    """Make `folder` the run that the zip holds; returns it. Raises UserError, and leaves nothing, when a check fails.

    Full models are opened where any Hub model may be used (the local profile); elsewhere heads and adapters only.
    """
    path, folder = Path(path), Path(folder)
    source = folder.with_name(folder.name + ".unpacked")
    most = UNPACKED * limits.archive_bytes
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        with contextlib.ExitStack() as after:
            after.callback(shutil.rmtree, source, ignore_errors=True)
            names = archive.unpack(path, source, archive.Bounds(total_bytes=most, entry_bytes=most), belongs)
            facts = passport.check(read_json(source, PASSPORT))
            kind = formats.part("portable", facts)
            _check_files(source, names, kind)
            kind.open_parts(source, folder, facts, limits)
            _write_words(source, folder, facts)
        undo.pop_all()
    return folder


def _check_files(source: Path, names: list[str], kind) -> None:
    """Every file is one of this kind of run, the passport lists it, and it has the sha256 that is written there."""
    listed = read_json(source, PASSPORT).get("files")
    if not isinstance(listed, dict):
        raise UserError("passport.json lists no files.", "It names the sha256 of each.", "Use a file that GenHub made.", "file")
    for name in sorted(set(names) | set(map(str, listed))):
        if name == PASSPORT:
            continue
        if name not in names:
            raise UserError(f"{name[:80]} is missing from the packed run.", "The passport lists it.", "Download the run again.", "file")
        if name not in listed or disk.sha256(source / name) != listed[name]:
            what = f"{name} is damaged or was changed."
            raise UserError(what, "Its sha256 must be the one in the passport.", "Download the run again.", "file")
        if not belongs(name, kind):
            what = f"The packed run holds {name[:80]}, which does not belong to such a run."
            raise UserError(what, "It holds what GenHub packs, and nothing else.", "Use a file that GenHub made.", "file")


def _write_words(source: Path, folder: Path, facts: dict) -> None:
    """Passport, figures, card and script, all in our own words."""
    if (source / METRICS).exists():
        write_json(folder / METRICS, passport.check_metrics(read_json(source, METRICS), facts))
    write_json(folder / PASSPORT, facts)
    if (folder / METRICS).exists():
        card.write(RunFolder(folder))
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    write_json(folder / PASSPORT, facts | {"files": {name: disk.sha256(folder / name) for name in names if name != PASSPORT}})


def merged(run_dir: Path, out_dir: Path) -> Path:
    """Write the run as one transformers folder: config.json, model.safetensors, tokenizer, passport.json, and a classifier's
    head.safetensors; a diffusion model as one of diffusers. Raises UserError for what cannot be folded into a weight."""
    run, out_dir = RunFolder(Path(run_dir)), Path(out_dir)
    facts = run.read(PASSPORT)
    formats.part("portable", facts).merge(run, facts, out_dir)
    names = [path.relative_to(out_dir).as_posix() for path in sorted(out_dir.rglob("*")) if path.is_file() and path.name != PASSPORT]
    write_json(out_dir / PASSPORT, facts | {"adapter": "none", "files": {name: disk.sha256(out_dir / name) for name in names}})
    return out_dir
