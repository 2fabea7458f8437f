"""Scores of models and proxies on evaluation text: sums, never perplexities."""
