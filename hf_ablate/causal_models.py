"""Causal language models in transformers: which models are some, and those of a configuration.

A model of images and text is taken as the model of text in it, where transformers has a class for that: text is what
is trained on and scored. What was saved of it is then a model of text alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .hub_errors import hub_failures
from .model_config import text_config
from .remote_code import loading_options, untrusted_code


if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel


def causal_config(model: str | Path, failure: str, revision: str | None = None) -> "PreTrainedConfig":
    """The configuration of a causal language model, of its part for text where it has others.

    Args:
        model (`str` or `Path`): its folder or Hub id.
        failure (`str`): what the message says where it cannot be had.
        revision (`str`, *optional*): on the Hub.

    Raises:
        `InputError`: if it cannot be had, is unknown to transformers, or not that of a causal language model.
    """
    from transformers import AutoConfig

    with hub_failures(failure, OSError, ValueError, KeyError), untrusted_code(str(model)):
        config = AutoConfig.from_pretrained(model, revision=revision, **loading_options())
    text = _text_model_config(config)
    if text is None:
        what = ", ".join(config.architectures or []) or f"a model of type {config.model_type!r}"
        raise InputError(
            f"{model} holds {what}, which is not a causal language model; expected one that predicts the next token, "
            "as AutoModelForCausalLM of transformers loads it"
        )
    return text


def _text_model_config(config: "PreTrainedConfig") -> "PreTrainedConfig | None":
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    )

    if "AutoModelForCausalLM" in (getattr(config, "auto_map", None) or {}):  # it says so itself
        return config
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        return None
    text = text_config(config)
    if text is not config:
        return text if type(text) in MODEL_FOR_CAUSAL_LM_MAPPING else None
    architectures, known = config.architectures or [], MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()
    is_other = architectures and not any("CausalLM" in name or name in known for name in architectures)
    return None if is_other else config


def text_config_class(model_type: str) -> "type[PreTrainedConfig]":
    """The class of configurations of an architecture, of its part for text where it has others.

    Args:
        model_type (`str`): one that transformers knows.
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    config = CONFIG_MAPPING[model_type]()
    return type(_text_model_config(config) or config)


def model_from_config(config: "PreTrainedConfig", **options: Any) -> "PreTrainedModel":
    """A model with random weights.

    Args:
        config (`PreTrainedConfig`): from [`causal_config`].
        options: of `from_config`.
    """
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_config(config, **loading_options(), **options)


def text_model(model: "PreTrainedModel") -> "PreTrainedModel":
    """The model of text in a loaded model of images and text, with its weights; any other model itself."""
    import torch

    config = text_config(model.config)
    if config is model.config:
        return model
    head = model.get_output_embeddings()
    config.tie_word_embeddings = head.weight is model.get_input_embeddings().weight
    with torch.device("meta"):
        text = model_from_config(config)
    setattr(text, text.base_model_prefix, model.get_decoder())
    text.set_output_embeddings(head)
    text.generation_config = model.generation_config
    return text.train(model.training)
