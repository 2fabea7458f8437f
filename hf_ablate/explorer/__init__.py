"""The explorer: one page in which a study's mixtures can be changed and their losses seen at once."""
