"""The state of a run as files beside its output, one whole state at any moment."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from upscale.train.config import PATHS
from upscale.train.state import TrainState

from upscale.atomic import sync, sync_folder, write_bytes
from upscale.engine.memory import is_out_of_memory
from upscale.errors import OutputError, UsageError, reason

# Files stay below 16 MiB, which every mail, share and version control takes: a run can be moved to another machine.
_FILE_BYTES = 15 * 2**20
_CHUNK = 3 * 2**20  # float32 samples: 12 MiB
_MARK = "run.json"
_TOLD = ("step", "total", "before", "accumulate", "pictures", "best", "history")


def state_folder(out: Path) -> Path:
    """Where the state of a run that writes `out` lies."""
    return out.with_name(out.name + ".state")


def check_writable(folder: Path) -> None:
    """OutputError, before hours of work, where the state cannot be written."""
    aside = _aside(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not aside.exists():  # else the last state, or what a crash has left of one
            aside.mkdir()
            aside.rmdir()
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {reason(error)}") from error


def save_state(state: TrainState, folder: Path, settings: dict[str, Any]) -> None:
    """Write everything aside, then swap it with the last state, so that one of the two is always whole."""
    aside, old = _aside(folder), _old(folder)
    text = json.dumps(_told(state) | {"settings": settings}, indent=1, default=str)
    try:
        _remove(aside)
        aside.mkdir(parents=True)
        for name, tensors in _tensors(state).items():
            _save_pieces(tensors, aside, name)
        for path in aside.iterdir():
            sync(path)
        # Last, and whole or not at all: a folder that holds it is complete.
        write_bytes(aside / _MARK, text.encode())
        sync_folder(aside)
        if folder.exists():
            _remove(old)
            folder.rename(old)
        aside.rename(folder)
        sync_folder(folder.parent)
        _remove(old)
    except (OSError, OutputError, SafetensorError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        if (folder / _MARK).exists():
            _remove(aside)  # what is half written keeps a full disk full
            why += "; the last state is kept: make room, then --resume"
        raise OutputError(f"cannot save the state of the run in {folder}: {why}") from error


def _told(state: TrainState) -> dict[str, Any]:
    told = {key: getattr(state, key) for key in _TOLD}
    return told | {"right": state.adversary.right if state.adversary else None}


def _remove(folder: Path) -> None:
    """First what says that it is complete."""
    (folder / _MARK).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def saved_settings(folder: Path) -> dict[str, Any] | None:
    """The settings of a saved run, None where there is none. UsageError for one that is damaged or shut."""
    try:
        folder = _whole(folder)
        if not (folder / _MARK).exists():
            return None
    except PermissionError as error:
        raise UsageError(f"cannot read {folder}: {reason(error)}") from error
    try:
        settings: dict[str, Any] = json.loads((folder / _MARK).read_text())["settings"]
        return settings | {key: Path(settings[key]) for key in PATHS if settings[key] is not None}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} is damaged ({error}); remove it to begin anew") from error


def restore_state(state: TrainState, folder: Path) -> None:
    """Put a saved state into freshly built networks; UsageError where it does not fit them.

    Where memory runs out, what torch raises.
    """
    folder = _whole(folder)
    try:
        told = json.loads((folder / _MARK).read_text())
        for key in _TOLD:
            setattr(state, key, told[key])
        for name, module in _modules(state).items():
            saved = _load_pieces(folder, name)
            module.load_state_dict({key: saved[key].view_as(own) for key, own in module.state_dict().items()})
        _restore_adam(state.optimiser, state.network, _load_pieces(folder, "adam"))
        if state.adversary is not None:
            _restore_adam(state.adversary.optimiser, state.adversary.judges, _load_pieces(folder, "adam_d"))
            state.adversary.right = told["right"]
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if isinstance(error, RuntimeError) and is_out_of_memory(error):
            raise
        reason = str(error).splitlines()[0]
        raise UsageError(f"the state in {folder} does not fit this run: {reason}") from error


def _aside(folder: Path) -> Path:
    return folder.with_name(folder.name + ".part")


def _old(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")


def _whole(folder: Path) -> Path:
    """The state; if the machine died between two renames, the one written last, or the one before."""
    for candidate in (folder, _aside(folder), _old(folder)):
        if (candidate / _MARK).exists():
            return candidate
    return folder


def _modules(state: TrainState) -> dict[str, nn.Module]:
    modules: dict[str, nn.Module] = {"network": state.network, "ema": state.ema}
    return modules if state.adversary is None else modules | {"discriminator": state.adversary.judges}


def _tensors(state: TrainState) -> dict[str, dict[str, Tensor]]:
    tensors = {name: module.state_dict() for name, module in _modules(state).items()}
    tensors["adam"] = _adam_tensors(state.optimiser, state.network)
    if state.adversary is not None:
        tensors["adam_d"] = _adam_tensors(state.adversary.optimiser, state.adversary.judges)
    return tensors


def _adam_tensors(optimiser: torch.optim.Adam, network: nn.Module) -> dict[str, Tensor]:
    """`parameter/moment` -> tensor."""
    return {
        f"{name}/{key}": value
        for name, parameter in network.named_parameters()
        for key, value in sorted(optimiser.state[parameter].items())
    }


def _restore_adam(optimiser: torch.optim.Adam, network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Moments in their parameter's shape and layout, counts of steps beside them: fused Adam wants one device."""
    parameters = dict(network.named_parameters())
    for key, value in tensors.items():
        name, _, moment = key.rpartition("/")
        parameter = parameters[name]
        if moment == "step":
            optimiser.state[parameter][moment] = value.to(parameter.device)
        else:
            optimiser.state[parameter][moment] = torch.empty_like(parameter).copy_(value.view(parameter.shape))


def _save_pieces(tensors: dict[str, Tensor], folder: Path, name: str) -> None:
    """Tensors into numbered files; one too large for a file is cut into flat chunks `key@i`."""
    batch: dict[str, Tensor] = {}
    count, size = 0, 0
    for key, tensor in _chunks(tensors):
        if batch and size + tensor.nbytes > _FILE_BYTES:
            save_file(batch, folder / f"{name}-{count}.safetensors")
            batch, count, size = {}, count + 1, 0
        batch[key] = tensor
        size += tensor.nbytes
    save_file(batch, folder / f"{name}-{count}.safetensors")


def _chunks(tensors: dict[str, Tensor]) -> list[tuple[str, Tensor]]:
    pieces = []
    for key, tensor in tensors.items():
        whole = tensor.detach().cpu().contiguous()
        if whole.numel() <= _CHUNK:
            pieces.append((key, whole))
        else:
            flat = enumerate(torch.split(whole.flatten(), _CHUNK))
            pieces += [(f"{key}@{index}", chunk.clone()) for index, chunk in flat]
    return pieces


def _load_pieces(folder: Path, name: str) -> dict[str, Tensor]:
    """The tensors of all files of one name; those that were cut are joined, and flat."""
    pieces: dict[str, Tensor] = {}
    for path in folder.glob(f"{name}-*.safetensors"):
        pieces |= load_file(path)
    tensors = {key: value for key, value in pieces.items() if "@" not in key}
    for key in {key.partition("@")[0] for key in pieces if "@" in key}:
        count = sum(other.startswith(f"{key}@") for other in pieces)
        tensors[key] = torch.cat([pieces[f"{key}@{index}"] for index in range(count)])
    return tensors
