"""Whether the model that merges are made in is compiled: that takes a minute, which many merges pay back on a GPU.

A merge overwrites the parameters in place, so what was compiled stays valid. On a CPU nearly all of the time are
matrix products and attention, which compiling does not change.
"""

import importlib.util
import os
import shutil

from ...errors import InputError


_MANY_MERGES = 32
_BACKEND = "inductor"


def compile_backend(asked: bool | None, device: str, merges: int) -> str | None:
    """The backend of `torch.compile` that a sweep uses, if any.

    Args:
        asked (`bool`, *optional*): what the user wants; none: what is best.
        device (`str`): where models are scored.
        merges (`int`): how many are scored.

    Raises:
        `InputError`: if the user wants it, and what it needs is not installed.

    Example:

    ```python
    >>> compile_backend(None, "cpu", merges=255) is None
    True

    ```
    """
    lacking = _lacking(device)
    if asked and lacking:
        raise InputError(f"compile needs {lacking}, which is not installed; install it, or leave `compile` out")
    if asked is None:
        asked = device != "cpu" and merges >= _MANY_MERGES and not lacking
    return _BACKEND if asked else None


def _lacking(device: str) -> str | None:
    """What compiling for a device needs and does not find."""
    if device == "cpu":
        compilers = filter(None, (os.environ.get("CXX"), "g++", "clang++"))
        return None if any(map(shutil.which, compilers)) else "a C++ compiler (CXX)"
    return None if importlib.util.find_spec("triton") else "the package triton, which torch's builds for GPUs bring"
