"""Animations: what a viewer shows is the enlarged version of what it showed, with the same times."""

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from commands import Run
from PIL import Image, ImageDraw

# Odd ones and none; GIF has hundredths of a second.
DELAYS_MS = [30, 0, 70, 33, 50, 1110]
GIF_DELAYS_MS = [30, 0, 70, 30, 50, 1110]


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale images --model nearest ...`, which must succeed."""

    def run(*words: object, scale: float = 1, code: int = 0) -> Run:
        done = run_here("images", "-m", "nearest", "-s", scale, "--device", "cpu", *words)
        assert (done.code, "Traceback" in done.err) == (code, False), done.err
        return done

    return run


def drawn(half_transparent: bool = False) -> list[Image.Image]:
    """Six frames: a ball moves over nothing, beside a bar that changes its colour."""
    frames = []
    for index in range(6):
        frame = Image.new("RGBA", (49, 33))
        pen = ImageDraw.Draw(frame)
        pen.ellipse((4 * index, 4, 4 * index + 16, 20), fill=(255, 40 * index, 10, 255))
        pen.rectangle((30, 5, 44, 30), fill=(10, 200, 30 * index, 100 if half_transparent else 255))
        frames.append(frame)
    return frames


def animation(path: Path, frames: list[Image.Image], **how: object) -> Path:
    lossless = {"lossless": True} if path.suffix == ".webp" else {}
    delays = GIF_DELAYS_MS if path.suffix == ".gif" else DELAYS_MS
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=delays, **lossless, **how)
    return path


def seen(path: Path, scale: int = 1) -> np.ndarray:
    """All frames as a viewer shows them, invisible colours black. Shape: (frames, height, width, 4)."""
    if path.suffix == ".png":  # Pillow does not blend half-transparent frames as the format says
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]
    else:
        frames = [np.asarray(frame.convert("RGBA")) for frame in each_frame(path)]
    shown = np.stack(frames)
    shown = np.where(shown[..., 3:] > 0, shown, 0)
    return shown.repeat(scale, axis=1).repeat(scale, axis=2)


def each_frame(path: Path) -> Iterator[Image.Image]:
    with Image.open(path) as image:
        for index in range(image.n_frames):
            image.seek(index)
            yield image


def times(path: Path) -> tuple[list[float], int | None]:
    """Delays in milliseconds, and Pillow's number of repetitions."""
    delays = []
    for frame in each_frame(path):
        frame.load()
        delays.append(frame.info["duration"])
        loop = frame.info.get("loop")
    return delays, loop


@pytest.mark.parametrize("loop", [0, 1, 3])
@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_gif_stays_gif(disposal: int, loop: int, upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / "a.gif", drawn(), disposal=disposal, loop=loop)
    upscale(source, tmp_path / "out/", scale=2)
    target = tmp_path / "out" / "a.gif"
    np.testing.assert_array_equal(seen(target), seen(source, 2))
    assert times(target) == times(source) == (GIF_DELAYS_MS, loop)


def test_a_gif_that_plays_once_does_so(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / "a.gif", drawn())
    upscale(source, tmp_path / "b.gif")
    assert times(tmp_path / "b.gif") == times(source) == (GIF_DELAYS_MS, None)


@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("disposal", [0, 1, 2])
def test_apng_stays_apng(disposal: int, blend: int, upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / "a.png", drawn(half_transparent=True), disposal=disposal, blend=blend, loop=3)
    upscale(source, tmp_path / "b.png")
    difference = seen(tmp_path / "b.png").astype(int) - seen(source)
    assert np.abs(difference).max() <= blend  # the rounding of half-transparent over half-transparent
    assert times(tmp_path / "b.png") == times(source) == (DELAYS_MS, 3)


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_webp_stays_webp(mode: str, upscale: Callable[..., Run], tmp_path: Path) -> None:
    frames = [frame.convert(mode) for frame in drawn(half_transparent=True)]
    source = animation(tmp_path / "a.webp", frames, loop=3)
    upscale(source, tmp_path / "b.webp", "--lossless", scale=2)
    np.testing.assert_array_equal(seen(tmp_path / "b.webp"), seen(source, 2))
    assert times(tmp_path / "b.webp") == times(source) == (DELAYS_MS, 3)


@pytest.mark.parametrize(
    ("kind", "other"), [("gif", "webp"), ("gif", "png"), ("webp", "gif"), ("webp", "png"), ("png", "gif")]
)
def test_formats_are_exchanged(kind: str, other: str, upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / f"a.{kind}", drawn(), loop=0)
    target = tmp_path / "out" / f"a.{other}"
    upscale(source, "--ext", other, "--lossless", "-o", target.parent) if other == "webp" else upscale(
        source, "--ext", other, "-o", target.parent
    )
    np.testing.assert_array_equal(seen(target), seen(source))
    assert times(target) == (GIF_DELAYS_MS if "gif" in (kind, other) else DELAYS_MS, 0)


def test_equal_frames_stay_frames(upscale: Callable[..., Run], tmp_path: Path) -> None:
    """Encoders of animations like to join them; who counts frames must find them all."""
    first, second = drawn()[:2]
    content = apng(
        [first, first, second, second, second, first], [(1, 30), (0, 7), (70, 1000), (3, 0), (5, 100), (1, 1)]
    )
    (tmp_path / "a.png").write_bytes(content)
    for suffix in ("png", "gif", "webp"):
        upscale(tmp_path / "a.png", "-o", tmp_path / f"b.{suffix}", *(["--lossless"] if suffix == "webp" else []))
        np.testing.assert_array_equal(seen(tmp_path / f"b.{suffix}"), seen(tmp_path / "a.png"))
    assert fractions(tmp_path / "b.png") == [(1, 30), (0, 1), (7, 100), (3, 100), (1, 20), (1, 1)]
    assert times(tmp_path / "b.webp")[0] == [33, 0, 70, 30, 50, 1000]
    assert sum(times(tmp_path / "b.gif")[0]) == 1180


def test_a_picture_behind_the_animation_is_not_of_it(upscale: Callable[..., Run], tmp_path: Path) -> None:
    frames = [frame.convert("RGB") for frame in drawn()]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=40, default_image=True)
    upscale(tmp_path / "a.png", tmp_path / "b.png")
    np.testing.assert_array_equal(seen(tmp_path / "b.png")[..., :3], np.stack([np.asarray(f) for f in frames[1:]]))


def test_16_bits_stay(upscale: Callable[..., Run], tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 65536, (3, 8, 9, 3), np.uint16)
    (tmp_path / "a.png").write_bytes(apng(list(frames), [(1, 10)] * 3))
    upscale(tmp_path / "a.png", tmp_path / "b.png")
    with av.open(str(tmp_path / "b.png")) as container:
        assert [frame.format.name for frame in container.decode(video=0)] == ["rgb48be"] * 3
    with av.open(str(tmp_path / "b.png")) as container:
        written = [frame.to_ndarray(format="rgb48le") for frame in container.decode(video=0)]
    np.testing.assert_array_equal(np.stack(written), frames)


def test_a_still_format_gets_the_first_frame(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / "a.gif", [frame.convert("RGB") for frame in drawn()])
    done = upscale(source, "--ext", "tiff", "-o", tmp_path)
    assert "the first of 6 frames" in done.err
    with Image.open(tmp_path / "a.tiff") as image:
        assert image.n_frames == 1
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), seen(source)[0])


def test_a_gif_that_does_not_move_becomes_png(upscale: Callable[..., Run], tmp_path: Path) -> None:
    drawn()[0].save(tmp_path / "a.gif")
    done = upscale(tmp_path / "a.gif", "-o", tmp_path)
    assert "gif cannot hold the colours" in done.err
    assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_a_cut_animation_fails_and_the_next_is_done(suffix: str, upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / f"a.{suffix}", drawn())
    content = source.read_bytes()
    animation(tmp_path / f"b.{suffix}", drawn())
    for share in (0.5, 0.8, 0.98):
        source.write_bytes(content[: int(share * len(content))])
        done = upscale(source, tmp_path / f"b.{suffix}", "-y", "-o", tmp_path / "out", code=1)
        assert f"cannot read {source}" in done.err
        assert [path.name for path in (tmp_path / "out").iterdir()] == [f"b.{suffix}"]


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_frames_are_counted_before_they_are_decoded(suffix: str, upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = animation(tmp_path / f"a.{suffix}", drawn())
    size_px = 49 * 33
    done = upscale(source, "--max-input-pixels", size_px * 6 // 16, "-o", tmp_path / "out", code=1)
    assert f"cannot read {source}" in done.err
    assert "above the limit" in done.err


def apng(frames: list[Image.Image] | list[np.ndarray], delays: list[tuple[int, int]]) -> bytes:
    """An APNG of whole frames, RGBA of 8 bits or RGB of 16, written down chunk by chunk."""
    samples = [np.asarray(frame) for frame in frames]
    height, width, channels = samples[0].shape
    depth, kind = (16, 2) if samples[0].dtype == np.uint16 else (8, 6)
    assert channels == {2: 3, 6: 4}[kind]
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    content += chunk(b"acTL", struct.pack(">II", len(samples), 0))
    number = 0
    for index, (frame, delay) in enumerate(zip(samples, delays, strict=True)):
        content += chunk(b"fcTL", struct.pack(">5I2H2B", number, width, height, 0, 0, *delay, 0, 0))
        rows = frame.astype(frame.dtype.newbyteorder(">")).reshape(height, -1)
        packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
        content += chunk(b"fdAT", struct.pack(">I", number + 1) + packed) if index else chunk(b"IDAT", packed)
        number += 2 if index else 1
    return content + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def fractions(path: Path) -> list[tuple[int, int]]:
    """The delays of an APNG, in seconds, as they stand in it."""
    content, at, found = path.read_bytes(), 8, []
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"fcTL":
            found.append(struct.unpack_from(">2H", content, at + 8 + 20))
        at += 12 + size
    return found
