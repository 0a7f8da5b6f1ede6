"""All that a run must remember to go on as if it had never stopped, in memory and beside the output."""

import json
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from upscale.errors import OutputError, UsageError
from upscale.models.network import Network

# Each file stays below 16 MiB, so that a state can be moved in pieces.
_FILE_BYTES = 15 * 2**20
_CHUNK = 3 * 2**20  # float32 samples: 12 MiB


@dataclass
class TrainState:
    """Networks, their averages, their optimisers, the random generator and the position in the run."""

    network: Network
    ema: Network
    optimiser: torch.optim.Adam
    generator: torch.Generator
    device: torch.device
    dtype: torch.dtype
    discriminator: nn.Module | None = None
    optimiser_d: torch.optim.Adam | None = None
    step: int = 0
    total: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def autocast(self) -> AbstractContextManager[Any]:
        """Half-precision arithmetic where the run uses it."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32)

    def require_discriminator(self) -> tuple[nn.Module, torch.optim.Adam]:
        """The discriminator and its optimiser; ValueError in a run without a GAN loss."""
        if self.discriminator is None or self.optimiser_d is None:
            raise ValueError("this run has no discriminator")
        return self.discriminator, self.optimiser_d

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Move the average towards the network; the first steps count more, so that it starts warm."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        averaged: list[Tensor] = list(self.ema.parameters())
        current: list[Tensor] = list(self.network.parameters())
        torch._foreach_lerp_(averaged, current, 1 - decay)
        for kept, new in zip(self.ema.buffers(), self.network.buffers(), strict=True):
            kept.copy_(new)


def state_folder(out: Path) -> Path:
    """Where the state of a run that writes `out` lies."""
    return out.with_name(out.name + ".state")


def save_state(state: TrainState, folder: Path, settings: dict[str, Any]) -> None:
    """Write everything aside, then swap it with the last state, so that one of the two is always whole."""
    aside, old = folder.with_name(folder.name + ".part"), folder.with_name(folder.name + ".old")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for name, tensors in _tensors(state).items():
            _save_pieces(tensors, aside, name)
        told = {key: getattr(state, key) for key in ("step", "total", "history")}
        (aside / "run.json").write_text(json.dumps(told | {"settings": settings}, indent=1, default=str))
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"cannot save the state of the run in {folder}: {error}") from error


def saved_settings(folder: Path) -> dict[str, Any] | None:
    """The settings of a saved run, paths as paths, None where there is none. UsageError for a damaged one."""
    folder = _whole(folder)
    if not folder.is_dir():
        return None
    try:
        settings: dict[str, Any] = json.loads((folder / "run.json").read_text())["settings"]
        paths = ("data", "out", "val", "vgg_weights")
        return settings | {key: Path(settings[key]) for key in paths if settings[key] is not None}
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder} is damaged ({error}); remove it, or train without --resume") from error


def restore_state(state: TrainState, folder: Path) -> None:
    """Put a saved state into freshly built networks; UsageError where it does not fit them."""
    folder = _whole(folder)
    try:
        told = json.loads((folder / "run.json").read_text())
        for key in ("step", "total", "history"):
            setattr(state, key, told[key])
        for name, module in _modules(state).items():
            saved = _load_pieces(folder, name)
            module.load_state_dict({key: saved[key].view_as(own) for key, own in module.state_dict().items()})
        _restore_adam(state.optimiser, state.network, _load_pieces(folder, "adam"))
        if state.optimiser_d is not None and state.discriminator is not None:
            _restore_adam(state.optimiser_d, state.discriminator, _load_pieces(folder, "adam_d"))
        state.generator.set_state(_load_pieces(folder, "random")["state"])
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"the state in {folder} does not fit this run: {reason}") from error


def _whole(folder: Path) -> Path:
    """The state, or the one before it if the machine died between two renames."""
    old = folder.with_name(folder.name + ".old")
    return old if old.is_dir() and not folder.is_dir() else folder


def _modules(state: TrainState) -> dict[str, nn.Module]:
    modules: dict[str, nn.Module] = {"network": state.network, "ema": state.ema}
    return modules if state.discriminator is None else modules | {"discriminator": state.discriminator}


def _tensors(state: TrainState) -> dict[str, dict[str, Tensor]]:
    tensors = {name: module.state_dict() for name, module in _modules(state).items()}
    tensors["adam"] = _adam_tensors(state.optimiser, state.network)
    if state.optimiser_d is not None and state.discriminator is not None:
        tensors["adam_d"] = _adam_tensors(state.optimiser_d, state.discriminator)
    tensors["random"] = {"state": state.generator.get_state()}
    return tensors


def _adam_tensors(optimiser: torch.optim.Adam, network: nn.Module) -> dict[str, Tensor]:
    """`parameter/moment` -> tensor."""
    return {
        f"{name}/{key}": value
        for name, parameter in network.named_parameters()
        for key, value in optimiser.state[parameter].items()
    }


def _restore_adam(optimiser: torch.optim.Adam, network: nn.Module, tensors: dict[str, Tensor]) -> None:
    parameters = dict(network.named_parameters())
    for key, value in tensors.items():
        name, _, moment = key.rpartition("/")
        parameter = parameters[name]
        # The count of steps stays where Adam made it; the moments live beside their parameter.
        moved = value if moment == "step" else value.to(parameter.device).view_as(parameter)
        if moment != "step":
            moved = torch.empty_like(parameter).copy_(moved)
        optimiser.state[parameter][moment] = moved


def _save_pieces(tensors: dict[str, Tensor], folder: Path, name: str) -> None:
    """Tensors into files of at most 15 MiB; a larger tensor is cut into flat chunks `key@i`."""
    pieces: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        flat = tensor.detach().cpu().contiguous()
        if flat.numel() <= _CHUNK:
            pieces[key] = flat
            continue
        for index, chunk in enumerate(torch.split(flat.flatten(), _CHUNK)):
            pieces[f"{key}@{index}"] = chunk.contiguous()
    batch: dict[str, Tensor] = {}
    count, size = 0, 0
    for key, tensor in pieces.items():
        if batch and size + tensor.nbytes > _FILE_BYTES:
            save_file(batch, folder / f"{name}-{count}.safetensors")
            batch, count, size = {}, count + 1, 0
        batch[key] = tensor
        size += tensor.nbytes
    save_file(batch, folder / f"{name}-{count}.safetensors")


def _load_pieces(folder: Path, name: str) -> dict[str, Tensor]:
    """The tensors of all files of one name, chunks joined (still flat)."""
    tensors: dict[str, Tensor] = {}
    chunks: dict[str, list[Tensor]] = {}
    for index in range(len(list(folder.glob(f"{name}-*.safetensors")))):
        for key, value in load_file(folder / f"{name}-{index}.safetensors").items():
            base, at, number = key.rpartition("@")
            if at:
                chunks.setdefault(base, []).insert(int(number), value)
            else:
                tensors[key] = value
    return tensors | {key: torch.cat(parts) for key, parts in chunks.items()}
