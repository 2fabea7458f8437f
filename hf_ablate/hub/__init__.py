"""The Hub: pools, corpora, merges and results, pushed with cards that their manifests fill in, and pulled back."""
