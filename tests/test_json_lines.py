"""The one reader of JSON lines: what ends a line, compressed and remote files, and what is said of broken ones."""

import gzip
import json

import fsspec
import pyarrow as pa
import pytest

from hf_ablate.errors import InputError
from hf_ablate.json_lines import read_lines, read_texts


ROWS = [{"text": f"text {number} of \u2028 several\r\n \u0000 lines"} for number in range(300)]
TEXT = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\r\n" for row in ROWS)
COMPRESS = {
    ".jsonl": bytes,
    ".jsonl.gz": lambda text: gzip.compress(text[:99]) + gzip.compress(text[99:]),
    ".jsonl.zst": lambda text: b"".join(bytes(pa.Codec("zstd").compress(part)) for part in (text[:99], text[99:])),
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


@pytest.mark.parametrize("ending", [".jsonl.gz", ".jsonl.zst"])
def test_a_file_that_is_cut_short_gives_what_it_holds_and_then_fails(tmp_path, ending):
    content = COMPRESS[ending](TEXT)
    path = tmp_path / f"rows{ending}"
    path.write_bytes(content[:-20])
    read = []
    with pytest.raises(InputError, match=r"data/x is cut short or damaged .* cannot be read after line \d+") as raised:
        for number, _ in read_lines(str(path), "data/x"):
            read.append(number)
    assert str(raised.value).endswith(f"after line {len(read)}")


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
