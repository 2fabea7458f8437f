"""The one exception that means "the user can fix this", and how every command ends."""

import errno
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """A mistake in what the user gave: a recipe, an argument, a file.

    The message says what was given, what was expected and what to do. The command line prints it without a traceback
    and exits with 2; any other exception is a failure of ours (or of the machine) and exits with 1.
    """


class ReportedError(RuntimeError):
    """A failure that another process has already reported on stderr; only its exit code is left."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a process ended with exit code {code}")
        self.code = code


_MOST_NAMES = 40  # that a message lists: a study may have hundreds of units and targets


def unknown_name(kind: str, given: str, known: list[str]) -> InputError:
    """The error for an unknown name, with the nearest known one.

    Args:
        kind (`str`): what it is the name of: `unit`, `domain`, …
        given (`str`): the name.
        known (`list[str]`): all names.

    Example:

    ```python
    >>> print(unknown_name("unit", "sympi", ["pandas", "sympy"]))
    unknown unit 'sympi'; did you mean 'sympy'? Known: pandas, sympy

    ```
    """
    import difflib

    near = difflib.get_close_matches(given, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    listed = known if len(known) <= _MOST_NAMES else [*known[:_MOST_NAMES], f"… {len(known) - _MOST_NAMES} more"]
    return InputError(f"unknown {kind} {given!r}{hint} Known: {', '.join(listed)}")


def unreadable(path: object, error: OSError) -> InputError:
    """The error for a file that is there and cannot be read.

    Args:
        path (`Path`): the file.
        error (`OSError`): what the system says.

    Example:

    ```python
    >>> print(unreadable("model.safetensors", PermissionError(13, "Permission denied")))
    model.safetensors cannot be read: Permission denied; check its permissions and the disk

    ```
    """
    return InputError(f"{path} cannot be read: {error.strerror or error}; check its permissions and the disk")


def reason(error: BaseException) -> str:
    r"""What another library's error says, in one line and without its last full stop.

    Errors of the Hub's client put the status first and the explanation below it.

    Example:

    ```python
    >>> reason(OSError("404 Client Error. (Request ID: x)\n\nRepository Not Found for url: y.\nPlease log in."))
    'Repository Not Found for url: y'

    ```
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    explanations = [line for line in lines if "Client Error" not in line] or lines or [type(error).__name__]
    return explanations[0].rstrip(".")


def causes(error: BaseException, during: tuple[type[BaseException], ...] = ()) -> Iterator[BaseException]:
    """An error and the errors that it was raised from, outermost first, each once even if they form a circle.

    Args:
        error (`BaseException`): where to start.
        during (`tuple[type[BaseException], ...]`): errors of these types, raised from nothing, are taken to be caused
            by the error that was being handled when they were raised.

    Example:

    ```python
    >>> error = KeyError("outer")
    >>> error.__cause__ = OSError("inner")
    >>> [type(cause).__name__ for cause in causes(error)]
    ['KeyError', 'OSError']

    ```
    """
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and not any(link is earlier for earlier in seen):
        seen.append(link)
        yield link
        link = link.__cause__ or (link.__context__ if isinstance(link, during) else None)


@contextmanager
def refused(what: str, *types: type[Exception]) -> Iterator[None]:
    """Turn another library's refusal of what the user gave into an [`InputError`].

    Args:
        what (`str`): what was refused; the message starts with it.
        types (`type[Exception]`): the errors by which the library refuses.

    Raises:
        `InputError`: within the block; says what was refused and why.

    Example:

    ```python
    >>> with refused("the optimizer", ValueError):
    ...     raise ValueError("Invalid learning rate: -1.0")
    Traceback (most recent call last):
    hf_ablate.errors.InputError: the optimizer: Invalid learning rate: -1.0

    ```
    """
    try:
        yield
    except InputError:
        raise
    except types as error:
        raise InputError(f"{what}: {reason(error)}") from error


def exit_code(work: Callable[[], None], debug: bool = False) -> int:
    """Do the work and return how it ended: 0 done, 1 a failure of ours or of the machine, 2 the user's mistake.

    Mistakes ([`InputError`]), files out of reach and a full disk are reported in one line, with the traceback only
    if `debug`; any other failure shows its traceback, because it is a defect that someone has to find.
    """
    try:
        _do_and_print(work)
    except InputError as error:
        if debug:
            traceback.print_exc()
        print(f"hf-ablate: error: {error}", file=sys.stderr)
        return 2
    except ReportedError as error:
        return error.code
    except KeyboardInterrupt:
        print("hf-ablate: interrupted; the same command resumes from here", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again when it exits
        return 128 + signal.SIGPIPE
    except Exception as error:
        disk_failure, file_failure = _disk_failure(error), _file_failure(error)
        if debug or not (disk_failure or file_failure):
            traceback.print_exc()
        if disk_failure:
            print(f"hf-ablate: error: {disk_failure} ({error}). {_FULL_DISK_REMEDY}", file=sys.stderr)
        elif file_failure:
            print(f"hf-ablate: error: {file_failure}", file=sys.stderr)
            return 2
        return 1
    return 0


def _do_and_print(work: Callable[[], None]) -> None:
    try:
        work()
    except SystemExit:  # argparse, after it has printed help
        sys.stdout.flush()
        raise
    sys.stdout.flush()


_FULL_DISK_REMEDY = "Free some space and run the same command again; what is finished is kept."


# All that torch's archive writer says, whatever the reason.
_UNWRITTEN_TEXTS = ("PytorchStreamWriter failed writing file", ". unexpected pos ")


# What the system says of a file that is there but out of reach.
_OUT_OF_REACH = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
# All that pathlib says of a link that leads back to itself.
_LINK_LOOP = re.compile(r"Symlink loop from '(.*)'$")


def _file_failure(error: BaseException) -> str | None:
    """What to report of an error that is, or was caused by, a file out of reach; `None` for any other."""
    for cause in causes(error):
        if loop := _LINK_LOOP.match(str(cause)):
            return f"{loop[1]} cannot be read or written (it is a link that leads back to itself); check its path"
        if isinstance(cause, OSError) and cause.errno in _OUT_OF_REACH and cause.filename is not None:
            return f"{cause.filename} cannot be read or written ({cause.strerror}); check its path and permissions"
    return None


def _disk_failure(error: BaseException) -> str | None:
    """What to report of an error that is, or was caused by, a disk that cannot be written; `None` for any other."""
    for cause in causes(error):
        full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or "No space left on device" in str(cause):  # libraries in Rust and C++ wrap the system's error
            return "no space left on the disk"
        if any(text in str(cause) for text in _UNWRITTEN_TEXTS):
            return "a file could not be written, most likely because the disk is full"
    return None
