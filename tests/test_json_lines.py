"""The one reader of JSON lines: what ends a line, compressed and remote files, and what is said of broken ones."""

import bz2
import gzip
import json
import lzma

import fsspec
import pyarrow as pa
import pytest
import zstandard

from hf_ablate.errors import InputError
from hf_ablate.json_lines import read_lines, read_texts


ROWS = [{"text": f"text {number} of \u2028 several\r\n \u0000 lines"} for number in range(300)]
TEXT = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\r\n" for row in ROWS)
COMPRESS = {
    ".jsonl": bytes,
    ".jsonl.gz": lambda text: gzip.compress(text[:99]) + gzip.compress(text[99:]),
    ".jsonl.zst": lambda text: b"".join(bytes(pa.Codec("zstd").compress(part)) for part in (text[:99], text[99:])),
    ".jsonl.xz": lambda text: lzma.compress(text[:99]) + bytes(8) + lzma.compress(text[99:]) + bytes(4),
    ".jsonl.bz2": lambda text: bz2.compress(text[:99]) + bz2.compress(text[99:]),
    ".GZ": gzip.compress,
    "": gzip.compress,
    ".gz": lambda text: b"\xef\xbb\xbf" + text,
    "-skippable.zst": lambda text: b"\x5a\x2a\x4d\x18\x03\0\0\0abc" + bytes(pa.Codec("zstd").compress(text)),
}


@pytest.mark.parametrize("scheme", ["", "memory://"])
@pytest.mark.parametrize("ending", COMPRESS)
def test_rows_come_back_with_the_numbers_of_their_lines(tmp_path, ending, scheme):
    place, content = str(tmp_path / f"rows{ending}"), COMPRESS[ending](b"\n \r\n" + TEXT)
    if scheme:
        fsspec.filesystem("memory").pipe(place, content)
    else:
        (tmp_path / f"rows{ending}").write_bytes(content)
    assert list(read_texts(scheme + place, "rows")) == [(number, row) for number, row in enumerate(ROWS, start=3)]
    assert len(list(read_lines(scheme + place, "rows"))) == 302, "blank lines are lines"


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst", ".jsonl.xz", ".jsonl.bz2"])
@pytest.mark.parametrize("cut", [20, 0.5, 0.1])
def test_a_file_that_is_cut_short_gives_what_it_holds_and_then_fails(tmp_path, ending, cut):
    content = COMPRESS[ending](TEXT)
    path = tmp_path / f"rows{ending}"
    path.write_bytes(content[: int(len(content) * cut) if cut < 1 else -cut])
    read = []
    with pytest.raises(InputError, match=r"data/x is cut short or damaged .* cannot be read after line \d+") as raised:
        for number, _ in read_lines(str(path), "data/x"):
            read.append(number)
    assert str(raised.value).endswith(f"after line {len(read)}")


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst", ".jsonl.xz", ".jsonl.bz2"])
def test_a_broken_second_frame_is_no_padding(tmp_path, ending):
    first = COMPRESS[ending](TEXT)
    (tmp_path / "rows").write_bytes(first + b"garbage" + first)
    with pytest.raises(InputError, match="data/x is cut short or damaged"):
        list(read_lines(str(tmp_path / "rows"), "data/x"))


def test_a_long_window_is_read(tmp_path):
    parameters = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True, write_content_size=False)
    content = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    (tmp_path / "rows.zst").write_bytes(content.compress(TEXT) + content.flush())
    assert [row for _, row in read_texts(str(tmp_path / "rows.zst"), "data/x")] == ROWS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"text": "a"}]', r"holds one JSON array; expected an object a line. Convert it with `jq -c '.\[\]'`"),
        (b'\n[\n{"text": "a"}\n]', "holds one JSON array"),
        (b'{\n"text": "a"\n}\n', r"holds JSON objects over several lines; .*`jq -c \.`"),
        ('{"text": "a"}'.encode("utf-16"), "is UTF-16, not UTF-8; convert it"),
        (b"PK\x03\x04 zip", "is a zip archive; unpack it"),
        (b"PAR1", "is a parquet file; a corpus reads it with `source: parquet`"),
        (b"\x04\x22\x4d\x18lz4", "is compressed with LZ4"),
        (gzip.compress(b"a.jsonl".ljust(257, b"\0") + b"ustar", mtime=0), "is a tar archive; unpack it"),
    ],
    ids=str,
)
def test_other_formats_are_told_what_they_are(tmp_path, content, message):
    (tmp_path / "rows").write_bytes(content)
    with pytest.raises(InputError, match=f"^data/x {message}"):
        list(read_lines(str(tmp_path / "rows"), "data/x"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="data/x cannot be read: .*No such file"):
        list(read_lines(str(tmp_path / "none.jsonl"), "data/x"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "\xff"}', r"the line is not UTF-8 \(byte 10 of the line\)"),
        (b'{"text": ', "the line is not valid JSON"),
        (b'{"text": ' + b"1" * 5000 + b"}", "the line is not valid JSON"),
        (b'["text"]', "the line holds a list, not an object"),
        (b'{"body": "a"}', "the line has no `text`"),
        (b'{"text": null}', "`text` is NoneType; expected a string"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, message):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "fine"}\n\n' + line)
    with pytest.raises(InputError, match=f"data/a, line 3: .*{message}"):
        list(read_texts(str(tmp_path / "a.jsonl"), "data/a"))
