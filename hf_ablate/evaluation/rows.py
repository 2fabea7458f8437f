"""Score rows: the sums that every score is derived from; and append-only JSON lines, which such things are kept in."""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path


MEASUREMENT = ("data_digest", "tokenizer_digest", "prefix", "max_length", "limit", "limit_by", "dtype")


@dataclass(frozen=True)
class ScoreRow:
    """The sums over the documents of one domain under one model; sums of rows are rows, perplexities are not.

    Args:
        model (`str`): id within the study, Hub id or folder name.
        kind (`str`): `seed`, `component`, `reference`, `merged`, `ensemble` or `external`.
        mixture (`dict[str, float]`, *optional*): unit → weight.
        source (`str`, *optional*): the evaluation data set; `None` only for a sum over several.
        domain (`str`, *optional*): its fine-grained part; `None` for a source without domains.
        split (`str`): `val` or `test`.
        num_docs, num_tokens, num_chars, num_bytes, num_words (`int`): what was scored.
        sum_logprob (`float`): natural logarithm of the probability of all its tokens.
        data_digest, tokenizer_digest, prefix, max_length, limit, limit_by, dtype: what identifies the measurement.
        model_digest (`str`): of the weights.

    Example:

    ```python
    >>> row = ScoreRow("m", "external", None, "s", "d", "val", 1, 4, 8, 8, 2, -8 * math.log(2))
    >>> row.bits_per_byte, row.ppl_token
    (1.0, 4.0)

    ```
    """

    model: str
    kind: str
    mixture: dict[str, float] | None
    source: str | None
    domain: str | None
    split: str
    num_docs: int
    num_tokens: int
    num_chars: int
    num_bytes: int
    num_words: int
    sum_logprob: float
    data_digest: str = ""
    model_digest: str = ""
    tokenizer_digest: str = ""
    max_length: int = 0
    limit: int | None = None
    dtype: str = "float32"
    prefix: str = "eos"  # what all rows of earlier versions were conditioned on
    limit_by: str = "source"  # likewise

    @property
    def ppl_token(self) -> float:
        """Perplexity per token; comparable only between models with the same tokenizer."""
        return perplexity(self.sum_logprob, self.num_tokens)

    @property
    def ppl_char(self) -> float:
        """Perplexity per character."""
        return perplexity(self.sum_logprob, self.num_chars)

    @property
    def ppl_word(self) -> float:
        """Perplexity per whitespace-separated word."""
        return perplexity(self.sum_logprob, self.num_words)

    @property
    def ppl_byte(self) -> float:
        """Perplexity per byte of UTF-8."""
        return perplexity(self.sum_logprob, self.num_bytes)

    @property
    def bits_per_byte(self) -> float:
        """Bits that the model needs for a byte of the text; NaN where there are no bytes."""
        return -self.sum_logprob / (self.num_bytes * math.log(2)) if self.num_bytes else math.nan

    @property
    def key(self) -> tuple:
        """What makes two rows the same score."""
        return (self.model, self.model_digest, self.source, self.domain, self.split, *self.measurement)

    @property
    def measurement(self) -> tuple:
        """What identifies the measurement, in the order of `MEASUREMENT`."""
        return tuple(getattr(self, name) for name in MEASUREMENT)


METRICS = ("bits_per_byte", "ppl_token", "ppl_byte", "ppl_char", "ppl_word")
SUMS = ("num_docs", "num_tokens", "num_chars", "num_bytes", "num_words", "sum_logprob")


def add_rows(rows: list[ScoreRow], source: str | None) -> ScoreRow:
    """The score of one model on all the text of several rows, which is a row itself.

    Args:
        rows (`list[ScoreRow]`): of one model and measurement, at least one.
        source (`str`, *optional*): what the sum is called; `None` for text of several sources.
    """
    sums = {name: sum(getattr(row, name) for row in rows) for name in SUMS}
    digests = {row.data_digest for row in rows}
    return replace(rows[0], source=source, domain=None, data_digest=digests.pop() if len(digests) == 1 else "", **sums)


def target_name(source: str, domain: str | None) -> str:
    """What a domain is called among the targets: `<source>/<domain>`, or the source where it has no domains."""
    return source if domain is None else f"{source}/{domain}"


def perplexity(sum_logprob: float, count: int) -> float:
    """`exp(-sum_logprob / count)`; NaN when nothing was counted, infinite when it is too large for a float."""
    if not count:
        return math.nan
    try:
        return math.exp(-sum_logprob / count)
    except OverflowError:
        return math.inf


def append_json_lines(path: Path, values: Iterable[dict]) -> None:
    """Append objects to a JSON-lines file in one write; `ValueError` for NaN, which is not JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    repair_last_line(path)
    text = "".join(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n" for value in values)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def repair_last_line(path: Path) -> None:
    """Cut off what a killed process left after the last newline."""
    if not path.exists():
        return
    with open(path, "rb+") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 4096)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)
