"""What a plan needs to know of the seed's architecture, remembered, because measuring it imports torch."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cache import remembered
from ..corpus.description import CorpusDescription
from ..manifest import digest_files
from ..model_config import context_of, vocabulary_size
from ..model_size import ModelSize, size_of, versions_that_decide
from ..remote_code import is_trusted
from ..saved_model import CONFIG, weight_files
from .adapter import Adapter
from .seed import SeedOrigin, empty_model, seed_config


if TYPE_CHECKING:
    from transformers import PreTrainedConfig


@dataclass(frozen=True)
class Architecture:
    """The shape of all models of a pool.

    Args:
        context (`int | None`): most tokens that the model takes; `None` if there is no limit.
        vocab_size (`int | None`): entries of the embedding, where the configuration says it.
        whole (`ModelSize`): of a model that is trained as it is.
        adapted (`ModelSize | None`): of one that is trained as adapters, if any is.
    """

    context: int | None
    vocab_size: int | None
    whole: ModelSize
    adapted: ModelSize | None = None

    @property
    def sizes(self) -> dict[str, ModelSize]:
        """The size of a model of each kind, as it is trained."""
        other = self.adapted or self.whole
        return {"seed": self.whole, "component": other, "reference": other}


def architecture(
    origin: SeedOrigin, adapter: Adapter | None, corpus: CorpusDescription, tokenizer: Path
) -> Architecture:
    """The architecture of a pool's models, without a model in memory.

    Args:
        origin ([`SeedOrigin`]): where the seed is from.
        adapter ([`Adapter`], *optional*): of components and reference models.
        corpus ([`CorpusDescription`]): what models are trained on.
        tokenizer (`Path`): the folder of the corpus's tokenizer; it may not exist yet.

    Raises:
        `InputError`: as [`seed_config`] does, and for a seed folder that is not complete.
    """

    def measure() -> dict[str, Any]:
        return asdict(_measure(seed_config(origin, corpus, tokenizer), adapter))

    key = _key(origin)
    if key is None:
        values = measure()
    else:
        values = remembered(
            "architectures", [key, adapter and asdict(adapter), corpus.vocab_size, corpus.block_size], measure
        )
    sizes = {name: values[name] and ModelSize(**values[name]) for name in ("whole", "adapted")}
    return Architecture(**values | sizes)


def _key(origin: SeedOrigin) -> list[Any] | None:
    """All that the architecture depends on; `None` where that can change unseen, on the Hub."""
    versions = versions_that_decide()
    if origin.model is None:
        return [versions, origin.model_type, origin.config_overrides]
    folder = Path(origin.model)
    if not folder.is_dir():
        return None
    weight_files(folder)  # names what is missing
    return [versions, digest_files([folder / CONFIG, *sorted(folder.glob("*.py"))]), is_trusted()]


def _measure(config: "PreTrainedConfig", adapter: Adapter | None) -> Architecture:
    return Architecture(
        context=context_of(config),
        vocab_size=vocabulary_size(config),
        whole=size_of(empty_model(config)),
        adapted=adapter and size_of(empty_model(config, adapter.config())),
    )
