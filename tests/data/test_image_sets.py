"""Sets of images come in: archives, folders, arrays and the bundled digits; what is wrong with one is said."""

import base64
import io
import json
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from genhub.data import image_sets
from genhub.data.fixes import LEAVE_IMAGES
from genhub.data.image_sets import read_images, read_rows
from genhub.errors import UserError


def picture(size=(20, 20), mode="RGB", colour=(200, 30, 30), kind="PNG", **how) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, colour if mode == "RGB" else colour[0]).save(buffer, kind, **how)
    return buffer.getvalue()


def packed(path, files: dict[str, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def many(count=64, **how) -> dict[str, bytes]:
    return {f"set/{'cats' if number % 4 else 'dogs'}/{number}.png": picture(**how) for number in range(count)}


def read(tmp_path, **request) -> tuple[dict, np.ndarray, list[str]]:
    folder = tmp_path / "read"
    folder.mkdir()
    info = read_images({"folder": str(folder), "source": "file", **request})
    assert json.loads((folder / image_sets.FACTS).read_text()) == info
    return info, *read_rows(folder / image_sets.ROWS)


def test_the_digits(tmp_path):
    info, x, labels = read(tmp_path, sample="digits")
    assert (info["images"], info["side"], info["channels"]) == (1_797, 8, 1)
    assert (x.shape, x.dtype, x.min(), x.max()) == ((1_797, 8, 8), np.uint8, 0, 255)
    assert labels[:3] == ["0", "1", "2"]
    assert sum(info["classes"].values()) == 1_797
    with Image.open(io.BytesIO(base64.b64decode(info["preview"]))) as preview:
        assert preview.size == (15 * 9 - 1, 4 * 9 - 1)


def test_a_zip_whose_folders_name_the_classes(tmp_path):
    path = packed(tmp_path / "pets.zip", {**many(), "set/README.txt": b"about", "__MACOSX/x": b""})
    info, x, labels = read(tmp_path, path=str(path), name="pets.zip")
    assert info["classes"] == {"cats": 48, "dogs": 16}
    assert x.shape == (64, 20, 20, 3)
    assert x[0, 0, 0].tolist() == [200, 30, 30]
    assert set(labels) == {"cats", "dogs"}
    assert not (tmp_path / "read" / "unpacked").exists()


def test_images_in_one_folder_have_no_class(tmp_path):
    path = packed(tmp_path / "flat.zip", {f"{number}.png": picture() for number in range(64)})
    info, _, labels = read(tmp_path, path=str(path))
    assert (info["classes"], labels) == ({}, [])


def test_sizes_and_colours_are_made_alike_and_that_is_said(tmp_path):
    files = many(60) | {f"set/cats/wide{number}.jpg": picture((90, 40), kind="JPEG") for number in range(3)}
    files |= {f"set/dogs/grey{number}.webp": picture((32, 32), "L", kind="WEBP", lossless=True) for number in range(3)}
    info, x, _ = read(tmp_path, path=str(packed(tmp_path / "mixed.zip", files)))
    assert x.shape == (66, 32, 32, 3)
    told = {finding["code"]: finding["text"] for finding in info["findings"]}
    assert told["colour"] == "3 grey images became coloured ones, like the others."
    assert told["size"] == "Images of 3 sizes were cut to a square around their middle and scaled to 32 × 32."


def test_colours_are_taken_out_and_a_side_is_chosen(tmp_path):
    info, x, _ = read(tmp_path, path=str(packed(tmp_path / "pets.zip", many())), grey=True, side=28)
    assert x.shape == (64, 28, 28)
    assert info["channels"] == 1
    assert [finding["code"] for finding in info["findings"]] == ["grey", "size"]


def test_a_photograph_is_upright_and_what_is_transparent_is_white(tmp_path):
    turned = Image.new("RGB", (40, 20), "white")
    turned.paste("black", (0, 0, 20, 20))  # dark on the left, until it is turned
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: the left becomes the top
    buffer, clear = io.BytesIO(), io.BytesIO()
    turned.save(buffer, "JPEG", exif=exif, quality=95)
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(clear, "PNG")
    files = {f"{number:02}.png": picture((40, 40), "L") for number in range(62)} | {"90.jpg": buffer.getvalue(), "91.png": clear.getvalue()}
    _, x, _ = read(tmp_path, path=str(packed(tmp_path / "set.zip", files)), side=16)
    assert x.shape == (64, 16, 16)
    assert x[62, 2].mean() < 60 < 200 < x[62, -3].mean()
    assert x[63].min() == 255


def test_sixteen_bits_keep_their_shades(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20), 32_768, np.uint16)).save(buffer, "PNG")
    files = {f"{number}.png": buffer.getvalue() for number in range(64)}
    _, x, _ = read(tmp_path, path=str(packed(tmp_path / "deep.zip", files)))
    assert abs(int(x.mean()) - 127) <= 1


