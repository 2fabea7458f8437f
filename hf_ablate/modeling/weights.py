"""Writes a safetensors file tensor by tensor: `save_file` would hold all of them in memory."""

import json
from pathlib import Path

import torch
from tqdm import tqdm

from ..manifest import atomic_path


DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor], dtype: torch.dtype) -> None:
    """Write tensors, each converted to `dtype` only while it is written.

    The format is a header's length (8 bytes, little-endian), the header in JSON padded with spaces to a multiple of 8,
    and the tensors' bytes one after the other (https://github.com/huggingface/safetensors).

    Args:
        path (`Path`): the file.
        tensors (`dict[str, torch.Tensor]`): name → tensor of any shape, in the order of the file.
        dtype (`torch.dtype`): float64, float32, bfloat16 or float16.

    Example:

    ```python
    >>> import tempfile
    >>> from safetensors.torch import load_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_safetensors(Path(folder) / "x.safetensors", {"a": torch.ones(2, 1)}, torch.bfloat16)
    ...     load_file(f"{folder}/x.safetensors")
    {'a': tensor([[1.],
            [1.]], dtype=torch.bfloat16)}

    ```
    """
    header: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.numel() * dtype.itemsize
        header[name] = {"dtype": DTYPES[dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        for tensor in tqdm(tensors.values(), desc="convert", unit="tensor", disable=None):
            file.write(tensor.detach().to(dtype).contiguous().view(-1).view(torch.uint8).numpy())
