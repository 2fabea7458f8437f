"""Templates: text with fields and loops over units, filled in for a mixture here and in the explorer's page alike.

js/exports.js of the explorer renders what [`ExportFormat.as_json`] gives to the same text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .shares import plain_decimal, share_texts


_FIELD = re.compile(r"<<(\w+)>>")
_LINE_ENDS = re.compile("[\n\r\x85\u2028\u2029]")  # of Python and YAML: names from elsewhere must not end a comment


@dataclass(frozen=True)
class Each:
    """Text that is repeated for every row.

    Args:
        entry (`str`): the text of a row, with its fields as `<<name>>`.
        separator (`str`): between entries.
    """

    entry: str
    separator: str = ""


@dataclass(frozen=True)
class Row:
    """A unit in an export, or one of the data sets that it is made of.

    Args:
        unit (`str`): its name.
        fields (`Mapping[str, str]`): name → text, quoted as the format needs it. `weight` (the share in the export)
            and `exact` (the unit's weight to the last bit) join them when the mixture is known.
        amount (`float`): what the unit's weight is multiplied by for the share in the export: documents per token
            where documents are drawn.
        note (`str`): what readers should know of it; empty: nothing.
    """

    unit: str
    fields: Mapping[str, str] = field(default_factory=dict)
    amount: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class ExportFormat:
    """How a mixture of a study is written for one trainer.

    Args:
        name (`str`): what `--to` takes.
        label (`str`): what people read.
        file_name (`str`): under which it may be saved.
        template (`tuple[str | Each, ...]`): text, with fields of the first row, and loops over the rows.
        rows (`tuple[Row, ...]`): of all units that mixtures may have.
        title (`str`): the first line of the comment at the top; empty where the format has no comments.
        notes (`tuple[str, ...]`): what the format cannot express, and what has to be there to use it.

    Example:

    ```python
    >>> rows = (Row("code", {"path": "data/code"}), Row("web", {"path": "data/web"}))
    >>> blend = ExportFormat("megatron", "Megatron", "blend.txt", (Each("<<weight>> <<path>>", " "),), rows)
    >>> blend.text({"code": 0.25, "web": 0.75}), blend.text({"web": 1.0})
    ('0.25 data/code 0.75 data/web', '1.0 data/web')

    ```
    """

    name: str
    label: str
    file_name: str
    template: tuple[str | Each, ...]
    rows: tuple[Row, ...]
    title: str = ""
    notes: tuple[str, ...] = ()

    def text(self, weights: Mapping[str, float]) -> str:
        """The file for a mixture.

        Args:
            weights (`Mapping[str, float]`): unit → weight; units without one are left out.
        """
        rows = self._rows_of(weights)
        shares = share_texts([weights[row.unit] * row.amount for row in rows])
        filled = [
            {**row.fields, "weight": share, "exact": plain_decimal(weights[row.unit])}
            for row, share in zip(rows, shares, strict=True)
        ]
        lines = [self.title, *self.notes_of(weights)] if self.title else []
        comment = "".join(f"# {_LINE_ENDS.sub(' ', line)}\n" for line in lines)
        return comment + render(self.template, filled)

    def notes_of(self, weights: Mapping[str, float]) -> list[str]:
        """What readers should know of the file for a mixture.

        Args:
            weights (`Mapping[str, float]`): unit → weight.
        """
        return [*self.notes, *(row.note for row in self._rows_of(weights) if row.note)]

    def _rows_of(self, weights: Mapping[str, float]) -> list[Row]:
        return [row for row in self.rows if weights.get(row.unit, 0) > 0]

    def as_json(self, units: Sequence[str]) -> dict[str, Any]:
        """The same as data for the explorer's page.

        Args:
            units (`Sequence[str]`): in the order in which the page has their weights.
        """
        return {
            "label": self.label,
            "file_name": self.file_name,
            "template": [
                part if isinstance(part, str) else {"each": part.entry, "separator": part.separator}
                for part in self.template
            ],
            "rows": [
                {"unit": units.index(row.unit), "fields": dict(row.fields), "amount": row.amount, "note": row.note}
                for row in self.rows
            ],
            "title": self.title,
            "notes": list(self.notes),
        }


def render(template: Sequence[str | Each], rows: Sequence[Mapping[str, str]]) -> str:
    """The text of a template.

    Args:
        template (`Sequence[str | Each]`): text with fields of the first row, and loops over all.
        rows (`Sequence[Mapping[str, str]]`): field → text.

    Example:

    ```python
    >>> render(["<<unit>> first: ", Each("<<unit>>", ", ")], [{"unit": "a"}, {"unit": "b"}])
    'a first: a, b'

    ```
    """

    def filled(text: str, row: Mapping[str, str]) -> str:
        return _FIELD.sub(lambda match: row[match[1]], text)

    return "".join(
        filled(part, rows[0])
        if isinstance(part, str)
        else part.separator.join(filled(part.entry, row) for row in rows)
        for part in template
    )
