"""What a run starts from: networks and their optimisers, all from its configuration."""

import copy
from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn
from upscale.train.config import TrainConfig
from upscale.train.discriminators.build import build_judges
from upscale.train.initial import calm_residuals, hand_picture_through
from upscale.train.state import Adversary, TrainState
from upscale.train.warm_start import copy_fitting, initial_weights

from upscale.device import choose_dtype
from upscale.engine.memory import is_out_of_memory
from upscale.errors import UsageError
from upscale.models.checkpoint import build
from upscale.models.network import Network

_Module = TypeVar("_Module", bound=nn.Module)


def start(config: TrainConfig, device: torch.device, *, initialise: bool = True) -> TrainState:
    """A state at step 0; `initialise` says whether `config.init` is read, which a saved state makes needless.

    Raises UsageError, EnvironmentLackError for what cannot be built.
    """
    dtype = choose_dtype(config.dtype, device)
    if dtype is torch.float16:
        dtype = torch.bfloat16  # fp16 would need loss scaling; every GPU worth training on has bf16
    torch.manual_seed(config.seed)
    network = _on(device, new_network(config, initialise=initialise)).train()
    return TrainState(
        network=network,
        ema=copy.deepcopy(network).eval().requires_grad_(False),
        optimiser=_adam(network, config.learning_rate, config.betas),
        device=device,
        dtype=dtype,
        adversary=_adversary(config, device) if config.is_gan else None,
        total=config.steps,
        accumulate=config.accumulate,
    )


def _adversary(config: TrainConfig, device: torch.device) -> Adversary:
    judges = _on(device, build_judges(config.gan, config.crop * config.scale)).train()
    return Adversary(judges, _adam(judges, config.gan.learning_rate, config.gan.betas))


def new_network(config: TrainConfig, *, initialise: bool = True) -> Network:
    """The network of a run: freshly initialised, then with whatever fits of `config.init`."""
    try:
        network = build(config.architecture, {"scale": config.scale, **config.network})
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and is_out_of_memory(error):
            raise
        raise UsageError(
            f"cannot build {config.architecture} x{config.scale} from {config.network}: {error}"
        ) from error
    calm_residuals(network)
    hand_picture_through(network)
    if initialise:
        source = initial_weights(config)
        if source is not None:
            copy_fitting(network, source, is_gan=config.is_gan)
    network.spec = replace(network.spec, name=config.model)
    return network


def _adam(network: nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.Adam:
    """With its moments, which torch makes in the first step: where memory ends there, half of them would stay."""
    optimiser = torch.optim.Adam(network.parameters(), lr, betas=betas, fused=True)
    for parameter in network.parameters():
        optimiser.state[parameter] = {
            "step": torch.zeros((), device=parameter.device),
            "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
        }
    return optimiser


def _on(device: torch.device, module: _Module) -> _Module:
    """Channels last: the layout in which convolutions are quickest on CPUs and GPUs alike."""
    module.to(device)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    return module
