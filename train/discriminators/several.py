"""Discriminators side by side, each at its own scale."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from upscale.train.discriminators.opinion import Opinion
from upscale.train.discriminators.virtual_norm import REFERENCE_PICTURES

__all__ = ["Judges", "Opinion"]


class Judges(nn.Module):
    """One discriminator or several; `shrink` is the factor by which each one's pictures are averaged down.

    `reference_px` is the side of virtual batch norm's reference pictures, None without it. They are part of the
    state_dict, and not a number until `set_reference`.
    """

    reference: Tensor | None

    def __init__(self, judges: Sequence[nn.Module], shrink: Sequence[int], *, reference_px: int | None = None) -> None:
        super().__init__()
        self.judges = nn.ModuleList(judges)
        self.shrink = tuple(shrink)
        unset = None
        if reference_px is not None:
            unset = torch.full((REFERENCE_PICTURES, 3, reference_px, reference_px), torch.nan)
        self.register_buffer("reference", unset)

    def forward(self, pictures: Tensor, only: int | None = None) -> list[Opinion]:
        """What each discriminator says, or the `only` one that is asked, in its own detail.

        Shape: (N, 3, H, W) in [0, 1].
        """
        if self.reference is not None:
            pictures = torch.cat((self.reference.to(pictures.dtype), pictures))
        pictures = pictures * 2 - 1
        asked = range(len(self.judges)) if only is None else (only,)
        return [_exact(self.judges[index](_shrunk(pictures, self.shrink[index]))) for index in asked]

    @torch.no_grad()
    def set_reference(self, pictures: Tensor) -> None:
        """Choose the reference batch, once: the first 16 of real pictures, or fewer, repeated.

        Does nothing where no virtual batch norm asks for one. Shape: (N, 3, side, side) in [0, 1].
        """
        if self.reference is not None:
            indices = torch.arange(REFERENCE_PICTURES, device=pictures.device) % len(pictures)
            self.reference.copy_(pictures[indices])


def _shrunk(pictures: Tensor, factor: int) -> Tensor:
    return F.avg_pool2d(pictures, factor) if factor > 1 else pictures


def _exact(opinion: Opinion) -> Opinion:
    """Logits in float32 at least, also under autocast: objectives subtract them from each other."""
    dtype = torch.promote_types(opinion.logits.dtype, torch.float32)
    return Opinion(opinion.logits.to(dtype), opinion.features)
