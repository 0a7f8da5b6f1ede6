"""What `upscale train` is about to do, in words: architecture, length, recipe, start, losses, discriminator, result."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upscale.train.config import GanConfig, TrainConfig
    from upscale.train.state import TrainState

# Of a discriminator, told where they are not as in `GanConfig`.
_EXTRAS = ("real_label", "instance_noise", "skip_above", "unroll", "kernels")


def announcement(config: "TrainConfig", state: "TrainState", recipe: str) -> list[str]:
    """Lines for people; `state` is that of the run before its first step here."""
    losses = " + ".join(f"{weight:g} {name}" for name, weight in config.losses.items() if weight)
    lines = [_what(config, state, recipe), f"losses: {losses}"]
    if config.is_gan:
        lines.append(f"discriminator: {_adversary(config.gan)}")
    return [*lines, f"result: {config.out}"]


def _what(config: "TrainConfig", state: "TrainState", recipe: str) -> str:
    network = f"{config.architecture} x{config.scale}"
    if state.step:
        of = f" of {state.total:,}" if state.total else f", for {_minutes(config.minutes)}"
        return f"resuming {network} on {config.data} at step {state.step:,}{of}"
    length = _count(config.steps, "step") if config.minutes is None else _minutes(config.minutes)
    return f"training {network} on {config.data} for {length}, by recipe {recipe}, {_start(config)}"


def _minutes(minutes: float | None) -> str:
    return "1 minute" if minutes == 1 else f"{minutes or 0:g} minutes"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _start(config: "TrainConfig") -> str:
    from upscale.models.catalog import families, shipped
    from upscale.train.warm_start import initial_weights

    source = initial_weights(config)
    if source is None:
        return "from scratch"
    return f"from the shipped {source}" if source in {*families(), *shipped()} else f"from {source}"


def _adversary(gan: "GanConfig") -> str:
    """Which, against what, and how it is trained."""
    from upscale.train.config import GanConfig
    from upscale.train.discriminators.names import parse_discriminator
    from upscale.train.wording import FLAGS

    kinds = dict.fromkeys(wanted.name for wanted in parse_discriminator(gan.discriminator))
    norms = ", ".join(dict.fromkeys(f"{gan.norm_of(kind)} norm" for kind in kinds))
    steps = f", {gan.d_steps} steps for one of the network" if gan.d_steps > 1 else ""
    extras = [key for key in _EXTRAS if getattr(gan, key) != getattr(GanConfig, key)]
    told = "".join(f", {FLAGS[f'gan.{key}']} {getattr(gan, key):g}" for key in extras)
    first, second = gan.betas
    return (
        f"{gan.discriminator} ({norms.replace('none norm', 'no norm')}), {gan.objective}; "
        f"Adam at {gan.learning_rate:g}, betas {first:g} and {second:g}{steps}{told}"
    )
