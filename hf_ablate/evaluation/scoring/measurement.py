"""How text is scored: what identifies a score together with the model and the text."""

from dataclasses import dataclass
from typing import Any

from ..models.scored_model import ScoredModel


@dataclass(frozen=True)
class MeasurementOptions:
    """How text is to be scored, as a user asks for it, whatever the models.

    Args:
        split (`str`): `val` or `test`.
        limit (`int`, *optional*): score this many documents, drawn as in the paper.
        limit_by (`str`): of what: each `source`, or each `domain`.
        max_length (`int`, *optional*): most tokens that a window predicts. Default: as many as models were trained
            on, where that is recorded, else as many as they can read, which is the maximum.
        prefix (`str`): `bos`, `eos` or `auto`, see [`find_prefix`].
        dtype (`str`): number format of the forward pass.
        batch_tokens (`int`, *optional*): most tokens in a forward pass, see [`Scorer`].
        compile (`bool`, *optional*): whether merges are scored by a compiled model, see [`compile_backend`].
    """

    split: str = "val"
    limit: int | None = None
    limit_by: str = "source"
    max_length: int | None = None
    prefix: str = "auto"
    dtype: str = "float32"
    batch_tokens: int | None = None
    compile: bool | None = None


@dataclass(frozen=True)
class Measurement:
    """How models are scored.

    Args:
        split (`str`): `val` or `test`.
        tokenizer_digest (`str`): of the tokenizer.
        max_length (`int`): most tokens that a window predicts.
        prefix (`str`): the token that the first token of a document is conditioned on: `bos` or `eos`.
        limit (`int`, *optional*): how many documents of each source or domain are scored.
        dtype (`str`): number format of the forward pass.
        batch_tokens (`int`, *optional*): most tokens in a forward pass; scores do not depend on it beyond rounding.
        limit_by (`str`): what `limit` counts: documents of each `source`, or of each `domain`.
        compile (`bool`, *optional*): whether merges are scored by a compiled model; scores are the same likewise.
    """

    split: str
    tokenizer_digest: str
    max_length: int
    prefix: str
    limit: int | None
    dtype: str
    batch_tokens: int | None = None
    limit_by: str = "source"
    compile: bool | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """All that a score depends on besides model and text."""
        return {name: value for name, value in vars(self).items() if name not in ("batch_tokens", "compile")}

    def row_fields(self, model: ScoredModel) -> dict[str, Any]:
        """The fields of a model's score rows that say what was scored and how, apart from the text."""
        names = ("tokenizer_digest", "max_length", "prefix", "dtype")
        return model.identity | {name: getattr(self, name) for name in names}
