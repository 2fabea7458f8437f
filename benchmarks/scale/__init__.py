"""What the paper's full study takes on 1, 8 and 64 GPUs, worked out from rates that say where they are from."""
