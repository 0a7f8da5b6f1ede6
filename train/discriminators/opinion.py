"""What a discriminator says of pictures."""

from typing import NamedTuple

from torch import Tensor


class Opinion(NamedTuple):
    """`logits`, positive for real, and the activations after every layer but the last, for feature matching.

    Shape: logits (N, 1) of whole pictures or (N, 1, h, w) of their parts; features (N, C, h, w) or (N, C) each.
    """

    logits: Tensor
    features: tuple[Tensor, ...]
