"""Models that were trained elsewhere: tables of runs, and single models, made part of a study."""
