"""Scoring by hf_ablate, lm-eval, a straightforward evaluator and the bare forward pass, on one thread.

    python -m benchmarks.scoring            # some minutes
    python -m benchmarks.scoring --quick    # a smaller model, a minute

One model (random weights, 110M parameters, 50,304 logits), the same documents (Python sources of installed packages),
every side in a separate process, so that peaks of memory are its own. The sides take turns, document group by
document group, so that other work on the machine affects all of them; times are processor time, and a ratio is the
median of the groups' ratios.

lm-eval runs `HFLM.loglikelihood_rolling` with a batch size of 1, its default and fastest on a CPU. The straightforward
evaluator takes the same windows in their order, four in a batch, pads on the right with an attention mask, and takes
the log-softmax of all logits in float32. The bare forward pass calls the model on the same windows, one by one, and
drops the logits; it runs in float32 under torch's own settings, under hf_ablate's, and in bfloat16 under hf_ablate's.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from benchmarks.measurement import CannotRun, Measurement


MAX_LENGTH = 2048
SIZES = {
    "110m": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 1536},
    "30m": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6, "intermediate_size": 1024},
}
# side → number format of the model
SIDES = {
    "straightforward": "float32",
    "lm-eval": "float32",
    "hf_ablate float32": "float32",
    "bare float32": "float32",
    "bare float32, torch's settings": "float32",
    "lm-eval bfloat16": "bfloat16",
    "hf_ablate bfloat16": "bfloat16",
    "bare bfloat16": "bfloat16",
}
# what is compared → the side that is slower, and the faster one
PAIRS = {
    "hf_ablate float32 / lm-eval": ("lm-eval", "hf_ablate float32"),
    "hf_ablate bfloat16 / lm-eval": ("lm-eval", "hf_ablate bfloat16"),
    "hf_ablate bfloat16 / lm-eval bfloat16": ("lm-eval bfloat16", "hf_ablate bfloat16"),
    "hf_ablate float32 / straightforward": ("straightforward", "hf_ablate float32"),
    "hf_ablate bfloat16 / straightforward": ("straightforward", "hf_ablate bfloat16"),
    "hf_ablate float32 / bare": ("bare float32", "hf_ablate float32"),
    "hf_ablate float32 / bare with torch's settings": ("bare float32, torch's settings", "hf_ablate float32"),
    "hf_ablate bfloat16 / bare": ("bare bfloat16", "hf_ablate bfloat16"),
}
CLAIMED = (
    "hf_ablate float32 / lm-eval", "hf_ablate bfloat16 / lm-eval bfloat16", "hf_ablate float32 / bare",
    "hf_ablate bfloat16 / bare",
)  # fmt: skip
Score = Callable[[list[str]], list[float]]


def make_model(folder: Path, size: str, texts: list[str]) -> None:
    """Save a Llama with random weights, and a byte-pair tokenizer of the documents."""
    from hf_ablate.corpus.tokenizers import train_tokenizer

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50304, max_position_embeddings=MAX_LENGTH, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0,
        **SIZES[size],
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    train_tokenizer(texts, 4096).save_pretrained(folder)


def read_documents(count: int, longest: int) -> list[str]:
    """Source files of installed packages, of 1,000 to `longest` bytes, the same at every run."""
    packages = Path(sysconfig.get_path("purelib"))
    paths = sorted(path for name in ("transformers", "datasets") for path in (packages / name).rglob("*.py"))
    sizes = np.array([path.stat().st_size for path in paths])
    chosen = np.flatnonzero((1000 <= sizes) & (sizes <= longest))
    chosen = np.random.default_rng(0).permutation(chosen)[:count]
    return [paths[number].read_text(encoding="utf-8") for number in chosen]


def straightforward(model, tokenizer) -> Score:
    from hf_ablate.evaluation.text.windows import rolling_windows

    def score_batch(stream, start: np.ndarray, length: np.ndarray, predicted: np.ndarray) -> list[float]:
        """Sums over windows, padded on the right to the longest of them."""
        column = np.arange(length.max())
        is_input = column < length[:, None]
        is_target = torch.from_numpy(is_input & (column >= (length - predicted)[:, None]))
        positions = np.minimum(start[:, None] + column, len(stream.tokens) - 2)
        inputs, targets = (torch.from_numpy(stream.tokens[positions + shift]).long() for shift in (0, 1))
        logits = model(input_ids=inputs, attention_mask=torch.from_numpy(is_input).long()).logits
        logprobs = torch.log_softmax(logits.float(), dim=-1).gather(2, targets[:, :, None])[:, :, 0]
        return torch.where(is_target, logprobs, 0).double().sum(dim=1).tolist()

    def score(texts: list[str]) -> list[float]:
        stream = make_stream(texts, tokenizer)
        windows = rolling_windows(stream, MAX_LENGTH)
        values = []
        for first in range(0, len(windows.start), 4):
            batch = slice(first, first + 4)
            values += score_batch(stream, windows.start[batch], windows.length[batch], windows.predicted[batch])
        document = np.searchsorted(stream.starts, windows.start, side="right") - 1
        return np.bincount(document, weights=values, minlength=len(texts)).tolist()

    return score


def lm_eval(model, tokenizer) -> Score:
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    harness = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, max_length=MAX_LENGTH)

    def score(texts: list[str]) -> list[float]:
        requests = [Instance("loglikelihood_rolling", {}, (text,), number) for number, text in enumerate(texts)]
        return harness.loglikelihood_rolling(requests, disable_tqdm=True)

    return score


def hf_ablate(model, tokenizer) -> Score:
    from hf_ablate.evaluation.scoring.log_likelihood import Scorer
    from hf_ablate.evaluation.text.tokens import document_sums

    def score(texts: list[str]) -> list[float]:
        stream = make_stream(texts, tokenizer)
        with Scorer(model, MAX_LENGTH) as scorer:
            return document_sums(scorer.token_logprobs(stream), stream).tolist()

    return score


def bare(model, tokenizer, own_settings: bool) -> Score:
    from hf_ablate.evaluation.scoring.fast_cpu import fast_cpu
    from hf_ablate.evaluation.text.windows import rolling_windows

    def score(texts: list[str]) -> list[float]:
        stream = make_stream(texts, tokenizer)
        windows = rolling_windows(stream, MAX_LENGTH)
        with fast_cpu(model) if own_settings else nullcontext():
            for start, length in zip(windows.start, windows.length, strict=True):
                model(input_ids=torch.from_numpy(stream.tokens[start : start + length]).long()[None], use_cache=False)
        return []

    return score


def make_stream(texts: list[str], tokenizer):
    from hf_ablate.evaluation.text.windows import TokenStream

    documents = [np.array(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]
    return TokenStream.of(documents, tokenizer.eos_token_id)


def make_side(side: str, folder: Path) -> Score:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, SIDES[side]))
    model.eval().requires_grad_(False)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    name = side.split()[0].rstrip(",")
    if name == "bare":
        return bare(model, tokenizer, own_settings="torch's" not in side)
    return {"straightforward": straightforward, "lm-eval": lm_eval, "hf_ablate": hf_ablate}[name](model, tokenizer)


def work(side: str, folder: Path, connection: Connection) -> None:
    """A side's process: for every group of texts received, send its sums, processor time and peak memory so far."""
    torch.set_num_threads(1)
    with torch.inference_mode():
        score = make_side(side, folder)
        score(["warm = 'up'\n" * 20])
        connection.send(None)
        while texts := connection.recv():
            start = time.process_time()
            sums = score(texts)
            seconds = time.process_time() - start
            connection.send((sums, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))


