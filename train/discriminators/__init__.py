"""Networks that tell enlarged pictures from real ones."""
