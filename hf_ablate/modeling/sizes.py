"""The sizes of the paper's seed models."""

# Names as on the Hub and in the paper. 109.6 M, 303.6 M and 1,110 M parameters in the released files, the tied
# embedding counted once; 102.5 M, 278.4 M and 1,010 M without the identity `attn_out` that training never had.
SIZES = {
    "130m": {"d_model": 768, "n_layers": 12, "n_heads": 12},
    "300m": {"d_model": 1024, "n_layers": 24, "n_heads": 16},
    "1.1b": {"d_model": 2048, "n_layers": 24, "n_heads": 16},
}
