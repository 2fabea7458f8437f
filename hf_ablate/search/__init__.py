"""The best mixture under constraints, and which models to train next."""
