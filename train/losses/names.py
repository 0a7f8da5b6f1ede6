"""The names of losses, on the command line and in recipes."""

import math

from upscale.errors import UsageError

PLAIN = ("l1", "mse", "vgg22", "vgg54", "gan")


def parse_losses(text: str) -> dict[str, float]:
    """`l1=1e-2,vgg54=1,gan=1e-3` as a mapping; UsageError for a weight that is no number."""
    losses = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        try:
            losses[name] = float(weight)
        except ValueError:
            raise UsageError(f"--loss {text}: {part!r} is not NAME=WEIGHT") from None
    return losses


def check_losses(losses: dict[str, float], *, side_px: int) -> None:
    """Known names, usable weights, and crops of `side_px` that the networks behind them can take."""
    unknown = losses.keys() - set(PLAIN)
    if unknown:
        raise UsageError(f"unknown loss {', '.join(sorted(unknown))}: choose among {', '.join(PLAIN)}")
    for name, weight in losses.items():
        if not isinstance(weight, int | float) or not math.isfinite(weight) or not 0 <= weight < 1e9:
            raise UsageError(f"loss {name} = {weight!r}: expected a weight of 0 or more")
    if not any(weight for name, weight in losses.items() if name not in ("gan", "fm")):
        raise UsageError("no content loss: give at least one a weight, such as --loss l1=1")
    if "vgg54" in losses and side_px < 16:
        raise UsageError("vgg54 halves a crop four times: --crop is too small")
