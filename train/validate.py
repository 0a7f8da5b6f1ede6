"""The figure a run is watched by: PSNR on Y of pictures it never sees, by the protocol of `upscale eval`."""

import torch
from upscale.train.data import Pair

from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.psnr import psnr
from upscale.evaluate.scoring import quantised
from upscale.models.network import Network


@torch.no_grad()
def validate(network: Network, pairs: list[Pair], device: torch.device) -> float:
    """Mean PSNR in dB: clamped and rounded to 8 bit, `scale` pixels of border cut."""
    return sum(_psnr_y(network, pair, device) for pair in pairs) / len(pairs)


def _psnr_y(network: Network, pair: Pair, device: torch.device) -> float:
    sr = quantised(network(pair.lr.to(device)[None].float() / 255)[0])
    hr = pair.hr.permute(1, 2, 0).numpy()
    border = network.spec.scale
    return psnr(crop_border(luma(sr), border), crop_border(luma(hr), border))
