"""The tables of docs/scale.md, and the page with its tables made anew."""

import math
import re
from pathlib import Path

from benchmarks.scale import rates
from benchmarks.scale.costs import (
    HOUR,
    NAMES,
    checkpoint_bytes,
    machines,
    merge_seconds,
    models_of,
    read_by_merge,
    saved_bytes,
    scoring_seconds,
    size,
    training_hours,
)
from benchmarks.scale.steps import steps
from benchmarks.scale.words import bytes_text, number_text, percent, table, time_text
from hf_ablate.modeling.sizes import SIZES


PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
_MARKED = re.compile(r"(<!-- scale: (\w+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)


def with_tables(page: str) -> str:
    """A page with the tables that it marks made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}{match[3]}", page)


def steps_table() -> str:
    rows, all_steps = [], list(steps())
    for step in all_steps:
        times = [time_text(step.seconds(gpus)) for gpus in rates.GPUS]
        rows.append([step.name, step.work, *times, step.bound, step.first])
    for name, counted in (
        ("**all, one after the other**", all_steps),
        ("**all, from the released seeds**", [step for step in all_steps if not step.makes_seed]),
    ):
        totals = [sum(step.seconds(gpus) for step in counted) for gpus in rates.GPUS]
        rows.append([name, "", *(f"**{time_text(total)}**" for total in totals), "", ""])
    return table(["step", "work", "1 H100", "8", "64", "bound by", "if that is too long, first"], rows)


def text_table() -> str:
    rows = []
    for name in NAMES:
        for tokens in (rates.FEW_TOKENS.value, rates.DOMAIN_TOKENS.value, rates.MANY_TOKENS.value):
            seconds = scoring_seconds(name, tokens)
            hours = [
                f"{(models_of(name) + share * rates.MIXTURES.value) * seconds / HOUR:,.0f}"
                for share in (1.0, rates.MERGED_SHARE.value)
            ]
            rows.append([name, f"{tokens:,.0f}", time_text(seconds), *hours])
    share = percent(rates.MERGED_SHARE.value)
    return table(
        ["size", "tokens in a domain", "a model", "GPU hours, all merges", f"GPU hours, `merged_share` {share}"], rows
    )


def merges_table() -> str:
    places = {
        "the GPU's memory": rates.GPU_MEMORY,
        "the machine's memory": rates.HOST_LINK,
        "the run folder, mapped": rates.DISK,
    }
    rows = []
    for name in NAMES:
        for place, rate in places.items():
            seconds = merge_seconds(name, rate.value)
            share = seconds / scoring_seconds(name, rates.DOMAIN_TOKENS.value)
            rows.append([name, place, bytes_text(read_by_merge(name)), number_text(1 / seconds), percent(share)])
    return table(["size", "components are in", "a merge reads", "merges/s", "of the time to score it"], rows)


def bytes_table() -> str:
    rows = []
    for name in NAMES:
        seconds = training_hours(name, rates.UNIT_TOKENS.value) * HOUR
        written = rates.CHECKPOINTS.value * checkpoint_bytes(name) + saved_bytes(name)
        disk = [gpus * written / seconds / machines(gpus) / rates.DISK.value for gpus in (1, rates.GPUS_OF_MACHINE)]
        cells = [name, f"{rates.UNIT_TOKENS.value / seconds:,.0f}"]
        cells += [f"{2 * rates.UNIT_TOKENS.value / seconds / 1e6:.2f} MB/s", bytes_text(checkpoint_bytes(name))]
        rows.append([*cells, bytes_text(written), *map(percent, disk)])
    headers = ["size", "tokens/s", "blocks are read at", "a checkpoint", "written for a component"]
    return table([*headers, "of a machine's disk, 1 GPU", "8 GPUs"], rows)


def memory_table() -> str:
    rows = []
    for name, batch in rates.BATCHES.items():
        shape, tokens = SIZES[name], batch * rates.BLOCK.value
        states = rates.BYTES_OF_PARAMETER.value * size(name).parameters
        layers = rates.BYTES_OF_ACTIVATION.value * tokens * shape["d_model"] * shape["n_layers"]
        logits = rates.BYTES_OF_LOGIT.value * tokens * rates.VOCABULARY
        pool = rates.UNITS.value * saved_bytes(name)
        sums = (states, layers, logits, states + layers + logits, pool, pool / 2)
        rows.append([name, str(batch), *map(bytes_text, sums)])
    headers = ["size", "blocks at once", "weights, gradients, moments", "activations", "logits", "**training**"]
    return table([*headers, "pool, `saved`", "pool, `bfloat16`"], rows)


def files_table() -> str:
    arrow = math.ceil(rates.UNIT_TOKENS.value / rates.ARROW_TOKENS.value) + 2  # validation and test
    tokens = rates.DOMAINS.value * rates.DOMAIN_TOKENS.value
    models = sum(map(models_of, NAMES))
    saved = sum(models_of(name) * saved_bytes(name) for name in NAMES)
    score_rows = sum(models_of(name) + 2 * rates.MIXTURES.value for name in NAMES) * rates.DOMAINS.value
    text = 2 * tokens * rates.TEXT_BYTES.value / rates.GZIP.value
    in_training = 64 * 2  # `save_total_limit: 2`
    rows = [
        ["`corpus/units`", rates.UNITS.value * arrow, 2 * rates.UNITS.value * rates.UNIT_TOKENS.value],
        ["`corpus/eval`", 2 * rates.DOMAINS.value, text],
        ["`models`, both sizes", models * rates.MODEL_FILES.value, saved],
        [
            "checkpoints of 64 models, 1.1b",
            in_training * rates.CHECKPOINT_FILES.value,
            in_training * checkpoint_bytes("1.1b"),
        ],
        ["`scores/rows*.jsonl`, both sizes", 2 * 64, score_rows * rates.ROW_BYTES.value],
        ["`scores/tokens`, both sizes", 2 * 2 * rates.UNITS.value, 2 * rates.UNITS.value * tokens * 4],
    ]
    return table(
        ["in the run folder", "files", "bytes"],
        [[name, f"{files:,.0f}", bytes_text(size)] for name, files, size in rows],
    )


def hub_table() -> str:
    rows, models = [], 1 + rates.UNITS.value
    for name in NAMES:
        size = models * saved_bytes(name)
        seconds = size / rates.INTERNET.value
        for what, api, files in (
            ("push", rates.PUSH_REQUESTS.value, 0),
            ("pull", rates.PULL_REQUESTS.value, rates.PULL_FILES.value),
        ):
            windows = max(models * api / rates.API_LIMIT.value, models * files / rates.FILE_LIMIT.value) * 300
            cells = [f"{what} {models:.0f} models, {name}", f"{models * api:,.0f}", f"{models * files:,.0f}"]
            rows.append([*cells, bytes_text(size), time_text(seconds), time_text(windows)])
    headers = ["", "API requests", "requests for files", "bytes", "at the network's rate", "at the limit's rate"]
    return table(headers, rows)


def rates_table() -> str:
    return table(["", "", "where from"], [[number_text(rate.value), rate.what, rate.source] for rate in rates.RATES])


TABLES = {
    "steps": steps_table, "text": text_table, "merges": merges_table, "bytes": bytes_table, "memory": memory_table,
    "files": files_table, "hub": hub_table, "rates": rates_table,
}  # fmt: skip
