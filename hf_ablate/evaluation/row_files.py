"""Files of score rows: append-only JSON lines, each with the rows of one model on one source."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import InputError
from ..manifest import digest, read_manifest
from ..run_folder import scores_to_share
from .row_blocks import RowBlock, block_of_line, blocks_of
from .rows import MEASUREMENT, ScoreRow, append_json_lines


ROWS = "rows"  # the files of rows begin so


def append_blocks(path: Path, blocks: Iterable[RowBlock]) -> None:
    """Append rows to a JSON-lines file in one write, after removing a last line that a killed run left torn."""
    append_json_lines(path, (block.as_line() for block in blocks if len(block)))


def read_blocks(folder: Path) -> dict[tuple, RowBlock]:
    """All rows in `rows*.jsonl` of a folder, the later of two equal ones; a torn last line is left out.

    Returns:
        `dict[tuple, RowBlock]`: by [`RowBlock.key`].

    Raises:
        `InputError`: for a line, other than a torn last one, that does not hold score rows; names file and line.
    """
    found: dict[tuple, list[RowBlock]] = {}
    same: dict = {}  # what many lines hold alike is held once
    for path in sorted(folder.glob(f"{ROWS}*.jsonl")):
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    continue
                try:
                    block = _slim(block_of_line(json.loads(line)), same)
                    found.setdefault(block.key, []).append(block)
                except (ValueError, TypeError, AttributeError) as error:
                    raise InputError(f"{path}, line {number} is not a score row ({error}); remove the line") from error
    return {key: _joined(blocks) for key, blocks in found.items()}


def _slim(block: RowBlock, same: dict) -> RowBlock:
    """The block, with what earlier ones have too taken from these."""
    shared = {
        name: same.setdefault(value, value) if isinstance(value, str) else value
        for name, value in block.shared.items()
    }
    if block.mixture:
        shared["mixture"] = {same.setdefault(unit, unit): weight for unit, weight in block.mixture.items()}
    counts = same.setdefault((block.counts.shape, block.counts.tobytes()), block.counts)
    return RowBlock(shared, same.setdefault(block.domains, block.domains), counts, block.sum_logprob)


def _joined(blocks: list[RowBlock]) -> RowBlock:
    if len(blocks) > 2:  # a row a line, as for single domains
        return blocks_of(row for block in blocks for row in block)[0]
    return blocks[0] if len(blocks) == 1 else blocks[0].joined(blocks[1])


def read_known_blocks(folder: Path) -> dict[tuple, RowBlock]:
    """The rows of a folder and, where it is a study's `scores`, those of its pool and of other studies over that.

    Raises:
        `InputError`: as [`read_blocks`] does.
    """
    found: dict[tuple, RowBlock] = {}
    for each in scores_to_share(folder):
        for key, block in read_blocks(each).items():
            found[key] = found[key].joined(block) if key in found else block
    return found


def read_current_blocks(folder: Path) -> list[RowBlock]:
    """The rows that the manifest of a finished scores folder describes, without those of older models or data.

    Raises:
        `InputError`: if the folder has no manifest.
    """
    manifest = read_manifest(folder)
    return select_blocks(read_blocks(folder).values(), manifest["models"], manifest["measurement"])


def read_current_rows(folder: Path) -> list[ScoreRow]:
    """The same, row by row.

    Raises:
        `InputError`: if the folder has no manifest.
    """
    return [row for block in read_current_blocks(folder) for row in block]


def select_blocks(blocks: Iterable[RowBlock], models: Mapping[str, Mapping], measurement: Mapping) -> list[RowBlock]:
    """The rows of the given models under one measurement, in the order of models, sources and domains.

    Args:
        blocks (`Iterable[RowBlock]`): of any models and measurements.
        models (`Mapping[str, Mapping]`): id → `digest`, and what differs from the measurement, such as another
            tokenizer.
        measurement (`Mapping`): `split`, `data` (source → digest) and the rest of `MEASUREMENT`.
    """
    order = {model: position for position, model in enumerate(models)}
    common = {"prefix": ScoreRow.prefix, "limit_by": ScoreRow.limit_by, **measurement}

    def is_current(block: RowBlock) -> bool:
        described = models.get(block.model, {})
        return (
            described.get("digest") == block.shared["model_digest"]
            and measurement["data"].get(block.source) == block.shared["data_digest"]
            and all(described.get(name, common[name]) == block.shared[name] for name in ("split", *MEASUREMENT[1:]))
        )

    chosen = sorted(filter(is_current, blocks), key=lambda block: (order[block.model], block.source))
    return [block.sorted() for block in chosen]


def blocks_digest(blocks: Iterable[RowBlock]) -> str:
    """The digest of rows, whatever their order."""
    return digest(sorted(digest(block.sorted().as_line()) for block in blocks))
