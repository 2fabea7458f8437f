"""Perplexity per token, character, word and byte, and bits per byte, from sums of log-probability."""

import math

import datasets
import evaluate


_DESCRIPTION = """
How well a language model predicts text, from sums over documents: the natural logarithm of the probability that it
gives all tokens, and how many tokens, characters, words and bytes there are. Sums are added first and divided last, so
the result does not depend on how the text was cut into documents, shards or runs. Lower is better. Bits per byte, and
perplexity per byte, character and word, can be compared between models with different tokenizers; perplexity per token
cannot.
"""

_KWARGS_DESCRIPTION = """
Args:
    sum_logprob (`list[float]`): for each document (or domain, or shard), the sum over its tokens of the natural
        logarithm of their probability, not positive.
    num_tokens (`list[int]`): how many tokens were predicted.
    num_chars (`list[int]`): characters (Unicode code points) of the text.
    num_words (`list[int]`): words of the text, for example `len(re.split(r"\\s+", text))`.
    num_bytes (`list[int]`): bytes of the text in UTF-8.

Returns:
    `dict[str, float]`: with L the sum of all `sum_logprob`,
    `ppl_token` = exp(-L / tokens), `ppl_char`, `ppl_word` and `ppl_byte` likewise,
    `bits_per_byte` = -L / (bytes · ln 2). NaN where nothing was counted, infinite where too large for a float.

Raises:
    `ValueError`: for a sum that is positive, NaN or infinite, and for a negative count.

Examples:

    >>> metric = Perplexities()
    >>> result = metric.compute(
    ...     sum_logprob=[-40.0, -29.3147], num_tokens=[20, 5], num_chars=[60, 36], num_words=[10, 6],
    ...     num_bytes=[60, 40],
    ... )
    >>> {name: round(value, 4) for name, value in result.items()}
    {'ppl_token': 16.0, 'ppl_char': 2.0586, 'ppl_word': 76.1092, 'ppl_byte': 2.0, 'bits_per_byte': 1.0}

"""

_COUNTS = {"ppl_token": "num_tokens", "ppl_char": "num_chars", "ppl_word": "num_words", "ppl_byte": "num_bytes"}


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class Perplexities(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "sum_logprob": datasets.Value("float64"),
                    "num_tokens": datasets.Value("int64"),
                    "num_chars": datasets.Value("int64"),
                    "num_words": datasets.Value("int64"),
                    "num_bytes": datasets.Value("int64"),
                }
            ),
            reference_urls=["https://huggingface.co/papers/2312.10523"],
        )

    def _compute(self, sum_logprob, **counts):
        for value in sum_logprob:
            if not -math.inf < value <= 0:
                raise ValueError(
                    f"sum_logprob holds {value}; the logarithm of a probability is finite and not positive"
                )
        for name, values in counts.items():
            if any(value < 0 for value in values):
                raise ValueError(f"{name} holds {min(values)}; a count is not negative")
        total = math.fsum(sum_logprob)
        result = {metric: _perplexity(total, int(sum(counts[name]))) for metric, name in _COUNTS.items()}
        num_bytes = int(sum(counts["num_bytes"]))
        result["bits_per_byte"] = -total / (num_bytes * math.log(2)) if num_bytes else math.nan
        return result


def _perplexity(total, count):
    if not count:
        return math.nan
    try:
        return math.exp(-total / count)
    except OverflowError:
        return math.inf
