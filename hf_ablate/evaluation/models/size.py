"""The size of a saved model, remembered, because measuring it imports torch."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...cache import remembered
from ...causal_models import model_from_config
from ...manifest import digest_files
from ...model_size import ModelSize, size_of, versions_that_decide
from ...saved_model import CONFIG
from .loading import causal_config


def saved_size(folder: Path) -> ModelSize:
    """The size of a saved model, by its configuration alone; as it is scored, nothing of it is frozen.

    Raises:
        `InputError`: if the folder does not hold a causal language model.
    """

    def measure() -> dict[str, Any]:
        import torch

        with torch.device("meta"):
            return asdict(size_of(model_from_config(causal_config(folder))))

    files = [folder / CONFIG, *sorted(folder.glob("*.py"))]
    return ModelSize(**remembered("sizes", [versions_that_decide(), digest_files(files)], measure))
