"""The one exception that means "the user can fix this"."""


class InputError(ValueError):
    """A mistake in what the user gave: a recipe, an argument, a file.

    The message says what was given, what was expected and what to do. The command line prints it without a traceback
    and exits with 2; any other exception is a failure of ours (or of the machine) and exits with 1.
    """


def unknown_name(kind: str, given: str, known: list[str]) -> InputError:
    """The error for a name that is not among the known ones, with the nearest of them.

    Example:

    ```python
    >>> print(unknown_name("unit", "sympi", ["pandas", "sympy"]))
    unknown unit 'sympi'; did you mean 'sympy'? Known: pandas, sympy

    ```
    """
    import difflib

    near = difflib.get_close_matches(given, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return InputError(f"unknown {kind} {given!r}{hint} Known: {', '.join(known)}")
