"""How much of a sweep's processor time is what no sweep can do without.

    python -m benchmarks.sweep_share                              # of the quickstart's size
    python -m benchmarks.sweep_share --model-size 7m --tokens 2000
    python -m benchmarks.sweep_share --study runs/quickstart      # its own pool and text

The floor of a mixture is a stream of the bytes that its merge reads and writes, the bare decoder on the same batches
under the same settings, and the projection and log-likelihood of what it gives, in the same chunks. Sweep and floor
take turns, mixture by mixture, in one process on one thread; a share is the median of the mixtures'. Rows are written
to disk as `hf-ablate evaluate` writes them. Start-up is all that a process does before the first merge, imports too.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.made_pool import SIZES, make_components, make_domains, make_scorer
from benchmarks.measurement import Measurement
from hf_ablate.evaluation.scoring.batches import Batch, batches_by_length, make_batch
from hf_ablate.evaluation.scoring.cost import ScoringCosts
from hf_ablate.evaluation.scoring.families import Family
from hf_ablate.evaluation.scoring.mixture_scorer import MixtureScorer
from hf_ablate.evaluation.scoring.score_folder import ScoreFolder
from hf_ablate.evaluation.scoring.score_saved import finite_sums
from hf_ablate.evaluation.scoring.sweep import Sweep
from hf_ablate.evaluation.text.windows import TokenStream, rolling_windows
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.proxies import MERGE


FLOOR = ("stream", "forward passes", "log-likelihoods")
SWEEP = ("merge", "scoring", "sums", "rows")
_BATCH_TOKENS, _CHUNK_LOGITS = 2048, 1 << 23  # what scoring takes on a CPU


class Stopwatch:
    """Processor seconds since it was made, or asked last."""

    def __init__(self) -> None:
        self._since = time.process_time()

    def lap(self) -> float:
        since, self._since = self._since, time.process_time()
        return self._since - since


def measured(size: str, tokens: int, mixtures: int, study: Path | None = None) -> dict[str, Any]:
    """Processor seconds of sweep and floor, on a pool that is made for it, or on a study's.

    Args:
        size (`str`): of the pool that is made.
        tokens (`int`): of its text, in each of four domains.
        mixtures (`int`): how many are measured.
        study (`Path`, *optional*): the run folder of a study with components.

    Returns:
        `dict`: `tokens`, `start-up` (seconds of all before the first merge), and `rounds`: the parts of each mixture.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        making = 0.0
        if study:
            scorer = MixtureScorer.open(study)
        else:
            watch = Stopwatch()
            made = make_components(Path(folder), size), make_domains(tokens, size)
            making = watch.lap()  # no part of a sweep
            scorer = make_scorer(*made, size)
        with scorer:
            result = _measure(
                scorer, some_mixtures(list(scorer.pool.components), mixtures + 1), Path(folder) / "scores"
            )
        result["start-up"] -= making
        return {"tokens": sum(int(source.stream.num_tokens.sum()) for source in scorer.sources), **result}


def some_mixtures(units: list[str], count: int) -> list[Mixture]:
    """Of two units and more in equal shares, drawn at random, the same at every run."""
    generator = np.random.default_rng(0)
    sizes = [2 + number % (len(units) - 1) for number in range(count)]
    return [Mixture.uniform(generator.choice(units, size, replace=False).tolist()) for size in sizes]


def _measure(scorer: MixtureScorer, mixtures: list[Mixture], folder: Path) -> dict[str, Any]:
    """The first of the mixtures warms up."""
    sources, measurement = scorer.sources, scorer.measurement
    models = [scorer.pool.proxy(MERGE, mixture) for mixture in mixtures]
    scores = ScoreFolder(folder, sources, measurement)
    sweep = Sweep(scores, models, scorer, ScoringCosts(folder, Family(models, measurement, None)))
    batches = [batch for source in sources for batch in _batches(source.stream, measurement.max_length)]
    pool = scorer.resident_pool
    start_up = time.process_time()
    written = empty_outputs(pool)
    rounds = []
    for model in models:
        watch = Stopwatch()
        merged = scorer.merged_model(model.coefficients)
        parts = {"merge": watch.lap()}
        scored = list(sweep.score(model, sources))
        parts["scoring"] = watch.lap()
        for entry in scored:
            sweep.record(model, *entry)
        parts["rows"] = watch.lap()
        for source in sources:
            logprobs = np.zeros(int(source.stream.num_tokens.sum()), dtype=np.float32)
            finite_sums(model, source, logprobs, measurement.dtype)
        parts["sums"] = watch.lap()
        parts["scoring"] -= parts["sums"]
        stream_bytes(pool, model.coefficients, written)
        parts["stream"] = watch.lap()
        parts["forward passes"], parts["log-likelihoods"] = _bare(merged, batches)
        rounds.append(parts)
    return {"start-up": start_up, "rounds": rounds[1:]}


