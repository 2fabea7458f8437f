"""Scoring of documents in bfloat16: beside the bare forward pass on the same windows, and beside lm-eval.

    python -m benchmarks.gpu.score --sizes 130m=2 --output score.json

The share of the bare forward pass is of the time from tokens to log-probabilities; the forward pass has the same
batches, and its logits are dropped. lm-eval's `loglikelihood_rolling` gets documents as text, and so does our side of
that comparison. The sides take turns.
"""

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from benchmarks.gpu.device import free, peak_gigabytes, seconds
from benchmarks.gpu.entries import Entries, Found, part_parser
from benchmarks.gpu.material import make_tokenizer, random_model, read_texts
from benchmarks.measurement import CannotRun, Measurement
from hf_ablate.evaluation.scoring.batches import batches_by_length, make_batch
from hf_ablate.evaluation.scoring.log_likelihood import Scorer
from hf_ablate.evaluation.text.tokens import document_sums
from hf_ablate.evaluation.text.windows import TokenStream, rolling_windows


ROUNDS = 2  # after one that warms up


class Sides:
    """The ways to score the same documents with one model.

    Args:
        size: Of the model.
        megabytes: Of text.
        arguments: The rest, as the command line has it.
        compiled: Whether our side is.
    """

    def __init__(self, size: str, megabytes: float, arguments: argparse.Namespace, compiled: bool = False) -> None:
        self.device = arguments.device
        self.texts = read_texts(megabytes)
        self.tokenizer = make_tokenizer(self.texts, size)
        self.model = random_model(size, arguments.device, torch.bfloat16)
        self.stream = self.make_stream()
        self.scorer = Scorer(self.model, arguments.length, compile_backend="inductor" if compiled else None)

    @property
    def tokens(self) -> int:
        return int(self.stream.num_tokens.sum())

    def make_stream(self) -> TokenStream:
        documents = self.tokenizer(self.texts, add_special_tokens=False)["input_ids"]
        return TokenStream.of([np.array(document) for document in documents], self.tokenizer.eos_token_id)

    def from_tokens(self) -> np.ndarray:
        return document_sums(self.scorer.token_logprobs(self.stream), self.stream)

    def from_text(self) -> np.ndarray:
        self.stream = self.make_stream()
        return self.from_tokens()

    def bare(self) -> None:
        bare_forward(self.scorer, self.stream)

    def lm_eval(self) -> Callable[[], list[float]]:
        """Made once: only its scoring is timed."""
        try:
            from lm_eval.api.instance import Instance
            from lm_eval.models.huggingface import HFLM
        except ImportError as error:
            raise CannotRun("lm-eval is not installed") from error
        batch_size = max(1, self.scorer.batch_tokens // self.scorer.max_length)
        harness = HFLM(
            pretrained=self.model, tokenizer=self.tokenizer, batch_size=batch_size,
            max_length=self.scorer.max_length, device=self.device,
        )  # fmt: skip
        requests = [Instance("loglikelihood_rolling", {}, (text,), number) for number, text in enumerate(self.texts)]
        return lambda: harness.loglikelihood_rolling(requests, disable_tqdm=True)


@torch.inference_mode()
def bare_forward(scorer: Scorer, stream: TokenStream) -> None:
    """The model on all windows, in the batches that they are scored in."""
    windows = rolling_windows(stream, scorer.max_length)
    for numbers in batches_by_length(windows.length, scorer.batch_tokens, scorer._cheap_padding):
        batch = make_batch(stream, windows.select(numbers)).to(scorer.device)
        scorer.model(input_ids=batch.input_ids, use_cache=False)


def timed_rounds(ours: Callable[[], object], other: Callable[[], object], device: str) -> list[tuple[float, float]]:
    """Seconds of both sides in every round."""
    return [(seconds(ours, device), seconds(other, device)) for _ in range(ROUNDS + 1)][1:]


def beside_bare(sides: Sides, name: str) -> Found:
    times = timed_rounds(sides.from_tokens, sides.bare, sides.device)
    shares = [bare / ours for ours, bare in times]
    facts = {"tokens/s": sides.tokens / min(ours for ours, _ in times), **peak_gigabytes(sides.device)}
    return Found((Measurement(name, "tokens/s / those of the bare forward pass", shares, True, 0.9),), facts)


def beside_lm_eval(sides: Sides, name: str) -> Found:
    theirs = sides.lm_eval()
    times = timed_rounds(sides.from_text, theirs, sides.device)
    off = abs(float(np.sum(sides.from_tokens())) / float(np.sum(theirs())) - 1)
    compared = "tokens/s / those of lm-eval's loglikelihood_rolling"
    measured = Measurement(name, compared, [other / ours for ours, other in times], True, 2)
    return Found((measured,), {"lm-eval's tokens/s": sides.tokens / min(other for _, other in times), "off by": off})


def score(size: str, megabytes: float, arguments: argparse.Namespace, entries: Entries) -> None:
    free(arguments.device)
    sides = Sides(size, megabytes, arguments)
    with sides.scorer:
        for name, compare in ((f"scoring {size}", beside_bare), (f"scoring {size}, lm-eval", beside_lm_eval)):
            entries.measure(name, partial(compare, sides, name))


def score_compiled(size: str, megabytes: float, arguments: argparse.Namespace) -> Found:
    """Beside the bare forward pass that is not compiled."""
    free(arguments.device)
    sides = Sides(size, megabytes, arguments, compiled=True)
    with sides.scorer:
        return beside_bare(sides, f"scoring {size}, compiled")


def main() -> None:
    parser = part_parser(__doc__)
    parser.add_argument("--sizes", nargs="+", default=["130m=2", "1.1b=0.5"], metavar="SIZE=MEGABYTES")
    parser.add_argument("--length", type=int, default=2048, help="most tokens that a window predicts")
    parser.add_argument("--without_compile", action="store_true", help="leave out what takes a minute on a CPU")
    arguments = parser.parse_args()
    entries = Entries(arguments.output)
    sizes = [(size, float(megabytes)) for size, _, megabytes in (text.partition("=") for text in arguments.sizes)]
    for size, megabytes in sizes:
        score(size, megabytes, arguments, entries)
    if not arguments.without_compile:
        size, megabytes = sizes[0]
        entries.measure(f"scoring {size}, compiled", partial(score_compiled, size, megabytes, arguments))


if __name__ == "__main__":
    main()
