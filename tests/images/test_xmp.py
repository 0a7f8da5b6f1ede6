import pytest

from upscale.images.xmp import corrected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<a tiff:Orientation="6"/>', b'<a tiff:Orientation="1"/>'),
        (b"<tiff:Orientation>8</tiff:Orientation>", b"<tiff:Orientation>1</tiff:Orientation>"),
        (b"<tiff:ImageWidth='27' tiff:ImageLength = \"20\">", b"<tiff:ImageWidth='108' tiff:ImageLength = \"80\">"),
        (b"<exif:PixelXDimension>\n27</x>", b"<exif:PixelXDimension>\n108</x>"),
        (b'<a exif:PixelYDimension="99"/>', b'<a exif:PixelYDimension="80"/>'),
        (b'<a GPano:FullPanoWidthPixels="54"/>', b'<a GPano:FullPanoWidthPixels="216"/>'),
        (b'<a GPano:CroppedAreaTopPixels="5"/>', b'<a GPano:CroppedAreaTopPixels="20"/>'),
        (b"<b><xmp:Thumbnails>\nxx</xmp:Thumbnails></b>", b"<b></b>"),
        (b"<dc:title>27 x 20</dc:title>", b"<dc:title>27 x 20</dc:title>"),
        (b'<a tiff:ImageWidth="' + b"9" * 5000 + b'"/>', b'<a tiff:ImageWidth="' + b"9" * 5000 + b'"/>'),
    ],
)
def test_what_is_no_longer_true_is_corrected(before: bytes, after: bytes) -> None:
    assert corrected(before, (20, 27), (80, 108)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<xmp:Thumbnails>" * 200_000, b"<xmp:Thumbnails>" * 200_000),
        (b"a<xmp:Thumbnails>x</xmp:Thumbnails>b" * 2 + b"<xmp:Thumbnails>", b"abab<xmp:Thumbnails>"),
        (b"</xmp:Thumbnails><xmp:Thumbnails>", b"</xmp:Thumbnails><xmp:Thumbnails>"),
    ],
    ids=["open only", "two and an open one", "the wrong way round"],
)
def test_previews_without_an_end_are_kept(before: bytes, after: bytes) -> None:
    """The first would take minutes if the end were looked for from each beginning."""
    assert corrected(before, (20, 27), (80, 108)) == after
