"""Rankings of mixtures by their proxies, and their agreement with reference models."""
