"""A pool on a GPU: every model in one buffer, and components where merges read them fastest.

A merge is then a few long kernels instead of several for each tensor. Components that fit are on the device; of others
each merge copies its own from pinned host memory, at the speed of the bus; those for which that has no room either
stay memory-mapped, and are copied at the speed of an ordinary read.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch


DEVICE, PINNED, MAPPED = "device", "pinned", "mapped"
# Of free memory; the rest of the device's is for forward passes, of the host's for the files of the system's cache.
_DEVICE_SHARE, _HOST_SHARE = 0.6, 0.6
_ALIGNED = 64  # numbers; kernels want tensors to begin at 16 bytes, and copies are fastest in whole cache lines


def choose_place(pool_bytes: int, model_bytes: int, free_on_device: int, free_on_host: int) -> str:
    """Where the components of a pool are held for merges on a GPU.

    Args:
        pool_bytes (`int`): of all components, and of the seed if they are differences from it.
        model_bytes (`int`): of one model as it is scored; pinned components need another of them on the device.
        free_on_device (`int`): bytes, with the model that is scored there already.
        free_on_host (`int`): bytes that this process may have.

    Returns:
        `str`: `device`, `pinned` or `mapped`.

    Example:

    ```python
    >>> gigabyte = 10**9
    >>> choose_place(8 * gigabyte, gigabyte, free_on_device=70 * gigabyte, free_on_host=100 * gigabyte)
    'device'
    >>> choose_place(60 * gigabyte, gigabyte, free_on_device=70 * gigabyte, free_on_host=110 * gigabyte)
    'pinned'
    >>> choose_place(60 * gigabyte, gigabyte, free_on_device=20 * gigabyte, free_on_host=30 * gigabyte)
    'mapped'

    ```
    """
    if pool_bytes <= _DEVICE_SHARE * free_on_device:
        return DEVICE
    is_roomy = model_bytes <= _DEVICE_SHARE * free_on_device
    return PINNED if is_roomy and pool_bytes <= _HOST_SHARE * free_on_host else MAPPED


def place_of(device: torch.device, pool_bytes: int, model_bytes: int) -> str:
    """Where components are held for merges on a device, by the memory that is free now; on a CPU `mapped`.

    Args:
        device (`torch.device`): of the model that is scored.
        pool_bytes (`int`): of all components, and of the seed if they are differences from it.
        model_bytes (`int`): of one model as it is scored.
    """
    if device.type != "cuda":
        return MAPPED
    import psutil

    on_host = psutil.virtual_memory().available // int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    return choose_place(pool_bytes, model_bytes, torch.cuda.mem_get_info(device)[0], on_host)


@dataclass(frozen=True)
class Layout:
    """Where the tensors of a model are in buffers, one for each of their dtypes.

    Args:
        shapes (`dict[str, torch.Size]`): of the tensors, by name.
        buffers (`dict[str, dict[str, int]]`): name of a buffer → the tensors in it, and where each begins.
        sizes (`dict[str, int]`): name of a buffer → how many numbers it holds.
    """

    shapes: dict[str, torch.Size]
    buffers: dict[str, dict[str, int]]
    sizes: dict[str, int]

    @classmethod
    def of(cls, tensors: Mapping[str, torch.Tensor]) -> "Layout":
        """The layout of a model's tensors, in their order."""
        buffers: dict[str, dict[str, int]] = {}
        sizes: dict[str, int] = {}
        for name, tensor in tensors.items():
            buffer = str(tensor.dtype)
            start = sizes.get(buffer, 0)
            buffers.setdefault(buffer, {})[name] = start
            sizes[buffer] = start + math.ceil(tensor.numel() / _ALIGNED) * _ALIGNED
        return cls({name: tensor.shape for name, tensor in tensors.items()}, buffers, sizes)

    def pack(
        self, tensors: Mapping[str, torch.Tensor], device: torch.device | str, pinned: bool = False
    ) -> dict[str, torch.Tensor]:
        """Copy tensors with these names and shapes into buffers, in the widest dtype of those in a buffer.

        Args:
            tensors (`Mapping[str, torch.Tensor]`): of any floating dtypes and device.
            device (`torch.device`): of the buffers.
            pinned (`bool`): in memory of the host that a GPU reads by itself.

        Returns:
            `dict[str, torch.Tensor]`: name of a buffer → [numbers in it].
        """
        packed = {}
        for buffer, starts in self.buffers.items():
            dtypes = {tensors[name].dtype for name in starts}
            dtype = dtypes.pop() if len(dtypes) == 1 else torch.float32
            packed[buffer] = torch.zeros(self.sizes[buffer], dtype=dtype, device=device, pin_memory=pinned)
            for name, view in self.views(packed, buffer).items():
                view.copy_(tensors[name])
        return packed

    def views(self, packed: Mapping[str, torch.Tensor], buffer: str) -> dict[str, torch.Tensor]:
        """The tensors in one of the buffers; they share its memory.

        Returns:
            `dict[str, torch.Tensor]`: by name, in the shapes that they have in the model.
        """
        return {
            name: packed[buffer][start : start + self.shapes[name].numel()].view(self.shapes[name])
            for name, start in self.buffers[buffer].items()
        }
