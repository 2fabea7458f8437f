"""Opening files by what they are compressed with: nothing, gzip (.gz) or Zstandard (.zst)."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from ...errors import InputError
from ...hub_errors import hub_error
from ..inputs import InputFile, is_url
from ..remote_files import open_file


_BUFFER = 1 << 20


@contextmanager
def open_decompressed(file: InputFile) -> Iterator[IO[bytes]]:
    """The decompressed bytes of a file.

    Raises:
        `InputError`: within the block, when the file turns out cut short, damaged or unreadable.
    """
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(open_file(file.path))
            if file.path.endswith(".gz"):
                yield io.BufferedReader(stack.enter_context(gzip.GzipFile(fileobj=raw)), _BUFFER)
            elif file.path.endswith(".zst"):
                yield io.BufferedReader(stack.enter_context(_zstandard(raw)), _BUFFER)
            else:
                yield raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(file, error) from error
    except OSError as error:
        if file.path.endswith(".zst") and error.errno is None:  # Arrow's only sign of a damaged file
            raise _damaged(file, error) from error
        if is_url(file.path):
            raise hub_error(f"{file.name} cannot be read", error) from error
        raise InputError(f"{file.name} cannot be read: {error}") from error


def _zstandard(raw: IO[bytes]) -> IO[bytes]:
    import pyarrow

    return pyarrow.CompressedInputStream(pyarrow.PythonFile(raw, "r"), "zstd")


def _damaged(file: InputFile, error: Exception) -> InputError:
    return InputError(f"{file.name} is cut short or damaged ({error}); fetch or make it again")
