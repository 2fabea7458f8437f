"""The input of a corpus: which files, or parts of data sets, are read."""
