"""Evaluation text: where it is, how it is read, and how it becomes tokens and windows."""
