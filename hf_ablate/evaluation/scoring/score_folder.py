"""A folder of score rows that grows: rows appended as they come, nothing written twice."""

from collections import Counter
from pathlib import Path

import numpy as np

from ..document_rows import DOCUMENTS, count_documents
from ..models.scored_model import ScoredModel
from ..row_blocks import RowBlock, block_key
from ..row_files import ROWS, append_blocks, read_known_blocks
from ..rows import ScoreRow, append_json_lines
from ..text.tokens import TokenisedSource
from .measurement import Measurement
from .processes import ALONE, Processes


class ScoreFolder:
    """The score rows of models on tokenised sources, in one folder.

    Args:
        folder (`Path`): where the rows are; those that are there already are kept, see [`read_known_blocks`].
        sources (`list[TokenisedSource]`): the text.
        measurement (`Measurement`): how it is scored.
        per_document (`bool`): also append one row per document to `documents.jsonl`.
        processes (`Processes`): which of several processes this is; each writes to files of its own.
    """

    def __init__(
        self,
        folder: Path,
        sources: list[TokenisedSource],
        measurement: Measurement,
        per_document: bool = False,
        processes: Processes = ALONE,
    ) -> None:
        self.folder = folder
        self.sources = sources
        self.measurement = measurement
        self.per_document = per_document
        self._rows_path = folder / processes.file_name(ROWS)
        self._documents_path = folder / processes.file_name(DOCUMENTS)
        self.read_again()

    def read_again(self) -> None:
        """Read the rows that are there, other processes' and other studies' of the same pool among them."""
        self._blocks = read_known_blocks(self.folder)
        self._documents = count_documents(self.folder) if self.per_document else Counter()

    def missing(self, model: ScoredModel) -> list[TokenisedSource]:
        """The sources that a model has no scores for."""
        return [source for source in self.sources if not self.has(model, source)]

    def has(self, model: ScoredModel, source: TokenisedSource) -> bool:
        """Whether all rows of a model on a source are there."""
        known = self._known(model, source)
        if known is None or not source.domains_of_rows <= set(known.domains):
            return False
        return not (self.per_document and self._lacks_documents(list(known)))

    def add(self, model: ScoredModel, source: TokenisedSource, sums: np.ndarray) -> None:
        """Write the rows of a model on a source that are not there.

        Args:
            model (`ScoredModel`): the model.
            source (`TokenisedSource`): the text.
            sums (`np.ndarray`): [documents], sums of log-probability, float64, natural logarithm.
        """
        fields = self.measurement.row_fields(model)
        block = source.domain_block(sums, **fields)
        if self.per_document and self._lacks_documents(rows := list(block)):
            append_json_lines(self._documents_path, source.document_rows(sums, **fields))
            self._documents |= {row.key: row.num_docs for row in rows}
        self._write(block)

    def copy(self, model: ScoredModel, other: ScoredModel) -> None:
        """Give a model the scores of one that computes the same, as the merge of a single unit does."""
        for source in self.missing(model):
            self._write(self._known(other, source).of(**model.identity))

    def _known(self, model: ScoredModel, source: TokenisedSource) -> RowBlock | None:
        """The rows that are there."""
        return self._blocks.get(block_key({**source.row_fields, **self.measurement.row_fields(model)}))

    def _lacks_documents(self, rows: list[ScoreRow]) -> bool:
        return any(self._documents[row.key] < row.num_docs for row in rows)

    def _write(self, block: RowBlock) -> None:
        known = self._blocks.get(block.key)
        new = block.without(known.domains) if known else block
        append_blocks(self._rows_path, [new])
        self._blocks[block.key] = known.joined(new) if known else new
