"""Readers: one module per kind of file, each giving [`Document`]s of one input file in a fixed order."""
