"""How many token blocks each model of a pool is trained on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Budgets:
    """The token budgets of a pool; `None` leaves a budget to the corpus.

    Args:
        blocks_per_step (`int`): blocks per optimizer step, over all processes and accumulated micro-batches.
        seed (`int`, *optional*): tokens of the seed; 0 for none.
        component (`int`, *optional*): tokens of a component.
        reference (`int`, *optional*): tokens of a reference model, for each of its units with `union`.
        reference_budget (`str`): `fixed` or `union`.
        copies (`Mapping[str, int]`): whole copies of a unit's budget, where it is more than one.
        stages (`tuple[str, ...]`): the order in which reference models, and components of several units, see the
            units; empty: shuffled.
        probes (`Mapping[str, Any]`, *optional*): what components are trained on, see [`make_probes`].
    """

    blocks_per_step: int
    seed: int | None = None
    component: int | None = None
    reference: int | None = None
    reference_budget: str = "fixed"
    copies: Mapping[str, int] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    probes: Mapping[str, Any] | None = None


def parse_copies(texts: list[str]) -> dict[str, int]:
    """Unit → whole copies, from `UNIT=NUMBER`.

    Raises:
        `InputError`: for anything else.

    Example:

    ```python
    >>> parse_copies(["sympy=2"])
    {'sympy': 2}

    ```
    """
    copies = {}
    for text in texts:
        unit, _, number = text.rpartition("=")
        if not unit or not number.isdigit() or int(number) < 1:
            raise InputError(f"`copies` has {text!r}; expected UNIT=NUMBER with a whole number, for example sympy=2")
        copies[unit] = int(number)
    return copies
