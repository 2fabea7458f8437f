"""What `hf-ablate merge` takes."""

from dataclasses import dataclass, field
from typing import Literal

from ..arguments import ModelStageArguments
from ..errors import InputError
from ..mixtures.grouping import UNITS
from ..mixtures.mixture import Mixture


DType = Literal["float32", "bfloat16", "float16"]


@dataclass
class MergeArguments(ModelStageArguments):
    """Which merged models are saved, and how."""

    mixture: list[str] = field(
        default_factory=lambda: ["best"],
        metadata={
            "help": "Mixtures to save: ids, names, patterns of names, or `best`, the first of the ranking by the mean "
            "of domains."
        },
    )
    weights: dict | None = field(
        default=None,
        metadata={
            "help": "A mixture given by its weights, instead of `mixture`: unit, pattern or group (field=biology) to "
            "weight."
        },
    )
    merge_by: str = field(
        default=UNITS,
        metadata={
            "help": "What is averaged: units (the components, by the mixture's weights), or a field: each group of "
            "units with the same value first, then the groups in equal shares, with a mergekit-multi YAML beside the "
            "model. trained_FIELD averages models that were each trained on a group."
        },
    )
    extrapolate: bool = field(
        default=False,
        metadata={
            "help": "Where components were trained on mixtures (train's `probes`): also save mixtures outside their "
            "hull, as the nearest mixture inside. Otherwise they are refused."
        },
    )
    out_dtype: DType = field(
        default="float32",
        metadata={"help": "Number format of the saved weights; sums are float32 whatever it is."},
    )

    def __post_init__(self) -> None:
        if self.weights is not None:
            Mixture.of(self.weights)
        elif not self.mixture:
            raise InputError("mixture is empty; expected `best`, ids of mixtures, or `weights`")
