"""Tokenizers as people bring them: settings in their file, holes between ids, BOS, an EOS token that is not there."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from corpus_files import EOS, all_bytes, byte_tokenizer, eval_rows, partition, rows_of, tokens_of, write_rows
from tokenizers import Tokenizer, models, processors
from transformers import PreTrainedTokenizerFast

from hf_ablate.corpus import tokenizers
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.errors import InputError


BOS = "<s>"
ROWS = rows_of(["art", "law"], 30)


@pytest.fixture
def data(tmp_path):
    return [str(write_rows(tmp_path / "data" / "a.jsonl", ROWS).parent)]


def change(folder: str, file: str, **values) -> None:
    path = Path(folder) / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def bos_tokenizer(folder: Path, adds_bos: bool = True) -> str:
    """The byte tokenizer with BOS, 257, which it puts before texts if `adds_bos`."""
    tokenizer = Tokenizer.from_file(f"{byte_tokenizer(folder)}/tokenizer.json")
    tokenizer.add_special_tokens([BOS])
    if adds_bos:
        template = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 257)])
        tokenizer.post_processor = template
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS).save_pretrained(folder)
    return str(folder)


def test_what_a_file_says_of_truncation_and_padding_is_switched_off_and_said_once(tmp_path, data, caplog):
    caplog.set_level(logging.INFO)
    partition(tmp_path / "plain", roots=data, tokenizer=byte_tokenizer(tmp_path / "tokenizer"))
    cutting = Tokenizer.from_file(str(tmp_path / "tokenizer" / "tokenizer.json"))
    cutting.enable_truncation(8)
    cutting.enable_padding(length=300, pad_id=0, pad_token=EOS)
    cutting.save(str(tmp_path / "tokenizer" / "tokenizer.json"))
    tokenizers._report_switched_off.cache_clear()
    partition(tmp_path / "cutting", roots=data, tokenizer=str(tmp_path / "tokenizer"))
    plain, found = (all_bytes(tmp_path / name / "corpus") for name in ("plain", "cutting"))
    assert {name: found[name] for name in plain if "tokenizer_config" not in name} == {
        name: content for name, content in plain.items() if "tokenizer_config" not in name
    }
    (said,) = [message for message in caplog.messages if "switched off" in message]
    assert "its tokenizer.json asks for truncation and padding" in said


def test_the_vocabulary_reaches_to_the_largest_id_though_there_are_holes(tmp_path, data):
    vocabulary = json.loads((Path(byte_tokenizer(tmp_path / "bytes")) / "tokenizer.json").read_text())["model"][
        "vocab"
    ]
    backend = Tokenizer.from_file(str(tmp_path / "bytes" / "tokenizer.json"))
    backend.model = models.BPE(vocab=vocabulary | {EOS: 70_000}, merges=[])
    loaded = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=EOS)
    assert (len(loaded), loaded.eos_token_id) == (257, 70_000)
    loaded.save_pretrained(tmp_path / "tokenizer")
    partition(tmp_path / "run", roots=data, tokenizer=str(tmp_path / "tokenizer"))
    assert CorpusDescription.read(tmp_path / "run").vocab_size == 70_001
    assert (tokens_of(tmp_path / "run", "art") == 70_000).any()


@pytest.mark.parametrize("name", ["eos_token", "bos_token"])
def test_a_special_token_that_is_not_in_the_vocabulary_is_refused_and_named(tmp_path, data, name):
    folder = byte_tokenizer(tmp_path / "tokenizer")
    change(folder, "tokenizer_config.json", **{name: "<|nowhere|>"})
    with pytest.raises(InputError, match=rf"{name} '<\|nowhere\|>' of the tokenizer .* is not in its vocabulary"):
        partition(tmp_path / "run", roots=data, tokenizer=folder)


def documents_of(run_dir: Path, unit: str) -> list[list[int]]:
    """The token ids of a unit up to each EOS, the last and incomplete one left out."""
    ids = tokens_of(run_dir, unit).reshape(-1)
    return [part.tolist() for part in np.split(ids, np.flatnonzero(ids == 0) + 1)[:-1]]


@pytest.mark.parametrize(
    ("adds_bos", "asked", "has_bos"),
    [(True, "auto", True), (True, "none", False), (False, "auto", False), (False, "bos", True)],
)
def test_documents_start_with_bos_where_the_tokenizer_says_so_or_it_is_asked_for(
    tmp_path, data, capsys, adds_bos, asked, has_bos
):
    tokenizer = bos_tokenizer(tmp_path / "tokenizer", adds_bos)
    manifest = partition(tmp_path / "run", roots=data, tokenizer=tokenizer, document_start=asked)
    found = documents_of(tmp_path / "run", "art")
    alone = Tokenizer.from_file(f"{tokenizer}/tokenizer.json")
    start = [257] if has_bos else []
    expected = [start + alone.encode(row["text"], add_special_tokens=False).ids + [0] for row in ROWS]
    assert found and all(document in expected for document in found)
    assert manifest["tokenizer"]["document_start"] == (BOS if has_bos else None)
    assert CorpusDescription.read(tmp_path / "run").document_start == (BOS if has_bos else None)
    assert ("258 entries, <s> before each document" in capsys.readouterr().out) == has_bos
    assert not any(BOS in row["text"] for row in eval_rows(tmp_path / "run", "in_domain", "val"))


def test_token_ids_that_start_with_bos_give_the_corpus_of_their_texts(tmp_path):
    tokenizer = bos_tokenizer(tmp_path / "tokenizer")
    encode = Tokenizer.from_file(f"{tokenizer}/tokenizer.json").encode
    for area in ("art", "law"):
        ids = [number for row in ROWS if row["area"] == area for number in (*encode(row["text"]).ids, 0)]
        (tmp_path / "data" / area).mkdir(parents=True)
        np.array(ids, np.uint16).tofile(tmp_path / "data" / area / "part.bin")
    partition(
        tmp_path / "run", source="tokens", roots=[str(tmp_path / "data")], tokenizer=tokenizer,
        path_regex="data/(?P<area>[a-z]+)/",
    )  # fmt: skip
    expected = [[*encode(row["text"]).ids, 0] for row in ROWS]
    assert all(document in expected for document in documents_of(tmp_path / "run", "art"))
    held_out = [row["text"] for row in eval_rows(tmp_path / "run", "in_domain", "val")]
    assert held_out and set(held_out) <= {row["text"] for row in ROWS}


def test_bos_that_does_not_exist_is_told_before_anything_is_read(tmp_path, data):
    message = "`document_start: bos` needs a tokenizer with a BOS token"
    with pytest.raises(InputError, match=message):
        partition(tmp_path / "run", roots=data, tokenizer=byte_tokenizer(tmp_path / "tokenizer"), document_start="bos")
    with pytest.raises(InputError, match="`document_start: bos` needs `tokenizer`"):
        partition(tmp_path / "run", roots=data, document_start="bos")
