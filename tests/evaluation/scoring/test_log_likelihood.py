"""Log-probabilities against lm-eval, against a direct computation, and unchanged by how the work is cut up."""

import math

import numpy as np
import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.evaluator import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from tiny_pool import EOS, TEXTS, bos_tokenizer, byte_tokenizer, tiny_model, write_jsonl
from transformers import (
    BertConfig,
    BertLMHeadModel,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
)

from hf_ablate.errors import InputError
from hf_ablate.evaluation.scoring.batches import batches_by_length
from hf_ablate.evaluation.scoring.log_likelihood import Scorer
from hf_ablate.evaluation.text.locations import find_sources
from hf_ablate.evaluation.text.tokens import document_sums, find_prefix, tokenise
from hf_ablate.evaluation.text.windows import TokenStream, rolling_windows
from hf_ablate.modeling.configuration_hf_olmo import HfOlmoConfig
from hf_ablate.modeling.modeling_hf_olmo import HfOlmoForCausalLM


M = 16
TOKENIZER = byte_tokenizer()
DOCUMENTS = [
    "",
    "x",
    "y" * (M - 1),
    "z" * M,
    "z" * (M + 1),
    "z" * (2 * M),
    "z" * (2 * M + 1),
    "first line\r\nsecond line\r\n",
    "naïve café ☕ 漢字 🙂 \u200d e\u0301",
    f"before {EOS} after",
    EOS,
    EOS * 3,
    "<|im_start|>user",
    *(text for texts in TEXTS.values() for text in texts),
]
TOLERANCE = 1e-5


def tokenised(texts: list[str]) -> TokenStream:
    encoded = TOKENIZER(texts, add_special_tokens=False)["input_ids"]
    return TokenStream.of([np.array(tokens, dtype=np.int32) for tokens in encoded], TOKENIZER.eos_token_id)


def sums(model, stream: TokenStream, max_length: int = M, batch_tokens: int = 128) -> np.ndarray:
    with Scorer(model, max_length, batch_tokens) as scorer:
        return document_sums(scorer.token_logprobs(stream), stream)


def direct(model, stream: TokenStream, max_length: int = M) -> np.ndarray:
    """The definition, window by window, with the whole log-softmax in float64."""
    totals = []
    for start, end in zip(stream.starts, stream.starts[1:], strict=False):
        document = torch.tensor(stream.tokens[start:end].astype(np.int64))  # prefix, then the tokens
        total = 0.0
        for first in range(1, len(document), max_length):
            last = min(first + max_length, len(document))
            begin = 0 if first == 1 else last - 1 - max_length
            with torch.no_grad():
                logits = model(document[None, begin : last - 1]).logits[0].double()
            targets = document[first:last]
            total += logits.log_softmax(-1)[-len(targets) :].gather(1, targets[:, None]).sum().item()
        totals.append(total)
    return np.array(totals)


@pytest.mark.parametrize("max_length", [1, M, 64])
def test_scores_are_those_of_lm_eval(max_length):
    model = tiny_model(1)
    lm = HFLM(
        pretrained=model, tokenizer=TOKENIZER, max_length=max_length, batch_size=64, device="cpu",
        prefix_token_id=TOKENIZER.eos_token_id,
    )  # fmt: skip
    requests = [Instance("loglikelihood_rolling", {}, (text,), number) for number, text in enumerate(DOCUMENTS)]
    expected = lm.loglikelihood_rolling(requests, disable_tqdm=True)
    assert sums(model, tokenised(DOCUMENTS), max_length) == pytest.approx(expected, rel=TOLERANCE)


