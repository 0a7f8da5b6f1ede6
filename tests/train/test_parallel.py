"""Several processes: real ones, some of them started as a user starts them, that agree with one process alone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from training import write_photos
from typer.testing import CliRunner
from upscale.train.parallel import Team, is_first_process, join_team

from upscale.cli.app import app
from upscale.errors import TrainingError, UsageError
from upscale.models.catalog import load_network

ROOT = Path(__file__).resolve().parents[2]
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")

# What a step of a run does, in small; the first process writes down what came of it.
STEP = """
import json, resource, sys
from pathlib import Path
import torch
from torch import nn
from upscale.train.memory import is_to_be_repeated
from upscale.train.parallel import join_team

folder = Path(sys.argv[1])

def used():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()

with join_team("cpu") as team:
    torch.manual_seed(team.rank)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU(), nn.Conv2d(4, 3, 3)).to(memory_format=torch.channels_last)
    team.copy_from_main(network.parameters())
    whole = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(7))
    loss = network(whole.chunk(team.count)[team.rank]).square().mean()
    loss.backward()
    team.average_gradients(network.parameters())
    facts = {
        "gradients": [item.grad.flatten().tolist() for item in network.parameters()],
        "weights": [item.flatten().tolist() for item in network.parameters()],
        "loss": team.mean(loss).item(),
        "not finite": team.mean(torch.tensor(float("nan") if team.rank else 1.0)).item(),
        "same": team.same({"steps": 10 + team.rank, "rates": torch.full((2,), float(team.rank))})["steps"],
        "any": [team.any(team.rank == 1), team.any(False)],
        "share": [team.rank, team.count],
    }
    # The system refuses one of the two the memory for what is to be sent.
    large = nn.Parameter(torch.zeros(2**26))
    large.grad = torch.full_like(large, float(team.rank))
    if team.rank == 1:
        resource.setrlimit(resource.RLIMIT_AS, (used() + 2**26, resource.RLIM_INFINITY))
    try:
        team.average_gradients([large])
    except (RuntimeError, MemoryError) as error:
        facts["repeated"] = [type(error).__name__, is_to_be_repeated(error, team)]
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    team.average_gradients([large])
    facts["after it"] = [large.grad.min().item(), large.grad.max().item()]
    with team.first_here_first():
        facts["found"] = (folder / "fetched").exists()
        (folder / "fetched").touch()
    (folder / f"{team.rank}.json").write_text(json.dumps(facts))
"""
# Two networks, without BatchNorm; the noise on what the discriminator sees is drawn at random.
# Where a gradient is hardly more than rounding, Adam steps as far as elsewhere: these rates keep that below what is
# compared (9e-7 of 1e-5). Half the batch makes weights that differ by 7e-5 (critic) and 4e-4.
RECIPE = """
architecture = "srresnet"
network = { blocks = 1, channels = 8, norm = "none" }
losses = { l1 = 1.0, gan = 0.1 }
from_scratch = true
scale = 2
crop = 8
warmup = 1
learning_rate = 1e-4
dtype = "fp32"
device = "cpu"

[gan]
discriminator = "pooled"
norm = "none"
objective = "wgan-gp"
instance_noise = 0.1
learning_rate = 5e-6
"""
# One process ends with an error while the other waits for it.
BROKEN = """
import sys
from upscale.errors import TrainingError
from upscale.train.parallel import join_team

team = join_team("cpu")
if team.rank == 1:
    sys.exit(0)
try:
    team.barrier()
except TrainingError as error:
    sys.exit(f"told: {error}")
