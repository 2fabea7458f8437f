"""Corpus: documents in, partitions, base units of one token budget, evaluation splits."""
