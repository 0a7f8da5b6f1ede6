"""Formats and their options through the command line; every result is opened by another library."""

import io
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import tifffile
from commands import Run
from PIL import Image

RunHere = Callable[..., Run]
NEAREST = ("images", "-m", "nearest", "--device", "cpu", "-y")
CHANNELS = {"gray": 1, "gray and alpha": 2, "RGB": 3, "RGBA": 4}


def noise(channels: int, dtype: type = np.uint8) -> np.ndarray:
    """Alpha is never 0: what cannot be seen may change."""
    top = np.iinfo(dtype).max
    samples = np.random.default_rng(channels).integers(0, top + 1, (21, 33, channels)).astype(dtype)
    if channels in (2, 4):
        samples[..., -1] = np.maximum(samples[..., -1], 1)
    return samples


def by_ffmpeg(path: Path, channels: int, dtype: type) -> np.ndarray:
    """FFmpeg's view of a PNG: Pillow knows no 16-bit RGB, OpenCV no gray with alpha."""
    context = av.CodecContext.create("png", "r")
    assert isinstance(context, av.VideoCodecContext)
    [frame] = context.decode(av.Packet(path.read_bytes())) + context.decode(None)
    names = {1: ("gray", "gray16be"), 2: ("ya8", "ya16be"), 3: ("rgb24", "rgb48be"), 4: ("rgba", "rgba64be")}
    assert frame.format.name == names[channels][dtype is np.uint16]
    row_bytes = 33 * channels * np.dtype(dtype).itemsize
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(21, -1)[:, :row_bytes]
    return np.frombuffer(rows.tobytes(), np.dtype(dtype).newbyteorder(">")).reshape(21, 33, channels)


def opened(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_a_round_trip_changes_no_bit(suffix: str, dtype: type, kind: str, run_here: RunHere, tmp_path: Path) -> None:
    samples = noise(CHANNELS[kind], dtype)
    extra = ["unassalpha"] if CHANNELS[kind] in (2, 4) else None
    photometric = "rgb" if CHANNELS[kind] > 2 else "minisblack"
    tifffile.imwrite(
        tmp_path / "a.tiff", samples.squeeze(), photometric=photometric, extrasamples=extra, planarconfig="contig"
    )
    done = run_here(*NEAREST, "-s", 1, tmp_path / "a.tiff", tmp_path / f"b.{suffix}")
    assert done.code == 0, done.err
    if suffix == "png":
        written = by_ffmpeg(tmp_path / "b.png", samples.shape[2], dtype)
        again = run_here(*NEAREST, "-s", 1, tmp_path / "b.png", tmp_path / "c.png")
        assert again.code == 0, again.err
        assert np.array_equal(by_ffmpeg(tmp_path / "c.png", samples.shape[2], dtype), samples)
    else:
        written = tifffile.imread(tmp_path / "b.tiff").reshape(samples.shape)
    assert written.dtype.itemsize == samples.dtype.itemsize
    assert np.array_equal(written, samples)


@pytest.mark.parametrize("kind", ["RGB", "RGBA"])
@pytest.mark.parametrize("suffix", ["webp", "avif"])
def test_lossless_files_change_no_bit(suffix: str, kind: str, run_here: RunHere, tmp_path: Path) -> None:
    samples = noise(CHANNELS[kind])
    Image.fromarray(samples).save(tmp_path / "a.png")
    done = run_here(*NEAREST, "-s", 1, "--lossless", tmp_path / "a.png", tmp_path / f"b.{suffix}")
    assert done.code == 0, done.err
    assert opened(tmp_path / f"b.{suffix}").mode == kind
    assert np.array_equal(np.asarray(opened(tmp_path / f"b.{suffix}")), samples)


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [(suffix, mode) for suffix in ("bmp", "tga", "jp2", "pam") for mode in ("L", "RGB")]
    + [(suffix, "RGBA") for suffix in ("tga", "qoi", "jp2", "png", "tiff")]
    + [("tga", "LA"), ("qoi", "RGB"), ("ppm", "RGB"), ("pgm", "L")],
)
def test_formats_without_loss_are_read_back_by_pillow(
    suffix: str, mode: str, run_here: RunHere, tmp_path: Path
) -> None:
    samples = noise(len(mode))
    Image.fromarray(samples.squeeze(), mode).save(tmp_path / "a.png")
    done = run_here(*NEAREST, "-s", 2, "-f", suffix, tmp_path / "a.png", f"{tmp_path}/out/")
    assert done.code == 0, done.err
    written = tmp_path / "out" / f"a.{suffix}"
    expected = samples.repeat(2, axis=0).repeat(2, axis=1)
    if suffix == "pam":  # Pillow has none; behind its header there are bare samples
        levels = np.frombuffer(written.read_bytes().split(b"ENDHDR\n")[1], np.uint8)
    else:
        levels = np.asarray(opened(written))
    assert np.array_equal(levels.reshape(expected.shape), expected)


