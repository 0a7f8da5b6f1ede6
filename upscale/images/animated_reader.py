"""The frames of animated GIF, WebP and PNG, each as a viewer shows it; one is in memory at a time."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pyvips

from upscale.errors import BadInputError
from upscale.images import apng_film, film, vips_reader, webp_film
from upscale.images.animation import Animation, refuse_too_large
from upscale.images.gif_frames import is_cut_short
from upscale.images.picture import Picture
from upscale.vips_setup import prepare


def is_animated(content: bytes, format_name: str) -> bool:
    """Whether a file has several frames. Raises BadInputError, with a bare reason, for a damaged one."""
    if format_name == "png":
        return apng_film.claimed_frames(content) > 1
    if format_name == "webp":
        return webp_film.is_animated(content)
    return format_name == "gif" and _gif_pages(content) > 1


def frames(content: bytes, format_name: str, limit_px: int) -> Iterator[Picture]:
    """The frames of an animation in order, each with all that travels with them.

    Raises BadInputError, with a bare reason, where one is damaged or missing, and for more than `limit_px` allows.
    """
    if format_name == "gif":
        yield from _gif(content, limit_px)
        return
    found = apng_film.read(content) if format_name == "png" else webp_film.read(content)
    refuse_too_large(len(found.parts), found.size_px, limit_px)

    def decode(part: film.Part) -> Picture:
        alone = apng_film.as_png(content, part) if format_name == "png" else webp_film.as_webp(part)
        drawn = vips_reader.decode(alone, format_name, limit_px)
        if (drawn.height, drawn.width) != part.size_px:
            raise BadInputError("a frame has another size than it should")
        return drawn

    carried = vips_reader.decode(content, format_name, limit_px)
    for frame in film.shown(found, decode):
        yield replace(carried, pixels=frame.pixels, alpha=frame.alpha, animation=found.animation)


def _gif(content: bytes, limit_px: int) -> Iterator[Picture]:
    """libvips puts the frames together, and keeps no more than it needs."""
    if is_cut_short(content):
        raise BadInputError("it is cut short")
    carried = vips_reader.decode(content, "gif", limit_px)
    height, width = carried.height, carried.width
    refuse_too_large(_gif_pages(content), (height, width), limit_px)
    with vips_reader.explained():
        # All frames under each other, decoded as they are fetched.
        strip = pyvips.Image.gifload_buffer(content, n=-1, access="sequential", fail_on="error")
        animation = _gif_animation(strip)
        region = pyvips.Region.new(strip)
    for index in range(animation.frames):
        with vips_reader.explained():
            samples = vips_reader.fetched(region, strip, index * height, height)
        pixels, alpha = vips_reader.split(samples, strip.hasalpha())
        yield replace(carried, pixels=pixels, alpha=alpha, animation=animation)


def _gif_pages(content: bytes) -> int:
    prepare()
    with vips_reader.explained():
        head = pyvips.Image.gifload_buffer(content, access="sequential")
        return int(head.get("n-pages")) if head.get_typeof("n-pages") else 1


def _gif_animation(strip: Any) -> Animation:  # noqa: ANN401  pyvips has no types
    """libvips counts in milliseconds, and how often all frames are shown, 0 for ever."""
    pages = strip.get("n-pages")
    delays_ms = list(strip.get("delay")) if strip.get_typeof("delay") else []
    delays_s = [Fraction(delay_ms, 1000) for delay_ms in delays_ms] + [Fraction(0)] * (pages - len(delays_ms))
    return Animation(tuple(delays_s), strip.get("loop") if strip.get_typeof("loop") else 0)
