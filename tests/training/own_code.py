"""A model that brings its own code along: files as users find them on the Hub."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tiny_corpus import VOCABULARY


CONFIGURATION = """
from transformers import PretrainedConfig


class OwnConfig(PretrainedConfig):
    model_type = "own_code"

    def __init__(self, vocab_size=64, hidden_size=16, max_position_embeddings=64, **kwargs):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.max_position_embeddings = max_position_embeddings
        super().__init__(**kwargs)
"""
MODEL = """
import torch
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from .configuration_own import OwnConfig


class OwnForCausalLM(PreTrainedModel, GenerationMixin):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.embedding = torch.nn.Embedding(config.vocab_size, config.hidden_size)
        self.mixer = torch.nn.Linear(config.hidden_size, config.hidden_size)
        self.head = torch.nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.embedding

    def get_output_embeddings(self):
        return self.head

    def forward(self, input_ids=None, labels=None, **kwargs):
        logits = self.head(torch.tanh(self.mixer(self.embedding(input_ids))))
        loss = None if labels is None else self.loss_function(logits, labels, self.config.vocab_size, **kwargs)
        return CausalLMOutput(loss=loss, logits=logits)
"""
CONFIG = {
    "model_type": "own_code", "architectures": ["OwnForCausalLM"], "vocab_size": VOCABULARY, "dtype": "float32",
    "auto_map": {
        "AutoConfig": "configuration_own.OwnConfig", "AutoModelForCausalLM": "modeling_own.OwnForCausalLM",
    },
}  # fmt: skip


def write_own_model(folder: Path) -> Path:
    """A seed of the corpus's vocabulary whose architecture transformers does not know."""
    folder.mkdir(parents=True)
    (folder / "configuration_own.py").write_text(CONFIGURATION)
    (folder / "modeling_own.py").write_text(MODEL)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    shapes = {"embedding.weight": (VOCABULARY, 16), "mixer.weight": (16, 16), "mixer.bias": (16,)}
    generator = torch.Generator().manual_seed(0)
    weights = {name: 0.1 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    weights["head.weight"] = 0.1 * torch.randn(VOCABULARY, 16, generator=generator)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder
