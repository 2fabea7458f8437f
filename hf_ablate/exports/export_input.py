"""What formats are made of: the units with their text and models, and the options."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import yaml

from .template import Row
from .unit_text import UnitText


StoppingStrategy = Literal["first_exhausted", "all_exhausted"]


@dataclass(frozen=True)
class ExportOptions:
    """What an export depends on besides the study and the mixture.

    Args:
        data (`str`, *optional*): `units` (token blocks in the run folder) or `hub` (data sets that they were made of);
            default: token blocks where there are some.
        data_dir (`str`): the folder with a unit's text in a trainer's own format.
        random_seed (`int`): by which the trainer draws.
        stopping_strategy (`str`): whether data ends with the first unit that ends, or with the last.
    """

    data: str | None = None
    data_dir: str = "data"
    random_seed: int = 0
    stopping_strategy: StoppingStrategy = "first_exhausted"


@dataclass(frozen=True)
class Budget:
    """What a final training of a given length takes of a unit.

    Args:
        tokens (`int`): that are drawn from it.
        epochs (`float | None`): how often its text is seen; `None` where its tokens are not known.
    """

    tokens: int
    epochs: float | None


@dataclass(frozen=True)
class ExportInput:
    """What formats are made of.

    Args:
        study (`str`): its name, for the comment at the top.
        texts (`tuple[UnitText, ...]`): the units.
        options ([`ExportOptions`]): what is asked for.
        budgets (`Mapping[str, Budget]`): unit → what it is to the final training; empty where that has no tokens.
        models (`Mapping[str, str]`): component → its folder; of those that are finished.
    """

    study: str
    texts: tuple[UnitText, ...]
    options: ExportOptions = ExportOptions()
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def title(self, trainer: str, how: str) -> str:
        """The first line of the comment at the top.

        Args:
            trainer (`str`): the library and the version that the format was checked against.
            how (`str`): how a training starts with it.
        """
        return f"A mixture of the study {self.study}, by `hf-ablate export`, for {trainer}: {how}"

    def folder(self, unit: str) -> str:
        """The folder with a unit's text in a trainer's own format."""
        return f"{self.options.data_dir.rstrip('/')}/{unit}"

    def prepared(self, what: str) -> str:
        """A note on the folders that the user has to make.

        Args:
            what (`str`): what the trainer expects in them, and how it is made.
        """
        return f"{self.folder('UNIT')} stands for the text of a unit as {what}; --data_dir moves it."

    def place_notes(self, is_known: Callable[[UnitText], object]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Notes on units whose text has no place that the study records: on all, or unit → note on some.

        Args:
            is_known (`Callable[[UnitText], object]`): whether the place of a unit is known.
        """
        missing = [text.unit for text in self.texts if not is_known(text)]
        if len(missing) == len(self.texts):
            return (f"The study does not record where its units are: {self.folder('UNIT')} stands for a unit.",), {}
        return (), {
            unit: f"The study does not record where {unit} is: {self.folder(unit)} stands for it." for unit in missing
        }

    @property
    def reads_blocks(self) -> bool:
        """Whether token blocks are read, not text."""
        if self.options.data is not None:
            return self.options.data == "units"
        return any(text.blocks for text in self.texts)

    def rows(self, fields: Callable[[UnitText], dict[str, str]]) -> tuple[Row, ...]:
        """A row per unit, with a note on those that are from more than one partition or collection.

        Args:
            fields (`Callable[[UnitText], dict[str, str]]`): what the row of a unit has.
        """
        return tuple(Row(text.unit, fields(text), note=text.note) for text in self.texts)


def quoted(text: str) -> str:
    """A text as Python and JSON write it."""
    return json.dumps(text, ensure_ascii=False)


def yaml_text(text: str) -> str:
    """A text as YAML reads it back, in quotes only where it has to be.

    Example:

    ```python
    >>> yaml_text("data/code"), yaml_text("yes"), yaml_text("a: b")
    ('data/code', '"yes"', '"a: b"')

    ```
    """
    is_plain = re.fullmatch(r"[A-Za-z0-9_][\w./+-]*", text) and yaml.safe_load(text) == text
    return text if is_plain else quoted(text)
