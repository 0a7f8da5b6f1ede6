"""Recipes: TOML files with the settings of a paper or of shipped weights."""
