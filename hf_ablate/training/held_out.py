"""Evaluation during training: perplexity and bits per byte of held-out text, by the project's own evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..corpus.description import CorpusDescription
from ..corpus.tokenizers import load_tokenizer
from ..evaluation.rows import ScoreRow, add_rows
from ..evaluation.scoring.log_likelihood import Scorer
from ..evaluation.tables import mean
from ..evaluation.text.locations import find_sources
from ..evaluation.text.tokens import TokenisedSource, document_sums, find_prefix, stream_cache, tokenise
from ..saved_tokenizer import check_reads_as_saved


if TYPE_CHECKING:
    from accelerate import PartialState
    from transformers import PreTrainedModel


_METRICS = ("bits_per_byte", "ppl_token")


class HeldOutText:
    """Tokenised evaluation sources, scored by all processes together: each scores every n-th document.

    Args:
        sources (`list[TokenisedSource]`): what is scored.
        max_length (`int`): most tokens in a window.
    """

    def __init__(self, sources: list[TokenisedSource], max_length: int) -> None:
        self.sources = sources
        self.max_length = max_length

    def measure(
        self, model: "PreTrainedModel", state: "PartialState", autocast: torch.dtype | None = None
    ) -> dict[str, float]:
        """`eval_<metric>` (mean of domains), `eval_<metric>/<source>` and `/<source>/<domain>`.

        Every process has to call this, with the same weights; all get the same numbers.

        Args:
            model (`PreTrainedModel`): unsharded.
            state (`PartialState`): of the processes.
            autocast (`torch.dtype`, *optional*): the precision that the model is trained in, if it is mixed.
        """
        rows: list[ScoreRow] = []
        was_training = model.training
        model.eval()
        try:
            with Scorer(model, self.max_length, autocast=autocast) as scorer:
                for source in self.sources:
                    sums = self._document_sums(scorer, source, state)
                    rows += source.domain_rows(sums, model="", kind="", mixture=None)
        finally:
            model.train(was_training)
        return named_scores(rows)

    def _document_sums(self, scorer: Scorer, source: TokenisedSource, state: "PartialState") -> np.ndarray:
        mine = np.arange(state.process_index, len(source.names), state.num_processes)
        stream = source.stream.select(mine)
        sums = np.zeros(len(source.names))
        if len(mine):
            sums[mine] = document_sums(scorer.token_logprobs(stream), stream)
        if state.num_processes == 1:
            return sums
        shared = torch.from_numpy(sums).to(scorer.device)
        torch.distributed.all_reduce(shared)
        return shared.cpu().numpy()


def named_scores(rows: list[ScoreRow]) -> dict[str, float]:
    """Scores of domains, of sources (pooled over their domains) and the mean of domains, under flat names."""
    scores = {}
    for metric in _METRICS:
        scores[f"eval_{metric}"] = mean(getattr(row, metric) for row in rows)
        for source in dict.fromkeys(row.source for row in rows):
            of_source = [row for row in rows if row.source == source]
            scores[f"eval_{metric}/{source}"] = getattr(add_rows(of_source, source), metric)
            scores |= {f"eval_{metric}/{source}/{row.domain}": getattr(row, metric) for row in of_source if row.domain}
    return scores


@dataclass(frozen=True)
class HeldOutSelection:
    """Which text is evaluated during training.

    Args:
        folders (`Sequence[Path | str]`): folders `<source>/<split>/*.jsonl.gz`.
        split (`str`): the split of every source.
        limit (`int | None`): documents per source; `None`: all.
    """

    folders: Sequence[Path | str]
    split: str
    limit: int | None


def read_held_out(selection: HeldOutSelection, tokenizer: Path, corpus: CorpusDescription) -> HeldOutText:
    """The selected text, tokenised, to be scored in windows of the length that models are trained on.

    Args:
        selection ([`HeldOutSelection`]): which text.
        tokenizer (`Path`): the folder of the corpus's tokenizer.
        corpus ([`CorpusDescription`]): what models are trained on.
    """
    loaded = load_tokenizer(tokenizer)
    check_reads_as_saved(loaded, tokenizer)
    sources = find_sources(list(selection.folders), selection.split)
    prefix = find_prefix(loaded)
    tokenised = [
        tokenise(source.limited(selection.limit), loaded, corpus.tokenizer_digest, prefix, stream_cache())
        for source in sources
    ]
    return HeldOutText(tokenised, corpus.block_size)
