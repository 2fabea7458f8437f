"""Evaluation splits as PALOMA lays them out: `<source>/<split>/*.jsonl.gz`, a document a row."""

import gzip
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ...manifest import atomic_path


def write_domain(folder: Path, source: str, split: str, domain: str, rows: Iterable[dict]) -> dict:
    """Write the documents of one domain of a source.

    Args:
        folder (`Path`): the folder of all sources.
        source (`str`): the evaluation data set.
        split (`str`): val or test.
        domain (`str`): becomes the field `subdomain` and the name of the file.
        rows (`Iterable[dict]`): with `text` and `id`.

    Returns:
        `dict`: digest (of the rows, not of their compression), documents and bytes of text (UTF-8).
    """
    state = hashlib.sha256()
    documents = size = 0
    with atomic_path(folder / source / split / f"{domain}.jsonl.gz") as path:
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            for row in rows:
                full = {"text": row["text"], "id": row["id"], "source": source, "subdomain": domain}
                line = json.dumps(full, ensure_ascii=False).encode() + b"\n"
                file.write(line)
                state.update(line)
                documents += 1
                size += len(row["text"].encode())
    return {"digest": state.hexdigest()[:32], "documents": documents, "bytes": size}
