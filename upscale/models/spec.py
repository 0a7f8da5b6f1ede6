"""What a network promises: name, factor, receptive radius, where its weights come from and what they reach."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ModelSpec:
    """The contract of a network.

    `radius` is the receptive radius in low-resolution pixels: an output pixel depends on no input pixel
    farther away, so tiles that overlap by it join exactly. None: unknown (a foreign network).
    `trained_on` tells the data in words; `losses` maps the names of the training's losses to their weights, and
    `steps` counts its steps, 0 where nobody knows. `scores` maps a figure's name ("Set5 x4 PSNR-Y") to its measured
    value.
    """

    name: str
    architecture: str
    scale: int
    channels: int
    radius: int | None
    licence: str = ""
    trained_on: str = ""
    losses: dict[str, float] = field(default_factory=dict)
    steps: int = 0
    scores: dict[str, float] = field(default_factory=dict)
