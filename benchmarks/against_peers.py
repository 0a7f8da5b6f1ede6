"""Our engine beside the tools a user could pick instead: same network, same weights, same picture, one run.

    python benchmarks/against_peers.py [--size 768x512] [--runs 3] [--only ours-half,openvino-original]

Times are taken in turns; memory in a process of its own for each peer. `off` is the largest difference from our fp32
result, in levels of 255: whether they compute the same. Peers that are not there are named and skipped.
"""

import gc
import json
from argparse import Namespace
from collections.abc import Callable, Mapping

import torch
from common import (
    Entry,
    Score,
    in_own_process,
    parser,
    print_claim,
    print_machine,
    print_scores,
    run_as_the_cli,
    size,
    srgan,
    take_turns,
)
from peers import Contest, MissingPeerError, Peer, compiled, eager, onnxruntime, openvino, ours, tensorrt, tile_loop

from upscale.bench.pictures import smooth_noise
from upscale.device import choose_device
from upscale.peak_memory import peak_bytes, reset_peak

PEERS: Mapping[str, Callable[[Contest], Peer]] = {
    "ours-half": lambda contest: ours(contest, contest.half),
    "ours-fp32": lambda contest: ours(contest, torch.float32),
    "tile-loop": tile_loop,
    "eager-fp32": lambda contest: eager(contest, torch.float32),
    "eager-half": lambda contest: eager(contest, contest.half),
    "compile-fp32": lambda contest: compiled(contest, torch.float32),
    "compile-half": lambda contest: compiled(contest, contest.half),
    "onnxruntime": onnxruntime,
    "openvino-original": lambda contest: openvino(contest, rewritten=False),
    "openvino-rewritten": lambda contest: openvino(contest, rewritten=True),
    "tensorrt": tensorrt,
}
# How many times quicker ours is to be.
CLAIMS = {"openvino-original": 1.4, "openvino-rewritten": 1.0, "tile-loop": 3.5}
CLAIMS_ON_GPU = {"tile-loop": 3.0}


def main() -> None:
    """Build, compare, time in turns, weigh."""
    options = _options()
    run_as_the_cli()
    network, arithmetic = srgan()
    height, width = options.size
    picture = torch.from_numpy(smooth_noise(height, width, 0)).permute(2, 0, 1).float().div(255).contiguous()
    contest = Contest(network, choose_device(options.device), picture)
    if options.memory_of:
        print(json.dumps(_memory(PEERS[options.memory_of], contest)))
        return
    print_machine()
    print(f"srgan x4, {width}x{height} input pixels, {contest.device}")
    peers = _built(options.only.split(","), contest)
    _print_differences(peers, contest)
    entries = [Entry(name, peer.work, peer.dtype, height * width) for name, peer in peers.items()]
    scores = {score.entry.name: score for score in take_turns(entries, options.runs, contest.device, arithmetic)}
    print_scores(list(scores.values()))
    _print_ratios(scores, contest.device)
    there = list(peers)
    del peers, entries, scores
    gc.collect()
    if not options.no_memory:
        _print_memory(there, options)


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--size", type=size, default=(512, 768), help="WxH of the picture; default 768x512")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--only", default=",".join(PEERS), help=f"between commas, of {', '.join(PEERS)}")
    arguments.add_argument("--no-memory", action="store_true", help="leave the memory out")
    arguments.add_argument("--memory-of", choices=PEERS, help="measure the memory of one peer, as JSON")
    options = arguments.parse_args()
    unknown = set(options.only.split(",")) - PEERS.keys()
    if unknown:
        arguments.error(f"unknown peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    return options


def _built(names: list[str], contest: Contest) -> dict[str, Peer]:
    peers = {}
    for name in names:
        try:
            peers[name] = PEERS[name](contest)
        except MissingPeerError as missing:
            print(f"skipped {name}: {missing}")
    return peers


def _print_differences(peers: Mapping[str, Peer], contest: Contest) -> None:
    """Also the first run of each, which is not counted."""
    exact = ours(contest, torch.float32).result()
    for name, peer in peers.items():
        difference = (peer.result() - exact).abs().max().item() * 255
        print(f"{name}: off by {difference:.2f} levels at most", flush=True)


def _print_ratios(scores: Mapping[str, Score], device: torch.device) -> None:
    """Our best arithmetic against each."""
    best = scores.get("ours-half") or scores.get("ours-fp32")
    if best is None:
        return
    claims = CLAIMS if device.type == "cpu" else CLAIMS_ON_GPU
    for name, score in scores.items():
        if score is best:
            continue
        what, ratio = f"{best.entry.name} against {name}", best.times_quicker_than(score)
        if name in claims:
            print_claim(what, ratio, claims[name])
        else:
            print(f"{what}: {ratio:.3f}")


def _memory(build: Callable[[Contest], Peer], contest: Contest) -> dict[str, float]:
    """Bytes at the peak of two runs, the building left out, and what the process held before it was built."""
    reset_peak(contest.device)
    before = peak_bytes(contest.device) or 0
    peer = build(contest)
    gc.collect()
    reset_peak(contest.device)
    for _ in range(2):
        peer.work()
    return {"peak_bytes": peak_bytes(contest.device) or 0, "before_bytes": before}


def _print_memory(names: list[str], options: Namespace) -> None:
    """One process after the other."""
    height, width = options.size
    peaks = {}
    for name in names:
        arguments = ["--memory-of", name, "--size", f"{width}x{height}", "--device", options.device]
        facts = in_own_process(arguments)
        peaks[name] = facts["peak_bytes"]
        above = facts["peak_bytes"] - facts["before_bytes"]
        print(f"{name}: peak memory {peaks[name] / 1e6:.0f} MB, {above / 1e6:.0f} MB above the start", flush=True)
    if {"ours-half", "openvino-rewritten"} <= peaks.keys():
        ratio = peaks["ours-half"] / peaks["openvino-rewritten"]
        print_claim("memory of ours-half as a part of openvino-rewritten's", ratio, 0.5, most=True)


if __name__ == "__main__":
    main()
