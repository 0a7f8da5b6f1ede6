"""Networks mixed from others."""

from pathlib import Path

import pytest
import torch
from networks import unsettle

from upscale.errors import UsageError
from upscale.models.catalog import load_network, scales_of
from upscale.models.checkpoint import save_network
from upscale.models.espcn import Espcn, EspcnConfig
from upscale.models.mixture import parts_of
from upscale.models.network import Network
from upscale.models.srresnet import Srresnet, SrresnetConfig

LR = torch.rand(1, 3, 8, 8)


def saved(network: Network, path: Path) -> Path:
    unsettle(network)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_network(network, path)
    return path


def small(path: Path, **changes: object) -> Path:
    config = {"scale": 2, "blocks": 1, "channels": 8, **changes}
    return saved(Srresnet(SrresnetConfig(**config)), path)  # type: ignore[arg-type]


@torch.no_grad()
def test_every_weight_is_the_weighted_mean(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.safetensors"), small(tmp_path / "two.safetensors")
    mixture = load_network(f"{one}@0.3+{two}@0.7").state_dict()
    first, second = load_network(one).state_dict(), load_network(two).state_dict()
    assert mixture.keys() == first.keys()
    for key, value in mixture.items():
        if value.is_floating_point():
            assert torch.allclose(value, 0.3 * first[key] + 0.7 * second[key], atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("shares", [("1", "0"), ("70", "0"), (".5", "0.0")])
def test_all_of_one_is_that_one(shares: tuple[str, str], tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.safetensors"), small(tmp_path / "two.safetensors")
    assert torch.equal(load_network(f"{one}@{shares[0]}+{two}@{shares[1]}")(LR), load_network(one)(LR))


@torch.no_grad()
def test_shares_count_by_their_sum(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one.safetensors"), small(tmp_path / "two.safetensors")
    halves, ones = (load_network(f"{one}@{share}+{two}@{share}")(LR) for share in (0.5, 50))
    assert torch.equal(halves, ones)


@torch.no_grad()
def test_what_one_network_learnt_is_added_to_another(tmp_path: Path) -> None:
    one, two, three = (small(tmp_path / f"{name}.safetensors") for name in ("one", "two", "three"))
    mixture = load_network(f"{one}@1+{two}@0.5+{three}@-0.5").state_dict()
    first, second, third = (load_network(path).state_dict() for path in (one, two, three))
    for key, value in mixture.items():
        if value.is_floating_point():
            assert torch.allclose(value, first[key] + 0.5 * (second[key] - third[key]), atol=1e-6)


def test_shipped_names_mix_and_say_what_they_are() -> None:
    network = load_network("srresnet@0.3+srgan@0.7")
    assert (network.spec.name, network.spec.scale) == ("srresnet@0.3+srgan@0.7", 4)
    assert network.spec.licence and network.spec.trained_on
    assert not network.training
    assert scales_of("espcn@1+espcn@1") == (2, 3, 4)
    assert load_network("espcn@1+espcn@1", 3).spec.scale == 3


def test_names_mix_with_paths(tmp_path: Path) -> None:
    config = EspcnConfig(2, activation="relu")
    path = saved(Espcn(config), tmp_path / "mine.safetensors")
    assert scales_of(f"espcn@0.5+{path}@0.5") == (2,)
    assert load_network(f"espcn@0.5+{path}@0.5").spec.scale == 2


@pytest.mark.parametrize("name", ["me@home/net.safetensors", "a@0.5+b@1.safetensors", "x@1/a+b.safetensors"])
def test_paths_may_hold_an_at(name: str, tmp_path: Path) -> None:
    path = small(tmp_path / name)
    assert load_network(str(path)).spec.scale == 2


@pytest.mark.parametrize("name", ["me@home/net.safetensors", "x@1/a+b.safetensors"])
def test_such_paths_mix_too(name: str, tmp_path: Path) -> None:
    path = small(tmp_path / name)
    mixture = load_network(f"{path}@1+{path}@3")
    assert torch.allclose(mixture(LR), load_network(path)(LR), atol=1e-5)


@pytest.mark.parametrize("word", ["srgan", "a@b", "srgan@0.5", "srgan@0.5+", "srgan@0.5+srresnet", "srgan@x+srgan@y"])
def test_what_is_no_mixture_is_a_name(word: str) -> None:
    assert parts_of(word) == ()


def test_what_differs_is_named(tmp_path: Path) -> None:
    plain = small(tmp_path / "plain.safetensors")
    other = small(tmp_path / "other.safetensors", norm="none", prelu="channel")
    with pytest.raises(UsageError, match=f"norm is batch in {plain}, none in {other}; prelu is shared in"):
        load_network(f"{plain}@1+{other}@1")
    with pytest.raises(UsageError, match="cannot mix srgan and espcn: their architectures are srresnet and espcn"):
        load_network("srgan@1+espcn@1")
    with pytest.raises(UsageError, match="kernel is bicubic in bicubic, lanczos in lanczos"):
        load_network("bicubic@1+lanczos@1")
    with pytest.raises(UsageError, match="no factor in common .x4, x2"):
        load_network(f"srgan-real@1+{plain}@1")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("srgan@0+srresnet@0", "a mixture of nothing"),
        ("srgan@0.3+srresnet@-0.2+srresnet@-0.1", "a mixture of nothing: shares sum to more than 0"),
        ("srgan@1+nobody@1", "unknown model nobody"),
        ("srgan@1", "a mixture reads srresnet@0.3"),
    ],
)
def test_mistakes_are_explained(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_network(name)
