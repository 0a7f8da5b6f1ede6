"""Samples of 9 to 15 bits that a decoder has shifted up to 16."""

from upscale.images.picture import Samples


def filled(samples: Samples, bits: int) -> Samples:
    """With the first bits repeated below the last: white is 65535, not 65472. `bits` as the file has; uint16."""
    return samples | samples >> bits if 8 < bits < 16 else samples
