"""Real-ESRGAN's discriminator, written down once more, with torch's own spectral norm."""

import torch
import torch.nn.functional as F
from judges import noise
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from upscale.train.discriminators.spectral import SpectralConv2d
from upscale.train.discriminators.unet import UNet


def test_unet_is_the_published_one() -> None:
    torch.manual_seed(0)
    ours = UNet("spectral").eval()
    convolutions = [module for module in ours.modules() if isinstance(module, nn.Conv2d)]
    # Many iterations, so that both have found the largest singular value.
    theirs = [_copied(module) for module in convolutions]
    for module in convolutions:
        if isinstance(module, SpectralConv2d):
            _, _, right = torch.linalg.svd(module.weight.detach().flatten(1), full_matrices=False)
            module.get_buffer("direction").copy_(F.normalize(module.weight.detach().flatten(1) @ right[0], dim=0))
    pictures = noise(2, 32)
    torch.testing.assert_close(ours(pictures).logits, _published(theirs, pictures), rtol=1e-3, atol=1e-5)


def _copied(module: nn.Conv2d) -> nn.Module:
    stride, padding = module.stride[0], 1
    copy = nn.Conv2d(
        module.in_channels, module.out_channels, module.kernel_size[0], stride, padding, bias=module.bias is not None
    )
    with torch.no_grad():
        # Far from orthogonal, so that a wrong singular value would show.
        module.weight.mul_(torch.linspace(0.2, 2, module.in_channels)[:, None, None])
        module.weight[0] *= 3
    copy.load_state_dict({key: value for key, value in module.state_dict().items() if key != "direction"})
    return spectral_norm(copy, n_power_iterations=200).eval() if isinstance(module, SpectralConv2d) else copy


def _published(conv: list[nn.Module], x: Tensor) -> Tensor:
    """The forward pass of Real-ESRGAN's UNetDiscriminatorSN."""

    def up(x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    def activated(index: int, x: Tensor) -> Tensor:
        return F.leaky_relu(conv[index](x), 0.2)

    x0 = activated(0, x)
    x1 = activated(1, x0)
    x2 = activated(2, x1)
    x3 = activated(3, x2)
    x4 = activated(4, up(x3)) + x2
    x5 = activated(5, up(x4)) + x1
    x6 = activated(6, up(x5)) + x0
    logits: Tensor = conv[9](activated(8, activated(7, x6)))
    return logits
