"""What a run starts from: networks, optimisers, losses and the random generator, all from its configuration."""

import copy
from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn
from upscale.train.config import TrainConfig
from upscale.train.discriminators import SrganDiscriminator
from upscale.train.losses.vgg import Layer, VggLoss, load_vgg
from upscale.train.state import TrainState
from upscale.train.steps import Objective

from upscale.device import choose_device, choose_dtype
from upscale.errors import UsageError
from upscale.models.catalog import families, load_network, scales_of
from upscale.models.checkpoint import build
from upscale.models.network import Network

_VGG_LAYERS: tuple[Layer, ...] = ("vgg22", "vgg54")

_Module = TypeVar("_Module", bound=nn.Module)


def start(config: TrainConfig, *, initialise: bool = True) -> TrainState:
    """A state at step 0; `initialise` says whether `config.init` is read, which a saved state makes needless.

    Raises UsageError, EnvironmentLackError for what cannot be built.
    """
    device = choose_device(config.device)
    dtype = choose_dtype(config.dtype, device)
    if dtype is torch.float16:
        dtype = torch.bfloat16  # fp16 would need loss scaling; every GPU worth training on has bf16
    torch.manual_seed(config.seed)
    network = _on(device, new_network(config, initialise=initialise)).train()
    state = TrainState(
        network=network,
        ema=copy.deepcopy(network).eval().requires_grad_(False),
        optimiser=_adam(network, config.learning_rate, config.betas),
        generator=torch.Generator().manual_seed(config.seed),
        device=device,
        dtype=dtype,
        total=config.steps,
    )
    if "gan" in config.losses:
        state.discriminator = _on(device, SrganDiscriminator(config.gan.discriminator, config.crop * config.scale))
        state.optimiser_d = _adam(state.discriminator, config.gan.learning_rate, config.gan.betas)
    return state


def new_network(config: TrainConfig, *, initialise: bool = True) -> Network:
    """The network of a run: freshly initialised, then with whatever fits of `config.init`."""
    try:
        network = build(config.architecture, {"scale": config.scale, **config.network})
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise UsageError(
            f"cannot build {config.architecture} x{config.scale} from {config.network}: {error}"
        ) from error
    calm_residuals(network)
    if config.init != "none":
        if initialise:
            _copy_fitting(network, config.init)
    elif "gan" in config.losses:
        raise UsageError("a GAN has to start from a network trained on pixels, or its pictures turn grey: give --init")
    network.spec = replace(network.spec, name=config.model)
    return network


def _copy_fitting(network: Network, source: str) -> None:
    """Copy every weight of the same name and shape; a shipped family's other factor shares most of them."""
    scale = network.spec.scale
    known = scales_of(source) if source in families() else (scale,)
    given = load_network(source, scale if scale in known else known[-1]).state_dict()
    own = network.state_dict()
    fitting = {key: value for key, value in given.items() if key in own and own[key].shape == value.shape}
    share = sum(value.numel() for value in fitting.values()) / sum(value.numel() for value in own.values())
    if share < 0.5:
        raise UsageError(f"--init {source}: only {share:.0%} of its weights fit this network")
    network.load_state_dict(own | fitting)


def calm_residuals(network: Network) -> None:
    """Start every residual branch at a tenth, which allows learning rates 2 to 4 times higher without BatchNorm.

    (ESRGAN, Wang et al. 2018, section 3.1; there for the same blocks.)
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.startswith("blocks.") and ".conv" in name:
                parameter.mul_(0.1)


def build_objective(config: TrainConfig, state: TrainState) -> Objective:
    """The content losses; VGG weights are loaded, and their absence told, before the first step."""
    layers = [layer for layer in _VGG_LAYERS if config.losses.get(layer)]
    vgg = {}
    if layers:
        tensors, expects = load_vgg(config.vgg_weights)
        vgg = {str(layer): _on(state.device, VggLoss(tensors, expects, layer)) for layer in layers}
    weights = {name: weight for name, weight in config.losses.items() if weight}
    on_luma = getattr(state.network.config, "colour", "rgb") == "y"
    return Objective(weights, vgg, on_luma=on_luma)


def _adam(network: nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr, betas=betas, fused=True)


def _on(device: torch.device, module: _Module) -> _Module:
    """Channels last: the layout in which convolutions are quickest on CPUs and GPUs alike."""
    module.to(device)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    return module
