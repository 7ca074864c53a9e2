"""Sets of images to learn from: read in a one-shot child, JSON in, JSON out, a folder in between.

    read_images    a ZIP of images, a NumPy file, a folder or the bundled digits → rows.jsonl ({"image": PNG in base64, "label": …} a
                   line, one an image; without labels there are none), images.json

Files of a ZIP or a folder that are no images, damaged, too small or films are named together, and left out when that is asked for.
In a ZIP and in a folder the folders name the classes. A NumPy file (.npz) holds `x` (N, H, W) or (N, H, W, 3) of bytes, and `y` (N,) if
there are classes. All images become square, of one size and either grey or coloured, and what was done is said. Raises UserError.
"""

import base64
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from genhub import archive, gate, settings
from genhub.data import pictures, streamed, tables
from genhub.data.fixes import LEAVE_IMAGES
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.settings import Limits

ROWS, FACTS = "rows.jsonl", "images.json"
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
LEAST_IMAGES = 64
LEAST_SIDE, MOST_SIDE, STEP = 8, 64, 4
USUAL_SIDE = 32  # of images that come in several sizes, or large
MOST_CLASSES = 200
BOUNDS = archive.Bounds(entries=2_000, total_bytes=100_000_000, entry_bytes=10_000_000, ratio=100)
NUMPY_BYTES = 400_000_000  # unpacked
DIGITS = "digits"
PREVIEW, PREVIEW_COLUMNS = 60, 15
GREY = 96  # between images
NAMED = 5  # of the files that cannot be used


@dataclass(frozen=True)
class ImagesInfo:
    """A set that was read. source: file | sample | hub. channels: 1 or 3; classes: name → images, empty where nobody named any. findings:
    {"code", "text"}, what was done and what is out of the ordinary. preview: some of the images, a PNG in base64. fixes: the remedies it was
    read with."""

    id: str
    name: str
    source: str
    images: int
    side: int
    channels: int
    classes: dict[str, int] = field(default_factory=dict)
    sample: str = ""
    hub: dict = field(default_factory=dict)
    findings: list[dict[str, str]] = field(default_factory=list)
    preview: str = ""
    fixes: list[str] = field(default_factory=list)


@dataclass
class Brought:
    """Images as they came, each (H, W) or (H, W, 3) uint8, and their classes, empty or one each; `told` is (code, sentence); `fixes` are the remedies
    that were needed."""

    images: list[np.ndarray]
    labels: list[str]
    told: list[tuple[str, str]] = field(default_factory=list)
    fixes: list[str] = field(default_factory=list)


def read_images(args: dict) -> dict:
    """{"path" | "sample", "folder", "source", "name"?, "side"?, "grey"?, "hub"?, "fixes"?} → an ImagesInfo as a dictionary. side: what images
    become; 0 or nothing: they keep their size where it can stay, else 32 pixels. grey: colours are taken out."""
    folder, limits = Path(args["folder"]), settings.get().limits
    brought = _bring(args, limits)
    if len(brought.images) < LEAST_IMAGES:
        what = f"The set has {len(brought.images)} image{'s' * (len(brought.images) != 1)}."
        raise UserError(what, f"At least {LEAST_IMAGES}.", "Add images, or begin with a model that is here already.", "data")
    x = _alike(brought, int(args.get("side") or 0), bool(args.get("grey")))
    classes = dict(sorted(Counter(brought.labels).items()))
    if len(classes) > MOST_CLASSES:
        what = f"The set has {len(classes):,} classes."
        raise UserError(what, f"At most {MOST_CLASSES}.", "Put fewer folders into it, or all images into one.", "data")
    if len(classes) == 1:
        name = next(iter(classes))
        brought.told.append(("one-class", f"All images are of one class, “{name[:40]}”: nothing can be conditioned on it."))
    info = ImagesInfo(
        id=folder.name,
        name=gate.shown_name(str(args.get("name") or "images")),
        source=args["source"],
        images=len(x),
        side=x.shape[1],
        channels=1 if x.ndim == 3 else 3,
        classes=classes,
        sample=str(args.get("sample") or ""),
        hub=args.get("hub") or {},
        findings=[{"code": code, "text": text} for code, text in brought.told],
        preview=base64.b64encode(
            png(grid(x[np.linspace(0, len(x) - 1, PREVIEW).astype(int)], PREVIEW_COLUMNS, usual_gap(x.shape[1])))
        ).decode("ascii"),
        fixes=brought.fixes,
    )
    tables.write_jsonl(folder / ROWS, _rows(x, brought.labels))
    write_json(folder / FACTS, asdict(info))
    return asdict(info)


def origin(info: ImagesInfo) -> dict:
    """Where a set comes from, as a run's job.json tells it."""
    known = {"hub": streamed.origin(info.hub)} if info.hub else {}
    return {
        "name": info.name,
        **known,
        "sample": info.sample or None,
        "side": info.side,
        "channels": info.channels,
        "classes": list(info.classes),
        **({"fixes": info.fixes} if info.fixes else {}),
    }


