"""The seed model: made from a configuration, or taken from a folder or the Hub."""

import logging
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..causal_models import causal_config, model_from_config, text_config_class
from ..corpus.description import CorpusDescription
from ..corpus.tokenizers import load_tokenizer, start_token, tokenizer_digest
from ..errors import InputError, refused, unknown_name
from ..model_config import context_name
from ..remote_code import loading_options
from ..saved_model import load_causal_lm, open_tensors
from ..saved_tokenizer import copy_tokenizer
from .adapted_layers import report_unusual
from .adapter import with_random_adapter
from .config_overrides import parse_overrides


if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedConfig, PreTrainedModel


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SeedOrigin:
    """Where a seed is from: a folder or the Hub, or random weights in an architecture.

    Args:
        model (`str | None`): its folder or Hub id; `None` for random weights.
        revision (`str | None`): on the Hub.
        model_type (`str`): the architecture of random weights.
        config_overrides (`str | None`): its configuration as `key=value,key=value`.
        attention (`str | None`): the implementation of attention; `None`: the model's own choice.
    """

    model: str | None = None
    revision: str | None = None
    model_type: str = "llama"
    config_overrides: str | None = None
    attention: str | None = None

    @property
    def attention_options(self) -> dict[str, str]:
        """The keyword arguments that choose the implementation of attention."""
        return {"attn_implementation": self.attention} if self.attention else {}


