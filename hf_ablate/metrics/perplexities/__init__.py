"""Perplexities and bits per byte from sums of log-probability, as an `evaluate` module."""
