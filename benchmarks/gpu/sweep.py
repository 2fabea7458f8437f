"""All 255 mixtures of 8 components over 4 domains, merged and scored, against the forward passes alone.

python -m benchmarks.gpu.sweep --size 130m --folder work --output sweep.json
"""

import argparse
import itertools
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.gpu.device import free, peak_gigabytes, seconds
from benchmarks.gpu.entries import Entries, Found, add_models, part_parser
from benchmarks.gpu.material import make_components, make_tokenizer, read_texts
from benchmarks.gpu.score import ROUNDS, bare_forward
from benchmarks.measurement import Measurement
from hf_ablate.evaluation.models.scored_model import Pool, ScoredModel
from hf_ablate.evaluation.scoring.ensemble import TokenCache
from hf_ablate.evaluation.scoring.log_likelihood import Scorer
from hf_ablate.evaluation.scoring.measurement import Measurement as Scoring
from hf_ablate.evaluation.scoring.mixture_scorer import MixtureScorer
from hf_ablate.evaluation.text.sources import Source
from hf_ablate.evaluation.text.tokens import TokenisedSource
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.mixtures.methods import subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.proxies import MERGE


DOMAINS = 4


def make_streams(size: str, tokens: int) -> list[TokenStream]:
    """For each domain some files of Python's standard library, `tokens` in all of them together or a few more."""
    texts = read_texts(tokens * 4 / 1e6)
    tokenizer = make_tokenizer(texts, size)
    documents = [np.array(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    enough = int(np.searchsorted(np.cumsum([len(document) for document in documents]), tokens)) + 1
    chosen = documents[: max(enough, DOMAINS)]
    return [TokenStream.of(chosen[domain::DOMAINS], tokenizer.eos_token_id) for domain in range(DOMAINS)]


def as_source(name: str, stream: TokenStream) -> TokenisedSource:
    """As `hf-ablate evaluate` reads one; the sizes of its text are not divided by here."""
    count = len(stream.num_tokens)
    sizes = np.zeros(count, dtype=int)
    return TokenisedSource(Source(name, "val", (), name), [""] * count, [None] * count, sizes, sizes, sizes, stream)


def sweep(
    arguments: argparse.Namespace, folders: dict[str, Path], streams: list[TokenStream], compiled: bool
) -> Found:
    """Score the mixtures as `hf-ablate evaluate` does; and the same batches with the model alone, not compiled."""
    free(arguments.device)
    components = {
        unit: ScoredModel(unit, "component", unit, Mixture.uniform([unit]), folder) for unit, folder in folders.items()
    }
    scoring = Scoring("val", "", arguments.length, "eos", None, "bfloat16", compile=compiled)
    sources = [as_source(f"domain{number}", stream) for number, stream in enumerate(streams)]
    mixtures = list(itertools.islice(subsets(list(folders)), arguments.mixtures))
    cache = TokenCache(arguments.folder / "tokens", {})
    with MixtureScorer(Pool(components), sources, scoring, cache, arguments.device) as scorer:
        proxies = [scorer.pool.proxy(MERGE, mixture) for mixture in mixtures]
        scorer.expect(proxies)

        def score(some: list[ScoredModel]) -> None:
            for proxy in some:
                for source in sources:
                    scorer.document_sums(proxy, source)

        def bare() -> None:
            for stream in streams:
                bare_forward(bare_scorer, stream)

        before = seconds(partial(score, proxies[-1:]), arguments.device)  # a sweep loads its pool and compiles once
        taken = seconds(partial(score, proxies), arguments.device)
        bare_scorer = Scorer(scorer.merged_model(proxies[-1].coefficients), arguments.length)
        alone = [seconds(bare, arguments.device) for _ in range(ROUNDS + 1)][1:]
    tokens = len(mixtures) * sum(int(stream.num_tokens.sum()) for stream in streams)
    shares = [len(mixtures) * one / taken for one in alone]
    measured = Measurement(
        entry_name(arguments, compiled), "time of the forward passes alone / of the sweep", shares, True
    )
    facts = {"s": taken, "s before": before, "tokens/s": tokens / taken, **peak_gigabytes(arguments.device)}
    return Found((measured,), facts)


def entry_name(arguments: argparse.Namespace, compiled: bool) -> str:
    return f"sweep of {arguments.mixtures}{', compiled' if compiled else ''}"


def main() -> None:
    parser = part_parser(__doc__)
    add_models(parser, "where the components are, or are made")
    parser.add_argument("--components", type=int, default=8)
    parser.add_argument("--mixtures", type=int, default=255)
    parser.add_argument("--tokens", type=int, default=60_000, help="in all domains together")
    parser.add_argument("--length", type=int, default=2048, help="most tokens that a window predicts")
    parser.add_argument("--without_compile", action="store_true", help="leave out what takes a minute on a CPU")
    arguments = parser.parse_args()
    folders = make_components(arguments.folder, arguments.size, arguments.components, arguments.device)
    streams = make_streams(arguments.size, arguments.tokens)
    entries = Entries(arguments.output)
    for compiled in (False,) if arguments.without_compile else (False, True):
        name = entry_name(arguments, compiled)
        entries.measure(name, partial(sweep, arguments, folders, streams, compiled))


if __name__ == "__main__":
    main()
