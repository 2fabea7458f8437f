"""Predictors of the scores of any mixture: fitted on what is known of a study, judged and calibrated on references."""
