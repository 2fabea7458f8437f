"""What a model's configuration says of its shape, whatever the architecture calls it and whether it says it or not.

Architectures leave attributes out (Mamba has no attention heads), nest those of the text model in a part of their own
(Gemma 3 with images) or give them layer by layer. Whoever needs one asks here; one that is not there is `None`.
"""

from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from transformers import PreTrainedConfig


_CONTEXT = ("max_position_embeddings", "max_seq_len")  # the second is MPT's; others are aliases of the first
# How many experts a token passes through, in the words of the architectures.
_ACTIVE_EXPERTS = (
    "num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k", "moe_k", "top_k_experts",
)  # fmt: skip
# The kinds of layers in transformers' `layer_types` in which tokens do not attend to each other.
_WITHOUT_ATTENTION = {"linear_attention", "conv", "moe", "mlp"}


def text_config(config: "PreTrainedConfig") -> "PreTrainedConfig":
    """The part that describes the model of text; the configuration itself where that is all."""
    try:
        return config.get_text_config(decoder=True) if config.sub_configs else config
    except ValueError:  # it has several, and none is the decoder
        return config


def vocabulary_size(config: "PreTrainedConfig") -> int | None:
    """Entries of the embedding: how many token ids the model knows."""
    return _value(text_config(config), "vocab_size")


def context_of(config: "PreTrainedConfig") -> int | None:
    """Most tokens that the model takes at once; `None` without a limit, as in recurrent models."""
    text = text_config(config)
    name = context_name(text)
    return name and getattr(text, name)


def context_name(config: "PreTrainedConfig") -> str | None:
    """What a configuration itself calls the most tokens that the model takes; `None` if it sets no limit."""
    name = next((name for name in _CONTEXT if (_value(config, name) or 0) > 0), None)  # XLNet says -1
    return name and type(config).attribute_map.get(name, name)


def active_experts(config: "PreTrainedConfig") -> int | None:
    """Experts of a layer that a token passes through; `None` where the configuration does not say it."""
    text = text_config(config)
    return next((value for name in _ACTIVE_EXPERTS if (value := _value(text, name))), None)


def attention_width(config: "PreTrainedConfig") -> int | None:
    """The width of all attention heads of all layers together: what attention over a sequence costs depends on it.

    A head whose keys and values differ in width counts their mean. Layers of recurrences and convolutions have none.

    Returns:
        `int | None`: `None` where the configuration does not say how many layers attend, or how wide heads are.

    Example:

    ```python
    >>> from transformers import JambaConfig, LlamaConfig, MambaConfig, RwkvConfig
    >>> attention_width(LlamaConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=4))
    128
    >>> attention_width(JambaConfig(hidden_size=64, num_hidden_layers=8, num_attention_heads=4))
    64
    >>> attention_width(MambaConfig()), attention_width(RwkvConfig())
    (0, None)

    ```
    """
    text = text_config(config)
    kinds, layers = _value(text, "layer_types"), _value(text, "num_hidden_layers")
    attending = [kind not in _WITHOUT_ATTENTION for kind in kinds] if kinds else [True] * (layers or 0)
    widths = [_width(_of_layer(text, number)) for number, attends in enumerate(attending) if attends]
    return sum(widths) if attending and None not in widths else None


def _of_layer(config: "PreTrainedConfig", number: int) -> "PreTrainedConfig":
    return config.per_layer_config[number] if config.is_heterogeneous else config


def _width(config: "PreTrainedConfig") -> int | None:
    heads, hidden = _value(config, "num_attention_heads"), _value(config, "hidden_size")
    if not heads:
        return None
    head = _value(config, "head_dim") or (hidden and hidden // heads)
    keys, values = _value(config, "qk_head_dim") or head, _value(config, "v_head_dim") or head
    return heads * (keys + values) // 2 if keys and values else None


def _value(config: "PreTrainedConfig", name: str) -> Any:
    """An attribute; `None` where there is none, or every layer has its own."""
    try:
        return getattr(config, name, None)
    except RuntimeError:  # transformers' refusal to read an attribute that differs between layers
        return None
