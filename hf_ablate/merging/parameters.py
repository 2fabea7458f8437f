"""The parameters of saved models, as transformers reads them.

transformers keeps the files of some architectures in their old form and converts tensors when it loads them: it
renames heads (GPT-NeoX), and joins experts that are saved one by one (Mixtral, OLMoE, DeepSeek-V3). What the files
hold as it is in the model is memory-mapped; the rest is read through transformers.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from ..saved_model import load_causal_lm, model_tensors, open_file, open_tensors
from .components import check_finite


def read_parameters(folders: list[Path], model: torch.nn.Module) -> list[dict[str, torch.Tensor]]:
    """The parameters and saved buffers of models of one architecture, memory-mapped.

    Loading the first shows which tensors its files hold as they are in the model, and so do files with the same names.
    Those that are converted are written to files without a name in the folder of temporary files (`TMPDIR`), one model
    at a time, so that no more than one is in memory.

    Args:
        folders (`list[Path]`): of the models.
        model (`torch.nn.Module`): loaded from the first of them by transformers, in any dtype, on the CPU.

    Returns:
        `list[dict[str, torch.Tensor]]`: per model, by the names of [`model_tensors`], in the dtypes of the files.

    Raises:
        `InputError`: for a corrupt file, and weights that are not finite.
    """
    targets = model_tensors(model)
    converted: list[str] = []
    names: set[str] = set()
    parameters = []
    for number, folder in enumerate(folders):
        stored = open_tensors(folder)
        check_finite(stored, folder)
        if number == 0:
            names = set(stored)
            converted = _converted(stored, targets)
        others = converted if set(stored) == names else list(targets)
        mapped = {name: stored[name] for name in targets if name not in others}
        parameters.append(mapped | (_convert(folder, stored, others) if others else {}))
    return parameters


def _converted(stored: dict[str, torch.Tensor], loaded: dict[str, torch.Tensor]) -> list[str]:
    """The names of a loaded model's tensors that its files do not hold as they are.

    A constant tensor does not show whether its rows are put in another order; it counts as converted if others are.
    """
    names = [name for name, tensor in loaded.items() if not _is_same(stored.get(name), tensor)]
    if names:
        names += [name for name, tensor in loaded.items() if name not in names and _is_constant(tensor)]
    return names


def _is_same(stored: torch.Tensor | None, loaded: torch.Tensor) -> bool:
    return stored is not None and stored.shape == loaded.shape and torch.equal(stored.to(loaded.dtype), loaded)


def _is_constant(tensor: torch.Tensor) -> bool:
    return bool(tensor.numel()) and torch.equal(*torch.aminmax(tensor))


def _convert(folder: Path, stored: dict[str, torch.Tensor], names: list[str]) -> dict[str, torch.Tensor]:
    """What transformers makes of a model's files, memory-mapped."""
    from safetensors.torch import save_file

    dtypes = {tensor.dtype for tensor in stored.values() if tensor.is_floating_point()}
    model, _ = load_causal_lm(folder, dtype=dtypes.pop() if len(dtypes) == 1 else torch.float32)
    tensors = model_tensors(model)
    with TemporaryDirectory(prefix="hf-ablate-") as temporary:
        path = Path(temporary) / "converted.safetensors"
        save_file({name: tensors[name].detach().contiguous() for name in names}, path)
        return open_file(path)  # the mapping outlives the name
