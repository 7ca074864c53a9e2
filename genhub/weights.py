"""Safetensors files of strangers: the header is read and believed only where it fits the file and what is expected.

Format: 8 bytes with the length of the header (little-endian), the header (JSON: name → dtype, shape, data_offsets), the
data. https://huggingface.co/docs/safetensors. Nothing here needs torch; `check_finite` needs numpy.
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from genhub.errors import UserError

HEADER_BYTES = 20_000_000
BYTES_EACH = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
WHOLE = {"I64": "<i8", "I32": "<i4"}
FLOATS = ("F64", "F32", "F16", "BF16")
MAX_DIMENSIONS = 8


@dataclass(frozen=True)
class Tensor:
    """`start` and `end` are byte offsets in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Tensor]:
    """Name → Tensor of a safetensors file whose every byte is accounted for. Raises UserError for a damaged one."""
    size, name = path.stat().st_size, path.name
    if size == 0:
        raise _damaged(name, "is empty (0 bytes)")
    with open(path, "rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= HEADER_BYTES:
            raise _damaged(name, f"is not a safetensors file: its header would have {length:,} bytes")
        if 8 + length > size:
            raise _damaged(name, f"is cut off within its header ({size:,} bytes)")
        raw = file.read(length)
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError):
        raise _damaged(name, "has a header that is not JSON") from None
    if not isinstance(header, dict):
        raise _damaged(name, "has a header that is not a table of tensors")
    tensors = {key: _tensor(name, key, value, 8 + length) for key, value in header.items() if key != "__metadata__"}
    _check_layout(name, tensors, 8 + length, size)
    return tensors


def _tensor(name: str, key: str, value, data: int) -> Tensor:
    try:
        dtype, shape, (start, end) = value["dtype"], tuple(value["shape"]), value["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in (*shape, start, end))
    except (KeyError, TypeError, ValueError):
        raise _damaged(name, f"describes “{key[:60]}” wrongly in its header") from None
    if not whole or len(shape) > MAX_DIMENSIONS or dtype not in BYTES_EACH:
        raise _damaged(name, f"gives “{key[:60]}” a type or shape that cannot be ({str(dtype)[:10]}, {str(shape)[:40]})")
    if end - start != math.prod(shape) * BYTES_EACH[dtype]:
        raise _damaged(name, f"holds {end - start:,} bytes for “{key[:60]}”, which does not fit its shape {shape}")
    return Tensor(dtype, shape, data + start, data + end)


def _check_layout(name: str, tensors: Mapping[str, Tensor], data: int, size: int) -> None:
    """The tensors follow each other without holes or overlaps and end where the file ends."""
    place = data
    for tensor in sorted(tensors.values(), key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != place:
            raise _damaged(name, "has holes or overlaps between its tensors")
        place = tensor.end
    if place > size:
        raise _damaged(name, f"is cut off: {place - size:,} of {place:,} bytes are missing")
    if place < size:
        raise _damaged(name, f"holds {size - place:,} bytes after its last tensor")


def check_shapes(
    tensors: Mapping[str, Tensor],
    expected: Mapping[str, Sequence[int]],
    name: str,
    *,
    indices: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> None:
    """Exactly the expected tensors, floating-point (those that are `indices`: whole numbers), in their shapes. Raises UserError
    naming the first that is not."""
    for key, shape in expected.items():
        if key not in tensors:
            raise _unfit(name, f"lacks the tensor “{key}”")
        if tensors[key].shape != tuple(shape):
            raise _unfit(name, f"has “{key}” in shape {list(tensors[key].shape)} instead of {list(shape)}")
        if key in indices:
            if tensors[key].dtype not in WHOLE:
                raise _unfit(name, f"has “{key}” as {tensors[key].dtype}, which is not a type for indices")
        elif tensors[key].dtype not in FLOATS:
            raise _unfit(name, f"has “{key}” as {tensors[key].dtype}, which is not a floating-point type")
    extra = sorted(set(tensors) - set(expected))
    if extra:
        raise _unfit(name, f"holds a tensor that does not belong there: “{extra[0][:80]}”")


def check_indices(path: Path, tensors: Mapping[str, Tensor], indices: Mapping[str, Sequence[int]]) -> None:
    """Row i of each of these tensors points into dimension i of its shape. Raises UserError naming the first that does not."""
    import numpy as np

    with open(path, "rb") as file:
        for key, shape in indices.items():
            tensor = tensors[key]
            file.seek(tensor.start)
            found = np.frombuffer(file.read(tensor.end - tensor.start), WHOLE[tensor.dtype]).reshape(tensor.shape)
            if len(found) != len(shape) or any(
                row.size and (row.min() < 0 or row.max() >= most) for row, most in zip(found, shape, strict=True)
            ):
                raise _unfit(path.name, f"points outside the weight with “{key}”")


def check_finite(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Raises UserError naming the first tensor with a NaN or an infinity."""
    import numpy as np

    with open(path, "rb") as file:
        for key, tensor in tensors.items():
            if tensor.dtype not in FLOATS:
                continue
            file.seek(tensor.start)
            raw = file.read(tensor.end - tensor.start)
            if tensor.dtype == "BF16":  # numpy has no such type: all ones in the exponent is what NaN and infinity share
                fine = (np.frombuffer(raw, "<u2") & 0x7F80 != 0x7F80).all()
            else:
                fine = np.isfinite(np.frombuffer(raw, {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[tensor.dtype])).all()
            if not fine:
                what = f"{path.name} holds a NaN or an infinity in “{key[:80]}”."
                raise UserError(what, "Every weight must be a finite number.", "Use another copy, or train again.", "model")


def _damaged(name: str, how: str) -> UserError:
    return UserError(f"{name} {how}.", "Weights are one whole safetensors file.", "It is damaged: get it again.", "model")


def _unfit(name: str, how: str) -> UserError:
    return UserError(
        f"{name} {how}.", "Names and shapes must be those of the model it is for.", "Use the file that belongs to it.", "model"
    )
