"""Tokenised sources: counts, the cache, special tokens, and what a document's sum is."""

import re
from pathlib import Path

import numpy as np
import pytest
from tiny_pool import EOS, bos_tokenizer, byte_tokenizer, write_jsonl
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from hf_ablate.errors import InputError
from hf_ablate.evaluation.models.loading import load_tokenizer
from hf_ablate.evaluation.text.locations import find_sources
from hf_ablate.evaluation.text.tokens import digest_of_tokenizer, document_sums, find_prefix, tokenise
from hf_ablate.evaluation.text.windows import TokenStream


FIXTURES = Path(__file__).parents[2] / "fixtures"
TEXTS = ["", "a", "naïve ☕\r\n漢字 🙂", f"x{EOS}y", "  two  words "]


def source_of(tmp_path, texts, domains=None):
    rows = [{"text": text, "id": f"id-{number}"} for number, text in enumerate(texts)]
    for row, domain in zip(rows, domains or [], strict=False):
        row["subdomain"] = domain
    return find_sources([write_jsonl(tmp_path / "s.jsonl", rows)], "val")[0]


def test_counts_are_of_the_text_whatever_the_tokenizer_makes_of_it(tmp_path):
    found = tokenise(source_of(tmp_path, TEXTS), byte_tokenizer(), "d", "eos", None)
    assert found.chars.tolist() == [len(text) for text in TEXTS]
    assert found.bytes.tolist() == [len(text.encode()) for text in TEXTS]
    assert found.words.tolist() == [len(re.split(r"\s+", text)) for text in TEXTS]
    assert found.names == [f"id-{number}" for number in range(len(TEXTS))]


def test_carriage_returns_and_unicode_reach_the_tokenizer_as_they_are(tmp_path):
    stream = tokenise(source_of(tmp_path, TEXTS), byte_tokenizer(), "d", "eos", None).stream
    text = TEXTS[2]
    assert stream.num_tokens[2] == len(text.encode())
    tokens = stream.tokens[stream.starts[2] + 1 : stream.starts[3]]
    assert byte_tokenizer().decode(tokens) == text


def test_the_text_of_a_special_token_becomes_that_token_and_its_bytes_count(tmp_path):
    """As lm-eval and the original evaluation have it; splitting it would make scores incomparable."""
    found = tokenise(source_of(tmp_path, [f"x{EOS}y"]), byte_tokenizer(), "d", "eos", None)
    eos = byte_tokenizer().eos_token_id
    assert found.stream.tokens[2] == eos and found.stream.num_tokens.tolist() == [3]
    assert found.bytes.tolist() == [2 + len(EOS)]


def test_every_document_is_conditioned_on_one_eos_token_and_no_other_special_token_is_added(tmp_path):
    tokenizer = byte_tokenizer()
    stream = tokenise(source_of(tmp_path, TEXTS), tokenizer, "d", "eos", None).stream
    assert (stream.tokens[stream.starts[:-1]] == tokenizer.eos_token_id).all()
    assert stream.num_tokens.tolist()[:2] == [0, 1]


def test_streams_are_cached_by_content_and_tokenizer(tmp_path):
    source, cache, tokenizer = source_of(tmp_path, TEXTS), tmp_path / "cache", byte_tokenizer()
    first = tokenise(source, tokenizer, "d", "eos", cache)

    def refuse(*arguments, **options):
        raise AssertionError("tokenised again")

    class Cached:
        eos_token_id = tokenizer.eos_token_id
        __call__ = refuse

    again = tokenise(source, Cached(), "d", "eos", cache)
    assert again.stream.tokens.tolist() == first.stream.tokens.tolist()
    with pytest.raises(AssertionError):
        tokenise(source, Cached(), "another tokenizer", "eos", cache)
    with pytest.raises(AssertionError):
        tokenise(source_of(tmp_path, [*TEXTS, "more"]), Cached(), "d", "eos", cache)
    with pytest.raises(AssertionError):
        tokenise(source_of(tmp_path, ["a", *TEXTS[2:]]), Cached(), "d", "eos", cache)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").touch()
    source, cache, tokenizer = source_of(tmp_path, TEXTS), tmp_path / "file" / "tokens", byte_tokenizer()
    found, expected = (tokenise(source, tokenizer, "d", "eos", place) for place in (cache, None))
    assert np.array_equal(found.stream.tokens, expected.stream.tokens)


def test_the_digest_of_a_tokenizer_is_that_of_what_it_does(tmp_path):
    tokenizer = byte_tokenizer()
    expected = digest_of_tokenizer(tokenizer)
    tokenizer(["a" * 100], truncation=True, max_length=5)  # leaves its settings behind
    tokenizer.save_pretrained(tmp_path)
    assert digest_of_tokenizer(PreTrainedTokenizerFast.from_pretrained(tmp_path)) == expected
    tokenizer.add_tokens(["more"])
    assert digest_of_tokenizer(tokenizer) != expected


def test_the_prefix_is_bos_if_there_is_one_as_in_lm_eval_unless_another_is_asked_for(tmp_path):
    tokenizer = bos_tokenizer()
    starts = {}
    for asked in ("auto", "bos", "eos"):
        prefix = find_prefix(tokenizer, asked)
        stream = tokenise(source_of(tmp_path, TEXTS), tokenizer, "d", prefix, tmp_path / "cache").stream
        (starts[asked],) = set(stream.tokens[stream.starts[:-1]].tolist())
    assert starts == {"auto": tokenizer.bos_token_id, "bos": tokenizer.bos_token_id, "eos": tokenizer.eos_token_id}
    tokenizer.bos_token = None
    assert find_prefix(tokenizer, "auto") == "eos"


def test_the_released_seeds_are_conditioned_on_eos_as_ever():
    released = load_tokenizer(FIXTURES / "seed_architecture_tiny" / "hf_olmo_safetensors")
    assert find_prefix(released) == "eos" and released.eos_token == EOS


def test_a_tokenizer_without_the_prefix_is_refused():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE(vocab={"a": 0}, merges=[])))
    for asked, name in (("auto", "EOS"), ("eos", "EOS"), ("bos", "BOS")):
        with pytest.raises(InputError, match=f"the tokenizer has no {name} token, .*prefix: {asked}"):
            find_prefix(tokenizer, asked)


def test_rows_of_domains_add_up_and_each_document_counts_once(tmp_path):
    domains = ["one", "two", "one", None, ""]
    found = tokenise(source_of(tmp_path, TEXTS, domains), byte_tokenizer(), "d", "eos", None)
    sums = -np.arange(1.0, 6.0)
    identity = {"model": "m", "kind": "external", "mixture": None}
    rows = found.domain_rows(sums, **identity)
    assert {row.domain: (row.num_docs, row.sum_logprob) for row in rows} == {
        None: (2, -9.0),
        "one": (2, -4.0),
        "two": (1, -2.0),
    }
    assert sum(row.num_bytes for row in rows) == sum(len(text.encode()) for text in TEXTS)
    documents = found.document_rows(sums, **identity)
    assert [row["sum_logprob"] for row in documents] == sums.tolist()
    assert [(row["id"], row["document"], row["num_docs"]) for row in documents] == [
        (f"id-{number}", number, 1) for number in range(5)
    ]


def test_sums_of_documents_skip_prefixes_and_keep_empty_documents():
    stream = TokenStream.of([np.array([5]), np.array([], dtype=int), np.array([6, 7])], prefix=0)
    assert document_sums(np.array([-1.0, -2.0, -3.0]), stream).tolist() == [-1.0, 0.0, -5.0]
