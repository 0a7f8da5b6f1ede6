"""What a run starts from: networks, optimisers, losses and the random generator, all from its configuration."""

import copy
from typing import Literal, TypeVar

import torch
from torch import nn
from upscale.train.config import TrainConfig
from upscale.train.discriminators import SrganDiscriminator
from upscale.train.losses.vgg import VggLoss, load_vgg
from upscale.train.state import TrainState
from upscale.train.steps import Objective

from upscale.device import choose_device, choose_dtype
from upscale.errors import UsageError
from upscale.models.catalog import load_network
from upscale.models.checkpoint import build
from upscale.models.network import Network

# Adam's second moment over about 100 steps, as BasicSR's recipes have it for these networks.
_BETAS = (0.9, 0.99)
_VGG_LAYERS: tuple[Literal["vgg22"], Literal["vgg54"]] = ("vgg22", "vgg54")

_Module = TypeVar("_Module", bound=nn.Module)


def start(config: TrainConfig) -> TrainState:
    """A state at step 0. Raises UsageError, EnvironmentLackError for what cannot be built."""
    device = choose_device(config.device)
    dtype = choose_dtype(config.dtype, device)
    if dtype is torch.float16:
        dtype = torch.bfloat16  # fp16 would need loss scaling; every GPU worth training on has bf16
    torch.manual_seed(config.seed)
    network = _on(device, new_network(config)).train()
    state = TrainState(
        network=network,
        ema=copy.deepcopy(network).eval().requires_grad_(False),
        optimiser=_adam(network, config.lr),
        generator=torch.Generator().manual_seed(config.seed),
        device=device,
        dtype=dtype,
        total=config.steps,
    )
    if "gan" in config.losses:
        state.discriminator = _on(device, SrganDiscriminator(config.discriminator, config.crop * config.scale))
        state.optimiser_d = _adam(state.discriminator, config.lr_discriminator)
    return state


def new_network(config: TrainConfig) -> Network:
    """The network of a run: freshly initialised, then with whatever fits of `config.init`."""
    try:
        network = build(config.architecture, {"scale": config.scale, **config.network})
    except (TypeError, ValueError, KeyError) as error:
        raise UsageError(
            f"cannot build {config.architecture} x{config.scale} from {config.network}: {error}"
        ) from error
    calm_residuals(network)
    if config.init != "none":
        _initialise(network, config.init)
    elif "gan" in config.losses:
        raise UsageError("a GAN has to start from a network trained on pixels, or its pictures turn grey: give --init")
    network.rename(name=config.model)
    return network


def _initialise(network: Network, source: str) -> None:
    """Copy every weight of the same name and shape."""
    own = network.state_dict()
    given = load_network(source, network.spec.scale).state_dict()
    fitting = {key: value for key, value in given.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise UsageError(f"--init {source}: none of its weights fit this network")
    network.load_state_dict(own | fitting)


def calm_residuals(network: Network) -> None:
    """Start every residual branch at a tenth, which allows learning rates 2 to 4 times higher without BatchNorm.

    (ESRGAN, Wang et al. 2018, section 3.1; there for the same blocks.)
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.startswith("blocks.") and ".conv" in name:
                parameter.mul_(0.1)


def build_objective(config: TrainConfig, device: torch.device) -> Objective:
    """The content losses; VGG weights are loaded, and their absence told, before the first step."""
    vgg: dict[str, VggLoss] = {}
    for layer in _VGG_LAYERS:
        if layer in config.losses:
            vgg[layer] = _on(device, VggLoss(*load_vgg(config.vgg_weights), layer=layer))
    return Objective(config.losses, vgg, on_luma=config.network.get("colour") == "y")


def _adam(network: nn.Module, lr: float) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr, betas=_BETAS, fused=True)


def _on(device: torch.device, module: _Module) -> _Module:
    """Channels last: the layout in which convolutions are quickest on CPUs and GPUs alike."""
    module.to(device)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    return module
