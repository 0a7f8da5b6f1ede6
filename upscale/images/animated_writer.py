"""Animations as PNG, WebP and GIF, frame by frame: no more than two of them wait for their encoder."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyvips

from upscale.images import apng_writer, webp_frames
from upscale.images.animation import Animation
from upscale.images.encoding import Encoding
from upscale.images.metadata import Metadata
from upscale.images.picture import RowPicture, Samples
from upscale.images.png_chunks import png_chunks
from upscale.images.result_metadata import metadata_of
from upscale.images.row_source import RowSource
from upscale.images.tiff_header import layout_of
from upscale.images.vips_writer import PNG_FILTER, described, image_of, refusal, target_of, webp
from upscale.vips_setup import prepare

# One of GIF's 256 colours is for what is transparent, or has not changed.
_GIF_COLOURS = 255
# GIF has hundredths of a second in 16 bits, libvips wants milliseconds.
_LONGEST_GIF_DELAY = 2**16 - 1
_MOST_GIF_PLAYS = 2**16


def write(path: Path, pieces: Iterator[Samples], picture: RowPicture, format_name: str, encoding: Encoding) -> None:
    """Encode all frames of `picture`, whose pieces are its frames' one after the other.

    Raises OSError, OutputError with a bare reason, and what the pieces raise.
    """
    prepare()
    animation = picture.like.animation
    assert animation is not None  # the caller has looked
    metadata = metadata_of(picture, encoding)
    with path.open("wb+") as file:
        if format_name == "gif":
            _write_gif(file, pieces, picture.height, animation)
            return
        frames = _frames(pieces, picture.height)

        def encode(samples: Samples) -> bytes:
            image = image_of(np.ascontiguousarray(samples), metadata)
            try:
                return _png(image, encoding) if format_name == "png" else webp(image, encoding, Metadata())
            except pyvips.Error as error:
                raise refusal(error, file) from error

        if format_name == "png":
            apng_writer.write(file, frames, animation, encode, png_chunks(metadata))
        else:
            webp_frames.write(file, frames, animation, encode, metadata)


def _frames(pieces: Iterator[Samples], height: int) -> Iterator[Samples]:
    """Whole frames; no piece has rows of two."""
    rows: list[Samples] = []
    for piece in pieces:
        rows.append(piece)
        if sum(part.shape[0] for part in rows) == height:
            yield _without_hidden(np.concatenate(rows) if len(rows) > 1 else piece)
            rows = []


def _without_hidden(frame: Samples) -> Samples:
    """What is invisible is black: colours there would only cost bytes, and be taken for changes."""
    return frame * (frame[..., -1:] > 0) if frame.shape[2] in (2, 4) else frame


def _png(image: pyvips.Image, encoding: Encoding) -> bytes:
    encoded: bytes = image.pngsave_buffer(compression=encoding.png_level, filter=PNG_FILTER, keep="none")
    return encoded


def _write_gif(file: BinaryIO, pieces: Iterator[Samples], height: int, animation: Animation) -> None:
    """libvips takes the frames as one picture, under each other, and holds two of them."""
    first = next(pieces)
    rows = RowSource(layout_of(first, height * animation.frames), chain([first], pieces))
    try:
        film = described(rows.image(), Metadata())
        film.set_type(pyvips.GValue.gint_type, "page-height", height)
        film.set_type(pyvips.GValue.array_int_type, "delay", _gif_delays_ms(animation))
        film.set_type(pyvips.GValue.gint_type, "loop", min(animation.plays, _MOST_GIF_PLAYS))
        # Frames of few colours keep them to the last bit. For others a frame takes the palette of the one before if
        # it does nearly as well, so that what stands still does not flicker; 3 is libvips' own tolerance.
        film.gifsave_target(
            target_of(file),
            interpalette_maxerror=0 if _has_few_colours(first) else 3,
            keep_duplicate_frames=True,
            keep="none",
        )
    except pyvips.Error as error:
        if rows.error is not None:
            raise rows.error from error
        raise refusal(error, file) from error


def _gif_delays_ms(animation: Animation) -> list[int]:
    return [10 * min(delay, _LONGEST_GIF_DELAY) for delay in animation.delays(100)]


def _has_few_colours(samples: Samples) -> bool:
    colours = np.unique(samples.reshape(-1, samples.shape[2]), axis=0)
    return len(colours) <= _GIF_COLOURS
