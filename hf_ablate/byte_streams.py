"""Reading the bytes of local files and URLs, decompressed by what they start with, whatever they are called.

URLs go through fsspec. Local files do not: opening many small ones through it takes four times as long.
"""

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from .errors import InputError
from .hub_errors import hub_error


# Suffixes of compressed files.
COMPRESSED = (".gz", ".zst", ".zstd", ".xz", ".bz2")

_BUFFER = 1 << 20
_INPUT = 1 << 14  # compressed; decompressed it is a few hundred times larger at the worst
_PLAIN = re.compile(rb"(\xef\xbb\xbf)?\s*([\[{]|$)")


def is_url(place: str) -> bool:
    """Whether a place is read through fsspec: `hf://datasets/ORG/NAME`, `s3://BUCKET/FOLDER`."""
    return "://" in place


def open_bytes(place: str) -> IO[bytes]:
    """A local file or a URL, opened for reading as it is."""
    if not is_url(place):
        return open(place, "rb")
    import fsspec

    from .hub_client import give_up_at_once

    give_up_at_once()
    return fsspec.open(place, "rb").open()


@contextmanager
def open_decompressed(place: str, name: str) -> Iterator[IO[bytes]]:
    """A local file or a URL, opened for reading: gzip, Zstandard, xz and bzip2 are decompressed.

    Args:
        place (`str`): the path or URL.
        name (`str`): what messages call it.

    Raises:
        `InputError`: within the block, when the file turns out to be cut short, damaged or unreadable.
    """
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(open_bytes(place))
            stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw, _BUFFER)
            decompressed = _decompressed(stream, place, name)
            yield stream if decompressed is None else io.BufferedReader(stack.enter_context(decompressed), _BUFFER)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(name, error) from error
    except OSError as error:
        if is_url(place):
            raise hub_error(f"{name} cannot be read", error) from error
        raise InputError(f"{name} cannot be read: {error}") from error


def _decompressed(stream: io.BufferedReader, place: str, name: str) -> io.RawIOBase | gzip.GzipFile | None:
    """What reads a compressed stream; `None` where it is not compressed."""
    start = stream.peek(6)
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if start.startswith(b"BZh"):
        return _Frames(stream, bz2.BZ2Decompressor, OSError)
    if start.startswith(b"\xfd7zXZ\x00"):
        return _Frames(stream, lzma.LZMADecompressor, lzma.LZMAError, padding=b"\0")
    if start.startswith(b"\x28\xb5\x2f\xfd") or start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5:
        import zstandard

        window = 1 << 31  # the largest that `zstd --long` writes; memory is taken as a frame needs it
        return _Frames(stream, zstandard.ZstdDecompressor(max_window_size=window).decompressobj, zstandard.ZstdError)
    if place.lower().endswith(COMPRESSED) and not _PLAIN.match(start):
        raise _damaged(name, "it does not start as a compressed file does")
    return None


class _Frames(io.RawIOBase):
    """The compressed frames of a file, one after the other, as one stream.

    The readers of Python's library take a broken second frame for padding, and that of zstandard the end of the file
    for the end of a frame: both would silently give less than there is.
    """

    def __init__(
        self, raw: IO[bytes], start_frame: Callable[[], Any], error: type[Exception], padding: bytes = b""
    ) -> None:
        self._raw, self._start_frame, self._error, self._padding = raw, start_frame, error, padding
        self._frame: Any = None
        self._input, self._output = b"", memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._output:
            self._input = self._next_input()
            if not self._input:
                if self._frame is None:
                    return 0
                raise EOFError("the file ends within a compressed frame")
            self._output = memoryview(self._decompress())
        count = min(len(buffer), len(self._output))
        buffer[:count], self._output = self._output[:count], self._output[count:]
        return count

    def _next_input(self) -> bytes:
        data = self._input or self._raw.read(_INPUT)
        while self._frame is None and data and not (data := data.lstrip(self._padding)):
            data = self._raw.read(_INPUT)
        return data

    def _decompress(self) -> bytes:
        self._frame = self._frame or self._start_frame()
        try:
            output = self._frame.decompress(self._input)
        except self._error as error:
            raise EOFError(f"no valid compressed data: {error}") from error
        self._input = b""
        if self._frame.eof:
            self._input, self._frame = self._frame.unused_data, None
        return output


def _damaged(name: str, problem: object) -> InputError:
    return InputError(f"{name} is cut short or damaged ({problem}); fetch or make it again")
