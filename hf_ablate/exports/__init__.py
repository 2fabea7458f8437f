"""Mixtures as the configurations of trainers: what starts a training run on the answer of a study."""
