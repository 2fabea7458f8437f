"""The proxies of a mixture: what each is called where, and what it costs."""

from dataclasses import dataclass

from ..errors import unknown_name


@dataclass(frozen=True)
class Proxy:
    """A stand-in for the model that training on a mixture would give.

    Args:
        option (`str`): its word in options.
        kind (`str`): its kind in score rows and its key in rankings.
        label (`str`): what people read.
        description (`str`): what its score is.
        needs_forward_pass (`bool`): whether every mixture takes forward passes of its own.
        is_model (`bool`): whether it has weights, and so can be saved, generate and run tasks.
    """

    option: str
    kind: str
    label: str
    description: str
    needs_forward_pass: bool
    is_model: bool


MERGE = Proxy(
    option="merge",
    kind="merged",
    label="merged weights",
    description="score of the average of the components' weights",
    needs_forward_pass=True,
    is_model=True,
)
ENSEMBLE = Proxy(
    option="ensemble",
    kind="ensemble",
    label="averaged probabilities",
    description="score of the average of the components' probabilities",
    needs_forward_pass=False,
    is_model=False,
)
PROXIES = (MERGE, ENSEMBLE)  # in the order of tables


def find_proxies(option: str) -> tuple[Proxy, ...]:
    """The proxies that a word in an option means.

    Args:
        option (`str`): `merge`, `ensemble` or `both`.

    Raises:
        `InputError`: for any other word, with the nearest.

    Example:

    ```python
    >>> [proxy.kind for proxy in find_proxies("both")]
    ['merged', 'ensemble']

    ```
    """
    chosen = tuple(proxy for proxy in PROXIES if option in (proxy.option, "both"))
    if not chosen:
        raise unknown_name("proxy", option, [*(proxy.option for proxy in PROXIES), "both"])
    return chosen
