"""The seed model: made from a configuration, or taken from a folder or the Hub."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..corpus.description import CorpusDescription
from ..corpus.tokenizers import load_tokenizer, tokenizer_digest
from ..errors import InputError, refused, unknown_name
from ..hub_errors import hub_failures
from ..saved_model import open_tensors
from .adapter import with_random_adapter
from .arguments import TrainArguments
from .devices import made_whole


if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedConfig, PreTrainedModel


logger = logging.getLogger(__name__)


def seed_config(arguments: TrainArguments, corpus: CorpusDescription) -> "PreTrainedConfig":
    """The seed's configuration, checked against the corpus.

    Raises:
        `InputError`: for an unknown architecture or override, blocks longer than the model's context, and a vocabulary
            larger than the embedding.
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if arguments.seed_model:
        config = _config_of(arguments)
    elif arguments.model_type not in CONFIG_MAPPING:
        raise unknown_name("model_type", arguments.model_type, sorted(CONFIG_MAPPING))
    else:
        config_class = CONFIG_MAPPING[arguments.model_type]
        values = {"vocab_size": corpus.vocab_size, **_special_tokens(arguments.tokenizer_dir)}
        values |= parse_overrides(config_class, arguments.config_overrides or "")
        try:
            config = config_class(**values)
        except Exception as error:  # architectures check themselves and raise many types
            raise InputError(f"config_overrides do not suit {arguments.model_type}: {error}") from error
    check_fits(config, corpus)
    return config


def _config_of(arguments: TrainArguments) -> "PreTrainedConfig":
    from transformers import AutoConfig

    folder = Path(arguments.seed_model)
    if folder.is_dir():
        open_tensors(folder)  # names what is missing or broken
    what = (
        f"seed_model {arguments.seed_model} is neither the folder of a saved model (looked for {folder.resolve()}) "
        "nor a model on the Hub that can be fetched"
    )
    with hub_failures(what, OSError, ValueError):
        return AutoConfig.from_pretrained(arguments.seed_model, revision=arguments.seed_revision)


def check_architecture(arguments: TrainArguments, config: "PreTrainedConfig") -> None:
    """Raise `InputError` if no model can be made of the configuration, with the attention and adapters asked for."""
    with refused("the seed cannot be made", ImportError, ValueError):
        empty_model(config, arguments, bool(arguments.peft), **_attention(arguments))


def empty_model(
    config: "PreTrainedConfig", arguments: TrainArguments, adapted: bool = False, **options: Any
) -> "PreTrainedModel | PeftModel":
    """A model of a configuration, with adapters or not, that has no memory for its weights (on the meta device)."""
    import torch
    from transformers import AutoModelForCausalLM

    with made_whole(arguments), torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, **options)
        return with_random_adapter(model, arguments) if adapted else model


def _attention(arguments: TrainArguments) -> dict[str, str]:
    return {"attn_implementation": arguments.attn_implementation} if arguments.attn_implementation else {}


def check_tokenizer(arguments: TrainArguments, corpus: CorpusDescription) -> None:
    """Raise `InputError` if a given seed has another tokenizer than the corpus was cut into blocks with."""
    if not arguments.seed_model:
        return
    try:
        tokenizer = load_tokenizer(arguments.seed_model)
    except InputError as error:
        logger.warning("the seed's tokenizer cannot be compared with the corpus's: %s", error)
        return
    if tokenizer_digest(tokenizer) != corpus.tokenizer_digest:
        raise InputError(
            f"the tokenizer of seed_model {arguments.seed_model} is not the one that the units were tokenised with "
            f"(digests {tokenizer_digest(tokenizer)} and {corpus.tokenizer_digest}); partition with `tokenizer: "
            f"{arguments.seed_model}`"
        )


def check_fits(config: "PreTrainedConfig", corpus: CorpusDescription) -> None:
    """Raise `InputError` unless the corpus's blocks and tokens fit the model."""
    context = getattr(config, "max_position_embeddings", None)
    if context and corpus.block_size > context:
        raise InputError(
            f"the corpus has blocks of {corpus.block_size} tokens, the seed's context is {context} "
            "(`max_position_embeddings`); partition with a smaller block_size or take a seed with a longer context"
        )
    if corpus.vocab_size > config.vocab_size:
        raise InputError(
            f"the corpus's tokenizer has {corpus.vocab_size} entries, the seed's embedding {config.vocab_size}; "
            "partition with the seed's own tokenizer"
        )


def _special_tokens(tokenizer_folder: Path) -> dict[str, int | None]:
    """The tokenizer's special tokens, in place of the architecture's defaults, which mean other tokens here."""
    from transformers import AutoTokenizer

    # There is none yet in a dry run before the corpus is made.
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder) if tokenizer_folder.is_dir() else None
    return {name: getattr(tokenizer, name, None) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}


def parse_overrides(config_class: type, overrides: str) -> dict[str, object]:
    """The values in `key=value,key=value`; keys and types are those of the architecture's default configuration.

    Raises:
        `InputError`: for an unknown key, with the nearest, and a value of another type.
    """
    defaults = config_class()
    known = sorted(key for key in defaults.to_dict() if not key.startswith("_"))
    values = {}
    for item in filter(None, overrides.split(",")):
        key, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise InputError(f"config_overrides: {item!r} is not key=value")
        if key not in known:
            raise unknown_name(f"key in config_overrides of {defaults.model_type}", key, known)
        values[key] = _value(key, text, getattr(defaults, key, None))
    return values


def _value(key: str, text: str, default: object) -> object:
    if isinstance(default, bool) or text.lower() in ("true", "false"):
        if text.lower() not in ("true", "false"):
            raise InputError(f"config_overrides: {key}={text}, expected true or false")
        return text.lower() == "true"
    kinds = [type(default)] if isinstance(default, (int, float)) else [int, float] if default is None else [str]
    for kind in kinds:
        try:
            return kind(text)
        except ValueError:
            continue
    if default is None:
        return text
    raise InputError(f"config_overrides: {key}={text}, expected a {kinds[0].__name__} as in {key}={default}")


def make_seed(arguments: TrainArguments, corpus: CorpusDescription) -> "PreTrainedModel":
    """The seed before any training of ours: the given model in float32, or random weights that depend on `seed`."""
    from transformers import AutoModelForCausalLM, set_seed

    config = seed_config(arguments, corpus)
    if arguments.seed_model:
        return load_model(arguments.seed_model, arguments, revision=arguments.seed_revision)
    set_seed(arguments.seed)
    with made_whole(arguments):
        return AutoModelForCausalLM.from_config(config, **_attention(arguments))


def load_model(folder: str | Path, arguments: TrainArguments, revision: str | None = None) -> "PreTrainedModel":
    """A model's weights in float32, whatever dtype they are stored in (mixed precision is the Trainer's)."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    options = {"dtype": torch.float32, "revision": revision, **_attention(arguments)}
    try:
        return AutoModelForCausalLM.from_pretrained(folder, **options)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{folder} cannot be loaded ({error}); train or fetch the model again") from error