def by_opencv(path: Path) -> np.ndarray:
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    return image[..., ::-1] if image.ndim == 3 else image


@pytest.mark.parametrize("suffix", ["ppm", "jp2", "tiff", "png"])
def test_16_bits_are_read_back_by_opencv(suffix: str, run_here: RunHere, tmp_path: Path) -> None:
    samples = noise(3, np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), samples[..., ::-1])
    done = run_here(*NEAREST, "-s", 1, tmp_path / "a.png", tmp_path / f"b.{suffix}")
    assert done.code == 0, done.err
    assert np.array_equal(by_opencv(tmp_path / f"b.{suffix}"), samples)


@pytest.mark.parametrize("suffix", ["hdr", "pfm", "exr"])
def test_float_formats_keep_their_format_and_range(suffix: str, run_here: RunHere, tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((21, 33, 3), np.float32) * 9
    name = tmp_path / f"a.{suffix}"
    if suffix == "exr":  # OpenCV has none
        frame = av.VideoFrame.from_ndarray(values, "gbrpf32le")
        context = av.CodecContext.create("exr", "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt, context.time_base = 33, 21, "gbrpf32le", 1
        name.write_bytes(b"".join(bytes(packet) for packet in context.encode(frame) + context.encode(None)))
    else:
        cv2.imwrite(str(name), values[..., ::-1])
        values = by_opencv(name)
    done = run_here(*NEAREST, "-s", 1, name, f"{tmp_path}/out/")
    assert done.code == 0, done.err
    written = tmp_path / "out" / name.name
    if suffix == "exr":
        context = av.CodecContext.create("exr", "r")
        assert isinstance(context, av.VideoCodecContext)
        [frame] = context.decode(av.Packet(written.read_bytes())) + context.decode(None)
        assert np.array_equal(frame.to_ndarray(), values)
    else:
        # RGBE has eight bits for the brightest of three.
        assert np.abs(by_opencv(written) - values).max() <= (9 / 128 if suffix == "hdr" else 0)


def test_subsampling_and_quality_of_jpg(run_here: RunHere, tmp_path: Path) -> None:
    Image.fromarray(noise(3)).save(tmp_path / "a.png")
    factors = {"444": (1, 1), "422": (2, 1), "420": (2, 2)}
    for name, factor in factors.items():
        done = run_here(*NEAREST, "-s", 2, "--subsampling", name, tmp_path / "a.png", tmp_path / f"{name}.jpg")
        assert done.code == 0, done.err
        assert opened(tmp_path / f"{name}.jpg").layer[0][1:3] == factor
    assert run_here(*NEAREST, "-s", 2, "--quality", 40, tmp_path / "a.png", tmp_path / "40.jpg").code == 0
    assert (tmp_path / "40.jpg").stat().st_size < (tmp_path / "444.jpg").stat().st_size


@pytest.mark.parametrize(("name", "number"), [("none", 1), ("lzw", 5), ("deflate", 8), ("jpeg", 7)])
def test_tiff_compression(name: str, number: int, run_here: RunHere, tmp_path: Path) -> None:
    samples = np.full((21, 33, 3), 90, np.uint8)
    Image.fromarray(samples).save(tmp_path / "a.png")
    done = run_here(*NEAREST, "-s", 1, "--tiff-compression", name, tmp_path / "a.png", tmp_path / "b.tiff")
    assert done.code == 0, done.err
    with tifffile.TiffFile(tmp_path / "b.tiff") as tiff:
        assert tiff.pages[0].compression == number
    assert np.abs(np.asarray(opened(tmp_path / "b.tiff").convert("RGB")).astype(int) - samples).max() <= 2


@pytest.mark.parametrize(("asked", "dtype"), [("8", np.uint8), ("16", np.uint16), ("auto", np.uint16)])
def test_bit_depth(asked: str, dtype: type, run_here: RunHere, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), noise(3, np.uint16))
    done = run_here(*NEAREST, "-s", 1, "--bit-depth", asked, tmp_path / "a.png", tmp_path / "b.png")
    assert (done.code, "note" in done.err) == (0, False), done.err
    assert by_opencv(tmp_path / "b.png").dtype == dtype


def test_16_bits_from_8_keep_more_of_the_networks_answer(run_here: RunHere, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), noise(3))
    options = ("images", "-m", "bicubic", "-s", 2, "--device", "cpu")
    assert run_here(*options, "--bit-depth", 16, tmp_path / "a.png", tmp_path / "deep.png").code == 0
    assert run_here(*options, tmp_path / "a.png", tmp_path / "b.png").code == 0
    deep, shallow = by_opencv(tmp_path / "deep.png"), by_opencv(tmp_path / "b.png")
    assert np.abs(deep / 257 - shallow).max() <= 0.51
    assert (deep % 257 > 0).any()


