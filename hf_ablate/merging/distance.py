"""How far training has moved the weights of a model from those of its seed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..saved_model import load_causal_lm, open_tensors, tensor_shapes
from .components import check_architectures


if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Distance:
    """The distance of a model's weights from its seed's.

    Args:
        rms (`float`): the root mean square of the changes of single weights. AdamW moves a weight by about its
            learning rate in a step, so this tells rates apart.
        relative (`float`): the length of the difference over the length of the seed's weights.
    """

    rms: float
    relative: float


def distance(seed: Path, model: Path) -> Distance:
    """The distance between two saved models of one architecture, read tensor by tensor.

    Args:
        seed (`Path`): the folder of the seed.
        model (`Path`): the folder of a model that was trained from it.

    Raises:
        `InputError`: for different architectures, and folders that are not complete saved models.
    """
    import torch

    check_architectures({"seed": seed, "model": model})
    before, after = _same_tensors(seed, model)
    change = length = torch.zeros((), dtype=torch.float64)
    count = 0
    for name, tensor in before.items():
        start = tensor.double()
        change = change + (after[name].double() - start).square().sum()
        length = length + start.square().sum()
        count += tensor.numel()
    return Distance(float((change / count).sqrt()), float((change / length).sqrt()))


def _same_tensors(seed: Path, model: Path) -> "tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]":
    """The tensors of both by the same names: as the files hold them or, if they differ, as transformers loads them."""
    if tensor_shapes(seed) == tensor_shapes(model):
        return open_tensors(seed), open_tensors(model)
    from .parameters import read_parameters

    return tuple(read_parameters([seed, model], load_causal_lm(seed)[0]))
