"""What a model's manifest records besides the arguments and inputs that it was made from."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..corpus.description import CorpusDescription
from ..model_size import ModelSize
from .pool import PlannedModel


if TYPE_CHECKING:
    from .fit import Fitted


def training_record(
    planned: PlannedModel, corpus: CorpusDescription, size: ModelSize, rows: Mapping[str, int], order_seed: int
) -> dict[str, Any]:
    """The data that a model was trained on, and its size.

    The exact blocks, in order, are `block_order(blocks, rows, order_seed, in_stages)`: numbers of blocks by unit as
    recorded, and of rows in the unit's files.

    Args:
        planned ([`PlannedModel`]): the model.
        corpus ([`CorpusDescription`]): what it was trained on.
        size ([`ModelSize`]): of the model as it was trained.
        rows (`Mapping[str, int]`): blocks in the files of each of its units.
        order_seed (`int`): what the order of the blocks was shuffled by.
    """
    tokens = planned.blocks * corpus.block_size
    record = {
        "model": planned.id,
        "kind": planned.kind,
        "mixture": planned.mixture and planned.mixture.weights,
        "tokenizer_digest": corpus.tokenizer_digest,
        "block_size": corpus.block_size,
        "tokens": tokens,
        "flops": size.flops(tokens, corpus.block_size),
        **size.noted,
        "parameters": size.parameters,
        "blocks": {
            name: {"blocks": share, "rows": rows[name], "epochs": share / rows[name]}
            for name, share in planned.shares.items()
        },
        "order_seed": order_seed,
        "in_stages": planned.in_stages,
        "dropped_blocks": planned.dropped,
    }
    return record | ({"reference_budget": planned.reference_budget} if planned.reference_budget else {})


def measured_record(fitted: "Fitted | None") -> dict[str, Any]:
    """What was measured during training; a model that was not trained took no time."""
    if fitted is None:
        return {"seconds": 0.0}
    scores = {name: value if math.isfinite(value) else None for name, value in fitted.evaluation.items()}
    return {
        "seconds": round(fitted.seconds, 3),
        "loss_spikes": fitted.spikes,
        **({"evaluation": scores} if scores else {}),
    }
