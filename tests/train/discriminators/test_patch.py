"""What one logit sees."""

import torch
from upscale.train.discriminators.patch import Patch


def test_receptive_field_is_70_pixels() -> None:
    """By the gradient of the middle logit; without a norm, which would look at everything."""
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 128, 128, requires_grad=True)
    logits = Patch("none")(picture).logits
    (seen,) = torch.autograd.grad(logits[0, 0, 7, 7], picture)
    rows, columns = seen[0].abs().sum(0).nonzero(as_tuple=True)
    assert int(rows.max() - rows.min()) + 1 == 70
    assert int(columns.max() - columns.min()) + 1 == 70
    assert len(rows) == 70 * 70
