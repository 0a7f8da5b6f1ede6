"""From a file to its frames, each with its own time."""
