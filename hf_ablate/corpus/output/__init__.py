"""What a corpus folder holds: token blocks of units and seed, evaluation splits, and what was removed."""
