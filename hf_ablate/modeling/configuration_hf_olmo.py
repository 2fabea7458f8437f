"""Configuration of the released seeds' architecture. Self-contained: it is pushed with the weights."""

from typing import Literal

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig


# Fields of the released `config.json` that decide the architecture, with the values that mean this one. Refusing all
# others keeps a different model from being loaded as this one.
ONLY_ARCHITECTURE = {
    "activation_type": ("swiglu",),
    "alibi": (False,),
    "attention_dropout": (0,),
    "attention_layer_norm": (True,),
    "attention_layer_norm_with_affine": (True,),
    "bias_for_layer_norm": (None, True),
    "block_group_size": (1,),
    "block_type": ("sequential",),
    "clip_qkv": (None,),
    "embedding_dropout": (0,),
    "embedding_layer_norm": (False,),
    "include_bias": (True,),
    "layer_norm_type": ("default", "low_precision"),
    "layer_norm_with_affine": (True,),
    "multi_query_attention": (None, False),
    "norm_after": (False,),
    "residual_dropout": (0,),
    "rope": (True,),
    "scale_emb_init": (False,),
    "scale_logits": (False,),
    "weight_tying": (True,),
}

# Where users without hf_ablate find the classes in a saved folder. Saving a model adds only its own class.
AUTO_MAP = {
    "AutoConfig": "configuration_hf_olmo.HfOlmoConfig",
    "AutoModel": "modeling_hf_olmo.HfOlmoModel",
    "AutoModelForCausalLM": "modeling_hf_olmo.HfOlmoForCausalLM",
}


