"""From input files to the tokenised documents that the budgets need."""
