"""What is said of pictures that claim too many pixels; they are refused before they are decoded."""


def too_large(height: int, width: int, limit_px: int) -> str:
    """The reason, bare, for the caller to complete."""
    return f"it claims {width} x {height} pixels, above the limit of {counted(limit_px)} (--max-input-pixels lifts it)"


def counted(pixels: int) -> str:
    """A number of pixels in words."""
    return f"{pixels / 1e6:.0f} million" if pixels >= 10**6 else str(pixels)
