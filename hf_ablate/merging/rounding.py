"""Components held in half the memory of float32: rounded to bfloat16, whole or as differences from the seed.

bfloat16 keeps 8 bits of a number, an error of up to 0.2 %: of a whole weight, or of what training changed in it, which
is a small part of the weight.
"""

import torch

from ..errors import unknown_name


# Memory-mapped as saved; rounded; differences from the seed, rounded.
POOL_FORMATS = ("saved", "bfloat16", "delta")
BLOCK = 1 << 18


def check_pool_format(name: str) -> None:
    """Raise `InputError` if there is no such format."""
    if name not in POOL_FORMATS:
        raise unknown_name("pool_format", name, list(POOL_FORMATS))


def round_tensor(tensor: torch.Tensor, origin: torch.Tensor | None = None) -> torch.Tensor:
    """A tensor in bfloat16, or its differences from `origin`, taken in float32; made block by block.

    Args:
        tensor (`torch.Tensor`): any shape and floating dtype.
        origin (`torch.Tensor`, *optional*): of the same shape, any floating dtype.

    Returns:
        `torch.Tensor`: of the same shape, bfloat16.

    Example:

    ```python
    >>> weight, seed = torch.tensor([1.0009765625]), torch.tensor([1.0])
    >>> round_tensor(weight).item(), 1 + round_tensor(weight, seed).item()
    (1.0, 1.0009765625)

    ```
    """
    result = torch.empty(tensor.shape, dtype=torch.bfloat16)
    flat, source, base = result.view(-1), tensor.reshape(-1), None if origin is None else origin.reshape(-1)
    for start in range(0, flat.numel(), BLOCK):
        block = slice(start, start + BLOCK)
        piece = source[block].float()
        flat[block] = piece if base is None else piece - base[block].float()
    return result
