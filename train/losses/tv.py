"""Total variation: how rough a picture is. Three definitions are in use under this one name.

All are means over pictures, channels and positions, where others sum. In [-1, 1] the first and the last are twice as
large as in [0, 1], the squared one four times.
"""

from torch import Tensor

# Below a thousandth of a level of 8 bits: only keeps the root's slope finite where a picture is flat.
_EPSILON = 1e-6


def isotropic_tv(sr: Tensor) -> Tensor:
    """Mean length of the gradient: sqrt(dx^2 + dy^2), each channel by itself. Shape: (N, C, H, W) -> ().

    (The regulariser of Ledig et al., arXiv 1609.04802 version 1, where it weighs 2e-8; Rudin, Osher and Fatemi 1992.)
    Both differences must exist: positions are (H - 1) x (W - 1).
    """
    dy = sr[..., 1:, :-1] - sr[..., :-1, :-1]
    dx = sr[..., :-1, 1:] - sr[..., :-1, :-1]
    return (dx.square() + dy.square() + _EPSILON**2).sqrt().mean()


def squared_tv(sr: Tensor) -> Tensor:
    """Twice the mean of dx^2 and that of dy^2, added. Shape: (N, C, H, W) -> ().

    (Mahendran and Vedaldi 2015, the regulariser of section 3 with beta 2.) The factor 2 is that of the public
    implementations, whose weights mean this.
    """
    dy, dx = _differences(sr)
    return 2 * (dx.square().mean() + dy.square().mean())


def anisotropic_tv(sr: Tensor) -> Tensor:
    """The mean of |dx| and that of |dy|, added. Shape: (N, C, H, W) -> ().

    (Esedoglu and Osher 2004, as a mean.)
    """
    dy, dx = _differences(sr)
    return dx.abs().mean() + dy.abs().mean()


def _differences(sr: Tensor) -> tuple[Tensor, Tensor]:
    """To the neighbour below and to the right, as many as there are of each."""
    return sr[..., 1:, :] - sr[..., :-1, :], sr[..., 1:] - sr[..., :-1]
