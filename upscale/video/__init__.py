"""Clips: decode, enlarge, encode and mux in one process, every frame with its own time."""