def test_arrays(tmp_path):
    path = tmp_path / "set.npz"
    x = np.random.default_rng(0).integers(0, 256, (64, 12, 12, 3), np.uint8)
    np.savez_compressed(path, x=x, y=np.arange(64) % 3)
    info, again, labels = read(tmp_path, path=str(path))
    assert np.array_equal(again, x)
    assert (info["classes"], labels[:3]) == ({"0": 22, "1": 21, "2": 21}, ["0", "1", "2"])


def test_a_folder(tmp_path):
    for name, data in many().items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    info, _, _ = read(tmp_path, path=str(tmp_path / "set"))
    assert info["classes"] == {"cats": 48, "dogs": 16}


def arrays(path, **named):
    np.savez_compressed(path, **named)
    return path


def film() -> bytes:
    buffer = io.BytesIO()
    first, second = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    first.save(buffer, "PNG", save_all=True, append_images=[second])
    return buffer.getvalue()


BAD = {
    "too few": (lambda tmp: packed(tmp / "a.zip", many(63)), "has 63 images. At least 64"),
    "none": (lambda tmp: packed(tmp / "a.zip", {"a.txt": b"x"}), "has 0 images"),
    "no archive": (lambda tmp: _written(tmp / "a.zip", b"not a zip at all"), "neither"),
    "a text called image": (lambda tmp: packed(tmp / "a.zip", {**many(), "set/x.png": b"hello"}), "no PNG, JPEG or WebP"),
    "a drawing": (lambda tmp: packed(tmp / "a.zip", {**many(), "set/x.png": b"<svg/>"}), "no PNG, JPEG or WebP"),
    "tiny": (lambda tmp: packed(tmp / "a.zip", {**many(), "set/x.png": picture((1, 1))}), "1 × 1 pixels. At least 16 × 16"),
    "cut off": (lambda tmp: packed(tmp / "a.zip", {**many(), "set/x.png": picture((90, 90))[:-40]}), "is damaged"),
    "a film": (lambda tmp: packed(tmp / "a.zip", {**many(), "set/x.png": film()}), "a film of 2 frames"),
    "outside": (lambda tmp: packed(tmp / "a.zip", {**many(), "../x.png": picture()}), "a place outside itself"),
    "floats": (lambda tmp: arrays(tmp / "a.npz", x=np.zeros((64, 8, 8))), "the type float64"),
    "flat": (lambda tmp: arrays(tmp / "a.npz", x=np.zeros((64, 64), np.uint8)), "the shape (64, 64)"),
    "small": (lambda tmp: arrays(tmp / "a.npz", x=np.zeros((64, 4, 4), np.uint8)), "4 × 4 pixels. At least 8 × 8"),
    "no x": (lambda tmp: arrays(tmp / "a.npz", images=np.zeros((64, 8, 8), np.uint8)), "cannot be read as a set of images"),
    "objects": (lambda tmp: arrays(tmp / "a.npz", x=np.array([{}], object)), "cannot be read as a set of images"),
    "short y": (lambda tmp: arrays(tmp / "a.npz", x=np.zeros((64, 8, 8), np.uint8), y=np.zeros(3, int)), "one whole number or name"),
    "classes": (lambda tmp: arrays(tmp / "a.npz", x=np.zeros((300, 8, 8), np.uint8), y=np.arange(300)), "300 classes. At most 200"),
    "a bomb": (lambda tmp: arrays(tmp / "a.npz", x=np.zeros((7_000, 256, 256), np.uint8)), "unpacks to 459 MB"),
}


def _written(path, data: bytes):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_refused(tmp_path, case):
    make, said = BAD[case]
    path = make(tmp_path)
    with pytest.raises(UserError) as refused:
        read(tmp_path, path=str(path))
    assert said in str(refused.value), refused.value
    assert refused.value.remedy


UNUSABLE = {
    "set/dogs/a.png": b"hello",
    "set/cats/b.png": picture((90, 90))[:-40],
    "set/dogs/c.png": picture((4, 4)),
    "set/dogs/d.png": film(),
}


