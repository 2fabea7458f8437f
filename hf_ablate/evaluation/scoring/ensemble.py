"""Proxies by averaging probabilities, from the components' cached log-probabilities: no forward pass per mixture.

The probability that the ensemble gives a token is the weighted average of those that the components give it (as in
https://huggingface.co/papers/2502.15950).
"""

from pathlib import Path

import numpy as np

from ...manifest import atomic_path, digest
from ...run_folder import scores_of_pool


_BLOCK = 1 << 16


class TokenCache:
    """Log-probabilities of all tokens of a source under one model, float32, memory-mapped.

    Args:
        folder (`Path`): where the files are.
        measurement (`dict`): what identifies the measurement, apart from model and data.
    """

    def __init__(self, folder: Path, measurement: dict) -> None:
        self.folder = folder
        self.measurement = measurement

    @classmethod
    def of_scores(cls, folder: Path, measurement: dict) -> "TokenCache":
        """The cache in a folder of score rows; of a study's, the one that all studies over its pool share."""
        return cls(scores_of_pool(folder) / "tokens", measurement)

    def path(self, model_digest: str, data_digest: str) -> Path:
        """The file of a model's log-probabilities on a source."""
        return self.folder / f"{digest([model_digest, data_digest, self.measurement])}.npy"

    def has(self, model_digest: str, data_digest: str) -> bool:
        """Whether a model's log-probabilities on a source are there."""
        return self.path(model_digest, data_digest).is_file()

    def write(self, model_digest: str, data_digest: str, token_logprobs: np.ndarray) -> None:
        """Keep a model's log-probabilities on a source, for all processes.

        Args:
            model_digest (`str`): of the model's weights.
            data_digest (`str`): of the source.
            token_logprobs (`np.ndarray`): [tokens].
        """
        with atomic_path(self.path(model_digest, data_digest)) as temporary, open(temporary, "wb") as file:
            np.save(file, token_logprobs.astype(np.float32))

    def read(self, model_digest: str, data_digest: str) -> np.ndarray:
        """A model's log-probabilities on a source.

        Returns:
            `np.ndarray`: [tokens], float32, natural logarithm; memory-mapped.
        """
        return np.load(self.path(model_digest, data_digest), mmap_mode="r")


def ensemble_logprobs(token_logprobs: list[np.ndarray], weights: list[float]) -> np.ndarray:
    """Log-probabilities under the weighted average of the models' probabilities.

    Args:
        token_logprobs (`list[np.ndarray]`): a model's log-probabilities each, [tokens].
        weights (`list[float]`): [models], positive, which sum to 1.

    Returns:
        `np.ndarray`: [tokens], float64, natural logarithm.

    Example:

    ```python
    >>> logprobs = ensemble_logprobs([np.log([0.5, 0.1]), np.log([0.25, 0.3])], [0.5, 0.5])
    >>> np.exp(logprobs).round(3)
    array([0.375, 0.2  ])

    ```
    """
    result = np.empty(len(token_logprobs[0]))
    shifts = np.log(np.asarray(weights))[:, None]
    for start in range(0, len(result), _BLOCK):
        block = np.stack([values[start : start + _BLOCK] for values in token_logprobs]).astype(np.float64) + shifts
        largest = block.max(axis=0)
        result[start : start + _BLOCK] = largest + np.log(np.exp(block - largest).sum(axis=0))
    return result