def _batches(stream: TokenStream, max_length: int) -> list[Batch]:
    windows = rolling_windows(stream, max_length)
    return [make_batch(stream, windows.select(some)) for some in batches_by_length(windows.length, _BATCH_TOKENS)]


@torch.inference_mode()
def _bare(model: torch.nn.Module, batches: list[Batch]) -> tuple[float, float]:
    """Seconds of the decoder on all batches, and of what comes after it."""
    decoder, head = model.base_model, model.get_output_embeddings()
    forward = logprobs = 0.0
    for batch in batches:
        watch = Stopwatch()
        hidden = decoder(input_ids=batch.input_ids, use_cache=False)[0].flatten(0, 1)
        forward += watch.lap()
        hidden = hidden if batch.rows is None else hidden.index_select(0, batch.rows)
        parts = -(-len(hidden) // max(64, _CHUNK_LOGITS // head.out_features))
        for some, targets in zip(hidden.tensor_split(parts), batch.targets.tensor_split(parts), strict=True):
            torch.nn.functional.cross_entropy(head(some).float(), targets, reduction="none")
        logprobs += watch.lap()
    return forward, logprobs


def empty_outputs(pool: ResidentPool) -> dict[str, torch.Tensor]:
    """Tensors of the size of a merge, for [`stream_bytes`]."""
    component = pool.components[pool.units[0]]
    return {name: torch.zeros(component[name].numel()) for name, _ in pool.model.named_parameters()}


def stream_bytes(pool: ResidentPool, coefficients: Mixture, outputs: dict[str, torch.Tensor]) -> None:
    """Move the bytes of a merge, and nothing else: all reads into a buffer in the cache, and one write."""
    parts = [pool.components[unit] for unit in coefficients.units] + ([pool.seed] if pool.seed else [])
    buffer = torch.empty(1 << 18)
    for name, output in outputs.items():
        inputs = [part[name].view(-1) for part in parts]
        for start in range(0, len(output), len(buffer)):
            block = output[start : start + len(buffer)]
            for one in inputs:
                buffer[: len(block)].copy_(one[start : start + len(buffer)])
            block.copy_(buffer[: len(block)])


def shares(rounds: list[dict[str, float]]) -> list[float]:
    """Of each mixture, the floor's time over the sweep's."""
    return [sum(one[part] for part in FLOOR) / sum(one[part] for part in SWEEP) for one in rounds]


def table(result: dict[str, Any], mixtures: int) -> str:
    """The parts of sweep and floor, and the shares of so many mixtures."""
    rounds, share = result["rounds"], shares(result["rounds"])
    parts = {part: statistics.median(one[part] for one in rounds) for part in (*SWEEP, *FLOOR)}
    lines = [f"{result['tokens']:,} tokens, {len(rounds)} mixtures, medians of processor seconds, one thread\n"]
    for title, names in (("sweep", SWEEP), ("floor", FLOOR)):
        lines += [f"{title:7s}{name:18s}{parts[name]:9.4f}" for name in names]
    floor, sweep = (mixtures * sum(parts[name] for name in names) for names in (FLOOR, SWEEP))
    lines += [f"start-up{result['start-up']:26.2f}", ""]
    lines += [
        f"floor / sweep: {statistics.median(share):.3f} ({min(share):.3f} to {max(share):.3f}), with the start-up of "
        f"{mixtures} mixtures {floor / (sweep + result['start-up']):.3f}"
    ]
    return "\n".join(lines)


def measure(quick: bool) -> list[Measurement]:
    result = measured("1m", 2500 if quick else 20_000, 7)
    compared = "bare forward passes, log-likelihoods and a stream of the merge's bytes / the sweep, processor time"
    return [Measurement("the floor's share of a sweep", compared, shares(result["rounds"]), True, goal=1 / 1.15)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-size", choices=list(SIZES), default="1m")
    parser.add_argument("--tokens", type=int, default=20_000, help="in each of four domains, about")
    parser.add_argument("--mixtures", type=int, default=7, help="how many are measured")
    parser.add_argument("--of", type=int, default=31, help="mixtures in a sweep, which share one start-up")
    parser.add_argument("--study", type=Path, help="a run folder, whose pool and text are measured instead")
    arguments = parser.parse_args()
    result = measured(arguments.model_size, arguments.tokens, arguments.mixtures, arguments.study)
    print(table(result, arguments.of))


if __name__ == "__main__":
    main()
