"""Clips as the files of a batch."""

from pathlib import Path

from upscale.batch.medium import Medium
from upscale.errors import BadInputError, UsageError
from upscale.images import formats as pictures
from upscale.images.gif_frames import has_frames
from upscale.video.encoding.codecs import kind_of
from upscale.video.outputs.numbered import numbered
from upscale.video.reading.sequence import is_pattern
from upscale.video.resume.workplace import folder_of
from upscale.video.tracks.containers import is_container, target_suffix

# What a folder is searched for.
_SEARCHED = (
    "mp4", "mov", "mkv", "webm", "m4v", "avi", "3gp", "3g2", "asf", "divx", "dv", "f4v", "flv", "m2v", "mpe", "mpeg",
    "mpg", "mxf", "nut", "ogm", "ogv", "rm", "rmvb", "vob", "wmv", "y4m", "264", "265", "h264", "h265", "hevc", "ivf",
)  # fmt: skip
# MPEG's transport streams; programs in TypeScript and Qt's translations are called so, too.
_TRANSPORT = ("ts", "m2ts", "mts", "trp")
_MOVING_PICTURES = ("gif", "webp", "apng")
_STILLS = ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "dpx", "exr", "ppm", "pgm", "tga", "jp2", "avif")
_KNOWN = frozenset((*_SEARCHED, *_TRANSPORT, *_MOVING_PICTURES))
SINGLE = "a single picture, unlike numbered ones (frame%05d.png),"

# Where each packet of a transport stream has its G (ISO/IEC 13818-1, 2.4.3.2): behind a time stamp on discs.
_SYNC_AT = ((0, 188), (4, 196))
_HEAD_BYTES = 197
_APNG_CONTROL_WITHIN_BYTES = 2**16
_MAGIC = (
    b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"YUV4MPEG2 ", b"DKIF\0\0",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x06\x0e\x2b\x34\x02\x05\x01\x01", b"nut/multimedia container\0",
)  # fmt: skip
# Brands of ISO files that hold pictures or sound alone.
_NO_CLIPS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A ", b"M4B ", b"M4P ")


def clips(codec: str) -> Medium:
    """Clips that become results of `codec`, as users call it."""
    return Medium(
        name="video",
        format_of_name=_format_of_name,
        targets=tuple(sorted(_KNOWN | set(_STILLS))),
        is_searched=_is_searched,
        sniff=_sniff,
        head_bytes=_HEAD_BYTES,
        extension=lambda source: target_suffix(source, codec)[0],
        option="--container",
        is_matched=is_moving,
        is_series=is_series,
        witness=_witness,
    )


def container_name(word: str | None) -> str | None:
    """A container as it ends file names; None for None. UsageError for one that nothing writes."""
    if word is None:
        return None
    name = word.lower().lstrip(".")
    if not name.isalnum() or (kind_of(Path(f"x.{name}")) == "container" and not is_container(f".{name}")):
        raise UsageError(f"--container {word}: nothing writes that; mp4, mkv, mov, webm, gif and webp are common")
    return name


def container_note(source: Path, target: Path, codec: str) -> str | None:
    """Why the result of a clip goes into another container than it came in, where nobody has asked for that."""
    suffix, why = target_suffix(source, codec)
    return why if suffix == target.suffix else None


def refuse_still(source: Path) -> None:
    """BadInputError for a single picture, of which FFmpeg would make a clip of one frame."""
    try:
        with source.open("rb") as file:
            kind = pictures.sniff(file.read(pictures.HEAD_BYTES), source)
    except OSError:  # reading it will say why
        return
    if kind is not None and not is_moving(source):
        raise BadInputError(f"{source} is a single picture ({kind}); `upscale images` enlarges it")


def is_series(word: str) -> bool:
    """Whether a name stands for numbered pictures: frames/%05d.png."""
    return is_pattern(Path(word))


def is_moving(path: Path) -> bool:
    """Whether a file is a gif, webp, png or avif with several frames, as far as its beginning tells."""
    try:
        with path.open("rb") as file:
            head = file.read(_APNG_CONTROL_WITHIN_BYTES)
    except OSError:
        return False
    if head.startswith(b"RIFF"):
        return head[12:16] == b"VP8X" and bool(head[20] & 2)  # RFC 9649, section 2.7.1
    if head.startswith(b"\x89PNG"):
        return b"acTL" in head.partition(b"IDAT")[0]
    return head[4:12] == b"ftypavis" or has_frames(path)


def _format_of_name(path: Path) -> str | None:
    kind = path.suffix.lower()[1:]
    if kind in _KNOWN:
        return kind
    if kind in _STILLS:
        return kind if is_pattern(path) else SINGLE
    return None


def _is_searched(path: Path) -> bool:
    return path.suffix.lower()[1:] in _SEARCHED


def _sniff(head: bytes, path: Path) -> str | None:
    """What a file of no name, or of one that others use too, holds; no format that FFmpeg would have to guess."""
    kind = path.suffix.lower()[1:]
    if kind in _TRANSPORT:
        return kind if any(head[one : one + 1] == head[two : two + 1] == b"G" for one, two in _SYNC_AT) else None
    if kind:
        return None
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _NO_CLIPS else "mp4"
    is_avi = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    return "video" if is_avi or head.startswith(_MAGIC) else None


def _witness(target: Path) -> Path:
    """Of numbered pictures the first, unless a run has ended between it and the last."""
    return numbered(target, 1) if is_pattern(target) and not folder_of(target).exists() else target
