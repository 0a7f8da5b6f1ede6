"""The engine's results as planes for the encoder."""

from collections.abc import Iterable, Iterator

import torch.nn.functional as F
from torch import Tensor

from upscale.video.colour.conversion import rgb_to_planes
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import EncoderPlan
from upscale.video.frame_source import AlphaSource, FrameSource


def pictures(enlarged: Iterable[tuple[FrameSource | AlphaSource, Tensor]], encoder: EncoderPlan) -> Iterator[Picture]:
    """Integer planes in the computer's memory, one picture for each frame; alpha comes before its colours."""
    alpha: Tensor | None = None
    for source, rgb in enlarged:
        if isinstance(source, AlphaSource):
            alpha = _padded(source.enlarged(rgb)[None], encoder)[0]
            continue
        opaque = source.opacity if alpha is None else alpha
        planes = rgb_to_planes(_padded(rgb, encoder), encoder.layout, encoder.colour, opaque)
        alpha = None
        yield Picture(tuple(plane.cpu().numpy() for plane in planes), source.frame.pts, source.frame.duration)


def _padded(picture: Tensor, encoder: EncoderPlan) -> Tensor:
    """The size the codec takes, the edge repeated. Shape: (C, H, W) -> (C, coded height, coded width)."""
    below, right = encoder.coded_height - encoder.height, encoder.coded_width - encoder.width
    return F.pad(picture, (0, right, 0, below), mode="replicate") if below or right else picture
