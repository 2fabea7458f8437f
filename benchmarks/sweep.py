"""All 255 subsets of 8 components over 4 domains: hf_ablate's sweep against loading and averaging every mixture.

    python -m benchmarks.sweep                                   # 7M parameters, some minutes
    python -m benchmarks.sweep --model-size 110m --mixtures 3 --tokens 1000
    python -m benchmarks.sweep --pool-format delta --mixtures 12 # components in half of float32's memory
    python -m benchmarks.sweep --model-size 1m --tokens 20000    # the quickstart's models and as much text
    python -m benchmarks.sweep --quick                           # a minute

hf_ablate merges into one resident model from memory-mapped components, and scores. The other way is the original's:
for every mixture load its components from disk, average their state dicts, load the average into a model, and score
in padded batches with the log-softmax of all logits in float32. It is measured on three mixtures, of 2, 4 and 6 units
(the 255 have 4.02 on average), and extrapolated. Components are a random seed with changes of a fifth of its weights'
size, as the quickstart's have. Each way runs in a process of its own, on one thread; times are
processor time, which counts waiting for memory. What a sweep cannot do without is in `benchmarks.sweep_share`, whose
table is printed too; what several processes gain, in `benchmarks.sweep_processes`.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from benchmarks import sweep_share
from benchmarks.made_pool import SIZES, UNITS, make_components, make_domains, make_scorer
from benchmarks.measurement import Measurement
from benchmarks.sweep_share import empty_outputs, stream_bytes
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.merging.rounding import POOL_FORMATS
from hf_ablate.mixtures.methods import subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.proxies import MERGE


SLICE = [Mixture.uniform(UNITS[:size]) for size in (2, 4, 6)]


def resident(
    folders: dict[str, Path], streams: list[TokenStream], size: str, mixtures: list[Mixture], pool_format: str
) -> dict:
    start = time.process_time()
    scorer = make_scorer(folders, streams, size, pool_format)
    pool = scorer.resident_pool
    loading = time.process_time() - start
    merging, seconds, sums = [], [], []
    with scorer:
        for mixture in mixtures:
            before = time.process_time()
            scorer.merged_model(mixture)
            merging.append(time.process_time() - before)
            proxy = scorer.pool.proxy(MERGE, mixture)
            sums.append([float(scorer.document_sums(proxy, source).sum()) for source in scorer.sources])
            seconds.append(time.process_time() - before)
    return {
        "seconds": loading + sum(seconds),
        "seconds of each": seconds,
        "share of merging": sum(merging) / (loading + sum(seconds)),
        "pool MB": pool.num_bytes / 1e6,
        "sums": sums,
        "peak GB": peak(),
        **measure_merge(pool),
    }


def measure_merge(pool: ResidentPool, rounds: int = 9) -> dict:
    """A merge of 4 components against a stream of the same bytes."""
    mixture, outputs = Mixture.uniform(UNITS[:4]), empty_outputs(pool)
    times = []
    for _ in range(rounds):
        before = time.process_time()
        pool.merge(mixture)
        between = time.process_time()
        stream_bytes(pool, mixture, outputs)
        times.append((between - before, time.process_time() - between))
    return {
        "merge of 4, s": statistics.median(merge for merge, _ in times),
        "merge / stream of the same bytes": [merge / stream for merge, stream in times],
    }


def load_and_average(folders: dict[str, Path], streams: list[TokenStream], mixtures: list[Mixture]) -> dict:
    start = time.process_time()
    merging, seconds, sums = {}, [], []
    for mixture in mixtures:
        before = time.process_time()
        states = [AutoModelForCausalLM.from_pretrained(folders[unit]).state_dict() for unit in mixture.units]
        average = {name: sum(state[name] for state in states) / len(states) for name in states[0]}
        model = AutoModelForCausalLM.from_pretrained(folders[mixture.units[0]])
        model.load_state_dict(average)
        merging[len(mixture.units)] = time.process_time() - before
        sums.append([score_padded(model.eval(), stream) for stream in streams])
        seconds.append(time.process_time() - before)
    return {
        "seconds": time.process_time() - start, "seconds of each": seconds, "merge of 4, s": merging[4], "sums": sums,
        "peak GB": peak(),
    }  # fmt: skip


def score_padded(model, stream: TokenStream, batch_size: int = 4) -> float:
    documents = [
        torch.from_numpy(stream.tokens[start:end]).long()
        for start, end in zip(stream.starts[:-1], stream.starts[1:], strict=True)
    ]
    total = 0.0
    for first in range(0, len(documents), batch_size):
        batch = documents[first : first + batch_size]
        tokens = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True)
        mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(document) for document in batch], batch_first=True)
        logits = model(input_ids=tokens[:, :-1], attention_mask=mask[:, :-1]).logits
        logprobs = torch.log_softmax(logits.float(), dim=-1).gather(2, tokens[:, 1:, None])[:, :, 0]
        total += float((logprobs * mask[:, 1:]).double().sum())
    return total


def perplexity_error(sums: list, expected: list, streams: list[TokenStream]) -> float:
    """The largest relative difference of perplexities per token, over mixtures and domains."""
    tokens = np.array([int(stream.num_tokens.sum()) for stream in streams])
    return float(np.abs(np.expm1((np.array(expected) - np.array(sums)) / tokens)).max())


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def work(way, connection, *arguments) -> None:
    torch.set_num_threads(1)
    with torch.inference_mode():
        connection.send(way(*arguments))


def in_own_process(way, *arguments) -> dict:
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=work, args=(way, other, *arguments))
    process.start()
    other.close()
    result = pipe.recv()
    process.join()
    return result


def run_both(
    size: str, tokens: int, mixtures: list[Mixture], pool_format: str
) -> tuple[dict, dict, list[TokenStream]]:
    """Measurements of hf_ablate, on all of these mixtures, and of the other way, on three; and the text."""
    streams = make_domains(tokens, size)
    with tempfile.TemporaryDirectory() as folder:
        folders = make_components(Path(folder), size)
        theirs = in_own_process(load_and_average, folders, streams, SLICE)
        ours = in_own_process(resident, folders, streams, size, mixtures, pool_format)
    return ours, theirs, streams


def measure(quick: bool) -> list[Measurement]:
    ours, theirs, _ = run_both("7m", 500 if quick else 2000, SLICE, "saved")
    speeds = [slow / fast for slow, fast in zip(theirs["seconds of each"], ours["seconds of each"], strict=True)]
    streams = ours["merge / stream of the same bytes"]
    return [
        Measurement("a sweep", "load, average and score padded batches / hf_ablate, processor time", speeds, True),
        Measurement("a merge", "merge of 4 / a stream of the same bytes, processor time", streams, False, goal=1.2),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-size", choices=list(SIZES), default="7m")
    parser.add_argument(
        "--mixtures", type=int, default=255, help="how many of the 255 hf_ablate scores; the rest is extrapolated"
    )
    parser.add_argument("--pool-format", choices=POOL_FORMATS, default="saved")
    parser.add_argument("--tokens", type=int, default=2000, help="in each domain, about")
    parser.add_argument("--quick", action="store_true", help="30 mixtures, 1,000 tokens a domain")
    parser.add_argument("--output-format", choices=("table", "json"), default="table")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.mixtures, arguments.tokens = 30, 1000
    candidates = list(subsets(UNITS))
    order = np.random.default_rng(0).permutation(len(candidates))
    mixtures = SLICE + [candidates[number] for number in order if candidates[number] not in SLICE]
    mixtures = mixtures[: arguments.mixtures]
    ours, theirs, streams = run_both(arguments.model_size, arguments.tokens, mixtures, arguments.pool_format)
    share = in_own_process(sweep_share.measured, arguments.model_size, arguments.tokens, min(7, len(mixtures)))
    scale = {"hf_ablate": len(candidates) / len(mixtures), "load and average": len(candidates) / len(SLICE)}
    difference = np.abs(np.array(ours["sums"][:3]) / np.array(theirs["sums"]) - 1).max()
    summary = {
        "model": arguments.model_size,
        "tokens": sum(int(stream.num_tokens.sum()) for stream in streams),
        "mixtures measured": {"hf_ablate": len(mixtures), "load and average": len(SLICE)},
        "seconds for 255": {
            "hf_ablate": ours["seconds"] * scale["hf_ablate"],
            "load and average": theirs["seconds"] * scale["load and average"],
        },
        "pool MB": ours["pool MB"],
        "peak GB": {"hf_ablate": ours["peak GB"], "load and average": theirs["peak GB"]},
        "merge of 4, s": {"hf_ablate": ours["merge of 4, s"], "load and average": theirs["merge of 4, s"]},
        "merge / stream of the same bytes": statistics.median(ours["merge / stream of the same bytes"]),
        "share of merging": ours["share of merging"],
        "share of the floor": statistics.median(sweep_share.shares(share["rounds"])),
        "sums off by at most": float(difference),
        "perplexities off by at most": perplexity_error(ours["sums"][:3], theirs["sums"], streams),
    }
    if arguments.output_format == "json":
        print(json.dumps(summary, indent=2))
        return
    print(f"8 components of {summary['model']} parameters, 4 domains, {summary['tokens']:,} tokens, one thread\n")
    print(f"{'':24s}{'measured':>10s}{'s for 255':>12s}{'peak GB':>9s}{'merge of 4, s':>15s}")
    for way in scale:
        print(
            f"{way:24s}{summary['mixtures measured'][way]:10d}{summary['seconds for 255'][way]:12.1f}"
            f"{summary['peak GB'][way]:9.2f}{summary['merge of 4, s'][way]:15.4f}"
        )
    for name in ("seconds for 255", "merge of 4, s"):
        print(f"\n{name}: {summary[name]['load and average'] / summary[name]['hf_ablate']:.1f} times as fast", end="")
    print()
    for name in (
        "pool MB", "merge / stream of the same bytes", "share of merging", "sums off by at most",
        "perplexities off by at most",
    ):  # fmt: skip
        print(f"{name}: {summary[name]:.3g}")
    print(f"\n{sweep_share.table(share, len(candidates))}")


if __name__ == "__main__":
    main()
