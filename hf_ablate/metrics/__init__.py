"""Metrics for the `evaluate` library, each a folder that is complete by itself: `evaluate.load(folder)`."""
