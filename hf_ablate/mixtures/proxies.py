"""The proxies of a mixture: what each is called where, and what it costs."""

from dataclasses import dataclass, replace

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
NO_PROXY = "none"  # the word for none of them
_BY = "_by_"  # between the kind of a proxy and a field
_TRAINED = "merged_trained"  # the kind, less the field, of merges of models that were trained on groups


def find_proxies(option: str) -> tuple[Proxy, ...]:
    """The proxies that a word in an option means.

    Args:
        option (`str`): `merge`, `ensemble`, `both` or `none`.

    Raises:
        `InputError`: for any other word, with the nearest.

    Example:

    ```python
    >>> [proxy.kind for proxy in find_proxies("both")]
    ['merged', 'ensemble']

    ```
    """
    chosen = tuple(proxy for proxy in PROXIES if option in (proxy.option, "both"))
    if not chosen and option != NO_PROXY:
        raise unknown_name("proxy", option, [*(proxy.option for proxy in PROXIES), "both", NO_PROXY])
    return chosen


def by_groups(proxy: Proxy, field: str) -> Proxy:
    """The macro proxy: the average of one average for each group by a field, all groups with the same weight.

    Args:
        proxy (`Proxy`): of units.
        field (`str`): a field that the corpus was partitioned by, or `source`.

    Example:

    ```python
    >>> by_groups(MERGE, "field").kind, by_groups(MERGE, "field").label
    ('merged_by_field', 'merged weights, by field')

    ```
    """
    return replace(
        proxy,
        kind=f"{proxy.kind}{_BY}{field}",
        label=f"{proxy.label}, by {field}",
        description=f"{proxy.description}: of each group by {field} first, then of the groups in equal shares",
    )


def of_trained_groups(field: str) -> Proxy:
    """The macro proxy that is made of a model trained on each group, in place of averages of components.

    Args:
        field (`str`): a field that the corpus was partitioned by, or `source`.

    Example:

    ```python
    >>> of_trained_groups("field").kind
    'merged_trained_by_field'

    ```
    """
    return replace(
        MERGE,
        kind=f"{_TRAINED}{_BY}{field}",
        label=f"merged weights of models trained on groups, by {field}",
        description=f"score of the average of the weights of models, each trained on one group by {field}",
    )


def is_of_trained_groups(kind: str) -> bool:
    """Whether a kind is that of merges of models that were trained on groups."""
    return kind.startswith(_TRAINED + _BY)


def find_proxy(kind: str) -> Proxy | None:
    """The proxy of this kind, macro proxies too; `None` for kinds of other models.

    Example:

    ```python
    >>> find_proxy("ensemble_by_year").label
    'averaged probabilities, by year'
    >>> find_proxy("merged_trained_by_field").label
    'merged weights of models trained on groups, by field'
    >>> find_proxy("reference")

    ```
    """
    own, by, field = kind.partition(_BY)
    if is_of_trained_groups(kind):
        return of_trained_groups(field)
    plain = next((proxy for proxy in PROXIES if proxy.kind == own), None)
    return by_groups(plain, field) if plain and by else plain
