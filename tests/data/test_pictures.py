"""One image of a stranger's: photographs as phones write them, and films."""

import io

import pytest
from PIL import Image, ImageDraw

from genhub.data import pictures
from genhub.errors import UserError

MOST = 1_000_000


def frame(colour: str, size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).rectangle((0, 0, 15, 15), fill="white")
    return image


def written(kind: str, *frames: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
    return file.getvalue()


def test_a_photograph_with_smaller_copies_behind_it_is_its_first_frame():
    """Phones write JPEGs with a multi-picture block, which Pillow opens as a film of its own kind."""
    data = written("MPO", frame("red"), frame("blue", (32, 24)))
    opened = Image.open(io.BytesIO(data))
    assert (opened.format, opened.n_frames) == ("MPO", 2)
    image = pictures.decode(data, "IMG_0001.JPG", MOST)
    assert (image.size, image.mode) == ((64, 48), "RGB")
    red, green, blue = image.getpixel((50, 40))
    assert red > 200 > 60 > max(green, blue)


def test_it_is_turned_upright_and_without_what_the_phone_wrote_about_it():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "A phone"
    image = pictures.decode(written("MPO", frame("red"), frame("blue"), exif=exif), "IMG_0002.JPG", MOST)
    assert image.size == (48, 64)
    assert min(image.getpixel((40, 5))) > 200  # the white corner, top left before, is top right
    kept = io.BytesIO()
    image.save(kept, "PNG")
    assert b"A phone" not in kept.getvalue()
    assert not Image.open(kept).getexif()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_film_is_still_refused(kind):
    with pytest.raises(UserError, match="a film of 2 frames"):
        pictures.decode(written(kind, frame("red"), frame("blue")), "film", MOST)


def test_its_pixels_are_counted_before_they_are_decoded(monkeypatch):
    data = written("MPO", frame("red"), frame("blue"))
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(UserError, match="64 × 48 pixels"):
        pictures.decode(data, "IMG_0003.JPG", 64 * 48 - 1)
