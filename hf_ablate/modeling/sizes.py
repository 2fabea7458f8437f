"""The sizes of the paper's seed models."""

# Names as on the Hub and in the paper. 109.6 M, 303.6 M and 1,110 M parameters in the released files, the tied
# embedding counted once; 102.5 M, 278.4 M and 1,010 M without the identity `attn_out` that training never had.
SIZES = {
    "130m": {"d_model": 768, "n_layers": 12, "n_heads": 12},
    "300m": {"d_model": 1024, "n_layers": 24, "n_heads": 16},
    "1.1b": {"d_model": 2048, "n_layers": 24, "n_heads": 16},
}
_PARAMETERS = {"130m": (109.6e6, 102.5e6), "300m": (303.6e6, 278.4e6), "1.1b": (1110e6, 1010e6)}


def name_of_size(parameters: int) -> str:
    """What people call a size: as the paper does for its seeds, otherwise by the number of parameters.

    Args:
        parameters (`int`): of a model.

    Example:

    ```python
    >>> name_of_size(102_527_232), name_of_size(1_180_000), name_of_size(8_030_261_248)
    ('130m', '1.18m', '8.03b')

    ```
    """
    for name, known in _PARAMETERS.items():
        if any(abs(parameters / number - 1) < 0.01 for number in known):
            return name
    size, letter = next((pair for pair in ((1e9, "b"), (1e6, "m"), (1e3, "k")) if parameters >= pair[0]), (1, ""))
    return f"{parameters / size:.3g}{letter}"
