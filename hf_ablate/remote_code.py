"""Code that a model or tokenizer brings along (`auto_map`): run only where the user has said so.

`trust_remote_code: true` in a recipe holds for everything that its command loads. transformers would ask on a terminal
where nothing is said; so every call of its Auto classes says so, with [`loading_options`].
"""

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError


_trusted = False


@contextmanager
def trusting(trusted: bool) -> Iterator[None]:
    """Load models and tokenizers with their own code within the block, or never.

    Args:
        trusted (`bool`): the user's `trust_remote_code`.

    Example:

    ```python
    >>> with trusting(True):
    ...     loading_options()
    {'trust_remote_code': True}
    >>> loading_options()
    {'trust_remote_code': False}

    ```
    """
    before = _trusted
    trust(trusted)
    try:
        yield
    finally:
        trust(before)


def trust(trusted: bool) -> None:
    """Load models and tokenizers with their own code from now on, or never: what a process is started with."""
    global _trusted
    _trusted = trusted


def is_trusted() -> bool:
    """Whether the user lets the code that models bring along run."""
    return _trusted


def loading_options() -> dict[str, bool]:
    """For every call of transformers' Auto classes."""
    return {"trust_remote_code": _trusted}


@contextmanager
def untrusted_code(what: str) -> Iterator[None]:
    """Turn transformers' refusal to run code that was not trusted into an [`InputError`] that names the option.

    Args:
        what (`str`): what is loaded; the message starts with it.

    Raises:
        `InputError`: within the block.
    """
    try:
        yield
    except ValueError as error:
        if "trust_remote_code" not in str(error):
            raise
        raise InputError(
            f"{what} brings code of its own (`auto_map` in its configuration), which does not run unasked; read it, "
            "and give `trust_remote_code: true`"
        ) from error