def read_rows(path: Path, most: int | None = None) -> tuple[np.ndarray, list[str]]:
    """(N, H, W[, 3]) uint8 and the labels, empty or one each, of a file of rows, or of `most` of them from all over it."""
    from PIL import Image

    images, labels = [], []
    with open(path, encoding="utf-8") as file:
        lines = file.readlines() if most else file
        for line in lines[:: max(1, -(-len(lines) // most))] if most else lines:
            row = json.loads(line)
            with Image.open(io.BytesIO(base64.b64decode(row["image"])), formats=("PNG",)) as image:
                images.append(np.asarray(image))
            if "label" in row:
                labels.append(row["label"])
    return np.stack(images), labels


def _rows(x: np.ndarray, labels: list[str]) -> Iterator[dict]:
    for number, pixels in enumerate(x):
        row = {"image": base64.b64encode(png(pixels)).decode("ascii")}
        yield {**row, "label": labels[number]} if labels else row


def grid(x: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """(N, H, W[, 3]) → one picture of so many columns, `gap` grey pixels between images; what is missing in the last row is grey, too."""
    missing = -len(x) % columns
    x = np.concatenate([x, np.full((missing, *x.shape[1:]), GREY, x.dtype)])
    around = [(0, 0), (0, gap), (0, gap), *[(0, 0)] * (x.ndim - 3)]
    rows = np.pad(x, around, constant_values=GREY).reshape(-1, columns, x.shape[1] + gap, x.shape[2] + gap, *x.shape[3:])
    whole = np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
    return whole[: whole.shape[0] - gap, : whole.shape[1] - gap]


def usual_gap(side: int) -> int:
    """Pixels between images of this side, so that each is seen as one."""
    return max(1, side // 14)


def png(pixels: np.ndarray) -> bytes:
    """(H, W[, 3]) uint8 → a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


# --- what comes in --------------------------------------------------------------------------------------------------


def _bring(args: dict, limits: Limits) -> Brought:
    if args.get("sample") == DIGITS:
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Brought(list((digits.images * 255 / 16).round().astype(np.uint8)), [str(label) for label in digits.target])
    path, leave = Path(args["path"]), LEAVE_IMAGES in (args.get("fixes") or ())
    if args.get("hub"):
        return _streamed(path, args["hub"], limits)
    if path.is_dir():
        return _folder(path, limits, leave)
    upload = gate.image_set(path, limits)
    return _numpy(upload.path, limits) if upload.kind == "npz" else _zip(upload.path, Path(args["folder"]) / "unpacked", limits, leave)


def _streamed(path: Path, hub: dict, limits: Limits) -> Brought:
    """The rows that `genhub.hub_data` wrote of a data set's pictures."""
    images, labels = [], []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            row = json.loads(line)
            images.append(np.asarray(_small(base64.b64decode(row["image"]), f"row {number}", limits)))
            labels.append(row.get("label", "")[:80])
    told = [("hub", streamed.rows_in_words(hub))] + [("hub", text) for text in streamed.losses(hub)]
    return Brought(images, labels if any(labels) else [], told)


def _zip(path: Path, scratch: Path, limits: Limits, leave: bool) -> Brought:
    """Every image of the archive; other files are left alone."""
    import shutil

    try:
        names = archive.unpack(path, scratch, BOUNDS, lambda name: name.lower().endswith(ENDINGS), strict=False)
        return _decoded([(PurePosixPath(name), scratch / name) for name in sorted(names)], limits, leave)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _folder(path: Path, limits: Limits, leave: bool) -> Brought:
    found = sorted(item for item in path.rglob("*") if item.suffix.lower() in ENDINGS and item.is_file() and not item.is_symlink())
    if len(found) > limits.images:
        what = f"The folder holds {len(found):,} images."
        raise UserError(what, f"At most {limits.images:,}.", "Take a part of them.", "data")
    return _decoded([(PurePosixPath(item.relative_to(path).as_posix()), item) for item in found], limits, leave)


def _decoded(named: list[tuple[PurePosixPath, Path]], limits: Limits, leave: bool) -> Brought:
    """Images by their names within the set: the folder above each is its class, where every image has one. Those that cannot be used are
    left out with `leave`; without, all of them are named in one UserError."""
    images, names, unusable = [], [], []
    for name, item in named:
        try:
            images.append(np.asarray(_small(item.read_bytes(), str(name), limits)))
            names.append(name)
        except pictures.Unusable as error:
            unusable.append(error)
    if unusable and not leave:
        raise _refused(unusable, len(named))
    labelled = bool(names) and all(len(name.parts) > 1 for name in names)
    brought = Brought(images, [name.parts[-2] for name in names] if labelled else [])
    if unusable:
        brought.fixes.append(LEAVE_IMAGES)
        left = f"{len(unusable):,} of {len(named):,} images {'were' if len(unusable) > 1 else 'was'} left out: {_listed(unusable)}"
        brought.told.append((LEAVE_IMAGES, left))
    return brought


def _refused(unusable: list[pictures.Unusable], count: int) -> UserError:
    """What is said of the files that cannot be used; they can be left out where enough remain."""
    first, fix = unusable[0], LEAVE_IMAGES if count - len(unusable) >= LEAST_IMAGES else ""
    if len(unusable) == 1:
        return UserError(first.what, first.limit, first.remedy, first.field, fix)
    what = f"{len(unusable):,} of {count:,} images cannot be used: {_listed(unusable)}"
    limit = f"PNG, JPEG or WebP, whole, one frame, at least {pictures.LEAST_SIDE} × {pictures.LEAST_SIDE} pixels; the content decides."
    return UserError(what, limit, "Replace these files.", first.field, fix)


def _listed(unusable: list[pictures.Unusable]) -> str:
    """What is wrong with the first ones."""
    more = f"; and {len(unusable) - NAMED:,} more" if len(unusable) > NAMED else ""
    return "; ".join(error.what.removesuffix(".") for error in unusable[:NAMED]) + more + "."


def _small(data: bytes, name: str, limits: Limits):
    """An image that is not larger than what could be needed of it: two thousand photographs do not fit into memory."""
    image = pictures.decode(data, name, limits.image_pixels, field="data")
    image.thumbnail((4 * MOST_SIDE, 4 * MOST_SIDE))
    return image


def _numpy(path: Path, limits: Limits) -> Brought:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > NUMPY_BYTES:
            what = f"“{gate.shown_name(path.name)}” unpacks to {size / 1e6:,.0f} MB."
            raise UserError(what, f"At most {NUMPY_BYTES / 1e6:,.0f} MB.", "Keep fewer images.", "data")
        with np.load(path, allow_pickle=False) as file:
            x = file["x"]
            y = file["y"] if "y" in file.files else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        what = f"“{gate.shown_name(path.name)}” cannot be read as a set of images ({type(error).__name__})."
        raise UserError(
            what, "It holds the arrays x and, if there are classes, y.", "Save it with numpy.savez_compressed.", "data"
        ) from None
    if x.dtype != np.uint8 or x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] not in (1, 3)):
        what = f"x has the shape {x.shape} and the type {x.dtype}."
        raise UserError(what, "(N, height, width) or (N, height, width, 3), of bytes (uint8).", "Convert it.", "data")
    if len(x) > limits.images:
        raise UserError(f"The set has {len(x):,} images.", f"At most {limits.images:,}.", "Keep fewer.", "data")
    if min(x.shape[1:3]) < LEAST_SIDE:
        what = f"The images have {x.shape[1]} × {x.shape[2]} pixels."
        raise UserError(what, f"At least {LEAST_SIDE} × {LEAST_SIDE}.", "Choose larger ones.", "data")
    if y is not None and (y.shape != (len(x),) or y.dtype.kind not in "iuU"):
        what = f"y has the shape {y.shape} and the type {y.dtype}."
        raise UserError(what, f"({len(x):,},): one whole number or name for each image.", "Convert it, or leave it out.", "data")
    x = x[..., 0] if x.ndim == 4 and x.shape[3] == 1 else x
    return Brought(list(x), [] if y is None else [str(label)[:80] for label in y.tolist()])


# --- made alike -----------------------------------------------------------------------------------------------------


def _alike(brought: Brought, side: int, grey: bool) -> np.ndarray:
    """(N, side, side[, 3]) uint8; what had to be done is told."""
    from PIL import Image

    sizes = Counter(image.shape[:2] for image in brought.images)
    coloured = [image.ndim == 3 and bool((image[..., :1] != image).any()) for image in brought.images]
    colour = any(coloured) and not grey
    if colour and not all(coloured):
        brought.told.append(("colour", f"{len(coloured) - sum(coloured):,} grey images became coloured ones, like the others."))
    if any(coloured) and grey:
        brought.told.append(("grey", f"Colours were taken out of {sum(coloured):,} images."))
    target = side or _own_side(sizes)
    if set(sizes) != {(target, target)}:
        shapes = f"{len(sizes):,} sizes" if len(sizes) > 1 else "{1} × {0} pixels".format(*next(iter(sizes)))
        brought.told.append(("size", f"Images of {shapes} were cut to a square around their middle and scaled to {target} × {target}."))
    return np.stack([np.asarray(pictures.square(Image.fromarray(pixels), target, colour)) for pixels in brought.images])


def _own_side(sizes: Counter) -> int:
    """That of the images, where all are square, of one size and small; else the usual one."""
    (height, width), *others = sizes
    fits = not others and height == width and LEAST_SIDE <= height <= MOST_SIDE and height % STEP == 0
    return height if fits else USUAL_SIDE
