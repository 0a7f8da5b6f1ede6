"""Names to networks: what ships with the tool, the weightless resamplers, and paths of weights files."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import get_args

from upscale.errors import EnvironmentLackError, UsageError
from upscale.models.checkpoint import read_network
from upscale.models.mixture import mixed, parts_of
from upscale.models.network import Network
from upscale.models.resample import Kernel, Resample, ResampleConfig

# What resamplers and families give when no factor is named.
DEFAULT_SCALE = 4


def load_network(source: str | Path, scale: int | None = None) -> Network:
    """A network in evaluation mode: `srgan`, `srgan_x4`, `bicubic`, or the path of a .safetensors file.

    Or several of one architecture between them, by shares: `srresnet@0.3+srgan@0.7`.
    `scale` chooses among a family's shipped factors (default: 4, or the only one there is). UsageError for a
    name nobody knows, a factor that does not ship, and what cannot be mixed; never runs code from a weights file.
    """
    name = str(source)
    if isinstance(source, str) and (parts := parts_of(name)):
        factor = scale or _preferred(scales_of(name))
        return mixed([load_network(part.source, factor) for part in parts], parts)
    if isinstance(source, Path) or name.endswith(".safetensors") or "/" in name:
        return read_network(Path(source))
    for kernel in get_args(Kernel):
        if name == kernel:
            return Resample(ResampleConfig(scale or DEFAULT_SCALE, kernel)).eval()
    return _load_shipped(name, scale)


def scales_of(source: str) -> tuple[int, ...]:
    """The whole factors a name can give, ascending; a path or a full name gives one.

    A mixture gives those that its parts have in common; UsageError where there are none.
    """
    if parts := parts_of(source):
        return _common(source, [scales_of(part.source) for part in parts])
    if source in get_args(Kernel):
        return (2, 3, 4)
    family = tuple(scale for name, scale in _families() if name == source)
    return family or (load_network(source).spec.scale,)


def shipped() -> dict[str, Path]:
    """The shipped weights files by name, such as `srgan_x4`."""
    folder = Path(str(resources.files("upscale.weights")))
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def families() -> set[str]:
    """Names that ship for one factor or more."""
    return {family for family, _ in _families()}


def _families() -> list[tuple[str, int]]:
    """(family, factor) of each shipped file."""
    pairs = [name.rsplit("_x", 1) for name in shipped()]
    return sorted((family, int(factor)) for family, factor in pairs)


def _common(source: str, each: list[tuple[int, ...]]) -> tuple[int, ...]:
    common = tuple(factor for factor in each[0] if all(factor in factors for factors in each))
    if not common:
        has = ", ".join(" or ".join(f"x{factor}" for factor in factors) for factors in each)
        raise UsageError(f"cannot mix {source}: its parts have no factor in common ({has})")
    return common


def _preferred(factors: Sequence[int]) -> int:
    """The factor where none is named."""
    return DEFAULT_SCALE if DEFAULT_SCALE in factors else factors[-1]


def _load_shipped(name: str, scale: int | None) -> Network:
    files = shipped()
    if name in files:
        return read_network(files[name])
    factors = [factor for family, factor in _families() if family == name]
    if not factors:
        raise _unknown(name, files)
    wanted = scale or _preferred(factors)
    if wanted not in factors:
        has = ", ".join(f"x{factor}" for factor in factors)
        raise UsageError(f"{name} does not ship for x{wanted}; it has {has}")
    return read_network(files[f"{name}_x{wanted}"])


def _unknown(name: str, files: dict[str, Path]) -> UsageError | EnvironmentLackError:
    if not files:
        return EnvironmentLackError(f"no weights are installed, so there is no model {name}; reinstall upscale")
    known = sorted({*get_args(Kernel), *families()})
    hint = "; a mixture reads srresnet@0.3+srgan@0.7" if "@" in name else ""
    return UsageError(f"unknown model {name}: choose {', '.join(known)}, or give the path of a .safetensors file{hint}")
