import numpy as np

from upscale.images.transparency import bleed


def test_visible_pixels_stay_and_invisible_ones_take_their_neighbours_colour() -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :20] = (200, 100, 50)
    alpha = np.where(pixels[..., :1] > 0, 255, 0).astype(np.uint8)
    filled = bleed(pixels, alpha)
    assert np.array_equal(filled[:, :20], pixels[:, :20])
    assert np.abs(filled[:, 20:30].astype(int) - (200, 100, 50)).max() <= 1
    assert np.array_equal(filled[:, 40:], pixels[:, 40:])


def test_nothing_changes_without_or_with_only_invisible_pixels() -> None:
    pixels = np.full((4, 5, 1), 77, np.uint16)
    for value in (0, 65535):
        assert np.array_equal(bleed(pixels, np.full((4, 5, 1), value, np.uint16)), pixels)


def test_16_bits_stay_16_bits() -> None:
    pixels = np.full((4, 5, 3), 40_000, np.uint16)
    pixels[0, 0] = 0
    alpha = np.where(pixels[..., :1] > 0, 1, 0).astype(np.uint16)
    assert (bleed(pixels, alpha) == 40_000).all()


def test_tall_pictures_have_no_joints() -> None:
    """The colour of one visible row reaches 16 px to both sides, wherever the row lies."""
    pixels = np.zeros((600, 3, 3), np.uint8)
    reached = []
    for row in (100, 250, 256, 260, 511):
        shown = pixels.copy()
        shown[row] = 90
        filled = bleed(shown, np.where(shown[..., :1] > 0, 255, 0).astype(np.uint8))
        reached.append(np.flatnonzero((filled == 90).all(axis=(1, 2))) - row)
    assert all(np.array_equal(rows, np.arange(-16, 17)) for rows in reached)
