"""How long the networks take, in turns; only asked for on a quiet machine."""

from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import Any

from common import size
from quality_memory import Memory
from quality_scores import NAMES, upscaler_for
from quality_subjects import Subject

from upscale.bench.arithmetic import multiply_adds
from upscale.bench.network import run_network, sources_on
from upscale.bench.report import machine
from upscale.bench.timing import seconds_of
from upscale.models.catalog import load_network


def time_all(subjects: list[Subject], options: Namespace, memory: Memory) -> None:
    """One picture through every network, A B C A B C ..., in the arithmetic that users get; medians are kept."""
    chosen = [subject for subject in subjects if "@" not in subject.name]
    upscalers = {subject: upscaler_for(subject, options, "auto") for subject in chosen}
    height, width = size(options.time_size)
    sources = sources_on(next(iter(upscalers.values())).device, 1, height, width)
    seconds: dict[Subject, list[float]] = {subject: [] for subject in chosen}
    for turn in range(options.runs + 1):
        for subject, upscaler in upscalers.items():
            taken_s = seconds_of(partial(run_network, upscaler, sources), upscaler.device)
            if turn:  # a first run finds out what is quickest, and pays for memory
                seconds[subject].append(taken_s)
    for subject, upscaler in upscalers.items():
        time = {
            "hardware": machine(),
            "dtype": NAMES[upscaler.dtype],
            "input": options.time_size,
            "runs": options.runs,
            "s_per_mp": median(seconds[subject]) / (height * width * subject.scale**2 / 1e6),
            "multiply_adds": arithmetic_of(subject),
        }
        memory.keep_time(subject, time)
        print(f"{subject}: {time['s_per_mp']:.4f} s for a megapixel, {time['dtype']}", flush=True)


def arithmetic_of(subject: Subject) -> int:
    """Multiply-adds for each low-resolution pixel: a time belongs to a network that takes as many."""
    stages = load_network(subject.name, subject.scale).stages()
    return multiply_adds(stages) if stages is not None else 0


def time_of(subject: Subject, memory: Memory) -> Mapping[str, Any]:
    """What is remembered, unless the network has become another one."""
    known = memory.time(subject)
    return known if known.get("multiply_adds") == arithmetic_of(subject) else {}