@strict
class HfOlmoConfig(PreTrainedConfig):
    r"""
    Configuration of the seed and component models released with the paper (https://huggingface.co/papers/2410.15661).

    The fields are named as in the released checkpoints, so that their `config.json` loads as it is; the names usual in
    transformers (`hidden_size`, `num_hidden_layers`, …) read and set the same values. The defaults are the 130m seed.

    Args:
        d_model (`int`, *optional*, defaults to 768):
            Width of the residual stream.
        n_layers (`int`, *optional*, defaults to 12):
            Number of blocks.
        n_heads (`int`, *optional*, defaults to 12):
            Number of attention heads; it must divide `d_model` into heads of even width.
        n_kv_heads (`int`, *optional*):
            Only `None` or `n_heads`: every head has keys and values of its own.
        mlp_ratio (`int`, *optional*, defaults to 4):
            Width of the fused feed-forward projection, in multiples of `d_model`.
        mlp_hidden_size (`int`, *optional*):
            The same width as a number; it takes precedence over `mlp_ratio`.
        max_sequence_length (`int`, *optional*, defaults to 2048):
            Length of the sequences in training.
        vocab_size (`int`, *optional*, defaults to 50280):
            Number of entries of the tokenizer.
        embedding_size (`int`, *optional*, defaults to 50304):
            Number of rows of the embedding and of columns of the logits, over all of which perplexities normalise.
            `None` means `vocab_size`.
        layer_norm_type (`str`, *optional*, defaults to `"low_precision"`):
            `"low_precision"`: under autocast, LayerNorm runs in autocast's type; `"default"`: in float32.
        layer_norm_eps (`float`, *optional*, defaults to 1e-5):
            Epsilon of every LayerNorm.
        rope_theta (`float`, *optional*, defaults to 10000):
            Base of the rotary embedding.
        rope_full_precision (`bool`, *optional*, defaults to `True`):
            Rotate queries and keys in float32 whatever the type of the model.
        init_std (`float`, *optional*, defaults to 0.02):
            Standard deviation of the initial weights.
        attn_out (`str`, *optional*):
            The attention output projection, which the seeds never had in training and which their conversion to
            `hf_olmo` added as an identity. `"identity"`: the model has none, and identity tensors in a checkpoint are
            skipped; `"linear"`: the model has one, with weights of its own; `None` (as in the released `config.json`,
            which does not say): `from_pretrained` looks at the checkpoint's tensors, and a new model has none.

    Raises:
        `StrictDataclassClassValidationError`: for a field that means another architecture.

    Example:

    ```python
    >>> from hf_ablate.modeling import HfOlmoConfig
    >>> config = HfOlmoConfig(d_model=1024, n_layers=24, n_heads=16)
    >>> config.hidden_size, config.intermediate_size
    (1024, 2048)

    ```
    """

    model_type = "hf_olmo"
    keys_to_ignore_at_inference = ["past_key_values"]
    attribute_map = {
        "hidden_size": "d_model",
        "num_hidden_layers": "n_layers",
        "num_attention_heads": "n_heads",
        "num_key_value_heads": "n_heads",
        "max_position_embeddings": "max_sequence_length",
        "initializer_range": "init_std",
        "tie_word_embeddings": "weight_tying",
    }
    base_model_fsdp_plan = {
        "transformer.wte": "free_full_weight",
        "transformer.blocks.*": "free_full_weight",
        "transformer.ln_f": "keep_full_weight",
    }

    d_model: int = 768
    n_layers: int = 12
    n_heads: int = 12
    n_kv_heads: int | None = None
    mlp_ratio: int = 4
    mlp_hidden_size: int | None = None
    max_sequence_length: int = 2048
    vocab_size: int = 50280
    embedding_size: int | None = 50304
    activation_type: str = "swiglu"
    attention_layer_norm: bool = True
    block_type: str = "sequential"
    include_bias: bool = True
    layer_norm_type: str = "low_precision"
    layer_norm_eps: float = 1e-5
    rope: bool = True
    rope_theta: int | float = 10000
    rope_full_precision: bool = True
    weight_tying: bool = True
    init_std: float = 0.02
    attn_out: Literal["identity", "linear"] | None = None
    use_cache: bool = True
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = 50279
    pad_token_id: int | None = 50279

    def __post_init__(self, **kwargs):
        if self.embedding_size is None:
            self.embedding_size = self.vocab_size
        kwargs.setdefault("auto_map", dict(AUTO_MAP))
        super().__post_init__(**kwargs)

    @property
    def intermediate_size(self) -> int:
        """Width of the feed-forward layer after SwiGLU has halved the fused projection."""
        return self.fused_mlp_size // 2

    @property
    def fused_mlp_size(self) -> int:
        """Width of the fused feed-forward projection, `ff_proj`."""
        return self.mlp_hidden_size or self.mlp_ratio * self.d_model

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.n_heads

    def validate_architecture(self):
        """Refuse what this architecture is not; `@strict` calls it when a configuration is made and saved."""
        for field, allowed in ONLY_ARCHITECTURE.items():
            value = getattr(self, field, allowed[0])
            if value not in allowed:
                raise ValueError(
                    f"the architecture of the released seeds has {field}={' or '.join(map(repr, allowed))}; this "
                    f"configuration has {field}={value!r}, which is another model: load it with its own code"
                )
        if self.n_kv_heads not in (None, self.n_heads):
            raise ValueError(f"n_kv_heads must be null or n_heads ({self.n_heads}), got {self.n_kv_heads}")
        if self.d_model % (2 * self.n_heads) != 0:
            raise ValueError(
                f"d_model ({self.d_model}) must be a multiple of 2 x n_heads (2 x {self.n_heads}): the rotary "
                "embedding turns pairs of a head's components"
            )
        if self.fused_mlp_size % 2 != 0:
            raise ValueError(f"the fused feed-forward projection must have an even width, got {self.fused_mlp_size}")
        if self.embedding_size < self.vocab_size:
            raise ValueError(
                f"embedding_size ({self.embedding_size}) must be at least vocab_size ({self.vocab_size}): every entry "
                "of the vocabulary needs a row"
            )
