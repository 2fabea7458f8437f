"""Laws: cheap predictors of losses from weights alone, each fitted on runs at one scale, domain by domain."""
