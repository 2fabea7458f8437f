"""A whole study: run from its recipes, checked, planned, and opened from Python."""
