"""Watching a run: a table, curves, a sheet of samples, TensorBoard, and a diagnosis in plain words."""
