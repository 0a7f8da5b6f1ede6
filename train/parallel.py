"""Several processes that train one network: each takes its part of every batch, and all take the same step.

They are started by `torchrun --standalone --nproc-per-node 2 -m upscale train ...`, which finds a free port by itself,
by `accelerate launch --multi_gpu`, or by mpirun on CPUs; accelerate finds the devices and makes the group. There is no
DistributedDataParallel: its hooks expect one backward pass a step of one network, while penalties differentiate twice,
judges are unrolled, batches accumulate and two networks take turns. Here the step averages its gradients by a call.

Equal to one process with `count` times the batch, up to rounding, as long as no sample's loss depends on its
neighbours: BatchNorm, minibatch discrimination, the relativistic averages, optimal transport and the contextual loss
(the centre of its features) see one process's part, and virtual batch norm's reference is of the first one's part.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from upscale.device import choose_device
from upscale.engine.memory import is_out_of_memory
from upscale.errors import EnvironmentLackError, TrainingError, UsageError

# A process that dies closes its connections, which the others notice at once; only a machine that vanishes from the
# network takes so long. The others wait while the first one validates and writes.
_PATIENCE = timedelta(minutes=30)
# DistributedDataParallel's own: large enough to be worth a message, small enough to be a passing need of memory.
_BUCKET_BYTES = 25 * 2**20
# Where torchrun, MPICH, Open MPI and MVAPICH say how many processes they have started.
_COUNTS = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
_RANKS = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
# What processes tell each other; the largest counts.
_FINE, _YES, _OUT_OF_MEMORY = 0, 1, 2

_Value = TypeVar("_Value")


class OutOfMemoryElsewhereError(MemoryError, TrainingError):
    """Memory ran out in another process of the run: this one has to repeat the step in smaller parts, too."""


@dataclass(frozen=True)
class Team:
    """The processes of a run as one of them sees them; a process alone is a team of one, and all of this does nothing.

    All processes call the same methods in the same order, or they wait for each other for ever. So nobody decides by
    a number of its own whether to go on: not by its loss but by `mean(loss)`, not by its clock but by `same(steps)`,
    not by its own Ctrl-C but by `any(interrupted)`. After `average_gradients` the gradients are equal everywhere, bit
    by bit, and whatever follows from them is decided alike: a step that is not finite is left out by all.

    The first process, `is_main`, writes files and reports. Before one returns or raises after writing, all call
    `barrier`: a launcher terminates the rest once one has ended with an exit code.

    An error in one process ends it, and the others with TrainingError at their next call. One that runs out of memory
    calls `tell_out_of_memory` in place of its next call; the others raise OutOfMemoryElsewhereError there.
    """

    device: torch.device
    rank: int = 0
    count: int = 1
    # Of CPUs, so that a word between processes does not wait for the work of a GPU.
    words: "dist.ProcessGroup | None" = None
    # Among the processes of the same machine; -1 where the launcher does not tell.
    local_rank: int = 0

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    @property
    def share(self) -> tuple[int, int]:
        """Which part of a batch is this process's: (rank, count)."""
        return self.rank, self.count

    @contextmanager
    def first_here_first(self) -> Iterator[None]:
        """Let the first process of each machine do this alone, and then the others: they find what it has fetched."""
        is_first = self.local_rank <= 0
        if not is_first:
            self.barrier()
        yield
        if is_first:
            self.barrier()

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give each parameter the mean of all processes' gradients, in place; those without one are passed over."""
        if self.count == 1:
            return
        buckets = list(_buckets([item.grad for item in parameters if item.grad is not None]))
        # Before the word: a process that runs out of memory after it would leave the others waiting.
        room = _room_for(buckets)
        self._tell(_FINE)
        for bucket in buckets:
            sizes = [gradient.numel() for gradient in bucket]
            flat = room[: sum(sizes)]
            pieces = [piece.view(own.shape) for piece, own in zip(torch.split(flat, sizes), bucket, strict=True)]
            torch._foreach_copy_(pieces, bucket)
            with _or_end():
                dist.all_reduce(flat)
            flat.div_(self.count)
            torch._foreach_copy_(bucket, pieces)

    def mean(self, value: Tensor) -> Tensor:
        """The mean over all processes, detached, on the same device; not finite where one is not. Shape: kept."""
        if self.count == 1:
            return value.detach()
        total = value.detach().clone(memory_format=torch.contiguous_format)
        self._tell(_FINE)
        with _or_end():
            dist.all_reduce(total)
        return total.div_(self.count)

    def same(self, value: _Value) -> _Value:
        """The first process's value, in all of them; anything that can be pickled, tensors on the CPU included."""
        if self.count == 1:
            return value
        self._tell(_FINE)
        held = [value]
        with _or_end():
            dist.broadcast_object_list(held, src=0, group=self.words, device=torch.device("cpu"))
        return held[0]

    def copy_from_main(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with those of the first process; in order, shapes and dtypes alike."""
        if self.count == 1:
            return
        wholes = [(tensor.detach(), tensor.detach().contiguous()) for tensor in tensors]
        self._tell(_FINE)
        for own, whole in wholes:
            with _or_end():
                dist.broadcast(whole, src=0)
            own.copy_(whole)

    def any(self, asked: bool) -> bool:
        """Whether any process says yes."""
        if self.count == 1:
            return asked
        return self._tell(_YES if asked else _FINE) == _YES

    def barrier(self) -> None:
        """Wait for the others."""
        if self.count > 1:
            self._tell(_FINE)

    def tell_out_of_memory(self) -> None:
        """Let the others' next call raise OutOfMemoryElsewhereError."""
        if self.count > 1:
            self._exchange(_OUT_OF_MEMORY)

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # After an error the end of the process tells the others; taking leave would wait for them.
        if self.count > 1 and kind is None:
            dist.destroy_process_group()

    def _tell(self, word: int) -> int:
        loudest = self._exchange(word)
        if loudest == _OUT_OF_MEMORY:
            raise OutOfMemoryElsewhereError("another process of this run is out of memory; lower --batch")
        return loudest

    def _exchange(self, word: int) -> int:
        loudest = torch.tensor(word)
        with _or_end():
            dist.all_reduce(loudest, op=dist.ReduceOp.MAX, group=self.words)
        return int(loudest)


def join_team(device: str) -> Team:
    """The team that the environment speaks of, as a context; `device` as in `choose_device`.

    Raises UsageError for a device that processes cannot share out, EnvironmentLackError where accelerate, a GPU for
    each process, or the other processes are missing.
    """
    count = _processes()
    if count == 1:
        return Team(choose_device(device))
    on_cpu = _on_cpu(device)
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise EnvironmentLackError(
            f"training in {count} processes needs accelerate: pip install upscale[train]"
        ) from error
    try:
        state = PartialState(cpu=on_cpu, timeout=_PATIENCE)
        words = None if on_cpu else dist.new_group(backend="gloo", timeout=_PATIENCE)
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise EnvironmentLackError(f"the {count} processes of this run did not find each other: {reason}") from error
    if state.num_processes != count:
        raise UsageError(f"{count} processes, but none knows its number; start them with torchrun --nproc-per-node")
    here = torch.device("cpu") if on_cpu else state.device
    return Team(here, state.process_index, count, words, state.local_process_index)


def is_first_process() -> bool:
    """Whether this process is the one that talks to the user; known before there is a team."""
    return all(os.environ.get(name, "0") == "0" for name in _RANKS)


def _processes() -> int:
    """How many processes were started for this run; UsageError where a launcher started fewer than it was asked for."""
    for name in _COUNTS:
        word = os.environ.get(name)
        if word is not None and not word.isdecimal():
            raise UsageError(f"the environment variable {name} is {word!r}, not a number of processes")
        if word is not None and int(word) > 1:
            return int(word)
    # Only for several processes does `accelerate launch --cpu` set an address, and then starts one all the same.
    asked = os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true" and "MASTER_ADDR" in os.environ
    if asked and "WORLD_SIZE" not in os.environ:
        raise UsageError(
            "accelerate launch --cpu starts several processes by mpirun only; use torchrun --standalone"
            " --nproc-per-node N -m upscale train ... --device cpu"
        )
    return 1


def _on_cpu(device: str) -> bool:
    """Whether the processes of a team train on CPUs; the other way is a GPU each."""
    chosen = choose_device(device)
    if chosen.index is not None or chosen.type == "mps":
        raise UsageError(f"--device {device}: several processes take a CUDA GPU each, or the CPU: cuda, cpu or auto")
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if chosen.type == "cuda" and here > torch.cuda.device_count():
        raise EnvironmentLackError(
            f"{here} processes, but {torch.cuda.device_count()} CUDA devices; start as many, or add --device cpu"
        )
    return chosen.type == "cpu"


def _buckets(gradients: list[Tensor]) -> Iterator[list[Tensor]]:
    """Neighbours that are sent together."""
    bucket: list[Tensor] = []
    size = 0
    for gradient in gradients:
        if bucket and size + gradient.nbytes > _BUCKET_BYTES:
            yield bucket
            bucket, size = [], 0
        bucket.append(gradient)
        size += gradient.nbytes
    if bucket:
        yield bucket


def _room_for(buckets: list[list[Tensor]]) -> Tensor:
    """Memory for the largest of the buckets. Shape: (numbers,)."""
    most = max((sum(gradient.numel() for gradient in bucket) for bucket in buckets), default=0)
    return buckets[0][0].new_empty(most) if buckets else torch.empty(0)


@contextmanager
def _or_end() -> Iterator[None]:
    """Where the others cannot be reached the run has ended; so it has where there is no memory to reach them with.

    The others are waiting in the same exchange then, so that nothing can be repeated.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise TrainingError("out of memory while processes exchange their results; lower --batch") from error
        raise TrainingError("another process of this run has ended; its own message says why") from error
