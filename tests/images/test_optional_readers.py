"""HEIC and JPEG XL, where the extras are installed; without them one sentence says what to install."""

import sys
from pathlib import Path

import numpy as np
import pytest

from upscale.errors import BadInputError
from upscale.images.image_io import read_picture

HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


@pytest.mark.parametrize(
    ("content", "module", "extra"),
    [(HEIC_HEAD, "pillow_heif", "upscale[heic]"), (b"\xff\x0a" + bytes(30), "pylibjxl", "upscale[jxl]")],
)
def test_a_missing_extra_is_one_sentence(
    content: bytes, module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(BadInputError) as refused:
        read_picture(tmp_path / "a.bin")
    assert f"pip install '{extra}'" in str(refused.value)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_heic(mode: str, channels: int, photo: np.ndarray, tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    samples = np.dstack([photo, photo[..., 1]])[..., :channels]
    heif.from_bytes(mode, (27, 20), samples.tobytes()).save(tmp_path / "a.heic", quality=-1, chroma=444)
    picture = read_picture(tmp_path / "a.heic")
    colours = min(channels, 3)
    assert np.abs(picture.pixels.astype(int) - samples[..., :colours]).max() <= 2
    assert (picture.alpha is not None) == (channels == 4)


def test_heic_of_10_bits_has_a_white_of_16(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    white = np.full((16, 16, 3), 65535, np.uint16)
    heif.from_bytes("RGB;16", (16, 16), white.tobytes()).save(tmp_path / "a.heic", quality=-1, chroma=444)
    picture = read_picture(tmp_path / "a.heic")
    assert picture.pixels.dtype == np.uint16
    assert picture.pixels.min() == 65535


def test_damaged_heic_fails(photo: np.ndarray, tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    heif.from_bytes("RGB", (27, 20), photo.tobytes()).save(tmp_path / "a.heic", quality=50)
    content = (tmp_path / "a.heic").read_bytes()
    for share in (0.1, 0.6, 0.97):
        (tmp_path / "a.heic").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(BadInputError, match="cut short"):
            read_picture(tmp_path / "a.heic")
    (tmp_path / "a.heic").write_bytes(content)
    with pytest.raises(BadInputError, match="27 x 20 pixels, above the limit"):
        read_picture(tmp_path / "a.heic", limit_px=500)


def test_a_heic_of_changed_bytes_is_refused_or_a_picture(photo: np.ndarray, tmp_path: Path) -> None:
    """Among them those that leave no main picture, or one of another size than the file says."""
    heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    heif.from_bytes("RGB", (27, 20), photo.tobytes()).save(tmp_path / "a.heic", quality=50)
    content, refused = (tmp_path / "a.heic").read_bytes(), 0
    for at in range(12, 420):
        for value in (0, 1, 255):
            (tmp_path / "a.heic").write_bytes(content[:at] + bytes([value]) + content[at + 1 :])
            try:
                picture = read_picture(tmp_path / "a.heic", limit_px=10**6)
            except BadInputError:
                refused += 1
            else:
                assert picture.pixels.shape[2] in (1, 3)
    assert refused > 100


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_jxl(kind: type, channels: int, photo: np.ndarray, tmp_path: Path) -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the extra jxl is not installed")
    pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")
    white = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[kind]
    samples = (np.dstack([photo, photo[..., 1]])[..., :channels] / 255 * white).astype(kind)
    content = codecs.jpegxl_encode(samples.squeeze(), lossless=True)
    (tmp_path / "a.jxl").write_bytes(content)
    picture = read_picture(tmp_path / "a.jxl")
    assert picture.pixels.dtype == kind
    colours = 1 if channels < 3 else 3
    assert np.array_equal(picture.pixels, samples[..., :colours])
    assert (picture.alpha is not None) == (channels in (2, 4))
    for share in (0.3, 0.9):
        (tmp_path / "a.jxl").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(BadInputError, match="cut short"):
            read_picture(tmp_path / "a.jxl")
