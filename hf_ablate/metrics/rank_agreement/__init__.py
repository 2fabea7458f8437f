"""Agreement of two rankings, as an `evaluate` module."""