"""


def both(*words: str, **environment: str) -> list[tuple[int, str]]:
    """(exit code, errors) of two processes that are told of each other as torchrun would tell them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen(
            [sys.executable, *words],
            env=_environment(**told, RANK=rank, LOCAL_RANK=rank, **environment),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    return [(process.returncode, error) for process, error in zip(processes, errors, strict=True)]


def started(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command, variables = [sys.executable, *words], _environment(**environment)
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300, check=False)


def _environment(**changes: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)} | changes


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures, and a recipe beside them."""
    folder = write_photos(tmp_path_factory.mktemp("run") / "photos", 4)
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


def training(photos: Path, out: Path, *words: str) -> tuple[str, ...]:
    """The words of `upscale train` behind `python -m`."""
    return ("upscale", "train", "--data", str(photos), "--recipe", str(photos / "recipe.toml"), "-o", str(out), *words)


@pytest.fixture(scope="module")
def alone(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process makes of batches of four."""
    out = tmp_path_factory.mktemp("alone") / "out.safetensors"
    done = CliRunner().invoke(app, training(photos, out, "--batch", "4", "--steps", "3")[1:])
    assert done.exit_code == 0, done.output
    return out


def assert_like(out: Path, other: Path) -> None:
    """The same networks up to rounding: that of the run, its average and the discriminator."""
    folders = [path.with_name(path.name + ".state") for path in (out, other)]
    files = sorted(path.name for path in folders[0].glob("*.safetensors") if not path.name.startswith("adam"))
    assert len(files) >= 3
    for pair in [(out, other), *((folders[0] / name, folders[1] / name) for name in files)]:
        one, two = (load_file(path) for path in pair)
        assert one.keys() == two.keys()
        assert max((one[key] - two[key]).abs().max().item() for key in one) < 1e-5


def test_a_run_in_two_processes_equals_one_with_twice_the_batch(photos: Path, alone: Path, tmp_path: Path) -> None:
    done = started(*TORCHRUN, "-m", *training(photos, tmp_path / "out.safetensors", "--batch", "2", "--steps", "3"))
    assert done.returncode == 0, done.stderr
    assert_like(tmp_path / "out.safetensors", alone)
    trained_on = load_network(tmp_path / "out.safetensors").spec.trained_on
    assert trained_on.endswith("3 steps of 2 crops in each of 2 processes")


@pytest.mark.slow
def test_accelerate_launches_the_same_run(photos: Path, alone: Path, tmp_path: Path) -> None:
    launch = "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", "0"
    words = training(photos, tmp_path / "out.safetensors", "--batch", "2", "--steps", "3")
    done = started("-m", *launch, "-m", *words)
    assert done.returncode == 0, done.stderr
    assert_like(tmp_path / "out.safetensors", alone)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_stop_together_with_their_state_saved(photos: Path, tmp_path: Path, number: int) -> None:
    out, saved = tmp_path / "out.safetensors", tmp_path / "out.safetensors.state" / "run.json"
    words = training(photos, out, "--batch", "2", "--steps", "1000000", "--save-every", "3")
    begun = subprocess.Popen([sys.executable, *TORCHRUN, "-m", *words], env=_environment(), stderr=subprocess.PIPE)
    waited_s = time.monotonic() + 120
    while not saved.exists() and time.monotonic() < waited_s:
        time.sleep(0.1)
    begun.send_signal(number)
    _, errors = begun.communicate(timeout=120)
    assert begun.returncode == 1  # torchrun's own
    assert errors.count(b"upscale: interrupted") == 2
    assert json.loads(saved.read_text())["step"] >= 3
    assert not out.exists()


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """What two processes say of one step."""
    folder = tmp_path_factory.mktemp("team")
    (folder / "step.py").write_text(STEP)
    done = both(str(folder / "step.py"), str(folder))
    assert [code for code, _ in done] == [0, 0], done
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def test_two_processes_step_like_one_with_twice_the_batch(facts: list[dict[str, object]]) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU(), nn.Conv2d(4, 3, 3))
    loss = network(torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(7))).square().mean()
    loss.backward()
    assert facts[0]["loss"] == pytest.approx(loss.item(), abs=1e-6)
    for own, told in zip(network.parameters(), facts[0]["gradients"], strict=True):  # type: ignore[call-overload]
        assert own.grad is not None
        torch.testing.assert_close(own.grad, torch.tensor(told).view_as(own), atol=1e-6, rtol=1e-5)