def run_sides(
    folder: Path, groups: list[list[str]], rounds: int, sides: Sequence[str]
) -> dict[str, list[tuple[list[float], float, float]]]:
    """side → group → (sums of log-probability, processor seconds, peak gigabytes so far)."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for side in sides:
        pipes[side], other = context.Pipe()
        process = context.Process(target=work, args=(side, folder, other), daemon=True)
        process.start()
        processes.append(process)
        other.close()
        pipes[side].recv()
    results = {side: [] for side in sides}
    for number, texts in enumerate(groups * rounds):
        # The order changes from group to group: a side may leave the caches and memory in a state that helps the next.
        order = [*sides[number % len(sides) :], *sides[: number % len(sides)]]
        for side in order:
            pipes[side].send(texts)
            results[side].append(pipes[side].recv())
        print(f"group {number + 1} of {len(groups) * rounds}", file=sys.stderr)
    for side, process in zip(sides, processes, strict=True):
        pipes[side].send([])
        process.join()
    return {side: best_rounds(some, len(groups)) for side, some in results.items()}


def best_rounds(results: list[tuple], groups: int) -> list[tuple]:
    """For each group its fastest round, which other work on the machine disturbed least."""
    return [min(results[group::groups], key=lambda result: result[1]) for group in range(groups)]


def speeds(results: dict, slow: str, fast: str) -> list[float]:
    """How many times as fast `fast` is, group by group."""
    return [a[1] / b[1] for a, b in zip(results[slow], results[fast], strict=True)]


def summarise(results: dict, tokens: int) -> dict:
    sums = {side: np.array([value for group in groups for value in group[0]]) for side, groups in results.items()}
    exact = sums["straightforward"]
    sides = {}
    for side, groups in results.items():
        sides[side] = {
            "seconds": sum(group[1] for group in groups),
            "tokens per second": tokens / sum(group[1] for group in groups),
            "peak GB": max(group[2] for group in groups),
        }
        if len(sums[side]):
            sides[side]["sum off by"] = abs(sums[side].sum() / exact.sum() - 1)
            sides[side]["document off by"] = float(np.abs(sums[side] / exact - 1).max())
    ratios = {name: statistics.median(speeds(results, *pair)) for name, pair in PAIRS.items()}
    return {"sides": sides, "speed": ratios}


def run(
    size: str, documents: tuple[int, int], groups: int, rounds: int = 1, sides: Sequence[str] = tuple(SIDES)
) -> tuple[list[str], int, dict]:
    """So many documents of at most so many bytes, the number of their tokens, and the results of the sides."""
    texts = read_documents(*documents)
    with tempfile.TemporaryDirectory() as folder:
        make_model(Path(folder), size, texts)
        tokens = int(make_stream(texts, AutoTokenizer.from_pretrained(folder)).num_tokens.sum())
        grouped = [texts[number::groups] for number in range(groups)]
        return texts, tokens, run_sides(Path(folder), grouped, rounds, sides)


def measure(quick: bool) -> list[Measurement]:
    """Short documents and a model of 30M parameters if quick, else long ones and 110M."""
    if not find_spec("lm_eval"):
        raise CannotRun("needs lm-eval")
    sides = tuple(dict.fromkeys(side for name in CLAIMED for side in PAIRS[name]))
    size, documents = ("30m", (9, 6500)) if quick else ("110m", (6, 60_000))
    _, _, results = run(size, documents, 3, sides=sides)
    return [
        Measurement(f"scoring, {name}", "tokens per processor second", speeds(results, *PAIRS[name]), True)
        for name in CLAIMED
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-size", choices=sorted(SIZES), default="110m")
    parser.add_argument("--documents", type=int, default=6)
    parser.add_argument("--longest", type=int, default=60_000, help="longest document in bytes")
    parser.add_argument("--groups", type=int, default=3, help="number of groups that the documents are measured in")
    parser.add_argument("--rounds", type=int, default=1, help="number of measurements, of which the fastest counts")
    parser.add_argument("--quick", action="store_true", help="the 30M-parameter model, short documents, 2 groups")
    parser.add_argument("--output-format", choices=("table", "json"), default="table")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.model_size, arguments.longest, arguments.groups = "30m", 6500, 2
    texts, tokens, results = run(
        arguments.model_size, (arguments.documents, arguments.longest), arguments.groups, arguments.rounds
    )
    summary = {"model": arguments.model_size, "documents": len(texts), "tokens": tokens, **summarise(results, tokens)}
    if arguments.output_format == "json":
        print(json.dumps(summary, indent=2))
        return
    print(f"{len(texts)} documents, {tokens:,} tokens, Llama with {arguments.model_size} parameters, one thread\n")
    print(f"{'':32s}{'tokens/s':>10s}{'peak GB':>9s}{'sum off by':>12s}{'worst document':>16s}")
    for side, values in summary["sides"].items():
        errors = [f"{values[name]:.1e}" if name in values else "" for name in ("sum off by", "document off by")]
        print(
            f"{side:32s}{values['tokens per second']:10,.0f}{values['peak GB']:9.2f}{errors[0]:>12s}{errors[1]:>16s}"
        )
    print("\nspeed, median of the groups")
    for name, value in summary["speed"].items():
        print(f"{name:48s}{value:6.2f}")


if __name__ == "__main__":
    main()