@pytest.mark.parametrize("packing", [True, False], ids=["zip", "folder"])
def test_all_files_that_cannot_be_used_are_named_at_once_and_left_out_when_asked(tmp_path, packing):
    files = {**many(), **UNUSABLE, **{f"set/dogs/x{number}.jpg": b"" for number in range(4)}}
    if packing:
        path = packed(tmp_path / "a.zip", files)
    else:
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        path = tmp_path / "set"
    with pytest.raises(UserError) as refused:
        read_images({"folder": str(tmp_path), "source": "file", "path": str(path)})
    assert refused.value.what == (
        "8 of 72 images cannot be used: “cats/b.png” is damaged; “dogs/a.png” is no PNG, JPEG or WebP image; “dogs/c.png” has 4 × 4 pixels; "
        "“dogs/d.png” is a film of 2 frames; “dogs/x0.jpg” is no PNG, JPEG or WebP image; and 3 more."
    )
    assert refused.value.fix == LEAVE_IMAGES
    info, x, labels = read(tmp_path, path=str(path), fixes=[LEAVE_IMAGES])
    assert (len(x), info["classes"], len(labels)) == (64, {"cats": 48, "dogs": 16}, 64)
    assert info["findings"][0]["code"] == LEAVE_IMAGES
    assert info["findings"][0]["text"].startswith("8 of 72 images were left out: “cats/b.png” is damaged;")
    assert image_sets.origin(image_sets.ImagesInfo(**info))["fixes"] == [LEAVE_IMAGES]


def test_where_all_can_be_used_nothing_is_left_out(tmp_path):
    info, x, _ = read(tmp_path, path=str(packed(tmp_path / "a.zip", many())), fixes=[LEAVE_IMAGES])
    assert (len(x), info["findings"], info["fixes"]) == (64, [], [])
    assert "fixes" not in image_sets.origin(image_sets.ImagesInfo(**info))


def test_nothing_can_be_left_out_of_a_set_that_would_be_too_small(tmp_path):
    path = packed(tmp_path / "a.zip", {**many(63), "set/x.png": b"hello"})
    with pytest.raises(UserError, match="no PNG, JPEG or WebP") as refused:
        read_images({"folder": str(tmp_path), "source": "file", "path": str(path)})
    assert refused.value.fix == ""
    with pytest.raises(UserError, match="has 63 images"):
        read(tmp_path, path=str(path), fixes=[LEAVE_IMAGES])


def _claiming(width: int, height: int) -> bytes:
    """A PNG whose head alone says how large it is."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + picture()[33:]


DANGEROUS = {
    "many pixels": ({"set/x.png": _claiming(14_000, 12_000)}, "14,000 × 12,000 pixels"),
    "a pixel bomb": ({"set/x.png": _claiming(60_000, 60_000)}, "more pixels than can be decoded"),
    "outside": ({"../x.png": picture()}, "a place outside itself"),
    "a ZIP in it": ({"set/x.png": b"PK\x03\x04" + bytes(100)}, "holds another archive"),
    "repetitive": ({"set/x.png": bytes(5_000_000)}, "more than 100 times its size"),
}


@pytest.mark.parametrize("case", DANGEROUS)
def test_what_is_dangerous_refuses_the_whole_set(tmp_path, case):
    files, said = DANGEROUS[case]
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**many(), "set/broken.png": b"hello", **files}.items():
            archive.writestr(name, data)
    for fixes in ([], [LEAVE_IMAGES]):
        with pytest.raises(UserError) as refused:
            read_images({"folder": str(tmp_path), "source": "file", "path": str(tmp_path / "a.zip"), "fixes": fixes})
        assert said in refused.value.what
        assert refused.value.fix == ""


def test_an_image_is_measured_before_it_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    huge = picture((5_000, 4_000), "L")
    with pytest.raises(UserError, match=r"5,000 × 4,000 pixels\. At most 16 million"):
        read(tmp_path, path=str(packed(tmp_path / "a.zip", {**many(), "set/x.png": huge})))


def test_one_class_is_noticed(tmp_path):
    files = {f"set/cats/{number}.png": picture() for number in range(64)} | {"set/README": b""}
    info, _, _ = read(tmp_path, path=str(packed(tmp_path / "cats.zip", files)))
    assert info["classes"] == {"cats": 64}
    assert "nothing can be conditioned" in info["findings"][0]["text"]
