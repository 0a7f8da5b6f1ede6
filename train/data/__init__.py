"""Training pictures: decoded once, low resolutions made once from whole pictures, crops by one gather."""
