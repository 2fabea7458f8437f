"""Rules: from the fields of a document to its partition and split."""
