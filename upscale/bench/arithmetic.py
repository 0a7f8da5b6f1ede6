"""What a network computes, as published: multiply-adds of its layers, whatever the engine makes of them."""

from collections.abc import Sequence

from upscale.models.stages import Add, Conv, Enlarge, Shuffle, Stage


def multiply_adds(stages: Sequence[Stage]) -> int:
    """Multiply-adds of convolutions and interpolations for each low-resolution pixel.

    Give the network's own stages, not rewritten ones: a rewrite that saves work then shows as speed. Borders
    count like the inside; activations, sums and norms do not count, as is usual in the field. A network that
    sees luma counts as its stages have it, on RGB.
    """
    return _count(stages, channels=3, area=1)[0]


def _count(stages: Sequence[Stage], *, channels: int, area: int) -> tuple[int, int, int]:
    """(multiply-adds, channels, area) after the stages; `area` is pixels for each low-resolution one."""
    total = 0
    for stage in stages:
        if isinstance(stage, Conv):
            total += stage.weight.numel() * area
            channels = stage.weight.shape[0]
        elif isinstance(stage, Shuffle):
            channels //= stage.factor**2
            area *= stage.factor**2
        elif isinstance(stage, Enlarge):
            # Rows first, at `factor` times the height, then columns, at `factor` times both sides.
            factor = stage.kernel.shape[0]
            total += stage.kernel.numel() * channels * area * (1 + factor)
            area *= factor**2
        elif isinstance(stage, Add):
            main, shortcut = (_count(branch, channels=channels, area=area) for branch in (stage.main, stage.shortcut))
            total += main[0] + shortcut[0]
            channels, area = main[1:]
    return total, channels, area
