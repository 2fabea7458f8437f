"""Training the pool with the transformers `Trainer`: the seed, one component per unit, reference models."""
