"""The steps of the study: how much there is to do, how long it takes on a number of GPUs, and what bounds it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.scale import rates
from benchmarks.scale.costs import (
    HOUR,
    NAMES,
    machines,
    merge_seconds,
    models_of,
    saved_bytes,
    scheduled,
    scoring_seconds,
    training_hours,
)
from benchmarks.scale.words import bytes_text, percent


@dataclass(frozen=True)
class Step:
    """A step of the study.

    Args:
        name (`str`): of the step.
        work (`str`): how much there is to do.
        seconds (`Callable[[int], float]`): number of GPUs → seconds.
        bound (`str`): what its time depends on.
        first (`str`): what to do first where it takes too long.
        makes_seed (`bool`): whether it can be left out because the paper's seeds are released.
    """

    name: str
    work: str
    seconds: Callable[[int], float]
    bound: str
    first: str
    makes_seed: bool = False


def steps() -> Iterator[Step]:
    """All steps, in order."""
    yield from _corpus()
    for name in NAMES:
        yield from _training(name)
    for name in NAMES:
        yield _scoring(name)
    yield _averaging()
    yield _bookkeeping()
    yield _push()


def _corpus() -> Iterator[Step]:
    tokens = rates.UNITS.value * rates.UNIT_TOKENS.value
    text = tokens * rates.TEXT_BYTES.value
    yield Step(
        "fetch the documents",
        bytes_text(text / rates.GZIP.value),
        lambda gpus: text / rates.GZIP.value / (rates.INTERNET.value * machines(gpus)),
        "network of each machine",
        "copy them near once: `roots` takes folders and s3://",
    )
    yield Step(
        "partition",
        f"{tokens / 1e9:.0f} B tokens",
        lambda gpus: text / (rates.PARTITION.value * rates.CORES.value * gpus),
        "cores: the tokenizer",
        "`executor: ray`: cores of any node, without GPUs too",
    )


def _training(name: str) -> Iterator[Step]:
    seed = training_hours(name, rates.SEED_TOKENS.value) * HOUR
    yield Step(
        f"seed, {name}",
        _hours(seed),
        lambda gpus: seed / gpus / (1 if gpus == 1 else rates.PARALLEL.value),
        "FLOPs",
        "take the released one: `seed_model`",
        makes_seed=True,
    )
    component = training_hours(name, rates.UNIT_TOKENS.value) * HOUR
    references, units = rates.REFERENCES[name]
    models = [component * units] * references + [component] * int(rates.UNITS.value)  # as `train` starts them
    most = rates.GPUS[-1]
    busy = sum(models) / (most * scheduled(models, most))
    yield Step(
        f"{rates.UNITS.value:.0f} components and {references} reference models of {units} units, {name}",
        _hours(sum(models)),
        lambda gpus: scheduled(models, gpus),
        f"FLOPs; {most} GPUs are busy {percent(busy)} of the time",
        "share of the peak: flash, Liger, compile; then fewer references: `propose --for reference`",
    )


def _scoring(name: str) -> Step:
    passes = int(models_of(name) + rates.MIXTURES.value)
    each = scoring_seconds(name, rates.DOMAIN_TOKENS.value) + merge_seconds(name, merge_rate(name))
    return Step(
        f"score {passes:,} models and merges, {name}",
        _hours(passes * each),
        lambda gpus: scheduled([each] * passes, gpus),
        "FLOPs of forward passes",
        "fewer tokens: `limit`; fewer merges: `merged_share`, or a race: `top`",
    )


def merge_rate(name: str) -> float:
    """How fast merges read: from the GPU's memory where the pool fits there, otherwise from the machine's."""
    fits = rates.UNITS.value * saved_bytes(name) < 0.9 * rates.GPU_BYTES.value
    return rates.GPU_MEMORY.value if fits else rates.HOST_LINK.value


def _averaging() -> Step:
    tokens = rates.DOMAINS.value * rates.DOMAIN_TOKENS.value
    numbers = len(NAMES) * rates.MIXTURES.value * rates.UNITS_OF_MIXTURE.value * tokens
    return Step(
        "averaged probabilities, both sizes",
        f"{numbers / 1e9:,.0f} B numbers",
        lambda gpus: numbers / (rates.AVERAGING.value * gpus),
        "a core of each process",
        "fewer tokens: `limit`",
    )


def _bookkeeping() -> Step:
    seconds = rates.RANK_AND_REPORT.value
    return Step(
        "rank and report",
        f"{rates.SIMULATED_MIXTURES.value:,.0f} mixtures",
        lambda _: seconds,
        f"one process of one machine ({rates.RANK_AND_REPORT.source})",
        "`report --slow none`",
    )


def _push() -> Step:
    pushed = sum(models_of(name) * saved_bytes(name) for name in NAMES)
    return Step(
        "push",
        bytes_text(pushed),
        lambda _: pushed / rates.INTERNET.value,
        "network of one machine",
        "what others need: `--what seed components`",
    )


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR:,.0f} GPU hours"
