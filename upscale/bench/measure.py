"""One case after the other: the network made ready, then each figure between two matrix peaks."""

from collections.abc import Iterable, Iterator

from upscale.bench.arithmetic import multiply_adds
from upscale.bench.cases import Case, Engine, Figure, Gap, Sample, What, Workload
from upscale.bench.network import measure_network
from upscale.bench.peak import matrix_peak
from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import Upscaler
from upscale.errors import EnvironmentLackError, UpscaleError
from upscale.peak_memory import peak_bytes, reset_peak


def measure(cases: Iterable[Case], whats: Iterable[What], workload: Workload) -> Iterator[Figure | Gap]:
    """Figures as they come; what the machine lacks, and what fails, is a Gap, not an end."""
    whats = tuple(whats)
    for case in cases:
        try:
            engine = ready(case)
            # The first run pays for what the later ones find done: memory, kernels, caches.
            measure_network(engine, Workload(workload.height, workload.width, 1), case.options.batch)
        except UpscaleError as error:
            yield from (_gap(case, what, error) for what in whats)
            continue
        yield from _figures(case, engine, whats, workload)


def ready(case: Case) -> Engine:
    """Load the network and put it on its device. Raises UsageError, EnvironmentLackError."""
    plan = plan_scale(case.model, None)
    return Engine(Upscaler(plan.network, case.options), plan)


def _figures(case: Case, engine: Engine, whats: tuple[What, ...], workload: Workload) -> Iterator[Figure | Gap]:
    """The peak after one figure is the peak before the next."""
    upscaler, network = engine.upscaler, engine.plan.network
    stages = network.stages()
    arithmetic = None if stages is None else multiply_adds(stages)
    before = matrix_peak(upscaler.device, upscaler.dtype)
    for what in whats:
        reset_peak(upscaler.device)
        try:
            sample = _sample(case, engine, what, workload)
        except UpscaleError as error:
            yield _gap(case, what, error)
            continue
        memory = peak_bytes(upscaler.device)
        after = matrix_peak(upscaler.device, upscaler.dtype)
        yield Figure(
            case=case,
            what=what,
            device=upscaler.device,
            dtype=upscaler.dtype,
            scale=upscaler.scale,
            sample=sample,
            multiply_adds=arithmetic,
            peak_gflops=max(before, after),
            memory_bytes=memory,
        )
        before = after


def _sample(case: Case, engine: Engine, what: What, workload: Workload) -> Sample:
    if what == "network":
        return measure_network(engine, workload, case.options.batch)
    if what == "images":
        from upscale.bench.images import measure_images

        return measure_images(engine, workload)
    from upscale.bench.video import measure_video

    return measure_video(engine, workload)


def _gap(case: Case, what: What, error: UpscaleError) -> Gap:
    return Gap(case, what, str(error), isinstance(error, EnvironmentLackError))
