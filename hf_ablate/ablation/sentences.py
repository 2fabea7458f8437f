"""What people would say of effects and comparisons."""

import math
from collections import Counter
from collections.abc import Sequence

from ..mixtures.ranked import MEAN
from .changes import UPWEIGHT
from .compare import Comparison
from .effects import Effect
from .estimates import Estimate


_MOST_DOMAINS = 3  # that a sentence names as worse, and as better
NOTHING = "no clear difference"


def error_text(value: float, half_width: float) -> str:
    """An estimate and half the width of its interval, to the digits that the latter allows.

    Example:

    ```python
    >>> error_text(0.01096, 0.00428), error_text(0.0213, 0.0112), error_text(-0.2, 0)
    ('0.011 ± 0.004', '0.021 ± 0.011', '-0.2000 ± 0.0000')

    ```
    """
    digits = _digits(half_width)
    return f"{value:.{digits}f} ± {half_width:.{digits}f}"


def _digits(half_width: float) -> int:
    """Decimals that show the first digit of a half width, the first two where it begins with 1."""
    if not half_width > 0:
        return 4
    exponent = math.floor(math.log10(half_width))
    return min(max(0, -exponent + (half_width / 10**exponent < 1.95)), 6)


def change_text(kind: str, part: str, other: str | None = None) -> str:
    """What is done to the mixture.

    Args:
        kind (`str`): of the change.
        part (`str`): that is changed.
        other (`str`, *optional*): of a swap: what it is swapped for.

    Example:

    ```python
    >>> change_text("drop", "sympy"), change_text("swap", "sympy", "scipy")
    ('dropping sympy', 'swapping sympy for scipy')

    ```
    """
    return {
        "drop": f"dropping {part}",
        "add": f"adding {part}",
        "swap": f"swapping {part} for {other}",
        "upweight": f"upweighting {part} by {UPWEIGHT - 1:.0%}",
    }[kind]


def effect_sentence(effects: Sequence[Effect], unit_of_measure: str) -> str:
    """What one change does, on the target and on the domains.

    Args:
        effects (`Sequence[Effect]`): of one change; the first is on the target, the others on single domains.
        unit_of_measure (`str`): of the losses.
    """
    found, changed = effects[0].estimate, effects[0].change
    change = change_text(changed.kind, changed.part, changed.other)
    target, *domains = short_names([effect.target.name for effect in effects])
    if found.told_apart:
        verb = "costs" if found.value > 0 else "saves"
        start = f"{change} {verb} {error_text(abs(found.value), found.half_width)} {unit_of_measure} on {target}"
    else:
        start = f"{change} makes {NOTHING} on {target}"
    told = [
        (effect.estimate, domain)
        for effect, domain in zip(effects[1:], domains, strict=True)
        if effect.estimate.told_apart
    ]
    if not domains:
        return start
    if not told:
        return f"{start}{', and no clear difference elsewhere' if found.told_apart else ' or elsewhere'}"
    worse, better = ([pair for pair in told if pair[0].value * sign > 0] for sign in (1, -1))
    parts = [f"{word} on {_listed(pairs)}" for word, pairs in (("worse", worse), ("better", better)) if pairs]
    if left := len(domains) - len(told):
        parts.append(f"no clear difference on the other {left}")
    is_domain = effects[0].target.weights.max() == 1
    return f"{start}{'; elsewhere' if is_domain else ':'} {'; '.join(parts)}"


def _listed(pairs: list[tuple[Estimate, str]]) -> str:
    """`torch (0.81 ± 0.01), pyarrow (0.18 ± 0.01) and 2 more`, the largest first."""
    pairs = sorted(pairs, key=lambda pair: -abs(pair[0].value))
    texts = [f"{name} ({error_text(abs(found.value), found.half_width)})" for found, name in pairs[:_MOST_DOMAINS]]
    left = len(pairs) - len(texts)
    return ", ".join(texts) + (f" and {left} more" if left else "")


def short_names(targets: Sequence[str]) -> list[str]:
    """What people read for targets: domains without the source where that leaves the names different.

    Example:

    ```python
    >>> short_names(["mean", "in_domain/scipy", "in_domain/web", "out/web"])
    ['the mean of domains', 'scipy', 'in_domain/web', 'out/web']

    ```
    """
    short = [target_text(target) if "+" in target else target_text(target).rpartition("/")[2] for target in targets]
    counts = Counter(short)
    return [name if counts[name] == 1 else target for name, target in zip(short, targets, strict=True)]


def target_text(target: str) -> str:
    """What people read for a target in a sentence."""
    return "the mean of domains" if target == MEAN else target


def comparison_sentence(found: Comparison, names: tuple[str, str], target: str, unit_of_measure: str) -> str:
    """Which of two mixtures is better, and what would settle it.

    Args:
        found ([`Comparison`]): of a first mixture with a second.
        names (`tuple[str, str]`): of the mixtures.
        target (`str`): that they are judged on.
        unit_of_measure (`str`): of the losses.
    """
    value, floor = found.estimate.value, found.noise_floor
    amount = f"{error_text(abs(value), found.estimate.half_width)} {unit_of_measure} on {target_text(target)}"
    amount += f" (probability {_probability_text(max(found.probability, 1 - found.probability))})"
    how = {"predicted": "As predicted", "references": "As measured on reference models"}[found.basis]
    if found.documents:
        how += f", paired over {found.documents:,} documents"
    if found.estimate.told_apart:
        better, worse = names if value < 0 else names[::-1]
        return f"{how}, {better} is better than {worse} by {amount}."
    better = "the first" if value < 0 else "the second"
    text = f"{how}, there is {NOTHING} between {names[0]} and {names[1]}: {better} is better by {amount}."
    if abs(value) < floor:
        text += f" One training of each shows that only by chance: the noise floor is {floor:.4f}."
    if found.more_references is None:
        text += " Not even 1,000 more reference models of each would settle it."
    elif found.more_references > 0:
        count, plural = found.more_references, "s" * (found.more_references > 1)
        text += f" {count} more reference model{plural} of each would settle it, if the difference stays what it is."
    return text


def _probability_text(probability: float) -> str:
    return "over 0.99" if probability > 0.995 else f"{probability:.2f}"
