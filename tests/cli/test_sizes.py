"""Sizes, averages and mixtures as a user asks for them, in pictures and video."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clips import Clip, first_frame, frame_times, write_clip
from commands import Run
from networks import unsettle
from PIL import Image

from upscale.models.checkpoint import save_network
from upscale.models.srresnet import Srresnet, SrresnetConfig

Runner = Callable[..., Run]


@pytest.fixture
def upscale(run_here: Runner) -> Runner:
    """`upscale images -m nearest --device cpu --dtype fp32 ...` in this process."""

    def run(*words: object, model: str = "nearest") -> Run:
        return run_here("images", "-m", model, "--device", "cpu", "--dtype", "fp32", *words)

    return run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """48 x 30 pixels, transparent towards the right."""
    pixels = np.random.default_rng(3).integers(0, 256, (30, 48, 4), np.uint8)
    pixels[..., 3] = np.linspace(255, 0, 48).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


@pytest.mark.parametrize("alpha", ["model", "resize", "drop"])
@pytest.mark.parametrize(
    ("words", "label", "size"),
    [
        (["-s", 2.5], "x2.5", (120, 75)),
        (["-s", 1], "x1", (48, 30)),
        (["-s", 0.5], "x0.5", (24, 15)),
        (["-s", 7], "x7", (336, 210)),
        (["--size", "100x100"], "100x100", (100, 62)),
        (["--size", "100X100", "--fit", "fill"], "100x100", (100, 100)),
        (["--size", "100x100", "--fit", "stretch"], "100x100", (100, 100)),
        (["--size", "20x20", "--fit", "fill"], "20x20", (20, 20)),
        (["--long-side", 131], "long131", (131, 82)),
        (["--short-side", 30], "short30", (48, 30)),
        (["--max-pixels", 1000], "x4", (40, 25)),
        (["-s", 3, "--max-pixels", "1k"], "x3", (40, 25)),
        ([], "x4", (192, 120)),
    ],
)
def test_sizes(
    words: list[object], label: str, size: tuple[int, int], alpha: str, upscale: Runner, photo: Path
) -> None:
    run = upscale(photo, *words, "--alpha", alpha)
    assert (run.code, run.out) == (0, "")
    result = opened(photo.with_name(f"photo_{label}.png"))
    assert (result.size, result.mode) == (size, "RGB" if alpha == "drop" else "RGBA")


@pytest.mark.parametrize("words", [["-s", 2.5], ["--size", "9x7"], ["--long-side", 1], ["-s", 0.1]])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_the_smallest_pictures(size: tuple[int, int], words: list[object], upscale: Runner, tmp_path: Path) -> None:
    Image.new("RGB", size, (10, 200, 90)).save(tmp_path / "a.png")
    assert upscale(tmp_path / "a.png", tmp_path / "b.png", *words).code == 0
    result = np.asarray(opened(tmp_path / "b.png"))
    assert (result == (10, 200, 90)).all()


@pytest.mark.parametrize("scale", [0.5, 1, 2.5])
def test_mirrored_pictures_give_mirrored_results(scale: float, upscale: Runner, photo: Path) -> None:
    original = np.asarray(opened(photo))
    Image.fromarray(np.ascontiguousarray(original[::-1, ::-1])).save(photo.with_name("mirrored.png"))
    for name in ("photo", "mirrored"):
        assert upscale(photo.with_name(f"{name}.png"), photo.with_name(f"{name}_out.png"), "-s", scale).code == 0
    result, mirrored = (np.asarray(opened(photo.with_name(f"{name}_out.png"))) for name in ("photo", "mirrored"))
    assert np.abs(result.astype(int) - mirrored[::-1, ::-1]).max() <= 1
    if scale == 1:
        seen = original[..., 3] > 0
        assert np.array_equal(result[..., 3], original[..., 3]) and np.array_equal(result[seen], original[seen])


def test_each_picture_of_a_folder_meets_the_size(upscale: Runner, tmp_path: Path) -> None:
    for index, size in enumerate(((10, 10), (30, 20), (100, 50), (45, 90), (11, 10), (400, 300))):
        Image.fromarray(np.random.default_rng(index).integers(0, 256, (*size, 3), np.uint8)).save(
            tmp_path / f"{index}.png"
        )
    run = upscale(tmp_path, "-o", tmp_path / "out", "--long-side", 100, model="espcn")
    assert (run.code, "6 done" in run.err) == (0, True)
    assert [max(opened(path).size) for path in sorted((tmp_path / "out").iterdir())] == [100] * 6


@pytest.mark.parametrize("command", ["images", "video"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-s", 2, "--size", "10x10"], "--scale and --size exclude each other"),
        (["--long-side", 5, "--short-side", 5], "--long-side and --short-side exclude each other"),
        (["--size", "ten"], "--size ten: expected WxH"),
        (["--size", "0x10"], "--size: choose sides from 1"),
        (["--fit", "fill"], "--size is met, which is missing"),
        (["--max-pixels", "lots"], "--max-pixels lots: expected a number of pixels"),
        (["-s", 0], "--scale 0: choose a factor"),
        (["-s", 1000], "--scale 1000: choose a factor"),
        (["-m", "srresnet@1+espcn@1"], "cannot mix srresnet and espcn: their architectures are srresnet and espcn"),
        (["-m", "srresnet@0+srgan@0"], "a mixture of nothing"),
    ],
)
def test_wrong_usage(command: str, words: list[object], message: str, run_here: Runner, photo: Path) -> None:
    run = run_here(command, photo, *words)
    assert run.code == 2
    assert message in run.err and "Traceback" not in run.err
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


def test_tta_turns_with_the_picture(upscale: Runner, photo: Path) -> None:
    original = opened(photo)
    results = []
    for name, words in (("plain", []), ("averaged", ["--tta"]), ("turned", ["--tta"])):
        source = photo.with_name(f"{name}.png")
        turned = original.transpose(Image.Transpose.ROTATE_90) if name == "turned" else original
        turned.save(source)
        assert upscale(source, "-s", 2, *words, model="espcn").code == 0
        results.append(opened(photo.with_name(f"{name}_x2.png")))
    plain, averaged, turned = results
    back = turned.transpose(Image.Transpose.ROTATE_270)
    assert np.abs(np.asarray(back).astype(int) - np.asarray(averaged)).max() <= 1
    assert np.abs(np.asarray(plain).astype(int) - np.asarray(averaged)).max() > 1


def test_mixtures_lie_between_their_parts(upscale: Runner, photo: Path) -> None:
    one, two = (photo.with_name(f"{name}.safetensors") for name in ("a@home", "b+c"))
    for path in (one, two):
        network = Srresnet(SrresnetConfig(2, blocks=1, channels=8))
        unsettle(network)
        save_network(network, path)
    results = []
    for model in (one, two, f"{one}@0.5+{two}@0.5", f"{one}@0+{two}@1"):
        target = photo.with_name(f"{len(results)}.png")
        assert upscale(photo, target, "--alpha", "drop", "-q", model=str(model)) == Run(0, "", "")
        results.append(np.asarray(opened(target)).astype(float))
    first, second, middle, all_second = results
    assert np.array_equal(second, all_second)
    assert not np.array_equal(middle, first) and not np.array_equal(middle, second)


def test_eval_takes_mixtures_too(run_here: Runner, photo: Path) -> None:
    opened(photo).convert("RGB").save(photo)
    run = run_here("eval", "--data", photo, "-m", "espcn@1+espcn_x2@1", "-s", 2, "--device", "cpu", "--dtype", "fp32")
    assert run.code == 0
    assert "espcn@1+espcn_x2@1" in run.out


@pytest.mark.parametrize(
    ("words", "label", "size"),
    [
        (["--size", "120x120"], "120x120", (120, 80)),
        (["--long-side", 60, "--tta"], "long60", (60, 40)),
        (["-s", 2.5], "x2.5", (120, 80)),
        (["-s", 1], "x1", (48, 32)),
    ],
)
def test_video_has_the_same_sizes(
    words: list[object], label: str, size: tuple[int, int], run_here: Runner, tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "clip.mp4", Clip(audio=False))
    run = run_here("video", source, "-m", "espcn", "--device", "cpu", "--preset", "ultrafast", *words)
    assert run.code == 0
    target = tmp_path / f"clip_{label}.mp4"
    assert frame_times(target) == frame_times(source)
    frame = first_frame(target)
    assert (frame.width, frame.height) == size