def seed_config(origin: SeedOrigin, corpus: CorpusDescription, tokenizer: Path) -> "PreTrainedConfig":
    """The seed's configuration; random weights are made for the corpus's tokens, and blocks of its length.

    Args:
        origin ([`SeedOrigin`]): where the seed is from.
        corpus ([`CorpusDescription`]): what it is trained on.
        tokenizer (`Path`): the folder of the corpus's tokenizer; it may not exist yet.

    Raises:
        `InputError`: for an unknown architecture or override, and a model that is not there.
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if origin.model:
        return _saved_config(origin.model, origin.revision)
    if origin.model_type not in CONFIG_MAPPING:
        raise unknown_name("model_type", origin.model_type, sorted(CONFIG_MAPPING))
    config_class = text_config_class(origin.model_type)
    values = {"vocab_size": corpus.vocab_size, **_special_tokens(config_class, tokenizer)}
    values |= _context(config_class, corpus.block_size)
    values |= parse_overrides(config_class, origin.config_overrides or "")
    try:
        return config_class(**values)
    except Exception as error:  # architectures check themselves and raise many types
        raise InputError(f"config_overrides do not suit {origin.model_type}: {error}") from error


def _context(config_class: "type[PreTrainedConfig]", block_size: int) -> dict[str, int]:
    """The limit of the model's input, by its own name: the length of a block, beyond which it learns nothing.

    The released seeds' architecture keeps the limit that its configuration states.
    """
    from ..modeling import HfOlmoConfig

    name = context_name(config_class())
    return {} if name is None or config_class is HfOlmoConfig else {name: block_size}


def _saved_config(model: str, revision: str | None) -> "PreTrainedConfig":
    folder = Path(model)
    if folder.is_dir():
        open_tensors(folder)  # names what is missing or broken
    failure = (
        f"seed_model {model} is neither the folder of a saved model (looked for {folder.resolve()}) nor a model on "
        "the Hub that can be fetched"
    )
    return causal_config(model, failure, revision)


def check_architecture(config: "PreTrainedConfig", origin: SeedOrigin, adapter: "LoraConfig | None") -> None:
    """Try the configuration, with the attention and adapters that are requested; say what adapters do unexpectedly.

    Args:
        config (`PreTrainedConfig`): of the seed.
        origin ([`SeedOrigin`]): says which attention.
        adapter (`LoraConfig`, *optional*): of components and reference models.

    Raises:
        `InputError`: if no model can be made of it.
    """
    with refused("the seed cannot be made", ImportError, ValueError):
        model = empty_model(config, adapter, **origin.attention_options)
    if adapter:
        report_unusual(model)


def empty_model(
    config: "PreTrainedConfig", adapter: "LoraConfig | None" = None, **options: Any
) -> "PreTrainedModel | PeftModel":
    """A model of a configuration that has no memory for its weights (on the meta device).

    Args:
        config (`PreTrainedConfig`): of the model.
        adapter (`LoraConfig`, *optional*): of the adapters that it gets.
        options: for `from_config`.
    """
    import torch

    with torch.device("meta"):
        model = model_from_config(config, **options)
        return with_random_adapter(model, adapter) if adapter else model


def check_tokenizer_saves(config: "PreTrainedConfig", tokenizer: Path) -> None:
    """Try to save the corpus's tokenizer with models of this configuration.

    Raises:
        `InputError`: if `AutoTokenizer` loads another one from there.
    """
    with TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        copy_tokenizer(tokenizer, Path(folder))


def check_tokenizer(seed_model: str, corpus: CorpusDescription) -> None:
    """Compare the tokenizers of a given seed and of the corpus, where the seed has one.

    Raises:
        `InputError`: if they differ.
    """
    try:
        tokenizer = load_tokenizer(seed_model)
    except InputError as error:
        logger.warning("the seed's tokenizer cannot be compared with the corpus's: %s", error)
        return
    seed_digest = tokenizer_digest(tokenizer)
    if seed_digest != corpus.tokenizer_digest:
        raise InputError(
            f"the tokenizer of seed_model {seed_model} is not the one that the units were tokenised with "
            f"(digests {seed_digest} and {corpus.tokenizer_digest}); partition with `tokenizer: {seed_model}`"
        )
    if start_token(tokenizer, "auto") is not None and corpus.document_start is None:
        logger.warning(
            "the tokenizer of seed_model %s puts %s before a text, and the corpus's blocks have none; partition "
            "without `document_start: none` if the seed was trained so", seed_model, tokenizer.bos_token,
        )  # fmt: skip


def check_fits(corpus: CorpusDescription, context: int | None, vocab_size: int | None) -> None:
    """Compare the corpus's blocks and tokens with what the model takes.

    Args:
        corpus ([`CorpusDescription`]): what models are trained on.
        context (`int`, *optional*): most tokens that the model takes at once.
        vocab_size (`int`, *optional*): entries of its embedding, where its configuration says it.

    Raises:
        `InputError`: for blocks longer than the context, and a vocabulary larger than the embedding.
    """
    if context and corpus.block_size > context:
        raise InputError(
            f"the corpus has blocks of {corpus.block_size} tokens, the seed's context is {context} "
            "(`max_position_embeddings`); partition with a smaller block_size or take a seed with a longer context"
        )
    if None not in (corpus.vocab_size, vocab_size) and corpus.vocab_size > vocab_size:
        raise InputError(
            f"the corpus's tokenizer has {corpus.vocab_size} entries, the seed's embedding {vocab_size}; "
            "partition with the seed's own tokenizer"
        )


def _special_tokens(config_class: "type[PreTrainedConfig]", tokenizer_folder: Path) -> dict[str, int | None]:
    """The tokenizer's special tokens, in place of the architecture's defaults, which mean other tokens here.

    Some architectures (CWM) insist on tokens that a tokenizer may not have: there they are its end of text.
    """
    from transformers import AutoTokenizer

    # a dry run may come before the corpus
    tokenizer = (
        AutoTokenizer.from_pretrained(tokenizer_folder, **loading_options()) if tokenizer_folder.is_dir() else None
    )
    end = getattr(tokenizer, "eos_token_id", None) or 0
    insists = {field.name for field in fields(config_class) if field.type is int}
    tokens = {name: getattr(tokenizer, name, None) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return {name: end if token is None and name in insists else token for name, token in tokens.items()}


def random_model(config: "PreTrainedConfig", origin: SeedOrigin, seed: int) -> "PreTrainedModel":
    """A model with random weights, which depend on the random seed alone.

    Args:
        config (`PreTrainedConfig`): of the model.
        origin ([`SeedOrigin`]): says which attention.
        seed (`int`): of the random generators, which this sets.
    """
    from transformers import set_seed

    set_seed(seed)
    return model_from_config(config, **origin.attention_options)


def load_model(folder: str | Path, origin: SeedOrigin, revision: str | None = None) -> "PreTrainedModel":
    """A model's weights in float32, whatever dtype they are stored in (mixed precision is the Trainer's).

    Args:
        folder (`str` or `Path`): its folder or Hub id.
        origin ([`SeedOrigin`]): says which attention.
        revision (`str`, *optional*): on the Hub.

    Raises:
        `InputError`: if it cannot be read.
    """
    import torch

    options = {"dtype": torch.float32, "revision": revision, **origin.attention_options}
    return load_causal_lm(folder, **options)[0]
