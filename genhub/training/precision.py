"""Which arithmetic is fast here: bfloat16 or float32.

CPUs without bfloat16 instructions emulate them, several times slower than float32, and no flag tells the two apart on
every platform, so a short multiplication is timed instead, once a process. The choice belongs to a run: it is stored in
the run's checkpoints, because a resumed run in another arithmetic would draw another loss curve.
"""

import contextlib
import functools
import time

import torch

PRECISIONS = ("fp32", "bf16")
GAIN = 1.2  # bf16 must be this much faster before its rounding is worth having


def resolve(choice: str, device: torch.device) -> str:
    """ "fp32" or "bf16" for a config's "auto", "fp32" or "bf16" on `device`."""
    if choice in PRECISIONS:
        return choice
    return "bf16" if speedup(device.type) >= GAIN else "fp32"


@functools.lru_cache(maxsize=4)
def speedup(device_type: str) -> float:
    """Time of a float32 product over that of the same product in bfloat16, each the best of several (about 20 ms)."""
    if device_type == "cuda":
        return 2.0 if torch.cuda.is_bf16_supported(including_emulation=False) else 0.0
    if device_type != "cpu":
        return 0.0  # not tried out: float32 is right everywhere
    with torch.inference_mode():
        return _seconds(torch.float32, device_type) / _seconds(torch.bfloat16, device_type)


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager:
    """The forward pass in `precision`; weights and optimiser stay in float32."""
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def _seconds(dtype: torch.dtype, device_type: str) -> float:
    """Shape of a feed-forward layer of a small encoder on a batch of 32 rows of 32 tokens."""
    rows = torch.ones(1024, 384, dtype=dtype, device=device_type)
    weight = torch.ones(1536, 384, dtype=dtype, device=device_type)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        torch.nn.functional.linear(rows, weight)
        times.append(time.perf_counter() - start)
    return min(times[1:])
