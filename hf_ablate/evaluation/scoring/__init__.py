"""How models are scored on text: one after the other, mixture by mixture, by many processes, or in a race."""
