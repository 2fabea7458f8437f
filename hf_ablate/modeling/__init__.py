"""The released seeds' architecture as a transformers model, and the conversion of their checkpoints."""

from importlib import import_module


_MODULES = {
    "HfOlmoConfig": "configuration_hf_olmo",
    "HfOlmoForCausalLM": "modeling_hf_olmo",
    "HfOlmoModel": "modeling_hf_olmo",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str):
    # Importing the package must not import torch and transformers.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
