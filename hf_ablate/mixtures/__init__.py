"""Mixtures of base units, and the ways to enumerate them."""
