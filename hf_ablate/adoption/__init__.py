"""Models that were trained elsewhere, taken into a run folder."""
