"""What training costs: floating-point operations of each model, and hours of a device."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..model_size import ModelSize
from .pool import PlannedModel


@dataclass(frozen=True)
class Throughput:
    """How fast one device is, as far as it is known.

    Args:
        peak_flops (`float | None`): its peak in FLOP/s.
        expected_mfu (`float`): the share of the peak that is expected in training.
    """

    peak_flops: float | None
    expected_mfu: float = 0.4

    def device_hours(self, flops: float) -> dict[str, float]:
        """`{"device_hours": …}` at the expected utilisation, or nothing where the peak is not known."""
        if not self.peak_flops:
            return {}
        return {"device_hours": flops / (self.peak_flops * self.expected_mfu) / 3600}


def cost_rows(
    models: Iterable[PlannedModel], block_size: int, sizes: Mapping[str, ModelSize], throughput: Throughput
) -> list[dict[str, Any]]:
    """A row per model: its id, blocks, tokens, operations and, where the device is known, hours of it.

    Args:
        models (`Iterable[PlannedModel]`): what is to be trained.
        block_size (`int`): tokens in a block.
        sizes (`Mapping[str, ModelSize]`): the size of a model of each kind.
        throughput ([`Throughput`]): of one device.
    """
    rows = []
    for model in models:
        tokens = model.blocks * block_size
        flops = sizes[model.kind].flops(tokens, block_size)
        rows.append(
            {
                "model": model.id,
                "name": model.name,
                "blocks": dict(model.shares),
                "tokens": tokens,
                "flops": flops,
                **throughput.device_hours(flops),
                **sizes[model.kind].noted,
            }
        )
    return rows
