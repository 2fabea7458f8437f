"""Effects of units: what dropping, adding, swapping or upweighting them does to a target, and what each is worth."""
