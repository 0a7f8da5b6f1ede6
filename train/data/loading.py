"""All that a run trains on and is validated on, from its folders."""

import logging
from dataclasses import dataclass

import torch
from upscale.train.config import TrainConfig
from upscale.train.data.held import Making, held_of, load_held
from upscale.train.data.pair import Pair
from upscale.train.data.placing import Room, load_store
from upscale.train.data.sources import Search, Sources, find_sources, fingerprint, warn_lost
from upscale.train.data.split import split_validation
from upscale.train.data.store import Layout, Store, lay_out
from upscale.train.data.threads import Hear
from upscale.train.degrade.grammar import Degradation, parse_degradation

from upscale.errors import UsageError

_PLAIN = Degradation("bicubic")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pictures:
    """What a run trains on and what it is validated on; `fingerprint` tells one set of pictures from another."""

    training: Store
    held: list[Pair]
    fingerprint: str


def load_pictures(config: TrainConfig, device: torch.device, processes: int = 1, hear: Hear | None = None) -> Pictures:
    """The pictures of a run, decoded; those below `val`, or a tenth of them, at most 8, are kept out of training.

    Low resolutions come from `config.lr`, or from the whole pictures by MATLAB's bicubic, or are made crop by crop by
    another degradation. `processes`: how many on this machine load the same, each for a device of its own. `hear` is
    told how many pictures are decoded, of how many; what it raises ends the loading.
    UsageError where nothing can be trained on, OutputError where a cache is needed and cannot be written.
    """
    degradation = _degradation(config)
    sources, layout = survey(config)
    fallback = config.out.with_name(config.out.name + ".cache")
    # Degradations work on the CPU.
    room = Room(device if degradation is None else torch.device("cpu"), processes, config.cache, fallback)
    store, lost = load_store(sources.usable, layout, room, hear)
    warn_lost(sources, lost)
    told = fingerprint(sources.usable)
    making = Making(config.scale, degradation, config.seed)
    if config.val is not None:
        return Pictures(store, load_held(Search(config.val, config.lr, config.scale), making), told)
    training, held = split_validation(store.kept.tolist())
    if not held:
        logger.warning("a lone picture is trained on: nothing is validated, and no best kept, without --val")
    return Pictures(store.only(training), held_of(store, held, making), told)


def survey(config: TrainConfig) -> tuple[Sources, Layout]:
    """The pictures of a run from their headers, and where each would lie in memory. UsageError as `load_pictures`."""
    search = Search(config.data, config.lr, config.scale, config.val)
    sources = find_sources(search, smallest_px=config.crop, use=f"--crop {config.crop}")
    return sources, lay_out(sources.usable, config.scale, with_lr=_degradation(config) is None)


def _degradation(config: TrainConfig) -> Degradation | None:
    """None where low resolutions are made of, or given for, whole pictures."""
    degradation = parse_degradation(config.degrade)
    if degradation == _PLAIN:
        return None
    if config.lr is not None:
        raise UsageError(f"--lr holds the low resolutions: --degrade {config.degrade} would make others")
    return degradation
