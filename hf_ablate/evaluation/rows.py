"""Score rows: the sums that every score is derived from, in append-only JSON lines."""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from ..errors import InputError
from ..manifest import digest, read_manifest
from ..run_folder import scores_to_share


ROWS = "rows"  # the files of rows begin so
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


def append_rows(path: Path, rows: Iterable[ScoreRow]) -> None:
    """Append rows to a JSON-lines file in one write, after removing a last line that a killed run left torn."""
    append_json_lines(path, (asdict(row) for row in rows))


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


def read_rows(folder: Path) -> list[ScoreRow]:
    """All rows in `rows*.jsonl` of a folder, the later of two equal ones; a torn last line is left out.

    Raises:
        `InputError`: for a line, other than a torn last one, that is not a score row; names file and line.
    """
    names = {entry.name for entry in fields(ScoreRow)}
    by_key: dict[tuple, ScoreRow] = {}
    for path in sorted(folder.glob(f"{ROWS}*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
            if not line.endswith(b"\n"):
                continue
            try:
                row = ScoreRow(**{key: value for key, value in json.loads(line).items() if key in names})
            except (ValueError, TypeError, AttributeError) as error:
                raise InputError(f"{path}, line {number} is not a score row ({error}); remove the line") from error
            by_key[row.key] = row
    return list(by_key.values())


def read_known_rows(folder: Path) -> list[ScoreRow]:
    """The rows of a folder and, where it is a study's `scores`, those of its pool and of other studies over that.

    Raises:
        `InputError`: as [`read_rows`] does.
    """
    return list({row.key: row for each in scores_to_share(folder) for row in read_rows(each)}.values())


def read_current_rows(folder: Path) -> list[ScoreRow]:
    """The rows that the manifest of a finished scores folder describes, without those of older models or data.

    Raises:
        `InputError`: if the folder has no manifest.
    """
    manifest = read_manifest(folder)
    return select_rows(read_rows(folder), manifest["models"], manifest["measurement"])


def select_rows(rows: Iterable[ScoreRow], models: dict[str, dict], measurement: dict) -> list[ScoreRow]:
    """The rows of the given models under one measurement, in the order of the models.

    Args:
        rows (`Iterable[ScoreRow]`): of any models and measurements.
        models (`dict[str, dict]`): id → `digest`, and what differs from the measurement, such as another tokenizer.
        measurement (`dict`): `split`, `data` (source → digest) and the rest of `MEASUREMENT`.
    """
    order = {model: position for position, model in enumerate(models)}

    def is_current(row: ScoreRow) -> bool:
        earlier = {"prefix": ScoreRow.prefix, "limit_by": ScoreRow.limit_by}
        expected = earlier | measurement | models.get(row.model, {})
        return (
            expected.get("digest") == row.model_digest
            and measurement["data"].get(row.source) == row.data_digest
            and all(expected[name] == getattr(row, name) for name in ("split", *MEASUREMENT[1:]))
        )

    return sorted(filter(is_current, rows), key=lambda row: (order[row.model], row.source, row.domain or ""))


def rows_digest(rows: Iterable[ScoreRow]) -> str:
    """The digest of rows, whatever their order."""
    return digest(sorted(json.dumps(asdict(row), sort_keys=True) for row in rows))
