"""The tiny model that the tests of the seeds' architecture share."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM


FIXTURES = Path(__file__).parent.parent / "fixtures" / "seed_architecture_tiny"
VECTORS = load_file(FIXTURES / "vectors.safetensors")


def tiny_config(**changes) -> HfOlmoConfig:
    values = {
        "d_model": 32, "n_layers": 2, "n_heads": 4, "vocab_size": 61, "embedding_size": 64, "max_sequence_length": 64,
        "eos_token_id": 0, "pad_token_id": 1,
    }  # fmt: skip
    return HfOlmoConfig(**values | changes)


def tiny_model(seed: int = 0, **changes) -> HfOlmoForCausalLM:
    """Random weights, biases and norms large enough to matter."""
    torch.manual_seed(seed)
    model = HfOlmoForCausalLM(tiny_config(**changes))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model.eval()


def tokens(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(2, 61, (rows, length), generator=torch.Generator().manual_seed(seed))
