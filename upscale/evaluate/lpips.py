"""Learned perceptual similarity (Zhang et al., CVPR 2018), by the authors' own library where that is installed.

The library holds the heads, not the trunk, an AlexNet trained on ImageNet: that is a file which the user puts in its
place. Nothing is downloaded.
"""

import pickle
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from upscale.engine.memory import enough_for
from upscale.errors import BadInputError, EnvironmentLackError, reason

TRUNK_URL = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
LIBRARY = "the lpips library (pip install 'upscale[lpips]')"
# AlexNet's second pooling has nothing to look at in smaller pictures.
LEAST_PX = 32


@dataclass(frozen=True)
class Lpips:
    """The network that measures, on its device."""

    network: nn.Module
    device: torch.device

    @torch.inference_mode()
    def distance(self, sr: NDArray[np.uint8], hr: NDArray[np.uint8]) -> float:
        """How different two pictures look; 0 for equal ones. Shape: (H, W, 3) RGB each.

        Raises BadInputError for pictures below 32 pixels a side, UpscaleError where memory does not suffice.
        """
        height, width = hr.shape[:2]
        if min(height, width) < LEAST_PX:
            raise BadInputError(f"LPIPS needs {LEAST_PX} x {LEAST_PX} pixels, not {width} x {height}")
        with enough_for(f"LPIPS of {width} x {height} pixels", self.device):
            return float(self.network(self._signed(sr), self._signed(hr)))

    def _signed(self, pixels: NDArray[np.uint8]) -> Tensor:
        """What the network expects. Shape: (H, W, 3) -> (1, 3, H, W), in [-1, 1]."""
        levels = torch.from_numpy(pixels).to(self.device).permute(2, 0, 1)[None]
        return levels.float() / 127.5 - 1


def load_lpips(device: torch.device) -> Lpips:
    """LPIPS 0.1 on AlexNet; raises EnvironmentLackError that says what is to be installed, or put where."""
    trunk = trunk_path()
    installed = find_spec("lpips") is not None
    lacking = [] if installed else [f"install {LIBRARY}"]
    if not trunk.is_file():
        lacking.append(f"put {trunk.name} (from {TRUNK_URL}) into {trunk.parent}")
    if lacking:
        raise EnvironmentLackError(" and ".join(lacking))
    network = _untrained()
    _load_trunk(network, trunk)
    return Lpips(network.eval().to(device), device)


def trunk_path() -> Path:
    """Where the trunk's weights are expected: among those that torch keeps, below $TORCH_HOME."""
    return Path(torch.hub.get_dir()) / "checkpoints" / TRUNK_URL.rpartition("/")[2]


def _untrained() -> nn.Module:
    """The library's network with its trained heads, its trunk at random: else the library would download one."""
    try:
        import lpips

        with warnings.catch_warnings():
            # The library names its wish to torchvision in an old way.
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("ignore", FutureWarning)
            network: nn.Module = lpips.LPIPS(net="alex", version="0.1", pnet_rand=True, verbose=False)
    # What torchvision ends in that was built for another torch.
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        raise EnvironmentLackError(f"repair {LIBRARY}, which does not load: {error}") from error
    return network


def _load_trunk(network: nn.Module, path: Path) -> None:
    """The five convolutions of AlexNet; the library calls features.3.weight net.slice2.3.weight."""
    trunk = network.get_submodule("net")
    try:
        trained = torch.load(path, map_location="cpu", weights_only=True)
        wanted = {name: trained[f"features.{name.partition('.')[2]}"] for name in trunk.state_dict()}
        trunk.load_state_dict(wanted)
    except OSError as error:
        raise EnvironmentLackError(f"make {path} readable: {reason(error)}") from error
    except (RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise EnvironmentLackError(f"replace {path}, which is damaged or another file, by {TRUNK_URL}") from error
