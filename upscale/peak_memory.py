"""Peak memory: of the process on a CPU, of torch's allocator on a CUDA GPU."""

import sys
from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def reset_peak(device: torch.device) -> None:
    """Let the peak begin anew, where the system can; elsewhere it stays that of the whole process so far."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        _CLEAR.write_text("5")  # "reset the peak resident set size", proc(5)
    except OSError:
        return


def peak_bytes(device: torch.device) -> int | None:
    """The most memory held at once since the last reset, None where the system does not tell (Windows)."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return process_peak_bytes()


def process_peak_bytes() -> int | None:
    """The largest resident size of this process, None where the system does not tell (Windows).

    On Linux from /proc: a new process's ru_maxrss begins with the size of the one that started it.
    """
    if _STATUS.exists():
        return _status_bytes("VmHWM")
    try:
        import resource
    except ImportError:
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def _status_bytes(name: str) -> int | None:
    """A line such as `VmHWM:   412345 kB` of the process's status."""
    for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return None
