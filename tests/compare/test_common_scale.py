"""Low resolutions lie beneath their enlargements."""

import pytest

from upscale.compare.common_scale import common_scale


@pytest.mark.parametrize(
    ("sizes", "factors"),
    [
        ([(100, 150), (100, 150)], [1, 1]),
        ([(25, 40), (100, 160)], [4, 1]),
        ([(120, 125), (480, 500), (481, 503)], [4, 1, 1]),  # an original with the rest that 4 leaves
        ([(100, 160), (250, 400)], [2.5, 1]),
        ([(40, 25), (160, 100), (80, 50)], [4, 1, 2]),
        ([(1, 1), (1000, 1000)], [1000, 1]),
    ],
)
def test_the_widest_is_drawn_as_it_is(sizes: list[tuple[int, int]], factors: list[float]) -> None:
    assert common_scale(sizes) == factors