def test_all_processes_hold_the_same_bits(facts: list[dict[str, object]]) -> None:
    for key in ("gradients", "weights", "loss", "same", "any", "after it"):
        assert facts[0][key] == facts[1][key]
    assert facts[0]["same"] == 10
    assert facts[0]["any"] == [True, False]
    assert [each["share"] for each in facts] == [[0, 2], [1, 2]]


def test_what_is_not_finite_in_one_is_not_finite_in_all(facts: list[dict[str, object]]) -> None:
    assert all(each["not finite"] != each["not finite"] for each in facts)


def test_out_of_memory_in_one_is_known_to_all_and_the_step_can_be_repeated(facts: list[dict[str, object]]) -> None:
    assert facts[0]["repeated"] == ["OutOfMemoryElsewhereError", True]
    assert facts[1]["repeated"] == ["RuntimeError", True]
    assert facts[0]["after it"] == [0.5, 0.5]


def test_what_the_first_process_of_a_machine_fetches_the_others_find(facts: list[dict[str, object]]) -> None:
    assert [each["found"] for each in facts] == [False, True]


def test_where_the_first_cannot_fetch_it_all_end(photos: Path, tmp_path: Path) -> None:
    words = training(photos, tmp_path / "out.safetensors", "--loss", "l1=1,gan=0.1,vgg22=1")
    nowhere = {"TORCH_HOME": str(tmp_path / "cache"), "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    done = started(*TORCHRUN, "-m", *words, **nowhere)
    assert done.returncode == 1
    assert done.stderr.count("upscale: VGG losses need the file") == 1
    assert list((tmp_path / "cache").rglob("*.pth")) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "out of memory while processes exchange"),
        (RuntimeError("NCCL error: unhandled cuda error\nCuda failure 2 'out of memory'"), "out of memory while"),
        (MemoryError("std::bad_alloc"), "out of memory while"),
        (RuntimeError("Connection closed by peer"), "another process of this run has ended"),
    ],
)
def test_what_an_exchange_fails_of_is_told(error: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend's words are real; no test can have it run out of memory here and nowhere else."""

    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch.distributed, "all_reduce", failing)
    with pytest.raises(TrainingError, match=words):
        Team(torch.device("cpu"), 0, 2).barrier()


def test_the_others_end_when_one_has_ended(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    done = started(*TORCHRUN, str(tmp_path / "broken.py"))
    assert done.returncode == 1
    assert "told: another process of this run has ended" in done.stderr


def test_alone_a_team_changes_nothing() -> None:
    with join_team("cpu") as team:
        network = nn.Linear(2, 1)
        network(torch.ones(1, 2)).backward()
        before = [item.grad.clone() for item in network.parameters() if item.grad is not None]
        team.average_gradients(network.parameters())
        team.copy_from_main(network.parameters())
        team.barrier()
        assert all(torch.equal(one, item.grad) for one, item in zip(before, network.parameters(), strict=True))
        assert (team.is_main, team.share, team.any(True), team.any(False)) == (True, (0, 1), True, False)
        assert team.same("word") == "word"
        loss = torch.ones((), requires_grad=True) * 2
        assert team.mean(loss).item() == 2
        assert not team.mean(loss).requires_grad


def test_the_first_process_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_first_process()
    monkeypatch.setenv("RANK", "1")
    assert not is_first_process()


def test_alone_nothing_is_imported_for_others() -> None:
    program = "import sys; from upscale.train.parallel import join_team; join_team('cpu')"
    assert started("-c", f"{program}; sys.exit('accelerate' in sys.modules)").returncode == 0


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'"),
        ({"ACCELERATE_USE_CPU": "True", "MASTER_ADDR": "127.0.0.1"}, "use torchrun"),
    ],
)
def test_a_launch_that_cannot_work_is_refused(
    environment: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=words):
        join_team("cpu")


def test_processes_that_do_not_find_each_other_say_so() -> None:
    program = "from upscale.train.parallel import join_team; join_team('cpu')"
    done = started("-c", program, WORLD_SIZE="2", RANK="1", MASTER_ADDR="127.0.0.1", MASTER_PORT="no number")
    assert done.returncode == 1
    assert "EnvironmentLackError: the 2 processes of this run did not find each other" in done.stderr
