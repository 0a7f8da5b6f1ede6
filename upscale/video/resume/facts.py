"""What a clip's segments depend on, in words: equal facts, equal segments."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import torch

from upscale import __version__
from upscale.device import choose_dtype
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import Upscaler
from upscale.errors import BadInputError, reason
from upscale.models.network import Network
from upscale.video.reading.identity import identify
from upscale.video.reading.sequence import find_sequence

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Follow from the others, or from versions: told only where nothing else is different.
_DERIVED = "what follows from the options"
# Fields whose options have other names; None: they change nothing in a segment.
_FLAGS = {"options": "-e", "span": "--ss or --to", "matrix": "--color-matrix", "rate": "--fps", "threads": None}
# Of a file's contents: enough places that no two clips of one length are taken for each other.
_PIECES = 64
_PIECE_BYTES = 2**16


def option_facts(options: "Iterable[DataclassInstance]") -> dict[str, str]:
    """The options of some dataclasses, by the words of the command line."""
    facts = {}
    for group in options:
        for field in fields(group):
            flag = _FLAGS.get(field.name, f"--{field.name.replace('_', '-')}")
            if flag is not None:
                facts[flag] = _spoken(getattr(group, field.name))
    return facts


def network_facts(plan: ScalePlan, upscaler: Upscaler) -> dict[str, str]:
    """Which weights compute how; devices of one kind count as equal."""
    options = upscaler.options
    return {
        "--model": " ".join(map(_weights, plan.networks)),
        "the size": _spoken(plan.wish),
        "--tta": _spoken(plan.tta),
        "--device": upscaler.device.type,
        "--dtype": str(choose_dtype(options.dtype, upscaler.device)),
        "--tile": _spoken(options.tile),
        "--overlap": _spoken(options.overlap),
        "--blend": options.blend,
    }


def version_facts() -> dict[str, str]:
    """What decodes, computes and encodes."""
    ffmpeg = " ".join(f"{name} {version}" for name, version in sorted(av.library_versions.items()))
    return {"upscale": __version__, "torch": torch.__version__, "PyAV": av.__version__, "FFmpeg": ffmpeg}


def derived_facts(*plans: object) -> dict[str, str]:
    """What was settled by the options and the source; a safeguard."""
    return {_DERIVED: hashlib.sha256(repr(plans).encode()).hexdigest()}


def source_facts(source: Path) -> dict[str, str]:
    """Which file it is, or which pictures: sizes, times of the last changes, and of a file pieces of what is in it."""
    sequence = find_sequence(source)
    if sequence:
        numbers = range(sequence.start, sequence.start + sequence.count)
        return {"the source": _digest(repr(identify(Path(sequence.pattern % number))) for number in numbers)}
    try:
        pieces = _digest(_pieces(source))
    except OSError as error:
        raise BadInputError(f"{source} cannot be read: {reason(error)}") from error
    return {"the source": f"{identify(source)} {pieces}"}


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The facts that are not the same, the derived only where they alone differ."""
    names = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    return [name for name in names if name != _DERIVED] or names


def _spoken(value: Any) -> str:  # noqa: ANN401 - any option's value
    return repr(sorted(value.items())) if isinstance(value, Mapping) else repr(value)


def _weights(network: Network) -> str:
    """A network's identity: architecture, configuration and every weight."""
    return _digest(_parts(network))


def _parts(network: Network) -> Iterator[str | bytes]:
    yield repr((network.spec.architecture, network.spec.scale, network.config))
    for name, tensor in sorted(network.state_dict().items()):
        yield f"{name} {tuple(tensor.shape)} {tensor.dtype}"
        yield tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()


def _pieces(source: Path) -> Iterator[bytes]:
    """Evenly spread over the file, its first and last bytes among them."""
    with source.open("rb") as file:
        last = max(0, source.stat().st_size - _PIECE_BYTES)
        for place in sorted({last * index // (_PIECES - 1) for index in range(_PIECES)}):
            file.seek(place)
            yield file.read(_PIECE_BYTES)
