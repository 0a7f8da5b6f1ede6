"""Opinions in full precision, whatever arithmetic the networks use."""

from torch import Tensor


def full(tensor: Tensor) -> Tensor:
    """At least fp32: bf16 tells 1.00 from 1.01 only, which is less than the two sides of a good GAN differ by."""
    return tensor.float() if tensor.dtype.itemsize < 4 else tensor


def per_sample(opinions: Tensor) -> Tensor:
    """The mean opinion on each picture, in full precision, of discriminators that answer by maps, too.

    Shape: (N, ...) -> (N,).
    """
    return full(opinions).reshape(len(opinions), -1).mean(1)
