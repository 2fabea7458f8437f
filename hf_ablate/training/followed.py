"""The progress of models that other processes train, as their metrics tell it."""

import json

from ..progress import Progress
from .identity import PoolInputs
from .metrics_file import METRICS, logged_rows
from .pool import PlannedModel


class Followed:
    """Advances a bar as models are trained elsewhere.

    Args:
        progress ([`Progress`]): the bar, over the tokens of all models.
        models (`list[PlannedModel]`): the models.
        inputs ([`PoolInputs`]): says where they are made.
        blocks_per_step (`int`): of each.
    """

    def __init__(
        self, progress: Progress, models: list[PlannedModel], inputs: PoolInputs, blocks_per_step: int
    ) -> None:
        self._progress, self._inputs = progress, inputs
        self._tokens_per_step = blocks_per_step * inputs.corpus.block_size
        self._running = {model.id: model for model in models}
        self._counted = dict.fromkeys(self._running, 0)
        self._read = {model: self._stamp(model) for model in self._running}  # of an earlier run
        self.count = 0  # of the models that have ended

    def look(self) -> None:
        """Count what has been logged since the last look."""
        for model in self._running:
            stamp = self._stamp(model)
            if stamp == self._read[model]:
                continue
            self._read[model] = stamp
            try:
                rows = logged_rows(self._inputs.run.model(model))
            except (OSError, json.JSONDecodeError):  # it is being replaced
                continue
            self._count(model, max((row["step"] for row in rows), default=0) * self._tokens_per_step)

    def ended(self, model: PlannedModel) -> None:
        """Count all of a model."""
        self._count(model.id, model.blocks * self._inputs.corpus.block_size)
        del self._running[model.id]
        self.count += 1

    def _count(self, model: str, tokens: int) -> None:
        self._progress.advance(max(0, tokens - self._counted[model]))
        self._counted[model] = max(tokens, self._counted[model])

    def _stamp(self, model: str) -> tuple[int, int] | None:
        try:
            found = (self._inputs.run.model(model) / METRICS).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
