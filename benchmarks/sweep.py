"""All 255 subsets of 8 components over 4 domains: hf_ablate's sweep against loading and averaging every mixture.

    python -m benchmarks.sweep                                   # 7M parameters, some minutes
    python -m benchmarks.sweep --model-size 110m --mixtures 3 --tokens 1000
    python -m benchmarks.sweep --pool-format delta --mixtures 12 # components in half of float32's memory
    python -m benchmarks.sweep --quick                           # a minute

hf_ablate merges into one resident model from memory-mapped components, and scores. The other way is the original's:
for every mixture load its components from disk, average their state dicts, load the average into a model, and score
in padded batches with the log-softmax of all logits in float32. It is measured on three mixtures, of 2, 4 and 6 units
(the 255 have 4.02 on average), and extrapolated. Components are a random seed with changes of a fifth of its weights'
size, as the quickstart's have. Each way runs in a process of its own, on one thread; times are
processor time, which counts waiting for memory.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from hf_ablate.corpus.tokenizers import train_tokenizer
from hf_ablate.evaluation.models.scored_model import Pool, ScoredModel
from hf_ablate.evaluation.scoring.ensemble import TokenCache
from hf_ablate.evaluation.scoring.measurement import Measurement
from hf_ablate.evaluation.scoring.mixture_scorer import MixtureScorer
from hf_ablate.evaluation.text.sources import Source
from hf_ablate.evaluation.text.tokens import TokenisedSource
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.merging.rounding import POOL_FORMATS
from hf_ablate.mixtures.methods import subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.proxies import MERGE


UNITS = [f"unit{number}" for number in range(8)]
DOMAINS = ("transformers/models/[a-f]*", "transformers/models/[g-z]*", "datasets", "sympy/core")
SIZES = {
    "7m": {"hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 704},
    "110m": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 1536},
}
VOCABULARY = {"7m": 8192, "110m": 50304}
MAX_LENGTH = 1024
SEED, CHANGE = "seed", 0.2


def make_domains(tokens: int) -> list[TokenStream]:
    """For each domain, Python sources of an installed package, cut where `tokens` are full."""
    packages = Path(sysconfig.get_path("purelib"))
    texts = []
    for pattern in DOMAINS:
        paths = sorted(path for folder in packages.glob(pattern) for path in folder.rglob("*.py"))
        chosen = [path for path in paths if 1000 <= path.stat().st_size <= 3500]
        texts.append([path.read_text(encoding="utf-8") for path in chosen[: tokens // 200 + 1]])
    tokenizer = train_tokenizer([text for some in texts for text in some], 4096)
    streams = []
    for some in texts:
        documents = [np.array(tokens) for tokens in tokenizer(some, add_special_tokens=False)["input_ids"]]
        sizes = np.cumsum([len(document) for document in documents])
        kept = documents[: int(np.searchsorted(sizes, tokens)) + 1]
        streams.append(TokenStream.of(kept, tokenizer.eos_token_id))
    return streams


def make_components(folder: Path, size: str) -> dict[str, Path]:
    """Saves a seed, and components near it."""
    config = LlamaConfig(
        vocab_size=VOCABULARY[size], max_position_embeddings=MAX_LENGTH, tie_word_embeddings=True, **SIZES[size]
    )
    torch.manual_seed(len(UNITS))
    seed = LlamaForCausalLM(config)
    seed.save_pretrained(folder / SEED)
    for number, unit in enumerate(UNITS):
        torch.manual_seed(number)
        model = LlamaForCausalLM(config)
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), seed.parameters(), strict=True):
                parameter.mul_(CHANGE).add_(start)
        model.save_pretrained(folder / unit)
    return {unit: folder / unit for unit in UNITS}


def as_source(number: int, stream: TokenStream) -> TokenisedSource:
    documents = len(stream.num_tokens)
    sizes = np.zeros(documents, dtype=int)  # of the text, which is not divided by here
    source = Source(f"domain{number}", "val", (), str(number))
    return TokenisedSource(source, [""] * documents, [None] * documents, sizes, sizes, sizes, stream)


def resident(folders: dict[str, Path], streams: list[TokenStream], mixtures: list[Mixture], pool_format: str) -> dict:
    seed = ScoredModel(SEED, "seed", SEED, folder=folders[UNITS[0]].with_name(SEED))
    components = {unit: ScoredModel(unit, "component", unit, folder=folder) for unit, folder in folders.items()}
    sources = [as_source(number, stream) for number, stream in enumerate(streams)]
    measurement = Measurement("val", "", MAX_LENGTH, "eos", None, "float32")
    start = time.process_time()
    scorer = MixtureScorer(
        Pool(components, pool_format, seed if pool_format == "delta" else None), sources, measurement,
        TokenCache(folders[UNITS[0]].with_name("cache"), {}),
    )  # fmt: skip
    pool = scorer.resident_pool
    loading = time.process_time() - start
    merging, sums = [], []
    with scorer:
        for mixture in mixtures:
            before = time.process_time()
            scorer.merged_model(mixture)
            merging.append(time.process_time() - before)
            proxy = scorer.pool.proxy(MERGE, mixture)
            sums.append([float(scorer.document_sums(proxy, source).sum()) for source in sources])
        seconds = time.process_time() - start
    return {
        "seconds": seconds,
        "seconds to load the pool": loading,
        "share of merging": sum(merging) / seconds,
        "pool MB": pool.num_bytes / 1e6,
        "sums": sums,
        "peak GB": peak(),
        **measure_merge(pool),
    }


def measure_merge(pool: ResidentPool, rounds: int = 9) -> dict:
    """A merge of 4 components against a stream of the same bytes: all reads into a buffer in the cache, one write."""
    mixture = Mixture.uniform(UNITS[:4])
    parts = [pool.components[unit] for unit in mixture.units] + ([pool.seed] if pool.seed else [])
    inputs = [[part[name].view(-1) for name in parts[0]] for part in parts]
    outputs = [torch.zeros(tensor.numel()) for tensor in inputs[0]]
    buffer = torch.empty(1 << 18)

    def stream() -> None:
        for output, *parts in zip(outputs, *inputs, strict=True):
            for start in range(0, len(output), len(buffer)):
                block = output[start : start + len(buffer)]
                for part in parts:
                    buffer[: len(block)].copy_(part[start : start + len(buffer)])
                block.copy_(buffer[: len(block)])

    times = []
    for _ in range(rounds):
        before = time.process_time()
        pool.merge(mixture)
        between = time.process_time()
        stream()
        times.append((between - before, time.process_time() - between))
    return {
        "merge of 4, s": statistics.median(merge for merge, _ in times),
        "merge / stream of the same bytes": statistics.median(merge / stream for merge, stream in times),
    }


def load_and_average(folders: dict[str, Path], streams: list[TokenStream], mixtures: list[Mixture]) -> dict:
    start = time.process_time()
    merging, sums = {}, []
    for mixture in mixtures:
        before = time.process_time()
        states = [AutoModelForCausalLM.from_pretrained(folders[unit]).state_dict() for unit in mixture.units]
        average = {name: sum(state[name] for state in states) / len(states) for name in states[0]}
        model = AutoModelForCausalLM.from_pretrained(folders[mixture.units[0]])
        model.load_state_dict(average)
        merging[len(mixture.units)] = time.process_time() - before
        sums.append([score_padded(model.eval(), stream) for stream in streams])
    return {
        "seconds": time.process_time() - start, "merge of 4, s": merging[4], "sums": sums, "peak GB": peak(),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-size", choices=sorted(SIZES), default="7m")
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
    slice_of_three = [Mixture.uniform(UNITS[:size]) for size in (2, 4, 6)]
    order = np.random.default_rng(0).permutation(len(candidates))
    mixtures = slice_of_three + [candidates[number] for number in order if candidates[number] not in slice_of_three]
    mixtures = mixtures[: arguments.mixtures]
    streams = make_domains(arguments.tokens)
    with tempfile.TemporaryDirectory() as folder:
        folders = make_components(Path(folder), arguments.model_size)
        theirs = in_own_process(load_and_average, folders, streams, slice_of_three)
        ours = in_own_process(resident, folders, streams, mixtures, arguments.pool_format)
    scale = {"hf_ablate": len(candidates) / len(mixtures), "load and average": len(candidates) / len(slice_of_three)}
    difference = np.abs(np.array(ours["sums"][:3]) / np.array(theirs["sums"]) - 1).max()
    summary = {
        "model": arguments.model_size,
        "tokens": sum(int(stream.num_tokens.sum()) for stream in streams),
        "mixtures measured": {"hf_ablate": len(mixtures), "load and average": len(slice_of_three)},
        "seconds for 255": {
            "hf_ablate": ours["seconds"] * scale["hf_ablate"],
            "load and average": theirs["seconds"] * scale["load and average"],
        },
        "pool MB": ours["pool MB"],
        "peak GB": {"hf_ablate": ours["peak GB"], "load and average": theirs["peak GB"]},
        "merge of 4, s": {"hf_ablate": ours["merge of 4, s"], "load and average": theirs["merge of 4, s"]},
        "merge / stream of the same bytes": ours["merge / stream of the same bytes"],
        "share of merging": ours["share of merging"],
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


if __name__ == "__main__":
    main()