@pytest.mark.parametrize(
    ("options", "suffix"),
    [
        (("--lossless",), "jpg"),
        (("--quality", 80), "png"),
        (("--subsampling", "420"), "webp"),
        (("--png-level", 9), "jpg"),
        (("--tiff-compression", "lzw"), "png"),
        (("--bit-depth", 16), "jpg"),
        (("--subsampling", "422"), "avif"),
    ],
)
def test_an_option_that_the_named_format_does_not_have_is_refused(
    options: tuple[object, ...], suffix: str, run_here: RunHere, tmp_path: Path
) -> None:
    Image.fromarray(noise(3)).save(tmp_path / "a.png")
    for words in ((tmp_path / "a.png", tmp_path / f"b.{suffix}"), ("-f", suffix, tmp_path / "a.png", f"{tmp_path}/o/")):
        done = run_here(*NEAREST, "-s", 1, *options, *words)
        assert done.code == 2
        assert f"{options[0]}" in done.err
        assert suffix in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_options_are_for_the_formats_that_have_them_where_sources_keep_theirs(
    run_here: RunHere, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for suffix in ("png", "jpg", "webp"):
        Image.fromarray(noise(3)).save(tmp_path / "in" / f"{suffix}.{suffix}", lossless=True)
    done = run_here(*NEAREST, "-s", 1, "--lossless", "--png-level", 9, tmp_path / "in", tmp_path / "out")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["jpg.jpg", "png.png", "webp.webp"]
    assert np.array_equal(np.asarray(opened(tmp_path / "out" / "webp.webp")), noise(3))


def test_a_still_gif_becomes_png_with_a_note(run_here: RunHere, tmp_path: Path) -> None:
    Image.fromarray(noise(1)[..., 0]).save(tmp_path / "a.gif")
    done = run_here(*NEAREST, "-s", 2, tmp_path / "a.gif", f"{tmp_path}/out/")
    assert done.code == 0, done.err
    assert "gif cannot hold" in done.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_hard_edges_of_alpha_stay_hard(run_here: RunHere, tmp_path: Path) -> None:
    samples = noise(4)
    samples[..., 3] = np.where(samples[..., 3] > 127, 255, 0)
    Image.fromarray(samples).save(tmp_path / "a.png")
    for suffix in ("png", "webp", "tiff", "avif"):
        done = run_here("images", "-m", "bicubic", "-s", 2, tmp_path / "a.png", tmp_path / f"b.{suffix}", "-y")
        assert done.code == 0, done.err
        alpha = np.asarray(opened(tmp_path / f"b.{suffix}"))[..., 3]
        if suffix != "avif":  # lossy, alpha too
            assert set(np.unique(alpha)) == {0, 255}


def test_srgb_is_what_was_asked_for(run_here: RunHere, tmp_path: Path) -> None:
    from upscale.images.colour_profile import Chromaticities, gamma_profile

    wide = gamma_profile(2.2, Chromaticities(0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060))
    Image.fromarray(np.full((8, 8, 3), (60, 200, 60), np.uint8)).save(tmp_path / "a.png", icc_profile=wide)
    for options, expected in (((), wide), (("--strip-metadata",), wide), (("--icc", "srgb"), None)):
        done = run_here(*NEAREST, "-s", 2, *options, tmp_path / "a.png", "-o", tmp_path / "b.png")
        assert done.code == 0, done.err
        image = opened(tmp_path / "b.png")
        assert image.info.get("icc_profile") == expected
        assert (image.getpixel((0, 0)) == (60, 200, 60)) == (expected is not None)


def test_pages_that_are_left_out_are_told(run_here: RunHere, tmp_path: Path) -> None:
    first, *others = (Image.fromarray(noise(3) // page) for page in (1, 2, 3))
    first.save(tmp_path / "a.tiff", save_all=True, append_images=others)
    done = run_here(*NEAREST, "-s", 2, tmp_path / "a.tiff", tmp_path / "b.tiff")
    assert done.code == 0, done.err
    assert "the first of 3 pages" in done.err
