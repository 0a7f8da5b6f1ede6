"""Virtual batch normalisation: against its definition, and the independence that it is there for."""

import numpy as np
import pytest
import torch
from judges import judges_of, new_judges, noise
from upscale.train.discriminators.virtual_norm import REFERENCE_PICTURES, VirtualNorm


def test_statistics_are_those_of_the_reference_and_the_picture() -> None:
    """In numpy: moments mixed with weights n / (n + 1) and 1 / (n + 1), as the authors' code has them."""
    torch.manual_seed(0)
    n = REFERENCE_PICTURES
    norm = VirtualNorm(4)
    torch.nn.init.uniform_(norm.weight, 0.5, 2)
    torch.nn.init.uniform_(norm.bias)
    x = torch.randn(n + 3, 4, 5, 6) * 3 + 1
    with torch.no_grad():
        found = norm(x).numpy()
        gamma, beta = norm.weight.numpy()[:, None, None], norm.bias.numpy()[:, None, None]
    reference = x[:n].double().numpy()
    mean_fixed, square_fixed = reference.mean((0, 2, 3)), (reference**2).mean((0, 2, 3))
    for picture, normed in zip(x[n:].double().numpy(), found[n:], strict=True):
        mean = (n * mean_fixed + picture.mean((1, 2))) / (n + 1)
        square = (n * square_fixed + (picture**2).mean((1, 2))) / (n + 1)
        scale = 1 / np.sqrt(square - mean**2 + 1e-5)
        expected = (picture - mean[:, None, None]) * scale[:, None, None] * gamma + beta
        np.testing.assert_allclose(normed, expected, rtol=1e-4, atol=1e-4)
    plain = torch.nn.functional.batch_norm(x[:n], None, None, norm.weight, norm.bias, training=True)
    torch.testing.assert_close(torch.from_numpy(found[:n]), plain.detach(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["pooled", "patch", "unet"])
def test_opinion_does_not_depend_on_the_rest_of_the_batch(name: str) -> None:
    judges = judges_of(name, "virtual").double()
    one, others = noise(1, 24).double(), noise(3, 24, seed=2).double() * 0.1
    if name == "unet":
        one, others = one[..., :16, :16], others[..., :16, :16]
    alone = judges(one)[0].logits
    among = judges(torch.cat((others, one)))[0].logits
    torch.testing.assert_close(among[3:], alone, rtol=1e-9, atol=1e-9)
    # While BatchNorm's does.
    judges = judges_of(name, "batch").double()
    assert not torch.allclose(
        judges(torch.cat((others, one)))[0].logits[3:], judges(torch.cat((one, one)))[0].logits[:1]
    )


def test_another_reference_is_another_opinion() -> None:
    judges = judges_of("patch", "virtual")
    before = judges(noise(2, 24))[0].logits
    judges.set_reference(noise(16, 24, seed=5) * 0.2)
    assert not torch.allclose(judges(noise(2, 24))[0].logits, before, rtol=1e-2)


def test_reference_is_part_of_the_state_and_needed() -> None:
    judges, other = judges_of("patch", "virtual"), new_judges("patch", "virtual")
    assert other(noise(2, 24))[0].logits.isnan().all()
    other.load_state_dict(judges.state_dict())
    assert torch.equal(other(noise(2, 24))[0].logits, judges(noise(2, 24))[0].logits)


def test_few_pictures_are_repeated_and_many_cut() -> None:
    judges = new_judges("patch", "virtual")
    few, many = noise(3, 24), noise(40, 24)
    judges.set_reference(few)
    assert judges.reference is not None
    assert torch.equal(judges.reference[:6], torch.cat((few, few)))
    judges.set_reference(many)
    assert torch.equal(judges.reference, many[:REFERENCE_PICTURES])


def test_other_norms_keep_no_reference() -> None:
    judges = new_judges("patch", "batch")
    judges.set_reference(noise(3, 24))
    assert not any("reference" in key for key in judges.state_dict())
