"""The size of a run folder's models: all have the same, or their scores say nothing of each other."""

from collections.abc import Iterable
from pathlib import Path

from ...errors import InputError
from ...manifest import find_manifest
from ...modeling.sizes import name_of_size
from ...run_folder import TRAINED_KINDS, RunFolder, split_model_id


# A manifest counts the adapters of a model that was trained with LoRA, which are a few percent.
_SAME = 1.25


def check_one_size(folders: Iterable[Path]) -> str | None:
    """The size of the models in these folders, as their manifests record it.

    Args:
        folders (`Iterable[Path]`): of models; those that are not finished are passed over.

    Returns:
        `str | None`: such as `130m`, of the smallest; `None` where no manifest records it.

    Raises:
        `InputError`: for models of several sizes; names two.
    """
    recorded = ((folder, (find_manifest(folder) or {}).get("parameters")) for folder in folders)
    sizes = {folder: parameters for folder, parameters in recorded if parameters}
    if not sizes:
        return None
    smallest, largest = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    small, large = (name_of_size(sizes[folder]) for folder in (smallest, largest))
    if sizes[largest] > _SAME * sizes[smallest]:
        raise InputError(
            f"{largest} has {large} parameters and {smallest} {small}: models of several sizes cannot be in one run "
            "folder. Keep those of each size in a run folder of their own, and let `rank` judge the proxies of one by "
            "the reference models of the other (`references_from`)"
        )
    return small


def size_of_scored(run_dir: Path, models: Iterable[str]) -> str | None:
    """The size of the trained models among those that are scored, see [`check_one_size`].

    Args:
        run_dir (`Path`): the run folder.
        models (`Iterable[str]`): their ids.
    """
    folder = RunFolder(run_dir)
    return check_one_size(folder.model(model) for model in models if split_model_id(model)[0] in TRAINED_KINDS)
