"""Shipped weights: one .safetensors and one card for each network."""
