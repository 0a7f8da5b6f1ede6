"""What the machine offers: `auto` becomes a device and the arithmetic that is quickest and safe on it."""

import torch

from upscale.errors import EnvironmentLackError, UsageError

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def choose_device(name: str) -> torch.device:
    """`auto`, `cpu`, `cuda`, `cuda:1` or `mps`.

    UsageError for any other word; EnvironmentLackError for a device this machine does not have.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"unknown device {name}: choose auto, cpu, cuda, cuda:1 or mps")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise EnvironmentLackError(
            f"no device {name}: {torch.cuda.device_count()} CUDA devices found; try --device cpu"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise EnvironmentLackError("no device mps on this machine; try --device cpu")
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """`fp32`, `fp16`, `bf16`; `auto`: fp16 on GPUs, bf16 on CPUs that multiply it in hardware, else fp32."""
    if name != "auto":
        try:
            return _DTYPES[name]
        except KeyError:
            raise UsageError(f"unknown dtype {name}: choose auto, fp32, fp16 or bf16") from None
    if device.type in ("cuda", "mps"):
        return torch.float16
    return torch.bfloat16 if cpu_multiplies_bf16() else torch.float32


def synchronise(device: torch.device) -> None:
    """Wait until the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def cpu_multiplies_bf16() -> bool:
    """Whether the CPU has AVX-512 BF16 or AMX, without which bf16 is slower than fp32."""
    # torch has no public question for this before 2.13.
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
