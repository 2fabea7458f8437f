"""What `hf-ablate adopt` takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ..arguments import ModelStageArguments
from ..errors import InputError


@dataclass
class AdoptArguments(ModelStageArguments):
    """Models that were trained elsewhere, and what they were trained on."""

    places: ClassVar[tuple[str, ...]] = ("seed",)

    folder: Path | None = field(
        default=None, metadata={"positional": True, "help": "The study's run folder, in place of --run_dir."}
    )
    component: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Component models, as UNIT=MODEL; MODEL is a folder or a Hub id, ORG/NAME or ORG/NAME@REVISION. "
            "A placeholder matches all units of that form: 'Biology_{years}=ORG/biology-{years}'. A model may also "
            "be named by {unit} and by the fields of the corpus.",
            "repeatable": True,
        },
    )
    reference: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Reference models, as MIXTURE=MODEL. The mixture is a group (field=Biology), a unit pattern "
            "(Biology_*), several of these joined by ' + ' (all their units with equal weights), or JSON with "
            "weights. 'field={field}=ORG/{field}' names one of each group.",
            "repeatable": True,
        },
    )
    seed: str | None = field(
        default=None, metadata={"help": "The seed model that the components started from: a folder or a Hub id."}
    )
    corpus: Path | None = field(
        default=None,
        metadata={
            "help": "For a run folder without a corpus: a run folder or corpus whose units and evaluation text it "
            "gets, or a folder of evaluation text alone."
        },
    )
    units: list[str] = field(
        default_factory=list,
        metadata={
            "help": "For a run folder without a corpus: the names of the units in order, or a file with one a line. "
            "Default: those of --corpus, or those that --component names."
        },
    )
    unit_pattern: str | None = field(
        default=None,
        metadata={
            "help": "With units: the fields in their names, '{field}_{years}', which make groups such as "
            "field=Biology. Default: the placeholders of --component."
        },
    )
    block_size: int | None = field(
        default=None,
        metadata={"help": "With units: tokens in a block of the models' training. Default: what they can read."},
    )
    tokens: int | None = field(default=None, metadata={"help": "The tokens that each component was trained on."})
    reference_budget: Literal["fixed", "union"] = field(
        default="fixed",
        metadata={
            "help": "The tokens that each reference model was trained on: as many as a component (fixed), or as all "
            "components of its units together (union)."
        },
    )

    def __post_init__(self) -> None:
        if self.folder is not None:
            self.run_dir = self.folder
        if not (self.component or self.reference or self.seed):
            raise InputError(
                "nothing to adopt; name models: --component UNIT=MODEL, --reference MIXTURE=MODEL, --seed MODEL"
            )
        for name in ("block_size", "tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; expected at least 1")
