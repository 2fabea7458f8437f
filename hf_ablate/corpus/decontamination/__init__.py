"""Decontamination: training documents that overlap with evaluation text are found and left out."""
