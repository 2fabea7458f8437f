"""The resident pool: components loaded once, and every merge a weighted sum into the parameters of one model.

Nothing is written and no state dict is copied: a merge reads each component once and writes the parameters of the
resident model, block by block, in float32. Its arithmetic is that of mergekit's linear merge, operation by operation,
so the two agree to the last bit. A merge depends on the mixture alone, not on what was merged before: a running sum
that adds one component and takes another away would drift, and save little.

Components stay memory-mapped as they are saved, or are held in memory in half of float32's size.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import torch

from ..errors import InputError
from ..mixtures.mixture import Mixture
from ..saved_model import load_causal_lm, model_tensors
from .components import check_components, check_seed
from .parameters import read_parameters
from .rounding import BLOCK, check_pool_format, round_tensor


logger = logging.getLogger(__name__)


class ResidentPool:
    """Components of a pool, and one resident model that becomes any of their merges.

    Args:
        folders (`Mapping[str, Path]`): name (a unit's) → saved component model.
        dtype (`torch.dtype`): of the resident model. Sums are float32 whatever it is.
        device (`str`): of the resident model.
        pool_format (`str`): how components are held: `saved` (memory-mapped as they are), `bfloat16` (rounded), or
            `delta` (their differences from the seed, rounded to bfloat16).
        seed (`Path`, *optional*): the saved seed, for `delta`; memory-mapped.

    Raises:
        `InputError`: if the components cannot be averaged, or held in this format.
    """

    def __init__(
        self, folders: Mapping[str, Path], dtype: torch.dtype = torch.float32, device: str = "cpu",
        pool_format: str = "saved", seed: Path | None = None,
    ):  # fmt: skip
        check_components(dict(folders))
        check_pool_format(pool_format)
        if (pool_format == "delta") != (seed is not None):
            raise InputError(f"pool_format is {pool_format} and the seed {seed}; `delta`, and only it, needs one")
        if seed is not None:
            check_seed(seed, next(iter(folders.values())))
        self.model, _ = load_causal_lm(next(iter(folders.values())), dtype=dtype)
        parameters = read_parameters([*folders.values(), *([seed] if seed else [])], self.model)
        self.components = dict(zip(folders, parameters, strict=False))
        self.seed = parameters[-1] if seed else {}
        self.model.eval().requires_grad_(False).to(device)
        self._targets = self._averaged()
        if pool_format != "saved":
            self._round()

    @property
    def units(self) -> list[str]:
        """The units whose components are held."""
        return list(self.components)

    @property
    def num_bytes(self) -> int:
        """Size of what merges read from: the components, and the seed if they are differences from it."""
        held = [*self.components.values(), self.seed]
        return sum(tensor.nbytes for tensors in held for name, tensor in tensors.items() if name in self._targets)

    def _round(self) -> None:
        for unit, tensors in self.components.items():
            self.components[unit] = {name: round_tensor(tensors[name], self.seed.get(name)) for name in self._targets}
        logger.info("pool: %d components, rounded, take %.1f MB", len(self.components), self.num_bytes / 1e6)

    def _averaged(self) -> dict[str, torch.Tensor]:
        """The tensors of the resident model that a merge writes; those of whole numbers stay as they are."""
        targets = model_tensors(self.model)
        for name, target in targets.items():
            values = [component[name] for component in self.components.values()]
            if not target.is_floating_point() and not all(torch.equal(value, values[0]) for value in values):
                raise InputError(
                    f"buffer {name!r} holds {target.dtype}, which cannot be averaged, and components differ"
                )
        return {name: target for name, target in targets.items() if target.is_floating_point()}

    @torch.no_grad()
    def merge(self, coefficients: Mixture) -> torch.nn.Module:
        """Make the resident model an average of components, and return it.

        The model is the same object at every call: a merge overwrites the one before.

        Args:
            coefficients (`Mixture`): of the components, by name; where they are trained on one unit each, a mixture.

        Raises:
            `InputError`: for a name that no component has.
        """
        coefficients.check_units(self.units)
        weights = torch.tensor(list(coefficients.weights.values()), dtype=torch.float32)
        for name, target in self._targets.items():
            inputs = [self.components[component][name] for component in coefficients.units]
            weighted_sum_(target, inputs, weights, self.seed.get(name))
        return self.model


def weighted_sum_(
    target: torch.Tensor, inputs: list[torch.Tensor], weights: torch.Tensor, origin: torch.Tensor | None = None
) -> None:
    """Write the weighted average of `inputs` into `target`, block by block, summed in float32.

    Args:
        target (`torch.Tensor`): contiguous, any floating dtype and device.
        inputs (`list[torch.Tensor]`): of the target's shape; moved to its device a block at a time.
        weights (`torch.Tensor`): [inputs], float32; the sum is divided by theirs.
        origin (`torch.Tensor`, *optional*): of the target's shape; what the inputs are differences from.

    Example:

    ```python
    >>> target = torch.empty(3)
    >>> weighted_sum_(target, [torch.zeros(3), torch.ones(3)], torch.tensor([1.0, 3.0]))
    >>> target
    tensor([0.7500, 0.7500, 0.7500])

    ```
    """
    flat = target.view(-1)
    sources = [tensor.reshape(-1) for tensor in inputs]
    base = None if origin is None else origin.reshape(-1)
    coefficients = weights.to(target.device)[:, None].unbind(0)
    # As mergekit sums them: over the inputs of a row.
    total = weights[None].sum(dim=1).to(target.device)
    is_normalised = bool(total == 1)
    in_place = target.dtype == torch.float32
    for start in range(0, flat.numel(), BLOCK):
        block = flat[start : start + BLOCK]
        result = block.zero_() if in_place else torch.zeros_like(block, dtype=torch.float32)
        for source, coefficient in zip(sources, coefficients, strict=True):
            piece = source[start : start + BLOCK].to(target.device).float()  # bfloat16 travels as it is
            result.addcmul_(piece, coefficient)
        if not is_normalised:
            result.div_(total)
        if base is not None:
            result.add_(base[start : start + BLOCK].to(target.device).float())
        if not in_place:
            block.copy_(result)