MODELS = {
    "tied": lambda: tiny_model(2),
    "untied": lambda: tiny_model(2, tied=False),
    "gpt2, whose output has more columns than the vocabulary": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=320, n_embd=16, n_layer=1, n_head=2, n_positions=64)
    ),
    "neox, with a bias-free head of its own": lambda: GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=264, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
            max_position_embeddings=64, initializer_range=0.3,
        )
    ),
    "the released seeds' architecture, with an embedding larger than the vocabulary": lambda: HfOlmoForCausalLM(
        HfOlmoConfig(
            vocab_size=257, embedding_size=264, d_model=16, n_layers=1, n_heads=2, mlp_hidden_size=32,
            max_sequence_length=64, eos_token_id=0, pad_token_id=1,
        )
    ),
    "gemma2, which caps its logits": lambda: Gemma2ForCausalLM(
        Gemma2Config(
            vocab_size=264, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
            head_dim=8, intermediate_size=16, max_position_embeddings=64, initializer_range=0.5,
            final_logit_softcapping=2.0,
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_the_direct_computation(name):
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    stream = tokenised(DOCUMENTS)
    assert sums(model, stream) == pytest.approx(direct(model, stream), rel=TOLERANCE)


def test_every_token_has_its_own_log_probability():
    model, stream = tiny_model(3), tokenised(["abcdef", "", "g"])
    with torch.no_grad():
        logprobs = model(torch.from_numpy(stream.tokens[None, :6].astype(np.int64))).logits[0].log_softmax(-1)
    expected = logprobs.gather(1, torch.tensor(stream.tokens[1:7].astype(np.int64))[:, None])[:, 0].tolist()
    with Scorer(model, 64) as scorer:
        found = scorer.token_logprobs(stream)
    assert found.dtype == np.float32 and found.shape == (7,)
    assert found[:6].tolist() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("batch_tokens", [1, 17, 100, 4096])
def test_the_size_of_batches_changes_nothing(batch_tokens):
    model, stream = tiny_model(4), tokenised(DOCUMENTS)
    assert sums(model, stream, batch_tokens=batch_tokens) == pytest.approx(sums(model, stream), rel=TOLERANCE)


def test_the_order_of_documents_changes_nothing():
    model, stream = tiny_model(5), tokenised(DOCUMENTS)
    order = np.random.default_rng(0).permutation(len(DOCUMENTS))
    assert sums(model, stream.select(order)) == pytest.approx(sums(model, stream)[order], rel=TOLERANCE)


def test_documents_scored_alone_or_in_parts_have_the_scores_of_the_whole():
    model, stream = tiny_model(6), tokenised(DOCUMENTS)
    whole = sums(model, stream)
    alone = [sums(model, stream.select([number]))[0] for number in range(len(DOCUMENTS))]
    parts = [sums(model, stream.select(some)) for some in np.array_split(np.arange(len(DOCUMENTS)), 3)]
    assert alone == pytest.approx(whole, rel=TOLERANCE)
    assert np.concatenate(parts) == pytest.approx(whole, rel=TOLERANCE)


def test_windows_scored_in_parts_add_up_to_their_documents():
    model, stream = tiny_model(6), tokenised(DOCUMENTS)
    windows = rolling_windows(stream, M)
    parts = np.array_split(np.random.default_rng(0).permutation(len(windows.start)), 4)
    by_window = np.full(len(windows.start), np.nan)
    with Scorer(model, M, batch_tokens=128) as scorer:
        for part in parts:
            by_window[part] = scorer.window_sums(stream, windows.select(part))
    by_document = np.bincount(windows.documents(stream), by_window, len(DOCUMENTS))
    assert by_document == pytest.approx(sums(model, stream), rel=TOLERANCE)
    assert (by_window < 0).all()


def test_a_document_of_50_000_tokens():
    model = tiny_model(7)
    text = "".join(f"{number * number} " for number in range(12_000))[:50_000]
    stream = tokenised([text])
    assert stream.num_tokens.tolist() == [50_000]
    assert sums(model, stream, 64, 2048) == pytest.approx(direct(model, stream, 64), rel=TOLERANCE)


def test_a_model_of_uniform_logits_has_the_perplexity_of_its_vocabulary():
    model, stream = tiny_model(8, tied=False), tokenised(DOCUMENTS)
    model.lm_head.weight.data.zero_()
    per_token = -sums(model, stream).sum() / stream.num_tokens.sum()
    assert math.exp(per_token) == pytest.approx(264, rel=1e-6)


def test_half_precision_only_changes_the_forward_pass():
    stream = tokenised(DOCUMENTS)
    exact, half = sums(tiny_model(9), stream), sums(tiny_model(9).to(torch.bfloat16), stream)
    assert half.sum() == pytest.approx(exact.sum(), rel=0.02)
    assert sums(tiny_model(9).to(torch.bfloat16), stream).dtype == np.float64


def test_a_source_of_empty_documents_has_no_log_probability():
    assert sums(tiny_model(1), tokenised(["", ""])).tolist() == [0.0, 0.0]


def test_progress_counts_every_token_once():
    stream, seen = tokenised(DOCUMENTS), []
    with Scorer(tiny_model(1), M, 64) as scorer:
        scorer.token_logprobs(stream, seen.append)
    assert sum(seen) == stream.num_tokens.sum()


def test_batches_hold_every_window_once_and_stay_within_their_size():
    lengths = np.random.default_rng(0).integers(1, 30, 200)
    batches = list(batches_by_length(lengths, 64))
    assert sorted(np.concatenate(batches)) == list(range(200))
    assert all(len(batch) == 1 or len(batch) * lengths[batch].max() <= 64 for batch in batches)


@pytest.mark.parametrize("tokenizer", [TOKENIZER, bos_tokenizer()], ids=["with EOS alone", "with BOS"])
def test_metrics_are_those_of_lm_eval(tokenizer, tmp_path):
    """Not only log-probabilities: words, bytes and the order of summing and dividing, through lm-eval's own task."""
    texts = [text for text in DOCUMENTS if text]
    path = write_jsonl(tmp_path / "data.jsonl", [{"text": text} for text in texts])
    model = tiny_model(1)
    options = {"add_bos_token": False}  # else lm-eval would score the BOS token itself, as the document's first
    lm = HFLM(pretrained=model, tokenizer=tokenizer, max_length=M, batch_size=64, device="cpu", **options)
    metrics = {"word_perplexity": "ppl_word", "byte_perplexity": "ppl_byte", "bits_per_byte": "bits_per_byte"}
    task = {
        "task": "ours",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"val": str(path)}},
        "output_type": "loglikelihood_rolling",
        "validation_split": "val",
        "doc_to_text": "",
        "doc_to_target": lambda document: document["text"],
        "metric_list": [{"metric": name} for name in metrics],
    }
    manager = TaskManager(include_defaults=False)
    expected = simple_evaluate(lm, tasks=[task], bootstrap_iters=0, task_manager=manager)["results"]["ours"]
    (source,) = find_sources([path], "val")
    found = tokenise(source, tokenizer, "bytes", find_prefix(tokenizer), None)
    (row,) = found.domain_rows(sums(model, found.stream), model="m", kind="external", mixture=None)
    for theirs, ours in metrics.items():
        assert getattr(row, ours) == pytest.approx(expected[f"{theirs},none"], rel=TOLERANCE)


def test_a_model_that_reads_ahead_is_refused():
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=264, initializer_range=0.3, **sizes)
    with pytest.raises(InputError, match="BertLMHeadModel is not causal"):
        Scorer(BertLMHeadModel(config).eval(), M)
    config.is_decoder = True
    Scorer(BertLMHeadModel(config).eval(), M)
