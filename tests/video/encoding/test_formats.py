import av
import pytest

from upscale.errors import UsageError
from upscale.video.colour.layout import PixelLayout, find_layout
from upscale.video.encoding.formats import choose_layout, losses


def layout_of(name: str) -> PixelLayout:
    layout = find_layout(name)
    assert layout is not None
    return layout


@pytest.mark.parametrize(
    ("codec", "source", "chosen"),
    [
        ("libvpx-vp9", "yuva420p", "yuva420p"),
        ("libvpx-vp9", "rgba", "yuva420p"),
        ("libvpx", "bgra", "yuva420p"),
        ("libx265", "yuva420p", "yuv420p"),
        ("libsvtav1", "yuva444p10le", "yuv420p10le"),
        ("prores_ks", "yuva444p12le", "yuva444p10le"),
        ("prores_ks", "rgb24", "yuv444p10le"),
        ("ffv1", "yuva444p10le", "yuva444p10le"),
        ("ffv1", "yuva444p12le", "yuva444p16le"),
        ("ffv1", "gbrap14le", "gbrap16le"),
        ("ffv1", "gray10le", "gray10le"),
        ("png", "yuv420p", "rgb24"),
        ("png", "yuv420p10le", "rgb48be"),
        ("png", "ya8", "ya8"),
        ("png", "yuva420p", "rgba"),
        ("tiff", "yuv422p", "rgb24"),
        ("libwebp", "yuv420p10le", "yuv420p"),
        ("libwebp", "rgba", "bgra"),
        ("dnxhd", "yuv420p", "yuv422p"),
        ("dnxhd", "yuv444p", "yuv444p10le"),
        ("h264_nvenc", "yuv420p10le", "p010le"),
        ("hevc_qsv", "yuv420p", "nv12"),
    ],
)
def test_the_nearest_format_is_chosen(codec: str, source: str, chosen: str) -> None:
    assert choose_layout(av.Codec(codec, "w"), layout_of(source), None).name == chosen


@pytest.mark.parametrize("source", ["yuv420p", "yuv444p10le", "gray", "rgb24"])
@pytest.mark.parametrize("codec", ["libvpx-vp9", "ffv1", "prores_ks", "png", "libwebp", "libx265"])
def test_no_alpha_is_carried_for_nothing(codec: str, source: str) -> None:
    assert not choose_layout(av.Codec(codec, "w"), layout_of(source), None).has_alpha


def test_a_format_that_the_codec_lacks_is_answered_with_those_it_has() -> None:
    with pytest.raises(UsageError, match="libsvtav1 does not take --pix-fmt yuv444p; choose yuv420p, yuv420p10le"):
        choose_layout(av.Codec("libsvtav1", "w"), layout_of("yuv444p"), "yuv444p")


@pytest.mark.parametrize(
    ("codec", "layout", "source", "said"),
    [
        ("libx264", "yuv420p", "yuv420p", []),
        ("ffv1", "gbrp16le", "yuv420p", []),
        ("libsvtav1", "yuv420p", "yuv444p", ["colours in 4:2:0 only, the source has them in 4:4:4"]),
        ("libvpx-vp9", "yuv420p", "yuv420p10le", ["8 of the source's 10 bits"]),
        ("libsvtav1", "yuv420p10le", "gbrap12le", ["transparency", "4:2:0 only, the source has them in RGB", "10 of"]),
        ("libx264", "gray", "yuv422p", ["no colours, the source has them in 4:2:2"]),
        ("libx264", "yuv444p", "bgr0", ["few players show H.264 in yuv444p"]),
    ],
)
def test_what_is_lost_is_said(codec: str, layout: str, source: str, said: list[str]) -> None:
    notes = list(losses(codec, layout_of(layout), layout_of(source), wanted=False))
    assert len(notes) == len(said) and all(words in note for words, note in zip(said, notes, strict=True))


def test_what_the_user_wants_is_no_loss_but_for_transparency() -> None:
    assert not list(losses("libx264", layout_of("yuv420p"), layout_of("gbrp10le"), wanted=True))
    assert len(list(losses("libx264", layout_of("yuv420p"), layout_of("gbrap10le"), wanted=True))) == 1
