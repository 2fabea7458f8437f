"""The models that are scored: saved ones, and proxies of mixtures of a pool."""
