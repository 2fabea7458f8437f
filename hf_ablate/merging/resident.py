"""The resident pool: components loaded once, and every merge a weighted sum into the parameters of one model.

Nothing is written and no state dict is copied: a merge reads each component once and writes the parameters of the
resident model, block by block, in float32. Its arithmetic is that of mergekit's linear merge, operation by operation,
so the two agree to the last bit. A merge depends on the mixture alone, not on what was merged before: a running sum
that adds one component and takes another away would drift, and save little.

Components stay memory-mapped as they are saved, or are held in memory in half of float32's size; on a GPU they are
moved to where it reads them fastest, see [`choose_place`].
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch

from ..errors import InputError
from ..mixtures.mixture import Mixture
from ..saved_model import load_causal_lm, model_tensors
from .ahead import MergeAhead
from .components import check_components, check_seed
from .on_device import MAPPED, PINNED, Layout, place_of
from .parameters import read_parameters
from .rounding import BLOCK, check_pool_format, round_tensor


logger = logging.getLogger(__name__)
# Of numbers at a time on a GPU: what is summed stays in its cache while components are read from its memory once.
_DEVICE_BLOCK = 1 << 22
# Threads of a merge on a CPU, which share its memory's bandwidth, and numbers from which on there are several.
_MAX_WORKERS, _MANY_NUMBERS = 8, 1 << 24


class ResidentPool:
    """Components of a pool, and one resident model that becomes any of their merges.

    Args:
        folders (`Mapping[str, Path]`): name (a unit's) → saved component model.
        dtype (`torch.dtype`): of the resident model. Sums are float32 whatever it is.
        device (`str`): of the resident model.
        pool_format (`str`): how components are held: `saved` (memory-mapped as they are), `bfloat16` (rounded), or
            `delta` (their differences from the seed, rounded to bfloat16).
        seed (`Path`, *optional*): the saved seed, for `delta`; memory-mapped.
        place (`str`, *optional*): where components are held: `device`, `pinned` or `mapped`. Default: on a GPU by
            its memory, see [`choose_place`]; on a CPU `mapped`.

    Raises:
        `InputError`: if the components cannot be averaged, or held in this format.
    """

    def __init__(
        self, folders: Mapping[str, Path], dtype: torch.dtype = torch.float32, device: str = "cpu",
        pool_format: str = "saved", seed: Path | None = None, place: str | None = None,
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
        model_bytes = sum(target.nbytes for target in self._targets.values())
        self.place = place or place_of(self.model.device, self.num_bytes, model_bytes)
        self._ahead: MergeAhead | None = None
        if self.place != MAPPED:
            self._move()

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

    def _move(self) -> None:
        """Put the model and each component into buffers; where components stay in host memory, merge ahead."""
        layout, device = Layout.of(self._targets), self.model.device
        packed = layout.pack(self._targets, device)
        for buffer in packed:
            for name, view in layout.views(packed, buffer).items():
                self._targets[name].data = view
        self._targets = packed
        is_pinned = self.place == PINNED
        options = {"device": "cpu" if is_pinned else device, "pinned": is_pinned and device.type == "cuda"}
        for unit, tensors in self.components.items():
            self.components[unit] = layout.pack(tensors, **options)
        self.seed = layout.pack(self.seed, **options) if self.seed else {}
        if is_pinned:
            self._ahead = MergeAhead(self._targets)
        logger.info("pool: %d components, %s, take %.1f MB", len(self.components), self.place, self.num_bytes / 1e6)

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
        if self._ahead is None or not self._ahead.finish(coefficients):
            self._sum_into(self._targets, coefficients)
        return self.model

    @torch.no_grad()
    def prepare(self, coefficients: Mixture) -> None:
        """Begin the merge that comes after the present one, where components have to be copied for it.

        On a GPU that goes on while the present merge is scored; where nothing is gained, nothing is done.

        Args:
            coefficients (`Mixture`): of the components, by name.
        """
        if self._ahead is not None:
            coefficients.check_units(self.units)
            self._ahead.begin(coefficients, partial(self._sum_into, coefficients=coefficients))

    def _sum_into(self, targets: Mapping[str, torch.Tensor], coefficients: Mixture) -> None:
        weights = torch.tensor(list(coefficients.weights.values()), dtype=torch.float32)

        @torch.inference_mode()
        def sum_one(name: str) -> None:
            inputs = [self.components[component][name] for component in coefficients.units]
            weighted_sum_(targets[name], inputs, weights, self.seed.get(name))

        if self.model.device.type == "cpu" and torch.get_num_threads() > 1:
            _on_cores(sum_one, targets, sum(target.numel() for target in targets.values()))
        else:
            for name in targets:
                sum_one(name)


def _on_cores(function: Callable[[str], None], names: Iterable[str], numbers: int) -> None:
    """Call a function for every tensor, in threads that each compute on one core; in one where there is little to do.

    torch would split each of thousands of short sums over all cores, and wait for the last of them after each: where
    other work takes a core for a moment, that waiting takes longer than the sums.
    """
    workers = min(torch.get_num_threads(), _MAX_WORKERS) if numbers >= _MANY_NUMBERS else 1
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as threads:
        list(threads.map(function, names))


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
    device = target.device
    size = BLOCK if device.type == "cpu" else _DEVICE_BLOCK
    flat = target.view(-1)
    sources = [tensor.reshape(-1) for tensor in inputs]
    base = None if origin is None else origin.reshape(-1)
    # As mergekit sums them: over the inputs of a row.
    total = weights[None].sum(dim=1)
    is_normalised = bool(total == 1)
    coefficients, total = weights.to(device)[:, None].unbind(0), total.to(device)
    in_place = target.dtype == torch.float32
    for start in range(0, flat.numel(), size):
        block = flat[start : start + size]
        result = block.zero_() if in_place else torch.zeros_like(block, dtype=torch.float32)
        for source, coefficient in zip(sources, coefficients, strict=True):
            # bfloat16 travels as it is; from pinned memory the host does not wait for it
            piece = source[start : start + size].to(device, non_blocking=True).float()
            result.addcmul_(piece, coefficient)
        if not is_normalised:
            result.div_(total)
        if base is not None:
            result.add_(base[start : start + size].to(device, non_blocking=True).float())
        if not in_place:
            block.copy_(result)
