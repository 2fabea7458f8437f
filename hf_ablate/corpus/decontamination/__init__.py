"""Decontamination: training documents that overlap with evaluation text are left out."""
