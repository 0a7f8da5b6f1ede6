"""Means over steps, of tensors and plain numbers alike."""

import numpy as np
import pytest
import torch
from upscale.train.watch.averages import Averages


def test_means_are_those_of_numpy() -> None:
    generator = np.random.default_rng(0)
    values = generator.uniform(-5, 5, (700, 2))
    averages = Averages()
    for tensor, plain in values:
        averages.add({"a": torch.tensor(tensor), "b": float(plain)})
    means = averages.take()
    assert list(means) == ["a", "b"]
    assert means["a"] == pytest.approx(values[:, 0].mean(), abs=1e-5)
    assert means["b"] == pytest.approx(values[:, 1].mean(), abs=1e-12)
    assert averages.take() == {}


def test_a_name_counts_only_the_steps_that_have_it() -> None:
    averages = Averages()
    averages.add({"l1": torch.tensor(1.0)})
    averages.add({"l1": torch.tensor(3.0), "d": torch.tensor(5.0)})
    averages.add({"l1": 8.0})
    assert averages.take() == {"l1": 4.0, "d": 5.0}


def test_tensors_may_be_written_over_and_may_have_a_history() -> None:
    """As with a graph that is replayed, and with a loss that is still to be differentiated."""
    averages, place = Averages(), torch.tensor(1.0)
    averages.add({"l1": place})
    place.fill_(2.0)
    averages.add({"l1": place})
    weight = torch.tensor(3.0, requires_grad=True)
    loss = weight * 2
    averages.add({"l1": loss})
    loss.backward()
    assert averages.take() == {"l1": 3.0}
    assert weight.grad == 2.0


def test_half_precision_is_summed_in_single() -> None:
    averages = Averages()
    for _ in range(3000):
        averages.add({"l1": torch.tensor(1.0, dtype=torch.bfloat16)})
    assert averages.take() == {"l1": 1.0}


def test_a_step_that_was_not_taken_spoils_no_mean() -> None:
    averages = Averages()
    for value in (1.0, float("nan"), 3.0, float("inf")):
        averages.add({"l1": value})
    assert averages.take() == {"l1": 2.0}
