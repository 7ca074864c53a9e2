"""One image of a stranger's, decoded with care: what it is by its content, how large before it is decoded, upright, and nothing but pixels.

pixels_of, keep, film    for one-shot children, JSON in, JSON out: a file → the pixels of a small square; → a PNG and a smaller one; frames → a GIF
"""

import base64
import io
import warnings
from pathlib import Path

from genhub import settings
from genhub.errors import UserError

KINDS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP"}  # as Pillow calls them → as we do
MPO = "MPO"  # a JPEG with smaller copies or a map of depths behind it, as phones write them: its first frame is the photograph
LEAST_SIDE = 16
WHOLE, PREVIEW = "photo.png", "preview.png"
PREVIEW_PIXELS = 1_050_000
FILM_WIDTH, FRAME_MS, LAST_MS = 640, 200, 2_000
REMEDY = "Save it as an ordinary PNG, JPEG or WebP."


class Unusable(UserError):
    """An image that is none, is damaged, too small or a film: a set can do without it. One that is dangerously large is refused otherwise."""


def decode(data: bytes, name: str, most_pixels: int, *, least_side: int = LEAST_SIDE, field: str = "image"):
    """A file's bytes → a Pillow image in mode L or RGB. Raises UserError for what has too many pixels, and Unusable for what is no such
    image, too small, damaged or has several frames; the size is looked at before anything is decoded."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    called = f"“{name[:80]}”"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images, which are refused below
            image = Image.open(io.BytesIO(data), formats=tuple(KINDS))
    except Image.DecompressionBombError:
        raise _too_large(called, "more pixels than can be decoded", most_pixels, field) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        what = f"{called} is no PNG, JPEG or WebP image."
        raise Unusable(what, "Its content decides, whatever it is called.", REMEDY, field) from None
    width, height = image.size
    if width * height > most_pixels:
        raise _too_large(called, f"{width:,} × {height:,} pixels", most_pixels, field)
    if min(width, height) < least_side:
        what = f"{called} has {width} × {height} pixels."
        raise Unusable(what, f"At least {least_side} × {least_side}.", "Choose a larger image.", field)
    if image.format != MPO and getattr(image, "n_frames", 1) > 1:
        raise Unusable(f"{called} is a film of {image.n_frames} frames.", "One frame.", "Save one frame of it.", field)
    try:
        return _plain(ImageOps.exif_transpose(image))
    except (MemoryError, Image.DecompressionBombError):
        raise _too_large(called, f"{width:,} × {height:,} pixels, too many to decode", most_pixels, field) from None
    except (OSError, ValueError, SyntaxError):
        raise Unusable(f"{called} is damaged.", "The whole image has to be there.", "Save or download it again.", field) from None


def pixels_of(args: dict) -> dict:
    """{"path", "name", "side", "channels", "turned"} → {"pixels": side · side · channels bytes in base64, row by row}: a square cut out of
    the middle, scaled. turned: dark becomes light. Raises UserError."""
    limits = settings.get().limits
    image = square(decode(Path(args["path"]).read_bytes(), args["name"], limits.image_pixels), args["side"], args["channels"] == 3)
    data = image.tobytes()
    return {"pixels": base64.b64encode(bytes(255 - value for value in data) if args["turned"] else data).decode("ascii")}


def keep(args: dict) -> dict:
    """{"path", "name", "folder"} → {"width", "height", "grey"}; writes WHOLE, and PREVIEW of at most PREVIEW_PIXELS. Raises UserError."""
    from PIL import Image

    image, folder = decode(Path(args["path"]).read_bytes(), args["name"], settings.get().limits.image_pixels), Path(args["folder"])
    image.save(folder / WHOLE, compress_level=1)
    smaller = (PREVIEW_PIXELS / (image.width * image.height)) ** 0.5
    if smaller < 1:
        size = (max(1, int(image.width * smaller)), max(1, int(image.height * smaller)))
        image.resize(size, Image.Resampling.LANCZOS).save(folder / PREVIEW, compress_level=1)
    else:
        image.save(folder / PREVIEW, compress_level=1)
    return {"width": image.width, "height": image.height, "grey": image.mode == "L"}


def film(args: dict) -> dict:
    """{"folder": of PNGs whose names are in their order, "out"} → {"frames"}; writes a GIF that begins again, its last frame longer."""
    from PIL import Image

    frames = [Image.open(path).convert("RGB") for path in sorted(Path(args["folder"]).glob("*.png"))]
    larger = max(1, FILM_WIDTH // frames[0].width)
    shown = [frame.resize((larger * frame.width, larger * frame.height), Image.Resampling.NEAREST) for frame in frames]
    times = [FRAME_MS] * (len(shown) - 1) + [LAST_MS]
    shown[0].save(args["out"], "GIF", save_all=True, append_images=shown[1:], duration=times, loop=0)
    return {"frames": len(shown)}


def square(image, side: int, coloured: bool):
    """A Pillow image as a square of so many pixels: cut around its middle, scaled, RGB or L."""
    from PIL import Image

    image = image.convert("RGB" if coloured else "L")
    if image.size == (side, side):
        return image
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    return image.resize((side, side), Image.Resampling.LANCZOS, (left, top, left + short, top + short))


def _too_large(called: str, how: str, most_pixels: int, field: str) -> UserError:
    return UserError(f"{called} has {how}.", f"At most {most_pixels / 1e6:g} million.", "Make it smaller.", field)


def _plain(image):
    """Grey or colour, eight bits, what is transparent on white."""
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":  # 16 bits: Pillow would cut instead of scale
        wide = image.convert("F").point(lambda value: value / 257.0)
        return wide.convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    grey = image.mode in ("L", "LA", "1")
    return image.convert("L" if grey else "RGB")
