"""Headers of safetensors files: what the library writes is read, what lies is refused."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from genhub import weights
from genhub.errors import UserError


def write(path: Path, header: object, data: bytes) -> Path:
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data)
    return path


def entry(start: int, end: int, shape=(2,), dtype: str = "F32") -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def test_what_the_library_writes_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"a": np.zeros((2, 3), np.float32), "b": np.zeros(4, np.float16)}, path, metadata={"format": "pt"})
    tensors = weights.read_header(path)
    assert {name: (tensor.dtype, tensor.shape, tensor.size) for name, tensor in tensors.items()} == {
        "a": ("F32", (2, 3), 6),
        "b": ("F16", (4,), 4),
    }
    weights.check_finite(path, tensors)
    weights.check_shapes(tensors, {"a": (2, 3), "b": (4,)}, "x")


LIES = {
    "holds 8 bytes for": ({"a": entry(0, 8, (3,))}, 8),
    "holes or overlaps": ({"a": entry(0, 8), "b": entry(4, 12)}, 12),
    "describes": ({"a": {"dtype": "F32"}}, 8),
    "not a table": ([1], 0),
    "a type or shape": ({"a": entry(0, 8, (-2,))}, 8),
    "cannot be (F4": ({"a": entry(0, 8, (2,), "F4")}, 8),
    "cut off": ({"a": entry(0, 8)}, 4),
    "after its last": ({"a": entry(0, 8)}, 9),
}


@pytest.mark.parametrize("phrase", LIES)
def test_a_header_that_lies_is_refused(tmp_path, phrase):
    header, size = LIES[phrase]
    with pytest.raises(UserError) as caught:
        weights.read_header(write(tmp_path / "x.safetensors", header, bytes(size)))
    assert phrase in caught.value.what


@pytest.mark.parametrize(
    ("dtype", "bits"), [("BF16", b"\x80\x7f"), ("F16", b"\x00\x7c"), ("F32", b"\x00\x00\xc0\x7f"), ("F64", b"\x00" * 6 + b"\xf0\x7f")]
)
def test_numbers_that_are_none_are_found_in_every_type(tmp_path, dtype, bits):
    path = write(tmp_path / "x.safetensors", {"a": entry(0, len(bits), (1,), dtype)}, bits)
    with pytest.raises(UserError, match="NaN or an infinity in “a”"):
        weights.check_finite(path, weights.read_header(path))
    whole = write(tmp_path / "y.safetensors", {"a": entry(0, len(bits), (1,), dtype)}, bytes(len(bits)))
    weights.check_finite(whole, weights.read_header(whole))
