"""Metrics for the `evaluate` library, each in a self-contained folder: `evaluate.load(folder)`."""
